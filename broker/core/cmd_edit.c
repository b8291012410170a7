/* cmd_edit.c - WIRE_EDIT: another text for one's own message. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

static void apply(struct core *core, struct room *room,
                  const struct command *command,
                  const struct wire_row_message *row) {
    const struct wire_edit *edit = &command->wire->as.edit;
    int64_t at_us = room_next_event(core, room);
    room->changed_seq = core_partition(core, room->actor.partition)->next_seq;

    struct wire_message message = row->message;
    message.text = edit->text;
    message.edited = true;

    struct wire record = {.kind = RECORD_MESSAGE_EDITED};
    record.as.record_message_edited.message = room_stored_message(&message);
    record.as.record_message_edited.state = room->state;
    record.as.record_message_edited.at_us = at_us;
    record.as.record_message_edited.actor = edit->user;

    struct wire event = {0};
    event.as.event.kind = EVENT_MESSAGE_EDITED;
    event.as.event.at_us = at_us;
    event.as.event.actor = edit->user;
    event.as.event.message = message;
    event.as.event.author = row->author;

    struct wire reply = {.kind = WIRE_REPLY_MESSAGE};
    reply.as.reply_message.message = message;
    reply.as.reply_message.author = row->author;
    reply.as.reply_message.created = true;
    room_append(core, room, PENDING_TELL, command, &record, &event, &reply);
}

enum run cmd_edit(struct core *core, struct room *room,
                  const struct command *command) {
    const struct wire_edit *edit = &command->wire->as.edit;
    if (!room_member(room, edit->user))
        return room_refuse_stranger(core, room, command);
    struct wire_row_message row;
    enum looked looked =
        room_look_message(core, room, command, edit->message, &row);
    if (looked != LOOKED_UP)
        return looked == LOOKED_WAIT ? RUN_WAIT : RUN_DONE;
    if (!row.found || row.message.deleted)
        reply_refuse(core, command, REFUSED_NOT_FOUND);
    else if (row.message.author.value != edit->user.value)
        reply_refuse(core, command, REFUSED_FORBIDDEN);
    else if (!pending_has_room(core, 1))
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    else
        apply(core, room, command, &row);
    return RUN_DONE;
}
