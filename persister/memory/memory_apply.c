/* memory_apply.c - what each record changes in the lists. The record and its
 * texts live as long as the store. */
#include "persister/memory/memory.h"

static void put_member(struct memory_room *room,
                       const struct wire_member *member) {
    struct wire_member *known = memory_member(room, member->user);
    if (known)
        *known = *member;
    else
        buf_append(&room->members, member, sizeof *member);
}

static void remove_member(struct memory_room *room, user_id user) {
    struct wire_member *known = memory_member(room, user);
    struct wire_member *end =
        (struct wire_member *)(room->members.data + room->members.size);
    if (!known)
        return;
    *known = end[-1];
    room->members.size -= sizeof *known;
}

/* Who comes back begins anew. */
static void forget_marks(struct memory_room *room, user_id user) {
    struct memory_mark *marks = (struct memory_mark *)room->marks.data;
    size_t kept = 0;
    for (size_t i = 0; i < MEMORY_COUNT(room->marks, struct memory_mark); i++)
        if (marks[i].user.value != user.value)
            marks[kept++] = marks[i];
    room->marks.size = kept * sizeof *marks;
}

static void happened(struct memory_room *room, struct memory_event event,
                     const struct wire_room_state *state) {
    event.place = state->place;
    buf_append(&room->events, &event, sizeof event);
    room->state = *state;
}

static void sent(struct memory_room *room, const struct wire_message *message,
                 enum sent_by by, struct slice key) {
    struct memory_sent entry = {.sender = message->author,
                                .by = (uint8_t)by,
                                .key = key,
                                .message = message->message};
    if (key.size)
        buf_append(&room->sent, &entry, sizeof entry);
}

static void user_put(struct store *store,
                     const struct record_user_put *record) {
    struct wire_profile *known = memory_user(store, record->profile.user);
    if (known)
        *known = record->profile;
    else
        buf_append(&store->users, &record->profile, sizeof record->profile);
}

static void user_seen(struct store *store,
                      const struct record_user_seen *record) {
    struct record_user_seen *known = memory_seen(store, record->user);
    if (known)
        *known = *record;
    else
        buf_append(&store->seen, record, sizeof *record);
}

static void room_put(struct store *store,
                     const struct record_room_put *record) {
    struct memory_room *room = memory_room(store, record->room.room);
    struct memory_room fresh = {.deleted = false};
    if (!room) {
        buf_append(&store->rooms, &fresh, sizeof fresh);
        room =
            (struct memory_room *)(store->rooms.data + store->rooms.size) - 1;
    }
    room->room = record->room;
    happened(room,
             (struct memory_event){.kind = EVENT_ROOM_CHANGED,
                                   .at_us = record->at_us},
             &record->state);
    for (uint32_t i = 0; record->created && i < record->members_count; i++)
        put_member(room, &record->members[i]);
}

static void message_created(struct store *store,
                            const struct record_message_created *record) {
    const struct wire_message *message = &record->message;
    struct memory_room *room = memory_room(store, message->room);
    if (!room)
        return;
    buf_append(&room->messages, message, sizeof *message);
    happened(room,
             (struct memory_event){.kind = EVENT_MESSAGE_CREATED,
                                   .at_us = message->created_us,
                                   .actor = message->author,
                                   .message = message->message},
             &record->state);
    put_member(room, &record->author);
    sent(room, message, SENT_BY_CLIENT_KEY, record->client_key);
    sent(room, message, SENT_BY_REQUEST_KEY, record->request_key);
    sent(room, message, SENT_BY_ORIGIN_KEY, record->origin_key);
    if (record->mail_to.value && store->outbox) {
        struct store_mail mail = {.message = message->message,
                                  .to = record->mail_to,
                                  .created_us = message->created_us,
                                  .due_us = message->created_us};
        buf_append(&store->mails, &mail, sizeof mail);
    }
}

static void message_changed(struct store *store,
                            const struct wire_message *message,
                            struct memory_event event,
                            const struct wire_room_state *state) {
    struct memory_room *room = memory_room(store, message->room);
    struct wire_message *known =
        room ? memory_message(room, message->message) : NULL;
    if (!known)
        return;
    struct wire_message old = *known;
    *known = *message;
    memory_files_released(store, &old, event.at_us);
    event.message = message->message;
    happened(room, event, state);
}

static void message_deleted(struct store *store,
                            const struct record_message_deleted *record) {
    struct memory_room *room = memory_room(store, record->message.room);
    message_changed(store, &record->message,
                    (struct memory_event){.kind = EVENT_MESSAGE_DELETED,
                                          .at_us = record->at_us,
                                          .actor = record->actor},
                    &record->state);
    for (uint32_t i = 0; room && i < record->members_count; i++)
        put_member(room, &record->members[i]);
}

static void member_put(struct store *store,
                       const struct record_member_put *record) {
    struct memory_room *room = memory_room(store, record->room);
    if (!room)
        return;
    put_member(room, &record->member);
    happened(room,
             (struct memory_event){.kind = EVENT_MEMBER_PUT,
                                   .at_us = record->at_us,
                                   .actor = record->actor,
                                   .member = record->member.user,
                                   .role = record->member.role},
             &record->state);
}

static void member_removed(struct store *store,
                           const struct record_member_removed *record) {
    struct memory_room *room = memory_room(store, record->room);
    if (!room)
        return;
    remove_member(room, record->user);
    forget_marks(room, record->user);
    happened(room,
             (struct memory_event){.kind = EVENT_MEMBER_REMOVED,
                                   .at_us = record->at_us,
                                   .actor = record->actor,
                                   .member = record->user},
             &record->state);
}

static void mark_moved(struct store *store,
                       const struct record_mark_moved *record) {
    struct memory_room *room = memory_room(store, record->room);
    if (!room)
        return;
    struct memory_mark mark = {record->member.user, record->member.mark,
                               record->member.read_us};
    put_member(room, &record->member);
    buf_append(&room->marks, &mark, sizeof mark);
    happened(room,
             (struct memory_event){.kind = EVENT_MARK_MOVED,
                                   .at_us = record->member.read_us,
                                   .actor = record->member.user,
                                   .message = record->message,
                                   .mark = record->member.mark},
             &record->state);
}

static void review_put(struct store *store,
                       const struct record_review_put *record) {
    struct wire_review *known = memory_review(store, record->review.key);
    if (known)
        *known = record->review;
    else
        buf_append(&store->reviews, &record->review, sizeof record->review);
}

void memory_apply(struct store *store, const struct wire *record) {
    struct memory_room *room;
    if (record->kind == RECORD_USER_PUT) {
        user_put(store, &record->as.record_user_put);
    } else if (record->kind == RECORD_USER_SEEN) {
        user_seen(store, &record->as.record_user_seen);
    } else if (record->kind == RECORD_ROOM_PUT) {
        room_put(store, &record->as.record_room_put);
    } else if (record->kind == RECORD_ROOM_DELETED) {
        room = memory_room(store, record->as.record_room_deleted.room);
        if (room)
            room->deleted = true;
    } else if (record->kind == RECORD_MEMBER_PUT) {
        member_put(store, &record->as.record_member_put);
    } else if (record->kind == RECORD_MEMBER_REMOVED) {
        member_removed(store, &record->as.record_member_removed);
    } else if (record->kind == RECORD_MESSAGE_CREATED) {
        message_created(store, &record->as.record_message_created);
    } else if (record->kind == RECORD_MESSAGE_EDITED) {
        const struct record_message_edited *edited =
            &record->as.record_message_edited;
        message_changed(store, &edited->message,
                        (struct memory_event){.kind = EVENT_MESSAGE_EDITED,
                                              .at_us = edited->at_us,
                                              .actor = edited->actor},
                        &edited->state);
    } else if (record->kind == RECORD_MESSAGE_DELETED) {
        message_deleted(store, &record->as.record_message_deleted);
    } else if (record->kind == RECORD_MARK_MOVED) {
        mark_moved(store, &record->as.record_mark_moved);
    } else if (record->kind == RECORD_FILE_CHUNK) {
        memory_chunk(store, &record->as.record_file_chunk);
    } else if (record->kind == RECORD_FILE_PUT) {
        memory_file_put(store, &record->as.record_file_put.file);
    } else {
        INVARIANT(record->kind == RECORD_REVIEW_PUT);
        review_put(store, &record->as.record_review_put);
    }
}
