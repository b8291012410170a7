/* cmd_typing.c - WIRE_TYPING: nothing is stored, and who is not there misses
 * it. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

enum run cmd_typing(struct core *core, struct room *room,
                    const struct command *command) {
    user_id user = command->wire->as.typing.user;
    if (!room_member(room, user)) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
        return RUN_DONE;
    }
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    if (typing_passes(&room->typing, user, core->now_us)) {
        struct wire typed = {.kind = WIRE_TYPED,
                             .partition = room->actor.partition};
        typed.as.typed.room = room->info.room;
        typed.as.typed.user = user;
        typed.as.typed.until_us = core->now_us + TYPING_SHOWN_US;
        core->stats.typing_passed_total++;
        interest_tell_aside(core, room, &typed);
    } else {
        core->stats.typing_throttled_total++;
    }
    reply_ok(core, command);
    return RUN_DONE;
}
