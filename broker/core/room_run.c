/* room_run.c - a room as an actor: which command is whose. */
#include "broker/core/room_run.h"

#include "broker/core/core_state.h"
#include "broker/core/key.h"
#include "broker/core/naming.h"
#include "broker/core/reply.h"

typedef enum run room_handler(struct core *core, struct room *room,
                              const struct command *command);

static room_handler *const handlers[] = {
    [WIRE_ROOM_CREATE] = cmd_room_get, /* Known: the key sent it on. */
    [WIRE_ROOM_GET] = cmd_room_get,
    [WIRE_ROOM_PATCH] = cmd_room_patch,
    [WIRE_ROOM_DELETE] = cmd_room_delete,
    [WIRE_MEMBER_PUT] = cmd_member_put,
    [WIRE_MEMBER_REMOVE] = cmd_member_remove,
    [WIRE_JOIN] = cmd_join,
    [WIRE_LEAVE] = cmd_leave,
    [WIRE_SUBSCRIBE] = cmd_subscribe,
    [WIRE_UNSUBSCRIBE] = cmd_unsubscribe,
    [WIRE_RESUME] = cmd_resume,
    [WIRE_SEND] = cmd_send,
    [WIRE_EDIT] = cmd_edit,
    [WIRE_DELETE] = cmd_delete,
    [WIRE_MARK] = cmd_mark,
    [WIRE_HISTORY] = cmd_history,
    [WIRE_TYPING] = cmd_typing,
    [WIRE_ROOM_VIEW] = cmd_room_view,
    [WIRE_EVENTS] = cmd_events,
};

static void ask(const struct actor *actor, struct wire *out) {
    out->kind = WIRE_READ_ROOM;
    out->as.read_room.room = ((const struct room *)actor)->info.room;
}

static enum run run(struct core *core, struct actor *actor,
                    const struct command *command) {
    struct room *room = room_of(actor);
    size_t kind = (size_t)command->wire->kind;
    struct naming naming;
    /* What comes after a deletion waits for its outcome. */
    if (room->is_deleted)
        return RUN_WAIT;
    if (naming_of(command->wire, &naming) &&
        !naming_fits(&naming, &room->info, room->members_count)) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
        return RUN_DONE;
    }
    if (kind >= sizeof handlers / sizeof *handlers || !handlers[kind]) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "kind");
        return RUN_DONE;
    }
    return handlers[kind](core, room, command);
}

enum run room_refuse_stranger(struct core *core, const struct room *room,
                              const struct command *command) {
    if (!room_roster_is_committed(core, room))
        return RUN_WAIT;
    reply_refuse(core, command, REFUSED_NOT_FOUND);
    return RUN_DONE;
}

static void run_gone(struct core *core, struct actor *actor,
                     const struct command *command) {
    (void)actor;
    if (command->hops > 0)
        key_receive_again(core, command);
    else if (command->wire->kind == WIRE_UNSUBSCRIBE)
        reply_ok(core, command);
    else
        reply_refuse(core, command, REFUSED_NOT_FOUND);
}

static void begin_wait(struct core *core, struct waiting *waiting,
                       const struct wire *wire) {
    if (wire->kind == WIRE_SEND)
        cmd_send_begin_wait(core, waiting, wire);
}

const struct actor_type room_type = {
    .name = "room",
    .row = WIRE_ROW_ROOM,
    .begin_wait = begin_wait,
    .ask = ask,
    .load = room_load,
    .run = run,
    .run_gone = run_gone,
    .destroy = room_destroy,
};
