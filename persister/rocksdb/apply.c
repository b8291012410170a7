/* apply.c - from records to rows: what each kind of record changes.
 *
 * Records carry the resulting rows, so nothing here computes what a room looks
 * like; it puts rows and keeps the indexes. Rows that the next record of the
 * group may change again wait in store->pending. A message, of which there are
 * the most, is one row: rows.h and fresh.h say how. */
#include "persister/rocksdb/dead.h"
#include "persister/rocksdb/files.h"
#include "persister/rocksdb/internal.h"
#include "persister/rocksdb/reading.h"
#include "persister/rocksdb/rewrite.h"

/* A row is put by writing its value here. */
static struct buf *row(struct store *store, const struct key *key) {
    return changes_put(&store->changes, key);
}

static void forget(struct store *store, const struct key *key) {
    changes_remove(&store->changes, key);
}

/* The room's fresh authors after the last record, to be changed in place. */
static enum err fresh_of(struct store *store, room_id room,
                         struct store_error *error, struct fresh **out) {
    struct standing standing = {.fresh = {0}};
    struct reading reading;
    *out = fresh_cache_find(&store->fresh, room);
    if (*out)
        return ERR_OK;
    reading_begin(&reading, store, &store->arena, error, false);
    enum err err = reading_standing(&reading, room, &standing);
    reading_end(&reading);
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    *out = fresh_cache_add(&store->fresh, room);
    **out = standing.fresh;
    return ERR_OK;
}

/* After the record's members: the row says who of them is fresh. */
static void put_standing(struct store *store, room_id room,
                         const struct wire_room_state *state,
                         const struct fresh *fresh) {
    struct key key = key_state(room);
    pending_put(&store->pending, PENDING_STANDING, room, &key)->as.standing =
        (struct standing){*state, *fresh};
}

/* A whole row is exact. */
static void put_member(struct store *store, room_id room,
                       const struct wire_member *member, struct fresh *fresh) {
    struct key key = key_member(room, member->user);
    pending_put(&store->pending, PENDING_MEMBER, room, &key)->as.member =
        *member;
    fresh_drop(fresh, member->user);
}

/* Somebody becomes a member, or stays one with another role. */
static void put_membership(struct store *store, room_id room,
                           const struct wire_member *member,
                           struct fresh *fresh) {
    struct key key = key_user_room(member->user, room);
    put_member(store, room, member, fresh);
    row_put_number(1, row(store, &key));
}

/* The member's row as this group leaves it so far. */
static enum err find_member(struct reading *reading, room_id room, user_id user,
                            struct wire_member *out) {
    struct key key = key_member(room, user);
    const struct pending_row *waiting =
        pending_find(&reading->store->pending, &key);
    if (!waiting)
        return reading_member(reading, room, NULL, user, out);
    *out = waiting->as.member;
    return waiting->removed ? ERR_NOT_FOUND : ERR_OK;
}

/* Puts the rows of all fresh authors, so that the list is empty. */
static enum err settle_fresh(struct store *store, room_id room,
                             struct fresh *fresh, struct store_error *error) {
    struct reading reading;
    enum err err = ERR_OK;
    reading_begin(&reading, store, &store->arena, error, false);
    while (fresh->count > 0 && err == ERR_OK) {
        struct fresh_author author = fresh->authors[0];
        struct wire_member member;
        err = find_member(&reading, room, author.user, &member);
        if (err == ERR_OK) {
            member.own_total = author.own_total;
            put_member(store, room, &member, fresh);
        } else if (err == ERR_NOT_FOUND) {
            fresh_drop(fresh, author.user); /* Of no member: of no use. */
            err = ERR_OK;
        }
    }
    reading_end(&reading);
    return err;
}

/* From the group at hand on the room's brief says so. */
static uint64_t next_group(const struct store *store) {
    return store->group + 1;
}

static void brief_event(struct store *store, room_id room,
                        const struct wire_room_state *state, int64_t at_us,
                        const struct wire_member *members, uint32_t count) {
    briefs_change(&store->briefs, room, next_group(store), state, at_us,
                  members, count);
}

static void put_event(struct store *store, room_id room, uint64_t place,
                      const struct event_row *event) {
    struct key key = key_event(room, place);
    row_put_event(event, row(store, &key));
}

static void apply_user_put(struct store *store,
                           const struct record_user_put *record) {
    struct key key = key_user(record->profile.user);
    row_put_profile(&record->profile, row(store, &key));
}

static void apply_user_seen(struct store *store,
                            const struct record_user_seen *record) {
    struct key key = key_seen(record->user);
    row_put_number((uint64_t)record->last_seen_us, row(store, &key));
}

static void brief_room(struct store *store,
                       const struct record_room_put *record) {
    const struct wire_room_state *state = &record->state;
    struct brief brief = {.kind = record->room.kind,
                          .place = state->place,
                          .live_total = state->live_total,
                          .activity_us = state->activity_us,
                          .last_us = record->at_us,
                          .members_count = state->members_count};
    for (uint32_t i = 0;
         i < record->members_count && state->members_count <= BRIEF_MEMBERS_MAX;
         i++)
        brief.members[i] = (struct brief_member){record->members[i].user,
                                                 record->members[i].own_total +
                                                     record->members[i].seen};
    briefs_put(&store->briefs, record->room.room, next_group(store), &brief);
}

static enum err apply_room_put(struct store *store,
                               const struct record_room_put *record,
                               struct store_error *error) {
    room_id room = record->room.room;
    struct key key = key_room(room);
    struct event_row event = {.kind = EVENT_ROOM_CHANGED,
                              .at_us = record->at_us};
    struct fresh *fresh;
    enum err err = fresh_of(store, room, error, &fresh);
    if (err != ERR_OK)
        return err;
    row_put_room(&record->room, row(store, &key));
    put_event(store, room, record->state.place, &event);
    if (record->created)
        brief_room(store, record);
    else
        brief_event(store, room, &record->state, record->at_us, NULL, 0);
    if (record->created) {
        struct key name = key_name(record->room.kind, record->room.key);
        row_put_number(room.value, row(store, &name));
        for (uint32_t i = 0; i < record->members_count; i++)
            put_membership(store, room, &record->members[i], fresh);
    }
    put_standing(store, room, &record->state, fresh);
    return ERR_OK;
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
    static const enum key_table ranges[] = {KEY_MEMBER,   KEY_MESSAGE, KEY_DEAD,
                                            KEY_EVENT,    KEY_SENT,    KEY_MARK,
                                            KEY_ROOM_FILE};
    room_id room = record->room;
    struct key key = key_room(room);
    struct key state = key_state(room);
    struct key name = key_name(record->kind, record->key);
    enum err err = files_room_deleted(store, room, error);
    if (err == ERR_OK)
        err = forget_members(store, room, error);
    if (err != ERR_OK)
        return err;
    forget(store, &key);
    forget(store, &state);
    forget(store, &name);
    fresh_cache_drop(&store->fresh, room);
    briefs_drop(&store->briefs, room, next_group(store));
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct key first = key_range(ranges[i], room.value);
        struct key end = key_range(ranges[i], room.value + 1);
        rocksdb_writebatch_delete_range(store->batch, first.bytes, first.size,
                                        end.bytes, end.size);
        /* The range goes into the batch before what else this group puts. */
        changes_drop_range(&store->changes, &first, &end);
    }
    return ERR_OK;
}

static enum err apply_member_put(struct store *store,
                                 const struct record_member_put *record,
                                 struct store_error *error) {
    struct event_row event = {.kind = EVENT_MEMBER_PUT,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .member = record->member.user,
                              .role = record->member.role};
    struct fresh *fresh;
    enum err err = fresh_of(store, record->room, error, &fresh);
    if (err != ERR_OK)
        return err;
    put_membership(store, record->room, &record->member, fresh);
    brief_event(store, record->room, &record->state, record->at_us,
                &record->member, 1);
    put_standing(store, record->room, &record->state, fresh);
    put_event(store, record->room, record->state.place, &event);
    return ERR_OK;
}

/* Who comes back begins anew. One by one: ranges are slow to read past, and
 * members come and go in large rooms. */
static enum err forget_marks(struct store *store, room_id room, user_id user,
                             struct store_error *error) {
    struct reading reading;
    struct scan scan = {0};
    struct slice found, value;
    struct key first = key_mark(room, user, 0);
    struct key end = key_mark(room, (user_id){user.value + 1}, 0);
    enum err err;
    changes_drop_range(&store->changes, &first, &end);
    reading_begin(&reading, store, &store->arena, error, false);
    scan_open(&scan, &reading, &first, &end);
    while ((err = scan_next(&scan, &reading, &found, &value)) == ERR_OK) {
        struct key key = key_mark(room, user, key_last_number(found));
        forget(store, &key);
    }
    scan_close(&scan);
    reading_end(&reading);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err apply_member_removed(struct store *store,
                                     const struct record_member_removed *record,
                                     struct store_error *error) {
    struct event_row event = {.kind = EVENT_MEMBER_REMOVED,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .member = record->user};
    struct key key = key_member(record->room, record->user);
    struct key listed = key_user_room(record->user, record->room);
    struct fresh *fresh;
    enum err err = fresh_of(store, record->room, error, &fresh);
    if (err != ERR_OK)
        return err;
    err = forget_marks(store, record->room, record->user, error);
    if (err != ERR_OK)
        return err;
    briefs_leave(&store->briefs, record->room, next_group(store),
                 &record->state, record->at_us, record->user);
    fresh_drop(fresh, record->user);
    pending_put(&store->pending, PENDING_MEMBER, record->room, &key)->removed =
        true;
    forget(store, &listed);
    put_standing(store, record->room, &record->state, fresh);
    put_event(store, record->room, record->state.place, &event);
    return ERR_OK;
}

static void put_client_key(struct store *store,
                           const struct record_message_created *record) {
    const struct wire_message *message = &record->message;
    struct sent_row sent = {message->message, message->created_us};
    if (record->client_key.size == 0)
        return;
    struct key key = key_sent(message->room, message->author,
                              SENT_BY_CLIENT_KEY, record->client_key);
    row_put_sent(&sent, row(store, &key));
}

static void put_mail(struct store *store,
                     const struct record_message_created *record) {
    const struct wire_message *message = &record->message;
    struct mail_row mail = {.to = record->mail_to,
                            .created_us = message->created_us};
    if (record->mail_to.value == 0 || !store->outbox)
        return;
    struct key key = key_mail(message->created_us, message->message);
    row_put_mail(&mail, row(store, &key));
}

/* One row, unless the client gave a key: this record is most of all. */
static enum err
apply_message_created(struct store *store,
                      const struct record_message_created *record,
                      struct store_error *error) {
    const struct wire_message *message = &record->message;
    struct key key = key_message(message->room, message->ordinal);
    struct spot spot = {message->message.value / PARTITION_COUNT, message->room,
                        message->ordinal};
    struct message_keys keys = {record->request_key, record->origin_key};
    user_id author = record->author.user;
    uint64_t own_total = record->author.own_total;
    struct fresh *fresh;
    enum err err = fresh_of(store, message->room, error, &fresh);
    if (err == ERR_OK && !fresh_set(fresh, author, own_total)) {
        err = settle_fresh(store, message->room, fresh, error);
        fresh_set(fresh, author, own_total);
    }
    if (err != ERR_OK)
        return err;
    struct standing standing = {record->state, *fresh};
    row_put_message(message, &standing, &keys, row(store, &key));
    buf_append(&store->made, &spot, sizeof spot);
    put_client_key(store, record);
    put_mail(store, record);
    brief_event(store, message->room, &record->state, message->created_us,
                &record->author, 1);
    return files_taken(store, message->room, message->files,
                       message->files_count, error);
}

static enum err apply_message_edited(struct store *store,
                                     const struct record_message_edited *record,
                                     struct store_error *error) {
    room_id room = record->message.room;
    struct event_row event = {.kind = EVENT_MESSAGE_EDITED,
                              .at_us = record->at_us,
                              .actor = record->actor,
                              .message = record->message.message};
    struct fresh *fresh;
    enum err err = fresh_of(store, room, error, &fresh);
    if (err == ERR_OK)
        err = rewrite_message(store, &record->message, record->at_us, error);
    if (err != ERR_OK)
        return err;
    put_standing(store, room, &record->state, fresh);
    put_event(store, room, record->state.place, &event);
    brief_event(store, room, &record->state, record->at_us, NULL, 0);
    return ERR_OK;
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
    struct fresh *fresh;
    enum err err = fresh_of(store, message->room, error, &fresh);
    if (err == ERR_OK)
        err = rewrite_message(store, message, record->at_us, error);
    if (err != ERR_OK)
        return err;
    for (uint32_t i = 0; i < record->members_count; i++)
        put_member(store, message->room, &record->members[i], fresh);
    brief_event(store, message->room, &record->state, record->at_us,
                record->members, record->members_count);
    put_standing(store, message->room, &record->state, fresh);
    put_event(store, message->room, record->state.place, &event);
    reading_begin(&reading, store, &store->arena, error, false);
    err = dead_add(&reading, message->room, message->ordinal);
    reading_end(&reading);
    return err;
}

static enum err apply_mark_moved(struct store *store,
                                 const struct record_mark_moved *record,
                                 struct store_error *error) {
    struct event_row event = {.kind = EVENT_MARK_MOVED,
                              .at_us = record->member.read_us,
                              .actor = record->member.user,
                              .message = record->message,
                              .mark = record->member.mark};
    struct fresh *fresh;
    enum err err = fresh_of(store, record->room, error, &fresh);
    if (err != ERR_OK)
        return err;
    struct key mark =
        key_mark(record->room, record->member.user, record->member.mark);
    row_put_number((uint64_t)record->member.read_us, row(store, &mark));
    put_member(store, record->room, &record->member, fresh);
    put_standing(store, record->room, &record->state, fresh);
    put_event(store, record->room, record->state.place, &event);
    brief_event(store, record->room, &record->state, record->member.read_us,
                &record->member, 1);
    return ERR_OK;
}

static void apply_review_put(struct store *store,
                             const struct record_review_put *record) {
    struct key key = key_review(record->review.key);
    row_put_review(&record->review, row(store, &key));
}

enum err rocks_apply(struct store *store, const struct wire *record,
                     struct store_error *error) {
    /* Not a switch: wire kinds are many, records are few. */
    if (record->kind == RECORD_MESSAGE_CREATED)
        return apply_message_created(store, &record->as.record_message_created,
                                     error);
    if (record->kind == RECORD_MARK_MOVED)
        return apply_mark_moved(store, &record->as.record_mark_moved, error);
    if (record->kind == RECORD_MESSAGE_EDITED)
        return apply_message_edited(store, &record->as.record_message_edited,
                                    error);
    if (record->kind == RECORD_MESSAGE_DELETED)
        return apply_message_deleted(store, &record->as.record_message_deleted,
                                     error);
    if (record->kind == RECORD_MEMBER_PUT)
        return apply_member_put(store, &record->as.record_member_put, error);
    if (record->kind == RECORD_MEMBER_REMOVED)
        return apply_member_removed(store, &record->as.record_member_removed,
                                    error);
    if (record->kind == RECORD_ROOM_PUT)
        return apply_room_put(store, &record->as.record_room_put, error);
    if (record->kind == RECORD_ROOM_DELETED)
        return apply_room_deleted(store, &record->as.record_room_deleted,
                                  error);
    if (record->kind == RECORD_FILE_CHUNK)
        return files_chunk(store, &record->as.record_file_chunk, error);
    if (record->kind == RECORD_FILE_PUT)
        return files_put(store, &record->as.record_file_put, error);
    if (record->kind == RECORD_USER_PUT)
        apply_user_put(store, &record->as.record_user_put);
    else if (record->kind == RECORD_USER_SEEN)
        apply_user_seen(store, &record->as.record_user_seen);
    else if (record->kind == RECORD_REVIEW_PUT)
        apply_review_put(store, &record->as.record_review_put);
    else {
        rocks_explain(error, "a batch holds what is no record");
        return ERR_CORRUPT;
    }
    return ERR_OK;
}
