/* cmd_room.c - the room itself: WIRE_ROOM_GET, WIRE_ROOM_PATCH and
 * WIRE_ROOM_DELETE. WIRE_ROOM_CREATE begins at the key; see key.c. */
#include "broker/core/core_state.h"
#include "broker/core/key.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

/* What is not on disk yet is shown when it is. */
static void reply_room(struct core *core, struct room *room,
                       const struct command *command) {
    struct pending_item item = {.kind = PENDING_TELL, .actor = &room->actor};
    struct wire reply = room_reply(room, false);
    pending_reply(core, &item, command, &reply);
}

enum run cmd_room_get(struct core *core, struct room *room,
                      const struct command *command) {
    reply_room(core, room, command);
    return RUN_DONE;
}

static void apply_patch(struct core *core, struct room *room,
                        const struct command *command,
                        const struct wire_room *info) {
    int64_t at_us = room_next_event(core, room);
    room->roster_seq = core_partition(core, room->actor.partition)->next_seq;
    room_set_info(room, info);

    struct wire record = {.kind = RECORD_ROOM_PUT};
    record.as.record_room_put.room = room->info;
    record.as.record_room_put.state = room->state;
    record.as.record_room_put.at_us = at_us;

    struct wire event = {0};
    event.as.event.kind = EVENT_ROOM_CHANGED;
    event.as.event.at_us = at_us;

    struct wire reply = room_reply(room, false);
    room_append(core, room, PENDING_TELL, command, &record, &event, &reply);
}

enum run cmd_room_patch(struct core *core, struct room *room,
                        const struct command *command) {
    const struct wire_room_patch *patch = &command->wire->as.room_patch;
    struct wire_room info = room->info;
    if (patch->has_title)
        info.title = patch->title;
    if (patch->has_open)
        info.open = patch->open;
    if (slice_equal(info.title, room->info.title) &&
        info.open == room->info.open)
        reply_room(core, room, command);
    else if (!pending_has_room(core, 1))
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    else
        apply_patch(core, room, command, &info);
    return RUN_DONE;
}

enum run cmd_room_delete(struct core *core, struct room *room,
                         const struct command *command) {
    struct key *key = key_get(core, room->info.kind, room->info.key);
    if (!key) {
        reply_refuse(core, command, REFUSED_OVERLOADED);
        return RUN_DONE;
    }
    if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return RUN_DONE;
    }
    int64_t at_us = room_next_event(core, room);
    room->is_deleted = true;
    key_free_room(core, key, room->info.room);

    struct wire record = {.kind = RECORD_ROOM_DELETED};
    record.as.record_room_deleted.room = room->info.room;
    record.as.record_room_deleted.kind = room->info.kind;
    record.as.record_room_deleted.key = room->info.key;

    struct wire event = {.kind = WIRE_EVENT};
    event.as.event.kind = EVENT_ROOM_DELETED;
    event.as.event.room = room->info.room;
    event.as.event.place = room->state.place;
    event.as.event.at_us = at_us;

    struct wire reply = {.kind = WIRE_REPLY_OK};
    struct pending_item item = {.kind = PENDING_ROOM_DELETED,
                                .actor = &room->actor,
                                .also = &key->actor,
                                .place = room->state.place};
    pending_append(core, &item, command, &record, &event, &reply);
    return RUN_DONE;
}
