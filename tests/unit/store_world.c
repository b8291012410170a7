/* store_world.c - see store_world.h. */
#include "tests/unit/store_world.h"

#include <check.h>
#include <stdio.h>

void world_init(struct world *world, struct kit *kit) {
    *world = (struct world){.kit = kit, .now_us = 1700000000000000};
}

void world_finish(struct world *world) {
    for (uint32_t i = 0; i < world->rooms_count; i++)
        buf_finish(&world->rooms[i].messages);
}

room_id world_id(const struct world *world, uint32_t room) {
    return world->rooms[room].room.room;
}

struct world_message *world_message(const struct world *world, uint32_t room,
                                    uint64_t ordinal) {
    const struct world_room *own = &world->rooms[room];
    ck_assert(ordinal >= 1 && ordinal <= own->state.ordinal);
    return (struct world_message *)own->messages.data + ordinal - 1;
}

static struct world_room *next_place(struct world *world, uint32_t room) {
    world->now_us += 1000;
    world->rooms[room].state.place++;
    return &world->rooms[room];
}

static void put(struct world *world, const struct world_room *room,
                const struct wire *record) {
    kit_put(world->kit, room_partition(room->room.room), record);
}

void world_profile(struct world *world, uint64_t user, const char *name) {
    struct wire record = {
        .kind = RECORD_USER_PUT,
        .as.record_user_put.profile = {.user = {user},
                                       .username = slice_of(name),
                                       .email = SLICE("who@example.org")}};
    kit_put(world->kit, (uint32_t)(user % PARTITION_COUNT), &record);
}

void world_seen(struct world *world, uint64_t user, int64_t last_seen_us) {
    struct wire record = {.kind = RECORD_USER_SEEN,
                          .as.record_user_seen = {{user}, last_seen_us}};
    kit_put(world->kit, (uint32_t)(user % PARTITION_COUNT), &record);
}

static void put_room(struct world *world, struct world_room *room,
                     bool created) {
    struct wire_member members[WORLD_USERS_MAX];
    struct wire record = {.kind = RECORD_ROOM_PUT,
                          .as.record_room_put = {.room = room->room,
                                                 .state = room->state,
                                                 .at_us = world->now_us,
                                                 .members = members,
                                                 .created = created}};
    uint32_t *count = &record.as.record_room_put.members_count;
    for (uint32_t user = 1; created && user <= WORLD_USERS_MAX; user++)
        if (room->is_member[user])
            members[(*count)++] = room->members[user];
    put(world, room, &record);
}

uint32_t world_create(struct world *world, enum room_kind kind, const char *key,
                      const uint64_t *users, uint32_t count) {
    ck_assert_uint_lt(world->rooms_count, WORLD_ROOMS_MAX);
    uint32_t index = world->rooms_count++;
    struct world_room *room = &world->rooms[index];
    uint32_t partition = wire_key_partition((uint8_t)kind, slice_of(key));
    snprintf(room->key, sizeof room->key, "%s", key);
    room->room =
        (struct wire_room){.room = {kit_next_id(world->kit, partition)},
                           .kind = (uint8_t)kind,
                           .key = slice_of(room->key),
                           .title = SLICE("a room"),
                           .open = true};
    next_place(world, index);
    room->room.created_us = world->now_us;
    room->state.activity_us = world->now_us;
    room->state.members_count = count;
    for (uint32_t i = 0; i < count; i++) {
        static const enum member_role roles[] = {ROLE_CUSTOMER, ROLE_EXECUTOR,
                                                 ROLE_NONE, ROLE_MODERATOR};
        room->is_member[users[i]] = true;
        room->members[users[i]] =
            (struct wire_member){.user = {users[i]}, .role = roles[i % 4]};
    }
    put_room(world, room, true);
    return index;
}

void world_rename(struct world *world, uint32_t room, const char *title) {
    struct world_room *own = next_place(world, room);
    own->room.title = slice_of(title);
    put_room(world, own, false);
}

void world_drop(struct world *world, uint32_t room) {
    struct world_room *own = &world->rooms[room];
    struct wire record = {.kind = RECORD_ROOM_DELETED,
                          .as.record_room_deleted = {.room = own->room.room,
                                                     .kind = own->room.kind,
                                                     .key = own->room.key}};
    own->deleted = true;
    put(world, own, &record);
}

void world_join(struct world *world, uint32_t room, uint64_t user,
                enum member_role role) {
    struct world_room *own = next_place(world, room);
    struct wire_member *member = &own->members[user];
    if (!own->is_member[user])
        *member = (struct wire_member){.user = {user}};
    for (uint64_t i = 1; !own->is_member[user] && i <= own->state.ordinal; i++)
        if (!world_message(world, room, i)->deleted &&
            world_message(world, room, i)->author.value == user)
            member->own_total++;
    own->state.members_count += !own->is_member[user];
    own->is_member[user] = true;
    member->role = (uint8_t)role;
    struct wire record = {.kind = RECORD_MEMBER_PUT,
                          .as.record_member_put = {.room = own->room.room,
                                                   .state = own->state,
                                                   .member = *member,
                                                   .at_us = world->now_us}};
    put(world, own, &record);
}

void world_leave(struct world *world, uint32_t room, uint64_t user) {
    struct world_room *own = next_place(world, room);
    own->state.members_count -= own->is_member[user];
    own->is_member[user] = false;
    struct wire record = {.kind = RECORD_MEMBER_REMOVED,
                          .as.record_member_removed = {.room = own->room.room,
                                                       .state = own->state,
                                                       .user = {user},
                                                       .at_us = world->now_us,
                                                       .actor = {user}}};
    put(world, own, &record);
}

message_id world_send(struct world *world, uint32_t room, uint64_t user,
                      const struct world_send *send) {
    struct world_room *own = next_place(world, room);
    uint32_t partition = room_partition(own->room.room);
    own->state.ordinal++;
    own->state.live_total++;
    own->state.activity_us = world->now_us;
    own->members[user].own_total++;
    struct world_message message = {
        .message = {kit_next_id(world->kit, partition)},
        .place = own->state.place,
        .author = {user},
        .created_us = world->now_us,
        .reply_to = send->reply_to,
        .files_count = send->files};
    for (uint32_t i = 0; i < send->files; i++)
        message.files[i] =
            (struct wire_file){.file = {message.message.value + i + 1},
                               .owner = {user},
                               .created_us = world->now_us,
                               .secret = SLICE("0123456789abcdef"),
                               .name = SLICE("tea.txt"),
                               .mime = SLICE("text/plain"),
                               .size = 7};
    if (send->file)
        message.files[message.files_count++] = *send->file;
    struct wire record = {.kind = RECORD_MESSAGE_CREATED,
                          .as.record_message_created = {
                              .message = {.message = message.message,
                                          .room = own->room.room,
                                          .ordinal = own->state.ordinal,
                                          .place = message.place,
                                          .author = message.author,
                                          .text = slice_of(send->text),
                                          .reply_to = send->reply_to,
                                          .created_us = world->now_us,
                                          .files = message.files,
                                          .files_count = message.files_count},
                              .state = own->state,
                              .author = own->members[user],
                              .client_key = slice_of(send->client_key),
                              .request_key = slice_of(send->request_key),
                              .origin_key = slice_of(send->origin_key),
                              .mail_to = {send->mail_to}}};
    buf_append(&own->messages, &message, sizeof message);
    put(world, own, &record);
    return message.message;
}

/* The row of a message as it is after an edit or a deletion. */
static struct wire_message changed(const struct world_room *room,
                                   struct world_message *message,
                                   uint64_t ordinal, const char *text) {
    return (struct wire_message){
        .message = message->message,
        .room = room->room.room,
        .ordinal = ordinal,
        .place = message->place,
        .author = message->author,
        .text = slice_of(text),
        .reply_to = message->reply_to,
        .files = message->files,
        .files_count = message->deleted ? 0 : message->files_count,
        .created_us = message->created_us,
        .edited = !message->deleted,
        .deleted = message->deleted};
}

void world_edit(struct world *world, uint32_t room, uint64_t ordinal,
                const char *text) {
    struct world_message *message = world_message(world, room, ordinal);
    ck_assert(!message->deleted);
    struct world_room *own = next_place(world, room);
    struct wire record = {.kind = RECORD_MESSAGE_EDITED,
                          .as.record_message_edited = {
                              .message = changed(own, message, ordinal, text),
                              .state = own->state,
                              .at_us = world->now_us,
                              .actor = message->author}};
    put(world, own, &record);
}

void world_delete(struct world *world, uint32_t room, uint64_t ordinal) {
    struct world_message *message = world_message(world, room, ordinal);
    struct wire_member members[WORLD_USERS_MAX];
    ck_assert(!message->deleted);
    struct world_room *own = next_place(world, room);
    own->state.live_total--;
    message->deleted = true;
    struct wire record = {.kind = RECORD_MESSAGE_DELETED,
                          .as.record_message_deleted = {
                              .message = changed(own, message, ordinal, ""),
                              .state = own->state,
                              .members = members,
                              .at_us = world->now_us,
                              .actor = message->author}};
    uint32_t *count = &record.as.record_message_deleted.members_count;
    for (uint32_t user = 1; user <= WORLD_USERS_MAX; user++) {
        struct wire_member *member = &own->members[user];
        bool is_author = user == message->author.value;
        if (!own->is_member[user] ||
            (!is_author && member->mark < message->place))
            continue;
        if (is_author)
            member->own_total--;
        else
            member->seen--;
        members[(*count)++] = *member;
    }
    put(world, own, &record);
}

/* The two highest marks ever, of different users. */
static void raise_marks(struct wire_room_state *state,
                        const struct wire_member *member) {
    uint64_t user = member->user.value;
    if (user == state->reader1.value) {
        if (member->mark > state->mark1)
            state->mark1 = member->mark;
    } else if (member->mark > state->mark1) {
        state->reader2 = state->reader1;
        state->mark2 = state->mark1;
        state->reader1 = member->user;
        state->mark1 = member->mark;
    } else if (member->mark > state->mark2) {
        state->reader2 = member->user;
        state->mark2 = member->mark;
    }
}

void world_mark(struct world *world, uint32_t room, uint64_t user,
                uint64_t ordinal) {
    struct world_message *message = world_message(world, room, ordinal);
    if (message->place <= world->rooms[room].members[user].mark)
        return; /* It does not move. */
    struct world_room *own = next_place(world, room);
    struct wire_member *member = &own->members[user];
    member->mark = message->place;
    member->read_us = world->now_us;
    member->seen = 0;
    for (uint64_t i = 1; i <= own->state.ordinal; i++) {
        struct world_message *seen = world_message(world, room, i);
        member->seen += !seen->deleted && seen->place <= member->mark &&
                        seen->author.value != user;
    }
    raise_marks(&own->state, member);
    struct wire record = {
        .kind = RECORD_MARK_MOVED,
        .as.record_mark_moved = {.room = own->room.room,
                                 .state = own->state,
                                 .member = *member,
                                 .message = message->message}};
    put(world, own, &record);
}

void world_review(struct world *world, const char *key, const char *status,
                  uint64_t room) {
    struct wire record = {
        .kind = RECORD_REVIEW_PUT,
        .as.record_review_put.review = {.key = slice_of(key),
                                        .status = slice_of(status),
                                        .customer = {1},
                                        .executor = {2},
                                        .room = {room}}};
    kit_put(world->kit, wire_key_partition(ROOM_ORDER, slice_of(key)), &record);
}

uint64_t world_unread(const struct world *world, uint32_t room, uint64_t user) {
    const struct world_room *own = &world->rooms[room];
    uint64_t unread = 0;
    for (uint64_t i = 1; i <= own->state.ordinal; i++) {
        const struct world_message *message = world_message(world, room, i);
        unread += !message->deleted && message->author.value != user &&
                  message->place > own->members[user].mark;
    }
    return unread;
}

uint64_t world_unread_rooms(const struct world *world, uint64_t user,
                            bool dialogs) {
    uint64_t rooms = 0;
    for (uint32_t i = 0; i < world->rooms_count; i++) {
        const struct world_room *own = &world->rooms[i];
        uint32_t members = 0;
        for (uint32_t at = 1; at <= WORLD_USERS_MAX; at++)
            members += own->is_member[at];
        rooms += !own->deleted && own->is_member[user] &&
                 (!dialogs || members == 2) && world_unread(world, i, user) > 0;
    }
    return rooms;
}
