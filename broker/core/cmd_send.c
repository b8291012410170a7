/* cmd_send.c - WIRE_SEND: a new message, unless it is known already. */
#include "broker/core/core_state.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

/* The keys under which an earlier message would be this one. A command that
 * was not stored before may carry all three; the first that is found wins. */
struct question {
    enum lookup_index index;
    enum sent_by by;
    struct slice key;
};

#define QUESTIONS_MAX 3u

static uint32_t questions_of(const struct wire_send *send,
                             struct question *out) {
    uint32_t count = 0;
    if (send->client_key.size)
        out[count++] = (struct question){LOOKUP_CLIENT_KEY, SENT_BY_CLIENT_KEY,
                                         send->client_key};
    if (send->resent && send->origin_key.size)
        out[count++] = (struct question){LOOKUP_ORIGIN_KEY, SENT_BY_ORIGIN_KEY,
                                         send->origin_key};
    if (send->retry && send->request_key.size)
        out[count++] = (struct question){
            LOOKUP_REQUEST_KEY, SENT_BY_REQUEST_KEY, send->request_key};
    return count;
}

static bool files_are_own(const struct wire_send *send) {
    for (uint32_t i = 0; i < send->files_count; i++)
        if (send->files[i].owner.value != send->author.user.value)
            return false;
    return send->files_count <= LIMIT_MESSAGE_FILES;
}

const char *cmd_send_fault(const struct wire_send *send) {
    if (!files_are_own(send))
        return "files";
    return send->reply_to.value ? "reply_to" : NULL;
}

/* Whether the message named can be in this room at all. */
static bool is_of_partition(message_id message, room_id room) {
    return message_partition(message) == room_partition(room);
}

void cmd_send_begin_wait(struct core *core, struct waiting *waiting,
                         const struct wire *wire) {
    const struct wire_send *send = &wire->as.send;
    struct question questions[QUESTIONS_MAX];
    uint32_t count = questions_of(send, questions);
    if (count > 0)
        sent_keys_hold(&core_partition(core, waiting->partition)->sent_keys,
                       waiting);
    for (uint32_t i = 0; i < count; i++) {
        struct wire read = {.kind = WIRE_READ_SENT};
        read.as.read_sent.room = send->room;
        read.as.read_sent.sender = send->author.user;
        read.as.read_sent.by = (uint8_t)questions[i].by;
        read.as.read_sent.key = questions[i].key;
        lookup_ask(core, waiting, questions[i].index, &read);
    }
    if (send->reply_to.value && is_of_partition(send->reply_to, send->room)) {
        struct wire read = {.kind = WIRE_READ_MESSAGE};
        read.as.read_message.message = send->reply_to;
        lookup_ask(core, waiting, LOOKUP_MESSAGE, &read);
    }
}

static void reply_duplicate(struct core *core, const struct command *command,
                            const struct wire_row_message *row) {
    struct wire reply = {.kind = WIRE_REPLY_MESSAGE};
    reply.as.reply_message.message = row->message;
    reply.as.reply_message.author = row->author;
    core->stats.duplicates_total++;
    reply_send(core, command, &reply);
}

/* LOOKED_UP: it is new. LOOKED_REFUSED: the command was answered. */
static enum looked look_for_duplicate(struct core *core, struct room *room,
                                      const struct command *command) {
    const struct wire_send *send = &command->wire->as.send;
    struct question questions[QUESTIONS_MAX];
    uint32_t count = questions_of(send, questions);
    /* A room that has just come into being knows no message. */
    if (room->state.ordinal == 0)
        return LOOKED_UP;
    for (uint32_t i = 0; i < count; i++) {
        struct wire_row_message row;
        enum looked looked =
            room_look_sent(core, room, command, questions[i].by,
                           send->author.user, questions[i].key, &row);
        if (looked != LOOKED_UP)
            return looked;
        if (row.found) {
            reply_duplicate(core, command, &row);
            return LOOKED_REFUSED;
        }
    }
    return LOOKED_UP;
}

static struct wire_quote quote_of(const struct wire_message *message) {
    return (struct wire_quote){.message = message->message,
                               .author = message->author,
                               .text = message->text,
                               .created_us = message->created_us,
                               .edited = message->edited,
                               .read = message->read,
                               .files = message->files,
                               .files_count = message->files_count,
                               .place = message->place};
}

static enum looked look_at_reply_to(struct core *core, struct room *room,
                                    const struct command *command,
                                    struct wire_quote *out) {
    const struct wire_send *send = &command->wire->as.send;
    *out = (struct wire_quote){0};
    if (!send->reply_to.value)
        return LOOKED_UP;
    struct wire_row_message row = {0};
    if (is_of_partition(send->reply_to, send->room)) {
        enum looked looked =
            room_look_quoted(core, room, command, send->reply_to, &row);
        if (looked != LOOKED_UP)
            return looked;
    }
    if (row.found && !row.message.deleted) {
        *out = quote_of(&row.message);
        return LOOKED_UP;
    }
    reply_refuse_field(core, command, REFUSED_BAD_FIELD, "reply_to");
    return LOOKED_REFUSED;
}

/* So that a repetition is recognised before the store can. */
static void remember_keys(struct core *core, const struct wire_send *send,
                          uint64_t seq) {
    struct sent_keys *keys =
        &core_partition(core, room_partition(send->room))->sent_keys;
    user_id user = send->author.user;
    if (send->client_key.size)
        sent_keys_add(keys,
                      sent_key_digest(send->room, user, SENT_BY_CLIENT_KEY,
                                      send->client_key),
                      seq);
    if (send->origin_key.size)
        sent_keys_add(keys,
                      sent_key_digest(send->room, user, SENT_BY_ORIGIN_KEY,
                                      send->origin_key),
                      seq);
    if (send->request_key.size)
        sent_keys_add(keys,
                      sent_key_digest(send->room, user, SENT_BY_REQUEST_KEY,
                                      send->request_key),
                      seq);
}

/* The other one in a room of two. */
static user_id mail_to(const struct room *room, const struct wire_send *send) {
    if (!send->mail || room->members_count != 2)
        return (user_id){0};
    bool is_first = room->members[0].user.value == send->author.user.value;
    return room->members[is_first ? 1 : 0].user;
}

static void apply(struct core *core, struct room *room,
                  struct wire_member *author, const struct command *command,
                  const struct wire_quote *quote) {
    const struct wire_send *send = &command->wire->as.send;
    uint32_t partition = room->actor.partition;
    uint64_t seq = core_partition(core, partition)->next_seq;
    int64_t at_us = room_next_event(core, room);
    room->state.ordinal++;
    room->state.live_total++;
    room->state.activity_us = at_us;
    room->created_seq = seq;
    author->own_total++;
    recent_add(&room->recent, author->user);
    remember_keys(core, send, seq);

    struct wire record = {.kind = RECORD_MESSAGE_CREATED};
    struct record_message_created *created = &record.as.record_message_created;
    created->message =
        (struct wire_message){.message = {seq * PARTITION_COUNT + partition},
                              .room = room->info.room,
                              .ordinal = room->state.ordinal,
                              .place = room->state.place,
                              .author = author->user,
                              .text = send->text,
                              .reply_to = send->reply_to,
                              .created_us = at_us,
                              .lesson = send->lesson,
                              .files = send->files,
                              .files_count = send->files_count};
    created->state = room->state;
    created->author = *author;
    created->client_key = send->client_key;
    created->request_key = send->request_key;
    created->origin_key = send->origin_key;
    created->mail_to = mail_to(room, send);

    struct wire event = {0};
    event.as.event.kind = EVENT_MESSAGE_CREATED;
    event.as.event.at_us = at_us;
    event.as.event.actor = author->user;
    event.as.event.message = created->message;
    event.as.event.message.quote = *quote;
    event.as.event.author = send->author;
    core->stats.messages_total++;
    room_append(core, room, PENDING_MESSAGE, command, &record, &event, NULL);
}

enum run cmd_send(struct core *core, struct room *room,
                  const struct command *command) {
    const struct wire_send *send = &command->wire->as.send;
    struct wire_member *author = room_member(room, send->author.user);
    if (!author)
        return room_refuse_stranger(core, room, command);
    if (!files_are_own(send)) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "files");
        return RUN_DONE;
    }
    struct wire_quote quote;
    enum looked looked = look_for_duplicate(core, room, command);
    if (looked == LOOKED_UP)
        looked = look_at_reply_to(core, room, command, &quote);
    if (looked != LOOKED_UP)
        return looked == LOOKED_WAIT ? RUN_WAIT : RUN_DONE;
    if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return RUN_DONE;
    }
    apply(core, room, author, command, &quote);
    return RUN_DONE;
}
