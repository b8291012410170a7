/* model_store.c - see model_store.h; applying records. */
#include "tests/lib/model_store.h"

#include <stdlib.h>

#define GROW(array, count)                                                     \
    ((array) = mem_realloc((array), ((count) + 1) * sizeof *(array)),          \
     memset(&(array)[count], 0, sizeof *(array)), &(array)[(count)++])

void model_store_finish(struct model_store *store) {
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        free(store->rooms[i].members);
        free(store->rooms[i].events);
        free(store->rooms[i].first_members);
    }
    free(store->rooms);
    free(store->messages);
    free(store->users);
    free(store->seen);
    free(store->reviews);
    free(store->files);
    arena_finish(&store->arena);
    *store = (struct model_store){0};
}

struct model_room *model_store_room(const struct model_store *store,
                                    room_id room) {
    for (uint32_t i = 0; i < store->rooms_count; i++)
        if (store->rooms[i].info.room.value == room.value &&
            !store->rooms[i].is_deleted)
            return &store->rooms[i];
    return NULL;
}

struct model_message *model_store_message(const struct model_store *store,
                                          message_id message) {
    for (uint32_t i = 0; i < store->messages_count; i++)
        if (store->messages[i].row.message.value == message.value)
            return &store->messages[i];
    return NULL;
}

uint64_t model_store_count(const struct model_store *store, room_id room,
                           uint64_t after, uint64_t up_to, user_id not_by,
                           user_id by) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < store->messages_count; i++) {
        const struct wire_message *row = &store->messages[i].row;
        count += row->room.value == room.value && !row->deleted &&
                 row->place > after && (!up_to || row->place <= up_to) &&
                 (!not_by.value || row->author.value != not_by.value) &&
                 (!by.value || row->author.value == by.value);
    }
    return count;
}

static struct wire_member *find_member(struct model_room *room, user_id user) {
    for (uint32_t i = 0; i < room->members_count; i++)
        if (room->members[i].user.value == user.value)
            return &room->members[i];
    return NULL;
}

/* A known member's mark never goes back. */
static void put_member(struct model_room *room,
                       const struct wire_member *member) {
    struct wire_member *known = find_member(room, member->user);
    if (known) {
        INVARIANT(member->mark >= known->mark);
        *known = *member;
        return;
    }
    struct wire_member *added = GROW(room->members, room->members_count);
    uint32_t at = room->members_count - 1;
    for (; at > 0 && room->members[at - 1].user.value > member->user.value;
         at--)
        room->members[at] = room->members[at - 1];
    (void)added;
    room->members[at] = *member;
}

static void remove_member(struct model_room *room, user_id user) {
    struct wire_member *member = find_member(room, user);
    INVARIANT(member != NULL);
    uint32_t index = (uint32_t)(member - room->members);
    room->members_count--;
    memmove(member, member + 1, (room->members_count - index) * sizeof *member);
}

/* All that the counters claim is counted again. */
static void recount(const struct model_store *store,
                    const struct model_room *room) {
    room_id id = room->info.room;
    user_id any = {0};
    INVARIANT(room->state.members_count == room->members_count);
    INVARIANT(room->state.live_total ==
              model_store_count(store, id, 0, 0, any, any));
    for (uint32_t i = 0; i < room->members_count; i++) {
        const struct wire_member *member = &room->members[i];
        user_id user = member->user;
        INVARIANT(member->own_total ==
                  model_store_count(store, id, 0, 0, any, user));
        uint64_t seen =
            member->mark
                ? model_store_count(store, id, 0, member->mark, user, any)
                : 0;
        INVARIANT(member->seen == seen);
        uint64_t top = room->state.reader1.value == user.value
                           ? room->state.mark1
                           : room->state.mark2;
        INVARIANT(top >= member->mark);
    }
}

/* The event of |state|'s place; the caller fills the rest in. */
static struct wire_event *next_event(struct model_room *room,
                                     const struct wire_room_state *state,
                                     enum event_kind kind, int64_t at_us,
                                     user_id actor) {
    INVARIANT(state->place == room->state.place + 1);
    room->state = *state;
    struct wire_event *event = GROW(room->events, room->events_count);
    INVARIANT(event - room->events == (ptrdiff_t)state->place - 2);
    INVARIANT(event == room->events || event[-1].at_us <= at_us);
    event->kind = (uint8_t)kind;
    event->room = room->info.room;
    event->place = state->place;
    event->at_us = at_us;
    event->actor = actor;
    return event;
}

static void apply_seen(struct model_store *store,
                       const struct record_user_seen *record) {
    for (uint32_t i = 0; i < store->seen_count; i++) {
        if (store->seen[i].user.value == record->user.value) {
            INVARIANT(store->seen[i].last_seen_us <= record->last_seen_us);
            store->seen[i] = *record;
            return;
        }
    }
    *GROW(store->seen, store->seen_count) = *record;
}

static void apply_user(struct model_store *store,
                       const struct wire_profile *profile) {
    for (uint32_t i = 0; i < store->users_count; i++) {
        if (store->users[i].user.value == profile->user.value) {
            store->users[i] = *profile;
            return;
        }
    }
    *GROW(store->users, store->users_count) = *profile;
}

static void apply_room(struct model_store *store,
                       const struct record_room_put *put) {
    struct model_room *room = model_store_room(store, put->room.room);
    INVARIANT(put->created == (room == NULL));
    if (!put->created) {
        next_event(room, &put->state, EVENT_ROOM_CHANGED, put->at_us,
                   (user_id){0});
        room->info = put->room;
        return;
    }
    INVARIANT(put->state.place == 1 && put->state.ordinal == 0);
    for (uint32_t i = 0; i < store->rooms_count; i++)
        INVARIANT(store->rooms[i].is_deleted ||
                  store->rooms[i].info.kind != put->room.kind ||
                  !slice_equal(store->rooms[i].info.key, put->room.key));
    room = GROW(store->rooms, store->rooms_count);
    room->info = put->room;
    room->state = put->state;
    for (uint32_t i = 0; i < put->members_count; i++) {
        put_member(room, &put->members[i]);
        *GROW(room->first_members, room->first_members_count) =
            put->members[i].user;
    }
    INVARIANT(put->state.members_count == put->members_count);
}

/* What is computed is never stored. */
static void check_stored(const struct wire_message *message) {
    INVARIANT(!message->read && !message->read_us);
    INVARIANT(!message->quote.message.value);
}

static void apply_created(struct model_store *store,
                          const struct record_message_created *created) {
    const struct wire_message *message = &created->message;
    struct model_room *room = model_store_room(store, message->room);
    INVARIANT(room && find_member(room, message->author));
    INVARIANT(!model_store_message(store, message->message));
    INVARIANT(message->ordinal == room->state.ordinal + 1);
    INVARIANT(created->state.ordinal == message->ordinal);
    INVARIANT(message->place == created->state.place);
    INVARIANT(!message->deleted && !message->edited);
    check_stored(message);
    for (uint32_t i = 0; i < message->files_count; i++)
        INVARIANT(message->files[i].owner.value == message->author.value);
    INVARIANT(!created->mail_to.value ||
              (room->members_count == 2 &&
               find_member(room, created->mail_to) &&
               created->mail_to.value != message->author.value));
    for (uint32_t i = 0; i < store->messages_count; i++) {
        const struct model_message *other = &store->messages[i];
        INVARIANT(!created->client_key.size ||
                  other->row.room.value != message->room.value ||
                  other->row.author.value != message->author.value ||
                  !slice_equal(other->client_key, created->client_key));
    }
    struct wire_event *event =
        next_event(room, &created->state, EVENT_MESSAGE_CREATED,
                   message->created_us, message->author);
    event->message = *message;
    *GROW(store->messages, store->messages_count) = (struct model_message){
        *message, created->client_key, created->request_key,
        created->origin_key, created->mail_to};
    put_member(room, &created->author);
    recount(store, room);
}

static struct model_room *apply_changed(struct model_store *store,
                                        const struct wire_message *message,
                                        const struct wire_room_state *state,
                                        enum event_kind kind, int64_t at_us,
                                        user_id actor) {
    struct model_message *known = model_store_message(store, message->message);
    INVARIANT(known && !known->row.deleted);
    check_stored(message);
    INVARIANT(message->files_count ==
              (message->deleted ? 0 : known->row.files_count));
    INVARIANT(known->row.place == message->place);
    INVARIANT(known->row.ordinal == message->ordinal);
    struct model_room *room = model_store_room(store, message->room);
    INVARIANT(room != NULL);
    next_event(room, state, kind, at_us, actor)->message = *message;
    known->row = *message;
    return room;
}

static void apply_deleted(struct model_store *store,
                          const struct record_message_deleted *deleted) {
    INVARIANT(deleted->message.deleted && deleted->message.text.size == 0);
    struct model_room *room =
        apply_changed(store, &deleted->message, &deleted->state,
                      EVENT_MESSAGE_DELETED, deleted->at_us, deleted->actor);
    for (uint32_t i = 0; i < deleted->members_count; i++)
        put_member(room, &deleted->members[i]);
    recount(store, room);
}

static void apply_mark(struct model_store *store,
                       const struct record_mark_moved *moved) {
    struct model_room *room = model_store_room(store, moved->room);
    struct model_message *message = model_store_message(store, moved->message);
    INVARIANT(room && message && !message->row.deleted);
    INVARIANT(message->row.author.value != moved->member.user.value);
    INVARIANT(moved->member.mark == message->row.place);
    struct wire_event *event =
        next_event(room, &moved->state, EVENT_MARK_MOVED, moved->member.read_us,
                   moved->member.user);
    event->message = message->row;
    event->mark = moved->member.mark;
    put_member(room, &moved->member);
    recount(store, room);
}

static void apply_member(struct model_store *store, const struct wire *wire) {
    if (wire->kind == RECORD_MEMBER_PUT) {
        const struct record_member_put *put = &wire->as.record_member_put;
        struct model_room *room = model_store_room(store, put->room);
        INVARIANT(room != NULL);
        struct wire_event *event = next_event(
            room, &put->state, EVENT_MEMBER_PUT, put->at_us, put->actor);
        event->member = put->member.user;
        event->role = put->member.role;
        put_member(room, &put->member);
        recount(store, room);
        return;
    }
    const struct record_member_removed *removed =
        &wire->as.record_member_removed;
    struct model_room *room = model_store_room(store, removed->room);
    INVARIANT(room != NULL);
    next_event(room, &removed->state, EVENT_MEMBER_REMOVED, removed->at_us,
               removed->actor)
        ->member = removed->user;
    remove_member(room, removed->user);
    recount(store, room);
}

static void apply_review(struct model_store *store,
                         const struct wire_review *review) {
    for (uint32_t i = 0; i < store->reviews_count; i++) {
        if (slice_equal(store->reviews[i].key, review->key)) {
            store->reviews[i] = *review;
            return;
        }
    }
    *GROW(store->reviews, store->reviews_count) = *review;
}

static struct model_file *find_file(const struct model_store *store,
                                    file_id file) {
    for (uint32_t i = 0; i < store->files_count; i++)
        if (store->files[i].file.value == file.value)
            return &store->files[i];
    return NULL;
}

/* Chunks come in order, all but the last one full. */
static void apply_chunk(struct model_store *store,
                        const struct record_file_chunk *chunk) {
    struct model_file *file = find_file(store, chunk->file);
    INVARIANT((file == NULL) == (chunk->offset == 0));
    if (!file) {
        file = GROW(store->files, store->files_count);
        file->file = chunk->file;
    }
    INVARIANT(!file->is_whole && chunk->offset == file->size);
    INVARIANT(file->size % LIMIT_FILE_CHUNK_BYTES == 0);
    INVARIANT(chunk->bytes.size > 0);
    file->size += chunk->bytes.size;
    INVARIANT(file->size <= LIMIT_FILE_BYTES);
}

static void apply_file(struct model_store *store, const struct wire_file *row) {
    struct model_file *file = find_file(store, row->file);
    if (!file) {
        INVARIANT(row->size == 0);
        file = GROW(store->files, store->files_count);
        file->file = row->file;
    }
    INVARIANT(!file->is_whole && row->size == file->size);
    INVARIANT(row->secret.size == LIMIT_FILE_SECRET_BYTES);
    INVARIANT(row->name.size && row->mime.size && row->owner.value);
    file->is_whole = true;
    file->row = *row;
    file->row.secret = arena_copy(&store->arena, row->secret);
    file->row.name = arena_copy(&store->arena, row->name);
    file->row.mime = arena_copy(&store->arena, row->mime);
}

/* The bytes of chunks are not kept. */
static bool apply_chunk_record(struct model_store *store, struct slice record) {
    struct arena arena = {0};
    struct wire wire;
    enum err err = wire_decode(record, &arena, &wire, NULL);
    INVARIANT(err == ERR_OK);
    bool is_chunk = wire.kind == RECORD_FILE_CHUNK;
    if (is_chunk)
        apply_chunk(store, &wire.as.record_file_chunk);
    arena_finish(&arena);
    return is_chunk;
}

void model_store_apply(struct model_store *store, struct slice record) {
    struct wire wire;
    if (apply_chunk_record(store, record))
        return;
    enum err err = wire_decode(arena_copy(&store->arena, record), &store->arena,
                               &wire, NULL);
    INVARIANT(err == ERR_OK);
    if (wire.kind == RECORD_USER_PUT) {
        apply_user(store, &wire.as.record_user_put.profile);
    } else if (wire.kind == RECORD_USER_SEEN) {
        apply_seen(store, &wire.as.record_user_seen);
    } else if (wire.kind == RECORD_ROOM_PUT) {
        apply_room(store, &wire.as.record_room_put);
    } else if (wire.kind == RECORD_ROOM_DELETED) {
        struct model_room *room =
            model_store_room(store, wire.as.record_room_deleted.room);
        INVARIANT(room != NULL);
        room->is_deleted = true;
    } else if (wire.kind == RECORD_MESSAGE_CREATED) {
        apply_created(store, &wire.as.record_message_created);
    } else if (wire.kind == RECORD_MESSAGE_EDITED) {
        const struct record_message_edited *edited =
            &wire.as.record_message_edited;
        INVARIANT(edited->message.edited && !edited->message.deleted);
        apply_changed(store, &edited->message, &edited->state,
                      EVENT_MESSAGE_EDITED, edited->at_us, edited->actor);
    } else if (wire.kind == RECORD_MESSAGE_DELETED) {
        apply_deleted(store, &wire.as.record_message_deleted);
    } else if (wire.kind == RECORD_MARK_MOVED) {
        apply_mark(store, &wire.as.record_mark_moved);
    } else if (wire.kind == RECORD_REVIEW_PUT) {
        apply_review(store, &wire.as.record_review_put.review);
    } else if (wire.kind == RECORD_FILE_PUT) {
        apply_file(store, &wire.as.record_file_put.file);
    } else {
        apply_member(store, &wire);
    }
}
