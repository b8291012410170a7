/* cmd_create.c - WIRE_ROOM_CREATE: a room for a key that has none. */
#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/key_run.h"
#include "broker/core/naming.h"
#include "broker/core/reply.h"
#include "broker/core/room.h"

static int by_user(const void *a, const void *b) {
    uint64_t left = ((const struct wire_member *)a)->user.value;
    uint64_t right = ((const struct wire_member *)b)->user.value;
    return (left > right) - (left < right);
}

/* The members in the core's arena, in order, with only user and role. */
static struct wire_member *sorted(struct core *core,
                                  const struct wire_room_create *create) {
    struct wire_member *members = arena_alloc(
        &core->arena, (create->members_count + 1) * sizeof *members);
    for (uint32_t i = 0; i < create->members_count; i++) {
        members[i].user = create->members[i].user;
        members[i].role = create->members[i].role;
    }
    qsort(members, create->members_count, sizeof *members, by_user);
    return members;
}

static bool has_twins(const struct wire_member *members, uint32_t count) {
    for (uint32_t i = 1; i < count; i++)
        if (members[i].user.value == members[i - 1].user.value)
            return true;
    return false;
}

/* A direct room's key is "<smaller>_<larger>" of exactly its members. */
static bool is_direct_key(struct slice key, const struct wire_member *members,
                          uint32_t count) {
    user_id smaller, larger;
    return count >= 1 && count <= 2 &&
           naming_direct_key(key, &smaller, &larger) &&
           members[0].user.value == smaller.value &&
           members[count - 1].user.value == larger.value;
}

/* NULL: all is well; else the field to blame. */
static const char *bad_field(const struct wire_room_create *create,
                             const struct wire_member *members) {
    if (has_twins(members, create->members_count))
        return "members";
    if (create->kind == ROOM_DIRECT &&
        !is_direct_key(create->key, members, create->members_count))
        return "key";
    return NULL;
}

/* What the next sequence makes of it. */
static room_id next_room(struct core *core, const struct key *key) {
    uint32_t partition = key->actor.partition;
    uint64_t seq = core_partition(core, partition)->next_seq;
    return (room_id){seq * PARTITION_COUNT + partition};
}

uint8_t key_may_create_room(struct core *core, const struct key *key) {
    return room_may_be_made(core, next_room(core, key));
}

void key_create_room(struct core *core, struct key *key,
                     const struct wire_room *wanted,
                     const struct wire_member *members, uint32_t members_count,
                     const struct command *command) {
    uint64_t seq = core_partition(core, key->actor.partition)->next_seq;
    struct wire_room info = *wanted;
    info.room = next_room(core, key);
    info.created_us = core->now_us;
    struct room *room = room_create(core, &info);
    for (uint32_t i = 0; i < members_count; i++)
        room_member_add(room, &members[i]);
    room->state.place = 1;
    room->state.activity_us = info.created_us;
    room->roster_seq = seq;
    key->room = info.room;

    struct wire record = {.kind = RECORD_ROOM_PUT};
    record.as.record_room_put.room = room->info;
    record.as.record_room_put.state = room->state;
    record.as.record_room_put.members = room->members;
    record.as.record_room_put.members_count = room->members_count;
    record.as.record_room_put.at_us = info.created_us;
    record.as.record_room_put.created = true;
    struct wire reply = room_reply(room, true);
    struct pending_item item = {.kind = PENDING_TELL,
                                .actor = &room->actor,
                                .also = &key->actor,
                                .place = room->state.place};
    struct wire notice = {.kind = WIRE_MEMBERSHIP};
    notice.as.membership.room = info.room;
    notice.as.membership.after_place = room->state.place;
    notice.as.membership.members = room->members;
    notice.as.membership.members_count = room->members_count;
    pending_append_notice(core, &item, command, &record,
                          members_count ? &notice : NULL, NULL,
                          command ? &reply : NULL);
}

enum run cmd_room_create(struct core *core, struct key *key,
                         const struct command *command) {
    const struct wire_room_create *create = &command->wire->as.room_create;
    struct wire_member *members = sorted(core, create);
    const char *field = bad_field(create, members);
    uint8_t refusal = 0;
    if (field) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, field);
    } else if (key->room.value) {
        /* The room that is there answers: it knows its title and members. */
        key_send_on(core, key, command);
    } else if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    } else if ((refusal = key_may_create_room(core, key))) {
        reply_refuse(core, command, (enum wire_refusal)refusal);
    } else {
        struct wire_room info = {.kind = create->kind,
                                 .key = create->key,
                                 .title = create->title,
                                 .open = create->open};
        key_create_room(core, key, &info, members, create->members_count,
                        command);
    }
    return RUN_DONE;
}
