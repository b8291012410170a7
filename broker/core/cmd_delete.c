/* cmd_delete.c - WIRE_DELETE: a message becomes a tombstone and leaves all
 * counts. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

/* Whether the message can be in all counts that it has to leave. */
static bool is_counted(const struct room *room,
                       const struct wire_message *message) {
    for (uint32_t i = 0; i < room->members_count; i++) {
        const struct wire_member *member = &room->members[i];
        if (member->user.value == message->author.value) {
            if (member->own_total == 0)
                return false;
        } else if (member->mark >= message->place && member->seen == 0) {
            return false;
        }
    }
    return room->state.live_total > 0;
}

/* Takes the message out of the members' counts; collects the rows that changed,
 * in the core's arena. */
static uint32_t uncount(struct core *core, struct room *room,
                        const struct wire_message *message,
                        struct wire_member **out) {
    struct wire_member *changed =
        arena_alloc(&core->arena, (room->members_count + 1) * sizeof *changed);
    uint32_t count = 0;
    room->state.live_total--;
    recent_delete(&room->recent, message->ordinal);
    for (uint32_t i = 0; i < room->members_count; i++) {
        struct wire_member *member = &room->members[i];
        if (member->user.value == message->author.value) {
            member->own_total--;
        } else if (member->mark >= message->place) {
            member->seen--;
        } else {
            continue;
        }
        changed[count++] = *member;
    }
    *out = changed;
    return count;
}

static void fill_reply(struct wire *reply, const struct wire_message *message,
                       const struct wire_profile *author, bool created) {
    *reply = (struct wire){.kind = WIRE_REPLY_MESSAGE};
    reply->as.reply_message.message = *message;
    reply->as.reply_message.author = *author;
    reply->as.reply_message.created = created;
}

static void apply(struct core *core, struct room *room,
                  const struct command *command,
                  const struct wire_row_message *row) {
    user_id user = command->wire->as.delete.user;
    int64_t at_us = room_next_event(core, room);
    room->changed_seq = core_partition(core, room->actor.partition)->next_seq;

    struct wire_message message = row->message;
    message.text = (struct slice){0};
    message.files = NULL;
    message.files_count = 0;
    message.deleted = true;

    struct wire record = {.kind = RECORD_MESSAGE_DELETED};
    struct record_message_deleted *deleted = &record.as.record_message_deleted;
    deleted->members_count =
        uncount(core, room, &row->message, &deleted->members);
    deleted->message = room_stored_message(&message);
    deleted->state = room->state;
    deleted->at_us = at_us;
    deleted->actor = user;

    struct wire event = {0};
    event.as.event.kind = EVENT_MESSAGE_DELETED;
    event.as.event.at_us = at_us;
    event.as.event.actor = user;
    event.as.event.message = message;
    event.as.event.author = row->author;

    struct wire reply;
    fill_reply(&reply, &message, &row->author, true);
    room_append(core, room, PENDING_TELL, command, &record, &event, &reply);
}

enum run cmd_delete(struct core *core, struct room *room,
                    const struct command *command) {
    const struct wire_delete *delete = &command->wire->as.delete;
    const struct wire_member *member = room_member(room, delete->user);
    if (!member)
        return room_refuse_stranger(core, room, command);
    struct wire_row_message row;
    enum looked looked =
        room_look_message(core, room, command, delete->message, &row);
    if (looked != LOOKED_UP)
        return looked == LOOKED_WAIT ? RUN_WAIT : RUN_DONE;
    bool may = row.message.author.value == delete->user.value ||
               member->role == ROLE_MODERATOR;
    if (!row.found) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
    } else if (!may) {
        reply_refuse(core, command, REFUSED_FORBIDDEN);
    } else if (row.message.deleted) {
        struct wire reply;
        fill_reply(&reply, &row.message, &row.author, false);
        reply_send(core, command, &reply);
    } else if (!is_counted(room, &row.message)) {
        reply_refuse(core, command, REFUSED_STORAGE_FAILED);
    } else if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    } else {
        apply(core, room, command, &row);
    }
    return RUN_DONE;
}
