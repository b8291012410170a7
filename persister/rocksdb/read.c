/* read.c - the reads that look up one thing, and the way to the others. */
#include "persister/rocksdb/answers.h"

/* A request key is looked up only when a client says that it tries again, an
 * origin key only when a gateway sends again after a lost link: both soon
 * after, so it is enough to know the newest messages of the room (store.h).
 * A gateway comes back at once and with up to 4,096 commands, most of which
 * were never stored: its own are few behind, and a miss must be cheap. */
#define REQUEST_SCAN_MAX 65536u
#define ORIGIN_SCAN_MAX 8192u

enum err answer_ordinal_at(struct reading *reading, room_id room,
                           const struct wire_room_state *state, uint64_t place,
                           uint64_t *ordinal) {
    /* At most so many messages were created since. */
    uint64_t later = place < state->place ? state->place - place : 0;
    uint64_t low = later < state->ordinal ? state->ordinal - later : 0;
    uint64_t high = state->ordinal < place ? state->ordinal : place;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        struct wire_message message;
        enum err err = reading_message(reading, room, middle, &message);
        if (err == ERR_NOT_FOUND)
            return rocks_corrupt_row("message", reading->error);
        if (err != ERR_OK)
            return err;
        if (message.place <= place)
            low = middle;
        else
            high = middle - 1;
    }
    *ordinal = low;
    return ERR_OK;
}

enum err answer_profiles(struct reading *reading, const struct people *people,
                         struct wire_profile **profiles, uint32_t *count) {
    *profiles = people->count ? arena_alloc(reading->arena,
                                            people->count * sizeof **profiles)
                              : NULL;
    for (uint32_t i = 0; i < people->count; i++) {
        enum err err =
            reading_profile(reading, people->users[i], &(*profiles)[i]);
        if (err != ERR_OK)
            return err;
    }
    *count = people->count;
    return ERR_OK;
}

static enum err read_members(struct reading *reading, room_id room,
                             const struct fresh *fresh,
                             struct wire_row_room *out) {
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_range(KEY_MEMBER, room.value);
    struct key end = key_range(KEY_MEMBER, room.value + 1);
    struct buf members = {0};
    enum err err;
    scan_open(&scan, reading, &first, &end);
    while ((err = scan_next(&scan, reading, &key, &value)) == ERR_OK) {
        struct wire_member member;
        if (row_get_member(value, &member) != ERR_OK ||
            out->members_count == LIMIT_ROOM_MEMBERS) {
            err = rocks_corrupt_row("member", reading->error);
            break;
        }
        const struct fresh_author *author = fresh_find(fresh, member.user);
        if (author)
            member.own_total = author->own_total;
        buf_append(&members, &member, sizeof member);
        out->members_count++;
    }
    scan_close(&scan);
    if (out->members_count) {
        out->members = arena_alloc(reading->arena, members.size);
        memcpy(out->members, members.data, members.size);
    }
    buf_finish(&members);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err read_room(struct reading *reading, const struct wire_read_room *ask,
                   struct wire_row_room *out) {
    struct standing standing;
    enum err err = reading_room(reading, ask->room, &out->room);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err == ERR_OK)
        err = reading_standing(reading, ask->room, &standing);
    if (err == ERR_OK) {
        out->state = standing.state;
        err = read_members(reading, ask->room, &standing.fresh, out);
    }
    out->found = true;
    return err == ERR_NOT_FOUND
               ? rocks_corrupt_row("room state", reading->error)
               : err;
}

static enum err read_review(struct reading *reading, struct slice text,
                            struct wire_review *out) {
    struct key key = key_review(text);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_review(row, out) != ERR_OK)
        return rocks_corrupt_row("review", reading->error);
    return ERR_OK;
}

enum err read_key(struct reading *reading, const struct wire_read_key *ask,
                  struct wire_row_key *out) {
    struct key key = key_name(ask->kind, ask->key);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err == ERR_OK && row_get_number(row, &out->room.value) != ERR_OK)
        return rocks_corrupt_row("room key", reading->error);
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    if (ask->kind != ROOM_ORDER)
        return ERR_OK;
    return read_review(reading, ask->key, &out->review);
}

static enum err read_seen(struct reading *reading, user_id user,
                          int64_t *last_seen_us) {
    struct key key = key_seen(user);
    struct slice row;
    uint64_t number;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_number(row, &number) != ERR_OK || number > INT64_MAX)
        return rocks_corrupt_row("last seen", reading->error);
    *last_seen_us = (int64_t)number;
    return ERR_OK;
}

enum err read_user(struct reading *reading, const struct wire_read_user *ask,
                   struct wire_row_user *out) {
    struct key key = key_user(ask->user);
    struct slice row;
    enum err err = read_seen(reading, ask->user, &out->last_seen_us);
    if (err == ERR_OK)
        err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_profile(row, &out->profile) != ERR_OK)
        return rocks_corrupt_row("user", reading->error);
    out->found = true;
    return ERR_OK;
}

/* Answers with a message that was found. */
static enum err answer_message(struct reading *reading,
                               const struct wire_message *message,
                               struct wire_row_message *out) {
    struct wire_room_state state;
    enum err err = reading_state(reading, message->room, &state);
    if (err == ERR_OK)
        err = reading_profile(reading, message->author, &out->author);
    if (err != ERR_OK)
        return err;
    struct show show;
    show_begin(&show, reading, message->room, &state);
    out->message = *message;
    out->found = true;
    return show_message(&show, &out->message);
}

enum err read_message(struct reading *reading,
                      const struct wire_read_message *ask,
                      struct wire_row_message *out) {
    struct spot spot;
    struct wire_message message;
    enum err err = reading_spot(reading, ask->message, &spot);
    if (err == ERR_OK)
        err = reading_message(reading, spot.room, spot.ordinal, &message);
    if (err == ERR_OK)
        err = answer_message(reading, &message, out);
    /* A room that was deleted leaves ids that lead nowhere. */
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A client's key is for ever, so it has a row. */
static enum err read_by_client_key(struct reading *reading,
                                   const struct wire_read_sent *ask,
                                   struct wire_row_message *out) {
    struct key key = key_sent(ask->room, ask->sender, ask->by, ask->key);
    struct slice row;
    struct sent_row sent;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_sent(row, &sent) != ERR_OK)
        return rocks_corrupt_row("sent", reading->error);
    struct wire_read_message by_id = {.message = sent.message};
    return read_message(reading, &by_id, out);
}

/* Whether the message in |row| is the one that was asked for. */
static enum err was_sent_by(struct reading *reading, struct slice row,
                            const struct wire_read_sent *ask,
                            struct wire_message *message, bool *hit) {
    struct message_keys keys;
    *hit = false;
    enum err err = row_get_message_keys(row, &keys);
    if (err == ERR_OK &&
        slice_equal(ask->by == SENT_BY_REQUEST_KEY ? keys.request : keys.origin,
                    ask->key)) {
        err = row_get_message(arena_copy(reading->arena, row), reading->arena,
                              message);
        *hit = err == ERR_OK && message->author.value == ask->sender.value;
    }
    return err == ERR_OK ? ERR_OK
                         : rocks_corrupt_row("message", reading->error);
}

/* The other keys are with the message: it is looked for, the newest first. */
static enum err read_by_scan(struct reading *reading,
                             const struct wire_read_sent *ask,
                             struct wire_row_message *out) {
    struct scan scan = {0};
    struct slice key, row;
    struct wire_message message;
    struct key first = key_range(KEY_MESSAGE, ask->room.value);
    struct key end = key_range(KEY_MESSAGE, ask->room.value + 1);
    uint32_t most =
        ask->by == SENT_BY_REQUEST_KEY ? REQUEST_SCAN_MAX : ORIGIN_SCAN_MAX;
    bool hit = false;
    enum err err = ERR_OK;
    scan_open_backwards(&scan, reading, &first, &end);
    for (uint32_t i = 0; i < most && !hit && err == ERR_OK; i++) {
        err = scan_next(&scan, reading, &key, &row);
        if (err == ERR_OK)
            err = was_sent_by(reading, row, ask, &message, &hit);
    }
    if (hit)
        err = answer_message(reading, &message, out);
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err read_sent(struct reading *reading, const struct wire_read_sent *ask,
                   struct wire_row_message *out) {
    if (ask->key.size == 0)
        return ERR_OK; /* Nothing is ever sent under no key. */
    return ask->by == SENT_BY_CLIENT_KEY ? read_by_client_key(reading, ask, out)
                                         : read_by_scan(reading, ask, out);
}

/* Which answer each read gets; its fields are zeroed. */
static void start_answer(struct wire *out, const struct wire *request,
                         enum wire_kind kind) {
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->correlation = request->correlation;
    out->partition = request->partition;
}

static enum err answer_view(struct reading *reading, const struct wire *request,
                            struct wire *out) {
    start_answer(out, request, WIRE_REPLY_VIEW);
    enum err err =
        read_view(reading, &request->as.read_view, &out->as.reply_view);
    if (err == ERR_NOT_FOUND) {
        start_answer(out, request, WIRE_REPLY_ERROR);
        out->as.reply_error.refusal = REFUSED_NOT_FOUND;
        return ERR_OK;
    }
    return err;
}

static enum err answer(struct reading *reading, const struct wire *request,
                       struct wire *out) {
    if (request->kind == WIRE_READ_ROOM) {
        start_answer(out, request, WIRE_ROW_ROOM);
        return read_room(reading, &request->as.read_room, &out->as.row_room);
    }
    if (request->kind == WIRE_READ_KEY) {
        start_answer(out, request, WIRE_ROW_KEY);
        return read_key(reading, &request->as.read_key, &out->as.row_key);
    }
    if (request->kind == WIRE_READ_USER) {
        start_answer(out, request, WIRE_ROW_USER);
        return read_user(reading, &request->as.read_user, &out->as.row_user);
    }
    if (request->kind == WIRE_READ_MESSAGE) {
        start_answer(out, request, WIRE_ROW_MESSAGE);
        return read_message(reading, &request->as.read_message,
                            &out->as.row_message);
    }
    if (request->kind == WIRE_READ_SENT) {
        start_answer(out, request, WIRE_ROW_MESSAGE);
        return read_sent(reading, &request->as.read_sent, &out->as.row_message);
    }
    if (request->kind == WIRE_READ_HISTORY) {
        start_answer(out, request, WIRE_REPLY_PAGE);
        return read_history(reading, &request->as.read_history,
                            &out->as.reply_page);
    }
    if (request->kind == WIRE_READ_LIST) {
        start_answer(out, request, WIRE_REPLY_LIST);
        return read_list(reading, &request->as.read_list, &out->as.reply_list);
    }
    if (request->kind == WIRE_READ_UNREAD) {
        start_answer(out, request, WIRE_ROW_COUNT);
        return read_unread(reading, &request->as.read_unread,
                           &out->as.row_count);
    }
    if (request->kind == WIRE_READ_FEED) {
        start_answer(out, request, WIRE_ROW_FEED);
        return read_feed(reading, &request->as.read_feed, &out->as.row_feed);
    }
    if (request->kind == WIRE_READ_COUNT) {
        start_answer(out, request, WIRE_ROW_COUNT);
        return read_count(reading, &request->as.read_count, &out->as.row_count);
    }
    if (request->kind == WIRE_READ_EVENTS) {
        start_answer(out, request, WIRE_ROW_EVENTS);
        return read_events(reading, &request->as.read_events,
                           &out->as.row_events);
    }
    if (request->kind == WIRE_READ_FILES) {
        start_answer(out, request, WIRE_ROW_FILES);
        return read_files(reading, &request->as.read_files, &out->as.row_files);
    }
    if (request->kind == WIRE_READ_BYTES) {
        start_answer(out, request, WIRE_ROW_BYTES);
        return read_bytes(reading, &request->as.read_bytes, &out->as.row_bytes);
    }
    INVARIANT(request->kind == WIRE_READ_VIEW);
    return answer_view(reading, request, out);
}

enum err rocks_read(struct store *store, const struct wire *request,
                    struct arena *arena, struct wire *out,
                    struct store_error *error) {
    struct reading reading;
    reading_begin(&reading, store, arena, error, true);
    enum err err = answer(&reading, request, out);
    reading_end(&reading);
    return err;
}
