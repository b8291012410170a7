/* cmd_subscribe.c - which gateways hear a room: WIRE_SUBSCRIBE,
 * WIRE_UNSUBSCRIBE and WIRE_RESUME. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

enum run cmd_subscribe(struct core *core, struct room *room,
                       const struct command *command) {
    const struct wire_subscribe *subscribe = &command->wire->as.subscribe;
    if (!room_member(room, subscribe->user)) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
        return RUN_DONE;
    }
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    struct wire reply = {.kind = WIRE_REPLY_PLACE};
    reply.as.reply_place.place =
        interest_subscribe(core, room, command->gateway);
    reply_send(core, command, &reply);
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
