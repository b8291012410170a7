/* apply.c - from records to rows: what each kind of record changes.
 *
 * Records carry the resulting rows, so nothing here computes what a room looks
 * like; it puts rows and keeps the indexes. Rows that the next record of the
 * group may change again wait in store->pending. */
#include "persister/rocksdb/dead.h"
#include "persister/rocksdb/internal.h"
#include "persister/rocksdb/reading.h"

/* A row is put by writing its value here. */
static struct buf *row(struct store *store, const struct key *key) {
    return changes_put(&store->changes, key);
}

static void forget(struct store *store, const struct key *key) {
    changes_remove(&store->changes, key);
}

static void put_state(struct store *store, room_id room,
                      const struct wire_room_state *state) {
    struct key key = key_state(room);
    pending_put(&store->pending, PENDING_STATE, room, &key)->as.state = *state;
}

static void put_member(struct store *store, room_id room,
                       const struct wire_member *member) {
    struct key key = key_member(room, member->user);
    pending_put(&store->pending, PENDING_MEMBER, room, &key)->as.member =
        *member;
}

/* Somebody becomes a member, or stays one with another role. */
static void put_membership(struct store *store, room_id room,
                           const struct wire_member *member) {
    struct key key = key_user_room(member->user, room);
    put_member(store, room, member);
    row_put_number(1, row(store, &key));
}

static void put_event(struct store *store, room_id room, uint64_t place,
                      const struct event_row *event) {
    struct key key = key_event(room, place);
    row_put_event(event, row(store, &key));
}

static void put_message(struct store *store,
                        const struct wire_message *message) {
    struct key key = key_message(message->room, message->ordinal);
    row_put_message(message, row(store, &key));
}

static void put_sent(struct store *store, const struct wire_message *message,
                     enum sent_by by, struct slice text) {
    if (text.size == 0)
        return;
    struct key key =
        key_sent(message->room, message->author, (uint8_t)by, text);
    struct sent_row sent = {message->message, message->created_us};
    row_put_sent(&sent, row(store, &key));
}

static void apply_user_put(struct store *store,
                           const struct record_user_put *record) {
    struct key key = key_user(record->profile.user);
    row_put_profile(&record->profile, row(store, &key));
}

static void apply_room_put(struct store *store,
                           const struct record_room_put *record) {
    room_id room = record->room.room;
    struct key key = key_room(room);
    struct event_row event = {.kind = EVENT_ROOM_CHANGED,
                              .at_us = record->at_us};
    row_put_room(&record->room, row(store, &key));
    put_state(store, room, &record->state);
    put_event(store, room, record->state.place, &event);
    if (!record->created)
        return;
    struct key name = key_name(record->room.kind, record->room.key);
    row_put_number(room.value, row(store, &name));
    for (uint32_t i = 0; i < record->members_count; i++)
        put_membership(store, room, &record->members[i]);
}

/* Takes the room from its members' lists: those on disk and those of this
 * group; the latter's rows are dropped with all that is pending of the room. */
static enum err forget_members(struct store *store, room_id room,
                               struct store_error *error) {
    struct reading reading;
    struct scan scan = {0};
    struct slice found, value;
    struct pending_row *waiting;
    struct key first = key_range(KEY_MEMBER, room.value);
    struct key end = key_range(KEY_MEMBER, room.value + 1);
    enum err err;
    reading_begin(&reading, store, &store->arena, error, false);
    scan_open(&scan, &reading, &first, &end);
    while ((err = scan_next(&scan, &reading, &found, &value)) == ERR_OK) {
        struct key key = key_user_room((user_id){key_last_number(found)}, room);
        forget(store, &key);
    }
    scan_close(&scan);
    reading_end(&reading);
    for (size_t at = 0; (waiting = pending_next(&store->pending, &at));) {
        if (waiting->room.value != room.value)
            continue;
        if (waiting->kind == PENDING_MEMBER) {
            struct key key = key_user_room(
                (user_id){key_last_number(key_slice(&waiting->key))}, room);
            forget(store, &key);
        }
        pending_drop(&store->pending, waiting);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The index from message ids is not by room, so its entries stay; they lead to
 * rows that are gone, and no room or message ever takes the ids again. */
static enum err apply_room_deleted(struct store *store,
                                   const struct record_room_deleted *record,
                                   struct store_error *error) {
    static const enum key_table ranges[] = {KEY_MEMBER, KEY_MESSAGE, KEY_DEAD,
                                            KEY_EVENT, KEY_SENT};
    room_id room = record->room;
    struct key key = key_room(room);
    struct key state = key_state(room);
    struct key name = key_name(record->kind, record->key);
    enum err err = forget_members(store, room, error);
    if (err != ERR_OK)
        return err;
    forget(store, &key);
    forget(store, &state);
    forget(store, &name);
    /* What came before in this group is in the ranges too: it goes first. */
    rocks_emit(store);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct key first = key_range(ranges[i], room.value);
        struct key end = key_range(ranges[i], room.value + 1);
        rocksdb_writebatch_delete_range(store->batch, first.bytes, first.size,
                                        end.bytes, end.size);
    }
    return ERR_OK;
}

static void apply_member_put(struct store *store,
                             const struct record_member_put *record) {
    struct event_row event = {.kind = EVENT_MEMBER_PUT,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .member = record->member.user,
                              .role = record->member.role};
    put_state(store, record->room, &record->state);
    put_membership(store, record->room, &record->member);
    put_event(store, record->room, record->state.place, &event);
}

static void apply_member_removed(struct store *store,
                                 const struct record_member_removed *record) {
    struct event_row event = {.kind = EVENT_MEMBER_REMOVED,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .member = record->user};
    struct key key = key_member(record->room, record->user);
    struct key listed = key_user_room(record->user, record->room);
    put_state(store, record->room, &record->state);
    pending_put(&store->pending, PENDING_MEMBER, record->room, &key)->removed =
        true;
    forget(store, &listed);
    put_event(store, record->room, record->state.place, &event);
}

static void apply_message_created(struct store *store,
                                  const struct record_message_created *record) {
    const struct wire_message *message = &record->message;
    struct spot spot = {message->message.value / PARTITION_COUNT, message->room,
                        message->ordinal};
    put_message(store, message);
    buf_append(&store->spots, &spot, sizeof spot);
    put_state(store, message->room, &record->state);
    put_member(store, message->room, &record->author);
    put_sent(store, message, SENT_BY_CLIENT_KEY, record->client_key);
    put_sent(store, message, SENT_BY_REQUEST_KEY, record->request_key);
    put_sent(store, message, SENT_BY_ORIGIN_KEY, record->origin_key);
}

static void apply_message_edited(struct store *store,
                                 const struct record_message_edited *record) {
    struct event_row event = {.kind = EVENT_MESSAGE_EDITED,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .message = record->message.message};
    put_message(store, &record->message);
    put_state(store, record->message.room, &record->state);
    put_event(store, record->message.room, record->state.place, &event);
}

static enum err
apply_message_deleted(struct store *store,
                      const struct record_message_deleted *record,
                      struct store_error *error) {
    const struct wire_message *message = &record->message;
    struct event_row event = {.kind = EVENT_MESSAGE_DELETED,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .message = message->message};
    struct reading reading;
    put_message(store, message);
    put_state(store, message->room, &record->state);
    for (uint32_t i = 0; i < record->members_count; i++)
        put_member(store, message->room, &record->members[i]);
    put_event(store, message->room, record->state.place, &event);
    reading_begin(&reading, store, &store->arena, error, false);
    enum err err = dead_add(&reading, message->room, message->ordinal);
    reading_end(&reading);
    return err;
}

static void apply_mark_moved(struct store *store,
                             const struct record_mark_moved *record) {
    struct event_row event = {.kind = EVENT_MARK_MOVED,
                              .at_us = record->member.read_us,
                              .actor = record->member.user,
                              .message = record->message,
                              .mark = record->member.mark};
    put_state(store, record->room, &record->state);
    put_member(store, record->room, &record->member);
    put_event(store, record->room, record->state.place, &event);
}

static void apply_review_put(struct store *store,
                             const struct record_review_put *record) {
    struct key key = key_review(record->review.key);
    row_put_review(&record->review, row(store, &key));
}

enum err rocks_apply(struct store *store, const struct wire *record,
                     struct store_error *error) {
    /* Not a switch: wire kinds are many, records are few, and what is no
     * record was refused before it came here. */
    if (record->kind == RECORD_MESSAGE_CREATED)
        apply_message_created(store, &record->as.record_message_created);
    else if (record->kind == RECORD_MARK_MOVED)
        apply_mark_moved(store, &record->as.record_mark_moved);
    else if (record->kind == RECORD_MESSAGE_EDITED)
        apply_message_edited(store, &record->as.record_message_edited);
    else if (record->kind == RECORD_MESSAGE_DELETED)
        return apply_message_deleted(store, &record->as.record_message_deleted,
                                     error);
    else if (record->kind == RECORD_MEMBER_PUT)
        apply_member_put(store, &record->as.record_member_put);
    else if (record->kind == RECORD_MEMBER_REMOVED)
        apply_member_removed(store, &record->as.record_member_removed);
    else if (record->kind == RECORD_ROOM_PUT)
        apply_room_put(store, &record->as.record_room_put);
    else if (record->kind == RECORD_ROOM_DELETED)
        return apply_room_deleted(store, &record->as.record_room_deleted,
                                  error);
    else if (record->kind == RECORD_USER_PUT)
        apply_user_put(store, &record->as.record_user_put);
    else if (record->kind == RECORD_REVIEW_PUT)
        apply_review_put(store, &record->as.record_review_put);
    else
        INVARIANT(!"a record of an unknown kind");
    return ERR_OK;
}
