/* rows.c - see rows.h. */
#include "persister/rocksdb/rows.h"

#include "persister/rocksdb/numbers.h"

#define NUMBERS_MAX 9u
/* A standing: counts, 9 numbers of the state, and the list. */
#define STANDING_BYTES_MAX                                                     \
    (1 + (NUMBERS_MAX + 1 + 2 * FRESH_MAX) * NUMBER_BYTES_MAX)

/* --- Numbers -------------------------------------------------------------- */

static char *write_numbers(char *at, const uint64_t *numbers, uint32_t count) {
    PRE(count <= NUMBERS_MAX);
    *at++ = (char)count;
    for (uint32_t i = 0; i < count; i++)
        at = number_write(at, numbers[i]);
    return at;
}

static void put_numbers(const uint64_t *numbers, uint32_t count,
                        struct buf *out) {
    char *start = buf_reserve(out, 1 + count * NUMBER_BYTES_MAX);
    out->size += (size_t)(write_numbers(start, numbers, count) - start);
}

/* Takes a run of numbers from the front of |row|, at most |wanted| of them;
 * those that an older writer left out are 0. */
static enum err take_numbers(struct slice *row, uint32_t required,
                             uint32_t wanted, uint64_t *numbers) {
    if (row->size == 0)
        return ERR_CORRUPT;
    uint32_t count = (uint8_t)row->data[0];
    if (count < required)
        return ERR_CORRUPT;
    row->data++;
    row->size--;
    for (uint32_t i = 0; i < wanted; i++)
        numbers[i] = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number;
        if (!number_take(row, &number))
            return ERR_CORRUPT;
        if (i < wanted)
            numbers[i] = number;
    }
    return ERR_OK;
}

/* The same, and the row must end there. */
static enum err get_numbers(struct slice row, uint32_t required,
                            uint32_t wanted, uint64_t *numbers) {
    enum err err = take_numbers(&row, required, wanted, numbers);
    return err == ERR_OK && row.size != 0 ? ERR_CORRUPT : err;
}

void row_put_number(uint64_t number, struct buf *out) {
    put_numbers(&number, 1, out);
}

enum err row_get_number(struct slice row, uint64_t *out) {
    return get_numbers(row, 1, 1, out);
}

/* --- Standings ------------------------------------------------------------ */

static char *write_standing(char *at, const struct standing *standing) {
    const struct wire_room_state *state = &standing->state;
    const struct fresh *fresh = &standing->fresh;
    const uint64_t numbers[9] = {
        state->place,         state->ordinal,
        state->live_total,    (uint64_t)state->activity_us,
        state->reader1.value, state->mark1,
        state->reader2.value, state->mark2,
        state->members_count};
    at = write_numbers(at, numbers, 9);
    at = number_write(at, fresh->count);
    for (uint32_t i = 0; i < fresh->count; i++) {
        at = number_write(at, fresh->authors[i].user.value);
        at = number_write(at, fresh->authors[i].own_total);
    }
    return at;
}

void row_put_standing(const struct standing *standing, struct buf *out) {
    char *start = buf_reserve(out, STANDING_BYTES_MAX);
    out->size += (size_t)(write_standing(start, standing) - start);
}

static enum err take_state(struct slice *row, struct wire_room_state *out) {
    uint64_t numbers[9];
    enum err err = take_numbers(row, 9, 9, numbers);
    if (err != ERR_OK)
        return err;
    *out = (struct wire_room_state){.place = numbers[0],
                                    .ordinal = numbers[1],
                                    .live_total = numbers[2],
                                    .activity_us = (int64_t)numbers[3],
                                    .reader1 = {numbers[4]},
                                    .mark1 = numbers[5],
                                    .reader2 = {numbers[6]},
                                    .mark2 = numbers[7],
                                    .members_count = (uint32_t)numbers[8]};
    bool sound = out->ordinal <= out->place &&
                 out->live_total <= out->ordinal &&
                 out->reader1.value <= ID_MAX && out->reader2.value <= ID_MAX &&
                 numbers[8] <= LIMIT_ROOM_MEMBERS;
    return sound ? ERR_OK : ERR_CORRUPT;
}

static enum err take_fresh(struct slice *row, struct fresh *out) {
    uint64_t count;
    *out = (struct fresh){0};
    if (!number_take(row, &count) || count > FRESH_MAX)
        return ERR_CORRUPT;
    for (uint64_t i = 0; i < count; i++) {
        struct fresh_author author;
        if (!number_take(row, &author.user.value) ||
            !number_take(row, &author.own_total) || author.user.value == 0 ||
            author.user.value > ID_MAX || fresh_find(out, author.user))
            return ERR_CORRUPT;
        out->authors[out->count++] = author;
    }
    return ERR_OK;
}

enum err row_get_standing(struct slice row, struct standing *out) {
    enum err err = take_state(&row, &out->state);
    if (err == ERR_OK)
        err = take_fresh(&row, &out->fresh);
    return err == ERR_OK && row.size != 0 ? ERR_CORRUPT : err;
}

/* --- Other rows of numbers ------------------------------------------------ */

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

/* Distances, since sequences run on: number of spots, then for each seq - the
 * one before, room and ordinal. */
void row_put_spots(const struct spot *spots, uint32_t count, uint64_t first_seq,
                   struct buf *out) {
    size_t bytes_max = (1 + 3 * (size_t)count) * NUMBER_BYTES_MAX;
    char *start = buf_reserve(out, bytes_max);
    char *at = number_write(start, count);
    uint64_t before = first_seq;
    for (uint32_t i = 0; i < count; i++) {
        PRE(spots[i].seq >= before);
        at = number_write(at, spots[i].seq - before);
        at = number_write(at, spots[i].room.value);
        at = number_write(at, spots[i].ordinal);
        before = spots[i].seq;
    }
    out->size += (size_t)(at - start);
}

enum err row_find_spot(struct slice row, uint64_t first_seq, uint64_t seq,
                       struct spot *out) {
    uint64_t count, distance;
    out->seq = first_seq;
    if (!number_take(&row, &count))
        return ERR_CORRUPT;
    for (uint64_t i = 0; i < count && out->seq <= seq; i++) {
        if (!number_take(&row, &distance) ||
            !number_take(&row, &out->room.value) ||
            !number_take(&row, &out->ordinal))
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

void row_put_mail(const struct mail_row *mail, struct buf *out) {
    const uint64_t numbers[3] = {mail->to.value, (uint64_t)mail->created_us,
                                 mail->attempts};
    put_numbers(numbers, 3, out);
}

enum err row_get_mail(struct slice row, struct mail_row *out) {
    uint64_t numbers[3];
    enum err err = get_numbers(row, 3, 3, numbers);
    if (err != ERR_OK)
        return err;
    if (numbers[0] == 0 || numbers[0] > ID_MAX || numbers[2] > UINT32_MAX)
        return ERR_CORRUPT;
    *out = (struct mail_row){
        {numbers[0]}, (int64_t)numbers[1], (uint32_t)numbers[2]};
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

/* |arena|: for lists, in the one kind of row that has them; NULL: none. */
static enum err get_wire(struct slice row, enum wire_kind kind,
                         struct arena *arena, struct wire *out) {
    struct arena none = {0};
    enum err err = wire_decode(row, arena ? arena : &none, out, NULL);
    bool listed = none.chunks != NULL;
    arena_finish(&none);
    return err == ERR_OK && out->kind == kind && !listed ? ERR_OK : ERR_CORRUPT;
}

void row_put_room(const struct wire_room *room, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_ROOM,
                        .as.row_room = {.found = true, .room = *room}};
    wire_encode(&wire, out);
}

enum err row_get_room(struct slice row, struct wire_room *out) {
    struct wire wire;
    enum err err = get_wire(row, WIRE_ROW_ROOM, NULL, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_room.room;
    return out->room.value != 0 ? ERR_OK : ERR_CORRUPT;
}

void row_put_message(const struct wire_message *message,
                     const struct standing *standing,
                     const struct message_keys *keys, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_MESSAGE,
                        .as.row_message = {.found = true, .message = *message}};
    char bytes[STANDING_BYTES_MAX];
    struct slice stands = {bytes, 0};
    wire.as.row_message.message.read = false;
    wire.as.row_message.message.read_us = 0;
    wire.as.row_message.message.quote = (struct wire_quote){0};
    if (standing)
        stands.size = (size_t)(write_standing(bytes, standing) - bytes);
    number_put_sized(stands, out);
    number_put_sized(keys->request, out);
    number_put_sized(keys->origin, out);
    wire_encode(&wire, out);
}

/* Takes what stands before the message. */
static bool take_ahead(struct slice *row, struct slice *standing,
                       struct message_keys *keys) {
    return number_take_sized(row, standing) &&
           number_take_sized(row, &keys->request) &&
           number_take_sized(row, &keys->origin);
}

enum err row_get_message(struct slice row, struct arena *arena,
                         struct wire_message *out) {
    struct wire wire;
    struct slice standing;
    struct message_keys keys;
    if (!take_ahead(&row, &standing, &keys))
        return ERR_CORRUPT;
    enum err err = get_wire(row, WIRE_ROW_MESSAGE, arena, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_message.message;
    return out->message.value != 0 && out->ordinal != 0 ? ERR_OK : ERR_CORRUPT;
}

void row_keep_message(struct wire_message *message, struct arena *arena) {
    message->text = arena_copy(arena, message->text);
    for (uint32_t i = 0; i < message->files_count; i++) {
        struct wire_file *file = &message->files[i];
        file->secret = arena_copy(arena, file->secret);
        file->name = arena_copy(arena, file->name);
        file->mime = arena_copy(arena, file->mime);
    }
}

enum err row_get_message_standing(struct slice row, struct standing *out) {
    struct slice standing;
    struct message_keys keys;
    if (!take_ahead(&row, &standing, &keys))
        return ERR_CORRUPT;
    return standing.size ? row_get_standing(standing, out) : ERR_NOT_FOUND;
}

enum err row_get_message_keys(struct slice row, struct message_keys *out) {
    struct slice standing;
    return take_ahead(&row, &standing, out) ? ERR_OK : ERR_CORRUPT;
}

void row_put_profile(const struct wire_profile *profile, struct buf *out) {
    struct wire wire = {.kind = WIRE_ROW_USER,
                        .as.row_user = {.found = true, .profile = *profile}};
    wire_encode(&wire, out);
}

enum err row_get_profile(struct slice row, struct wire_profile *out) {
    struct wire wire;
    enum err err = get_wire(row, WIRE_ROW_USER, NULL, &wire);
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
    enum err err = get_wire(row, WIRE_ROW_KEY, NULL, &wire);
    if (err != ERR_OK)
        return err;
    *out = wire.as.row_key.review;
    return out->key.size != 0 ? ERR_OK : ERR_CORRUPT;
}

/* --- Files ---------------------------------------------------------------- */

void row_put_file(const struct wire_file *file, struct buf *out) {
    struct wire_file copy = *file;
    struct wire wire = {.kind = WIRE_ROW_FILES, .as.row_files = {&copy, 1}};
    wire_encode(&wire, out);
}

enum err row_get_file(struct slice row, struct arena *arena,
                      struct wire_file *out) {
    struct wire wire;
    enum err err = wire_decode(row, arena, &wire, NULL);
    if (err != ERR_OK || wire.kind != WIRE_ROW_FILES ||
        wire.as.row_files.files_count != 1)
        return ERR_CORRUPT;
    *out = wire.as.row_files.files[0];
    return out->secret.size == LIMIT_FILE_SECRET_BYTES ? ERR_OK : ERR_CORRUPT;
}

void row_put_file_use(const struct file_use *use, struct buf *out) {
    const uint64_t numbers[2] = {use->count, (uint64_t)use->free_us};
    put_numbers(numbers, 2, out);
}

enum err row_get_file_use(struct slice row, struct file_use *out) {
    uint64_t numbers[2];
    enum err err = get_numbers(row, 2, 2, numbers);
    if (err == ERR_OK)
        *out = (struct file_use){numbers[0], (int64_t)numbers[1]};
    return err;
}
