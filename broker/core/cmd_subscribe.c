/* cmd_subscribe.c - which gateways hear a room: WIRE_SUBSCRIBE,
 * WIRE_UNSUBSCRIBE and WIRE_RESUME. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

/* Who they are, in the core's arena; what they have read is not asked. */
static void fill_members(struct core *core, const struct room *room,
                         struct wire_reply_subscribed *out) {
    struct wire_member *members =
        arena_alloc(&core->arena, (room->members_count + 1) * sizeof *members);
    for (uint32_t i = 0; i < room->members_count; i++) {
        members[i].user = room->members[i].user;
        members[i].role = room->members[i].role;
    }
    out->members = members;
    out->members_count = room->members_count;
}

enum run cmd_subscribe(struct core *core, struct room *room,
                       const struct command *command) {
    const struct wire_subscribe *subscribe = &command->wire->as.subscribe;
    if (!room_member(room, subscribe->user))
        return room_refuse_stranger(core, room, command);
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    bool is_new = !interest_find(room, command->gateway);
    struct wire reply = {.kind = WIRE_REPLY_SUBSCRIBED};
    reply.as.reply_subscribed.place =
        interest_subscribe(core, room, command->gateway);
    reply.as.reply_subscribed.room = room->info;
    if (subscribe->members)
        fill_members(core, room, &reply.as.reply_subscribed);
    reply_send(core, command, &reply);
    if (is_new && interest_find(room, command->gateway))
        typing_tell(core, room, command->gateway);
    return RUN_DONE;
}

enum run cmd_unsubscribe(struct core *core, struct room *room,
                         const struct command *command) {
    interest_drop(core, room, command->gateway, REFUSED_TRY_AGAIN);
    reply_ok(core, command);
    return RUN_DONE;
}

enum run cmd_resume(struct core *core, struct room *room,
                    const struct command *command) {
    interest_resume(core, room, command, command->wire->as.resume.after_place);
    return RUN_DONE;
}
