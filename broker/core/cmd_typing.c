/* cmd_typing.c - WIRE_TYPING: nothing is stored, and whoever comes to hear the
 * room after it could be shown misses it. */
#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

static struct wire typed_notice(const struct room *room, user_id user,
                                int64_t at_us) {
    struct wire typed = {.kind = WIRE_TYPED,
                         .partition = room->actor.partition};
    typed.as.typed.room = room->info.room;
    typed.as.typed.user = user;
    typed.as.typed.until_us = at_us + TYPING_SHOWN_US;
    return typed;
}

void typing_tell(struct core *core, const struct room *room, uint32_t gateway) {
    for (uint32_t i = 0; i < room->typing.count; i++) {
        const struct typed *typed = &room->typing.users[i];
        if (typed->at_us + TYPING_SHOWN_US <= core->now_us)
            continue;
        struct wire notice = typed_notice(room, typed->user, typed->at_us);
        uint32_t first = core->out->gateways_count;
        effects_event_to(core->out, gateway);
        effects_event(core->out, first, &notice);
    }
}

enum run cmd_typing(struct core *core, struct room *room,
                    const struct command *command) {
    user_id user = command->wire->as.typing.user;
    if (!room_member(room, user))
        return room_refuse_stranger(core, room, command);
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    if (typing_passes(&room->typing, user, core->now_us)) {
        struct wire typed = typed_notice(room, user, core->now_us);
        core->stats.typing_passed_total++;
        interest_tell_aside(core, room, &typed);
    } else {
        core->stats.typing_throttled_total++;
    }
    reply_ok(core, command);
    return RUN_DONE;
}
