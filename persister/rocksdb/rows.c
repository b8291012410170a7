/* rows.c - see rows.h. */
#include "persister/rocksdb/rows.h"

#define NUMBERS_MAX 8u
#define NUMBER_BYTES_MAX 10u

/* --- Numbers -------------------------------------------------------------- */

static char *put_number(char *at, uint64_t number) {
    for (; number >= 0x80; number >>= 7)
        *at++ = (char)(number | 0x80);
    *at++ = (char)number;
    return at;
}

static void put_numbers(const uint64_t *numbers, uint32_t count,
                        struct buf *out) {
    PRE(count <= NUMBERS_MAX);
    char *at = buf_reserve(out, 1 + count * NUMBER_BYTES_MAX);
    char *start = at;
    *at++ = (char)count;
    for (uint32_t i = 0; i < count; i++)
        at = put_number(at, numbers[i]);
    out->size += (size_t)(at - start);
}

static bool get_number(struct slice *row, uint64_t *out) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < NUMBER_BYTES_MAX; i++) {
        if (i == row->size)
            return false;
        uint8_t byte = (uint8_t)row->data[i];
        if (i == NUMBER_BYTES_MAX - 1 && byte > 1)
            return false; /* Over 64 bits. */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            row->data += i + 1;
            row->size -= i + 1;
            *out = value;
            return true;
        }
    }
    return false;
}

/* Reads at most |wanted| numbers; those that an older writer left out are 0.
 * The row must end after the fields that it announces. */
static enum err get_numbers(struct slice row, uint32_t required,
                            uint32_t wanted, uint64_t *numbers) {
    if (row.size == 0)
        return ERR_CORRUPT;
    uint32_t count = (uint8_t)row.data[0];
    if (count < required)
        return ERR_CORRUPT;
    row.data++;
    row.size--;
    for (uint32_t i = 0; i < wanted; i++)
        numbers[i] = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number;
        if (!get_number(&row, &number))
            return ERR_CORRUPT;
        if (i < wanted)
            numbers[i] = number;
    }
    return row.size == 0 ? ERR_OK : ERR_CORRUPT;
}

void row_put_number(uint64_t number, struct buf *out) {
    put_numbers(&number, 1, out);
}

enum err row_get_number(struct slice row, uint64_t *out) {
    return get_numbers(row, 1, 1, out);
}

void row_put_state(const struct wire_room_state *state, struct buf *out) {
    const uint64_t numbers[8] = {
        state->place,         state->ordinal,
        state->live_total,    (uint64_t)state->activity_us,
        state->reader1.value, state->mark1,
        state->reader2.value, state->mark2};
    put_numbers(numbers, 8, out);
}

enum err row_get_state(struct slice row, struct wire_room_state *out) {
    uint64_t numbers[8];
    enum err err = get_numbers(row, 8, 8, numbers);
    if (err != ERR_OK)
        return err;
    *out = (struct wire_room_state){.place = numbers[0],
                                    .ordinal = numbers[1],
                                    .live_total = numbers[2],
                                    .activity_us = (int64_t)numbers[3],
                                    .reader1 = {numbers[4]},
                                    .mark1 = numbers[5],
                                    .reader2 = {numbers[6]},
                                    .mark2 = numbers[7]};
    bool sound = out->ordinal <= out->place &&
                 out->live_total <= out->ordinal &&
                 out->reader1.value <= ID_MAX && out->reader2.value <= ID_MAX;
    return sound ? ERR_OK : ERR_CORRUPT;
}

void row_put_member(const struct wire_member *member, struct buf *out) {
    const uint64_t numbers[6] = {member->user.value, member->role,
                                 member->mark,       (uint64_t)member->read_us,
                                 member->seen,       member->own_total};
    put_numbers(numbers, 6, out);
}

enum err row_get_member(struct slice row, struct wire_member *out) {
    uint64_t numbers[6];
    enum err err = get_numbers(row, 6, 6, numbers);
    if (err != ERR_OK)
        return err;
    if (numbers[0] == 0 || numbers[0] > ID_MAX || numbers[1] > ROLE_LAST)
        return ERR_CORRUPT;
    *out = (struct wire_member){.user = {numbers[0]},
                                .role = (uint8_t)numbers[1],
                                .mark = numbers[2],
                                .read_us = (int64_t)numbers[3],
                                .seen = numbers[4],
                                .own_total = numbers[5]};
    return ERR_OK;
}

void row_put_event(const struct event_row *event, struct buf *out) {
    const uint64_t numbers[7] = {event->kind,         (uint64_t)event->at_us,
                                 event->actor.value,  event->message.value,
                                 event->member.value, event->role,
                                 event->mark};
    put_numbers(numbers, 7, out);
}

enum err row_get_event(struct slice row, struct event_row *out) {
    uint64_t numbers[7];
    enum err err = get_numbers(row, 7, 7, numbers);
    if (err != ERR_OK)
        return err;
    if (numbers[0] == 0 || numbers[0] > EVENT_KIND_LAST ||
        numbers[2] > ID_MAX || numbers[3] > ID_MAX || numbers[4] > ID_MAX ||
        numbers[5] > ROLE_LAST)
        return ERR_CORRUPT;
    *out = (struct event_row){.kind = (uint8_t)numbers[0],
                              .at_us = (int64_t)numbers[1],
                              .actor = {numbers[2]},
                              .message = {numbers[3]},
                              .member = {numbers[4]},
                              .role = (uint8_t)numbers[5],
                              .mark = numbers[6]};
    return ERR_OK;
}

/* Distances, since batches are of few rooms and run on: number of spots, then
 * for each seq - the one before, room and ordinal. */
void row_put_spots(const struct spot *spots, uint32_t count, uint64_t first_seq,
                   struct buf *out) {
    size_t bytes_max = (1 + 3 * (size_t)count) * NUMBER_BYTES_MAX;
    char *start = buf_reserve(out, bytes_max);
    char *at = put_number(start, count);
    uint64_t before = first_seq;
    for (uint32_t i = 0; i < count; i++) {
        PRE(spots[i].seq >= before);
        at = put_number(at, spots[i].seq - before);
        at = put_number(at, spots[i].room.value);
        at = put_number(at, spots[i].ordinal);
        before = spots[i].seq;
    }
    out->size += (size_t)(at - start);
}

enum err row_find_spot(struct slice row, uint64_t first_seq, uint64_t seq,
                       struct spot *out) {
    uint64_t count, distance;
    out->seq = first_seq;
    if (!get_number(&row, &count))
        return ERR_CORRUPT;
    for (uint64_t i = 0; i < count && out->seq <= seq; i++) {
        if (!get_number(&row, &distance) ||
            !get_number(&row, &out->room.value) ||
            !get_number(&row, &out->ordinal))
            return ERR_CORRUPT;
        out->seq += distance;
        if (out->seq == seq)
            return out->room.value != 0 && out->room.value <= ID_MAX &&
                           out->ordinal != 0
                       ? ERR_OK
                       : ERR_CORRUPT;
    }
    return ERR_NOT_FOUND;
}

void row_put_digest(const struct digest_row *digest, struct buf *out) {
    const uint64_t numbers[3] = {digest->first_seq, digest->records_count,
                                 digest->digest};
    put_numbers(numbers, 3, out);
}

enum err row_get_digest(struct slice row, struct digest_row *out) {
    uint64_t numbers[3];
    enum err err = get_numbers(row, 3, 3, numbers);
    if (err != ERR_OK)
        return err;
    if (numbers[0] == 0 || numbers[1] == 0 || numbers[1] > LIMIT_BATCH_RECORDS)
        return ERR_CORRUPT;
    *out = (struct digest_row){numbers[0], (uint32_t)numbers[1], numbers[2]};
    return ERR_OK;
}

void row_put_sent(const struct sent_row *sent, struct buf *out) {
    const uint64_t numbers[2] = {sent->message.value,
                                 (uint64_t)sent->created_us};
    put_numbers(numbers, 2, out);
}

enum err row_get_sent(struct slice row, struct sent_row *out) {
    uint64_t numbers[2];
    enum err err = get_numbers(row, 2, 2, numbers);
    if (err != ERR_OK)
        return err;
    if (numbers[0] == 0 || numbers[0] > ID_MAX)
        return ERR_CORRUPT;
    *out = (struct sent_row){{numbers[0]}, (int64_t)numbers[1]};
    return ERR_OK;
}

/* --- Messages of common/wire ---------------------------------------------- */

/* The rows need no memory of their own: none of them holds a list. */
static enum err get_wire(struct slice row, enum wire_kind kind,
                         struct wire *out) {
    struct arena arena = {0};
    enum err err = wire_decode(row, &arena, out, NULL);
    bool listed = arena.chunks != NULL;
    arena_finish(&arena);
    return err == ERR_OK && out->kind == kind && !listed ? ERR_OK : ERR_CORRUPT;
}

void row_put_room(const struct wire_room *room, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_ROOM,
                        .as.row_room = {.found = true, .room = *room}};
    wire_encode(&wire, out);
}

enum err row_get_room(struct slice row, struct wire_room *out) {
    struct wire wire;
    enum err err = get_wire(row, WIRE_ROW_ROOM, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_room.room;
    return out->room.value != 0 ? ERR_OK : ERR_CORRUPT;
}

void row_put_message(const struct wire_message *message, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_MESSAGE,
                        .as.row_message = {.found = true, .message = *message}};
    wire.as.row_message.message.read = false;
    wire_encode(&wire, out);
}

enum err row_get_message(struct slice row, struct wire_message *out) {
    struct wire wire;
    enum err err = get_wire(row, WIRE_ROW_MESSAGE, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_message.message;
    return out->message.value != 0 && out->ordinal != 0 ? ERR_OK : ERR_CORRUPT;
}

void row_put_profile(const struct wire_profile *profile, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_USER,
                        .as.row_user = {.found = true, .profile = *profile}};
    wire_encode(&wire, out);
}

enum err row_get_profile(struct slice row, struct wire_profile *out) {
    struct wire wire;
    enum err err = get_wire(row, WIRE_ROW_USER, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_user.profile;
    return out->user.value != 0 ? ERR_OK : ERR_CORRUPT;
}

void row_put_review(const struct wire_review *review, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_KEY,
                        .as.row_key = {.review = *review}};
    wire_encode(&wire, out);
}

enum err row_get_review(struct slice row, struct wire_review *out) {
    struct wire wire;
    enum err err = get_wire(row, WIRE_ROW_KEY, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_key.review;
    return out->key.size != 0 ? ERR_OK : ERR_CORRUPT;
}
