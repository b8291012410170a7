/* cmd_mark.c - WIRE_MARK: a member's read mark moves up to a message. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

static void fill_reply(struct wire *reply, const struct wire_row_message *row,
                       const struct wire_member *member, bool moved) {
    *reply = (struct wire){.kind = WIRE_REPLY_MARK};
    reply->as.reply_mark.message = row->message;
    reply->as.reply_mark.author = row->author;
    reply->as.reply_mark.mark = member->mark;
    reply->as.reply_mark.read_us = member->read_us;
    reply->as.reply_mark.moved = moved;
}

static void reply_unmoved(struct core *core, struct room *room,
                          const struct command *command,
                          const struct wire_row_message *row,
                          const struct wire_member *member) {
    struct pending_item item = {.kind = PENDING_TELL, .actor = &room->actor};
    struct wire reply;
    fill_reply(&reply, row, member, false);
    pending_reply(core, &item, command, &reply);
}

/* Live messages by others up to the new mark: all of them less those that came
 * after the message. If that is too long ago, the store counts from the old
 * mark on; what it counts is on disk, or nobody could name the message. */
static enum looked count_seen(struct core *core, struct room *room,
                              const struct command *command,
                              const struct wire_member *member,
                              const struct wire_message *message,
                              uint64_t *out) {
    uint64_t others = room->state.live_total - member->own_total;
    uint64_t count;
    if (recent_count_after(&room->recent, message->ordinal, member->user,
                           &count)) {
        if (count > others) {
            reply_refuse(core, command, REFUSED_STORAGE_FAILED);
            return LOOKED_REFUSED;
        }
        *out = others - count;
        return LOOKED_UP;
    }
    struct wire_read_count question = {.room = room->info.room,
                                       .after_place = member->mark,
                                       .up_to_place = message->place,
                                       .not_by = member->user};
    enum looked looked = room_look_count(core, room, command, room->changed_seq,
                                         &question, &count);
    if (looked != LOOKED_UP)
        return looked;
    if (count > others - member->seen) {
        reply_refuse(core, command, REFUSED_STORAGE_FAILED);
        return LOOKED_REFUSED;
    }
    *out = member->seen + count;
    return LOOKED_UP;
}

static void apply(struct core *core, struct room *room,
                  const struct command *command, struct wire_row_message *row,
                  struct wire_member *member, uint64_t seen) {
    int64_t at_us = room_next_event(core, room);
    member->mark = row->message.place;
    member->read_us = at_us;
    member->seen = seen;
    room_raise_marks(&room->state, member->user, member->mark);
    room->marked_seq = core_partition(core, room->actor.partition)->next_seq;
    row->message.read = true;
    if (room->members_count == 2 && row->message.read_us == 0)
        row->message.read_us = at_us;

    struct wire record = {.kind = RECORD_MARK_MOVED};
    record.as.record_mark_moved.room = room->info.room;
    record.as.record_mark_moved.state = room->state;
    record.as.record_mark_moved.member = *member;
    record.as.record_mark_moved.message = row->message.message;

    struct wire event = {0};
    event.as.event.kind = EVENT_MARK_MOVED;
    event.as.event.at_us = at_us;
    event.as.event.actor = member->user;
    event.as.event.message = row->message;
    event.as.event.author = row->author;
    event.as.event.mark = member->mark;

    struct wire reply;
    fill_reply(&reply, row, member, true);
    room_append(core, room, PENDING_TELL, command, &record, &event, &reply);
}

enum run cmd_mark(struct core *core, struct room *room,
                  const struct command *command) {
    const struct wire_mark *mark = &command->wire->as.mark;
    struct wire_member *member = room_member(room, mark->user);
    if (!member)
        return room_refuse_stranger(core, room, command);
    struct wire_row_message row;
    enum looked looked =
        room_look_message(core, room, command, mark->message, &row);
    if (looked != LOOKED_UP)
        return looked == LOOKED_WAIT ? RUN_WAIT : RUN_DONE;
    if (!row.found || row.message.deleted) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
        return RUN_DONE;
    }
    if (row.message.author.value == mark->user.value) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "message");
        return RUN_DONE;
    }
    if (member->mark >= row.message.place) {
        reply_unmoved(core, room, command, &row, member);
        return RUN_DONE;
    }
    uint64_t seen;
    looked = count_seen(core, room, command, member, &row.message, &seen);
    if (looked != LOOKED_UP)
        return looked == LOOKED_WAIT ? RUN_WAIT : RUN_DONE;
    if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return RUN_DONE;
    }
    apply(core, room, command, &row, member, seen);
    return RUN_DONE;
}
