/* room_look.c - what a command asks the store about its room, and whether the
 * answer is still true.
 *
 * The store shows what is committed. An answer asked for when |floor| was
 * committed contains all changes up to it; so it is true exactly if the room's
 * last change that could matter is not above |floor|. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room.h"

enum judgement { ANSWER_GOOD, ANSWER_ASK, ANSWER_WAIT, ANSWER_REFUSED };

/* |seq| is the last change that the answer must contain. */
static enum judgement judge(struct core *core, const struct room *room,
                            const struct command *command,
                            enum lookup_index index, uint64_t seq) {
    if (!command->waiting)
        return ANSWER_WAIT;
    const struct lookup *lookup = &command->waiting->lookups[index];
    uint64_t committed = core_committed(core, room->actor.partition);
    switch (lookup->state) {
    case LOOKUP_ASKED:
        return ANSWER_WAIT;
    case LOOKUP_FAILED:
        reply_refuse(core, command, (enum wire_refusal)lookup->refusal);
        return ANSWER_REFUSED;
    case LOOKUP_FOUND:
    case LOOKUP_ABSENT:
        if (lookup->floor >= seq)
            return ANSWER_GOOD;
        break;
    case LOOKUP_NONE:
        break;
    }
    return seq > committed ? ANSWER_WAIT : ANSWER_ASK;
}

/* A row that cannot be of the room as it is: the store is not believed. */
static bool is_sound(const struct room *room,
                     const struct wire_message *message) {
    return message->ordinal >= 1 && message->ordinal <= room->state.ordinal &&
           message->place >= 1 && message->place <= room->state.place;
}

static enum looked take_row(struct core *core, const struct room *room,
                            const struct command *command,
                            enum lookup_index index,
                            struct wire_row_message *out) {
    const struct lookup *lookup = &command->waiting->lookups[index];
    *out = (struct wire_row_message){0};
    if (lookup->state == LOOKUP_FOUND) {
        *out = lookup_row(core, lookup);
        out->found = out->message.room.value == room->info.room.value;
    }
    if (!out->found)
        return LOOKED_UP;
    if (!is_sound(room, &out->message)) {
        reply_refuse(core, command, REFUSED_STORAGE_FAILED);
        return LOOKED_REFUSED;
    }
    out->message.read =
        room_is_read(room, out->message.author, out->message.place);
    out->message.quote.read =
        out->message.quote.message.value &&
        room_is_read(room, out->message.quote.author, out->message.quote.place);
    if (room->members_count != 2)
        out->message.read_us = 0;
    return LOOKED_UP;
}

/* The last change that a message's row must contain. When it was read first
 * depends on the marks, and shows only in rooms of two. */
static uint64_t message_seq(const struct room *room) {
    uint64_t seq = room->changed_seq;
    if (room->members_count != 2)
        return seq;
    seq = room->marked_seq > seq ? room->marked_seq : seq;
    return room->roster_seq > seq ? room->roster_seq : seq;
}

static enum looked look_message(struct core *core, struct room *room,
                                const struct command *command,
                                message_id message, uint64_t seq,
                                struct wire_row_message *out) {
    switch (judge(core, room, command, LOOKUP_MESSAGE, seq)) {
    case ANSWER_REFUSED:
        return LOOKED_REFUSED;
    case ANSWER_WAIT:
        return LOOKED_WAIT;
    case ANSWER_ASK: {
        struct wire wire = {.kind = WIRE_READ_MESSAGE};
        wire.as.read_message.message = message;
        lookup_ask(core, command->waiting, LOOKUP_MESSAGE, &wire);
        return LOOKED_WAIT;
    }
    case ANSWER_GOOD:
        break;
    }
    return take_row(core, room, command, LOOKUP_MESSAGE, out);
}

enum looked room_look_message(struct core *core, struct room *room,
                              const struct command *command, message_id message,
                              struct wire_row_message *out) {
    return look_message(core, room, command, message, message_seq(room), out);
}

enum looked room_look_quoted(struct core *core, struct room *room,
                             const struct command *command, message_id message,
                             struct wire_row_message *out) {
    return look_message(core, room, command, message, room->changed_seq, out);
}

static enum lookup_index lookup_of(enum sent_by by) {
    switch (by) {
    case SENT_BY_CLIENT_KEY:
        return LOOKUP_CLIENT_KEY;
    case SENT_BY_REQUEST_KEY:
        return LOOKUP_REQUEST_KEY;
    case SENT_BY_ORIGIN_KEY:
        break;
    }
    return LOOKUP_ORIGIN_KEY;
}

enum looked room_look_sent(struct core *core, struct room *room,
                           const struct command *command, enum sent_by by,
                           user_id sender, struct slice key,
                           struct wire_row_message *out) {
    struct partition *partition = core_partition(core, room->actor.partition);
    uint64_t digest = sent_key_digest(room->info.room, sender, by, key);
    uint64_t seq = sent_keys_find(&partition->sent_keys, digest);
    /* Of this room nothing is under way: a digest shared with another room
     * must not have us wait for that one. */
    if (room->actor.pending == 0 && seq > partition->committed)
        seq = partition->committed;
    enum lookup_index index = lookup_of(by);
    enum judgement judgement = judge(core, room, command, index, seq);
    /* What was found is shown, so it must be as it is now. */
    if (judgement == ANSWER_GOOD &&
        command->waiting->lookups[index].state == LOOKUP_FOUND)
        judgement = judge(core, room, command, index, message_seq(room));
    switch (judgement) {
    case ANSWER_REFUSED:
        return LOOKED_REFUSED;
    case ANSWER_WAIT:
        return LOOKED_WAIT;
    case ANSWER_ASK: {
        struct wire wire = {.kind = WIRE_READ_SENT};
        wire.as.read_sent.room = room->info.room;
        wire.as.read_sent.sender = sender;
        wire.as.read_sent.by = (uint8_t)by;
        wire.as.read_sent.key = key;
        lookup_ask(core, command->waiting, index, &wire);
        return LOOKED_WAIT;
    }
    case ANSWER_GOOD:
        break;
    }
    return take_row(core, room, command, index, out);
}

/* The command's own question may have changed since, if the room was loaded
 * anew. */
static void drop_other_question(const struct command *command,
                                const struct wire_read_count *question) {
    if (!command->waiting)
        return;
    struct lookup *lookup = &command->waiting->lookups[LOOKUP_COUNT];
    if (lookup->state == LOOKUP_FOUND &&
        (lookup->after_place != question->after_place ||
         lookup->up_to_place != question->up_to_place))
        lookup->state = LOOKUP_NONE;
}

enum looked room_look_count(struct core *core, struct room *room,
                            const struct command *command, uint64_t seq,
                            const struct wire_read_count *question,
                            uint64_t *out) {
    drop_other_question(command, question);
    switch (judge(core, room, command, LOOKUP_COUNT, seq)) {
    case ANSWER_REFUSED:
        return LOOKED_REFUSED;
    case ANSWER_WAIT:
        return LOOKED_WAIT;
    case ANSWER_ASK: {
        struct wire wire = {.kind = WIRE_READ_COUNT};
        wire.as.read_count = *question;
        lookup_ask(core, command->waiting, LOOKUP_COUNT, &wire);
        return LOOKED_WAIT;
    }
    case ANSWER_GOOD:
        break;
    }
    *out = command->waiting->lookups[LOOKUP_COUNT].count;
    return LOOKED_UP;
}
