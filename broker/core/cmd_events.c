/* cmd_events.c - WIRE_EVENTS: what happened in a room, for a member who began
 * to follow it late. What is not on disk yet comes as events. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

enum run cmd_events(struct core *core, struct room *room,
                    const struct command *command) {
    const struct wire_events *events = &command->wire->as.events;
    if (!room_member(room, events->user))
        return room_refuse_stranger(core, room, command);
    if (events->limit == 0) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "limit");
        return RUN_DONE;
    }
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    struct wire read = {.kind = WIRE_READ_EVENTS};
    read.as.read_events.room = room->info.room;
    read.as.read_events.after_place = events->after_place;
    read.as.read_events.limit = events->limit;
    read_pass(core, command, room->actor.partition, &read);
    return RUN_DONE;
}
