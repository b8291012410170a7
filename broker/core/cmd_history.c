/* cmd_history.c - WIRE_HISTORY and WIRE_ROOM_VIEW: the persister's answer goes
 * to the asker as it is; the room only says who may see it. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

enum run cmd_history(struct core *core, struct room *room,
                     const struct command *command) {
    const struct wire_history *history = &command->wire->as.history;
    if (history->user.value && !room_member(room, history->user))
        return room_refuse_stranger(core, room, command);
    if (history->query.by == 0) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "by");
        return RUN_DONE;
    }
    if (history->query.limit == 0) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "limit");
        return RUN_DONE;
    }
    if (history->user.value && !room_roster_is_committed(core, room))
        return RUN_WAIT;
    struct wire read = {.kind = WIRE_READ_HISTORY};
    read.as.read_history.room = history->room;
    read.as.read_history.query = history->query;
    read_pass(core, command, room->actor.partition, &read);
    return RUN_DONE;
}

enum run cmd_room_view(struct core *core, struct room *room,
                       const struct command *command) {
    user_id user = command->wire->as.room_view.user;
    if (!room_member(room, user))
        return room_refuse_stranger(core, room, command);
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    struct wire read = {.kind = WIRE_READ_VIEW};
    read.as.read_view.room = room->info.room;
    read.as.read_view.user = user;
    read_pass(core, command, room->actor.partition, &read);
    return RUN_DONE;
}
