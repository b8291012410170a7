/* cmd_member.c - who is in a room: WIRE_JOIN and WIRE_LEAVE by the user,
 * WIRE_MEMBER_PUT and WIRE_MEMBER_REMOVE by the application.
 *
 * A member who was away may have messages here: they are counted again when
 * the member comes back, so that unread stays exact. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

/* |is_new|: comes in; else gets another role. */
static void apply_put(struct core *core, struct room *room,
                      const struct command *command,
                      const struct wire_member *member, bool is_new,
                      user_id actor) {
    bool joins = command->wire->kind == WIRE_JOIN;
    int64_t at_us = room_next_event(core, room);
    room->roster_seq = core_partition(core, room->actor.partition)->next_seq;

    struct wire record = {.kind = RECORD_MEMBER_PUT};
    record.as.record_member_put.room = room->info.room;
    record.as.record_member_put.state = room->state;
    record.as.record_member_put.member = *member;
    record.as.record_member_put.at_us = at_us;
    record.as.record_member_put.actor = actor;

    struct wire event = {0};
    event.as.event.kind = EVENT_MEMBER_PUT;
    event.as.event.at_us = at_us;
    event.as.event.actor = actor;
    event.as.event.member = member->user;
    event.as.event.role = member->role;

    /* Gateways hear of it before the event, so that it is the first of the
     * room's events that they give to the new member. */
    struct wire_member shown = *member;
    struct wire notice = {.kind = WIRE_MEMBERSHIP};
    notice.as.membership.room = room->info.room;
    notice.as.membership.after_place = room->state.place - 1;
    notice.as.membership.members = &shown;
    notice.as.membership.members_count = 1;

    struct wire reply = {.kind = WIRE_REPLY_OK};
    room_append_notice(core, room, joins ? PENDING_VIEW : PENDING_TELL, command,
                       &record, is_new ? &notice : NULL, &event,
                       joins ? NULL : &reply);
}

/* A user comes in. */
static enum run add(struct core *core, struct room *room,
                    const struct command *command, user_id user, uint8_t role,
                    user_id actor) {
    if (room->members_count >= LIMIT_ROOM_MEMBERS) {
        reply_refuse_field(core, command, REFUSED_OVERLOADED, "members");
        return RUN_DONE;
    }
    struct wire_member member = {.user = user, .role = role};
    if (room->state.live_total > 0) {
        struct wire_read_count question = {.room = room->info.room, .by = user};
        uint64_t seq = room->created_seq > room->changed_seq
                           ? room->created_seq
                           : room->changed_seq;
        enum looked looked = room_look_count(core, room, command, seq,
                                             &question, &member.own_total);
        if (looked != LOOKED_UP)
            return looked == LOOKED_WAIT ? RUN_WAIT : RUN_DONE;
        if (member.own_total > room->state.live_total) {
            reply_refuse(core, command, REFUSED_STORAGE_FAILED);
            return RUN_DONE;
        }
    }
    if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return RUN_DONE;
    }
    room_member_add(room, &member);
    apply_put(core, room, command, &member, true, actor);
    return RUN_DONE;
}

static void remove_member(struct core *core, struct room *room,
                          const struct command *command, user_id user,
                          user_id actor) {
    if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return;
    }
    room_member_remove(room, user);
    int64_t at_us = room_next_event(core, room);
    room->roster_seq = core_partition(core, room->actor.partition)->next_seq;

    struct wire record = {.kind = RECORD_MEMBER_REMOVED};
    record.as.record_member_removed.room = room->info.room;
    record.as.record_member_removed.state = room->state;
    record.as.record_member_removed.user = user;
    record.as.record_member_removed.at_us = at_us;
    record.as.record_member_removed.actor = actor;

    struct wire event = {0};
    event.as.event.kind = EVENT_MEMBER_REMOVED;
    event.as.event.at_us = at_us;
    event.as.event.actor = actor;
    event.as.event.member = user;

    struct wire reply = {.kind = WIRE_REPLY_OK};
    room_append(core, room, PENDING_TELL, command, &record, &event, &reply);
}

/* It is so already; said when it is on disk. */
static void reply_unchanged(struct core *core, struct room *room,
                            const struct command *command) {
    struct pending_item item = {.kind = PENDING_TELL, .actor = &room->actor};
    struct wire reply = {.kind = WIRE_REPLY_OK};
    pending_reply(core, &item, command, &reply);
}

enum run cmd_join(struct core *core, struct room *room,
                  const struct command *command) {
    user_id user = command->wire->as.join.user;
    if (!room_member(room, user)) {
        if (room->info.open)
            return add(core, room, command, user, ROLE_NONE, user);
        return room_refuse_stranger(core, room, command);
    }
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    struct wire read = {.kind = WIRE_READ_VIEW};
    read.as.read_view.room = room->info.room;
    read.as.read_view.user = user;
    read_pass(core, command, room->actor.partition, &read);
    return RUN_DONE;
}

enum run cmd_leave(struct core *core, struct room *room,
                   const struct command *command) {
    user_id user = command->wire->as.leave.user;
    if (!room_member(room, user))
        return room_refuse_stranger(core, room, command);
    if (room->info.open)
        remove_member(core, room, command, user, user);
    else
        reply_unchanged(core, room, command);
    return RUN_DONE;
}

enum run cmd_member_put(struct core *core, struct room *room,
                        const struct command *command) {
    const struct wire_member_put *put = &command->wire->as.member_put;
    user_id application = {0};
    struct wire_member *member = room_member(room, put->user);
    if (!member)
        return add(core, room, command, put->user, put->role, application);
    if (member->role == put->role) {
        reply_unchanged(core, room, command);
    } else if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    } else {
        member->role = put->role;
        apply_put(core, room, command, member, false, application);
    }
    return RUN_DONE;
}

enum run cmd_member_remove(struct core *core, struct room *room,
                           const struct command *command) {
    user_id user = command->wire->as.member_remove.user;
    if (room_member(room, user))
        remove_member(core, room, command, user, (user_id){0});
    else
        reply_unchanged(core, room, command);
    return RUN_DONE;
}
