/* sim_dialect.c - see sim_dialect.h. */
#include "tests/sim/sim_dialect.h"

#include "common/buf.h"
#include "tests/sim/sim_people.h"

struct memo {
    uint64_t request;
    uint64_t room;
};

void dialect_set_user(struct wire *command, user_id user) {
    switch ((int)command->kind) {
    case WIRE_JOIN:
        command->as.join.user = user;
        break;
    case WIRE_LEAVE:
        command->as.leave.user = user;
        break;
    case WIRE_SUBSCRIBE:
        command->as.subscribe.user = user;
        break;
    case WIRE_EDIT:
        command->as.edit.user = user;
        break;
    case WIRE_DELETE:
        command->as.delete.user = user;
        break;
    case WIRE_MARK:
        command->as.mark.user = user;
        break;
    case WIRE_HISTORY:
        command->as.history.user = user;
        break;
    case WIRE_LIST:
        command->as.list.user = user;
        break;
    case WIRE_ROOM_VIEW:
        command->as.room_view.user = user;
        break;
    case WIRE_UNREAD:
        command->as.unread.user = user;
        break;
    case WIRE_FEED:
        command->as.feed.user = user;
        break;
    case WIRE_EVENTS:
        command->as.events.user = user;
        break;
    case WIRE_TYPING:
        command->as.typing.user = user;
        break;
    case WIRE_PRESENCE_SET:
        command->as.presence_set.user = user;
        break;
    case WIRE_FILE_PUT:
        command->as.file_put.user = user;
        break;
    case WIRE_FILES:
        command->as.files.user = user;
        break;
    default: /* It says no more than what it is about. */
        break;
    }
}

static void say(struct sink *sink, const struct wire *wire) {
    struct buf text = {0};
    wire_encode(wire, &text);
    sink_text(sink, buf_slice(&text));
    buf_finish(&text);
}

static void decode(struct slice text, struct arena *arena, struct wire *out) {
    enum err err = wire_decode(text, arena, out, NULL);
    INVARIANT(err == ERR_OK);
}

static void dialect_receive(void *state, const struct frontend_config *config,
                            const struct wire_profile *self, struct slice text,
                            struct sink *sink) {
    struct arena arena = {0};
    struct wire command;
    (void)state;
    (void)config;
    decode(text, &arena, &command);
    struct memo memo = {.request = command.correlation};
    if (command.kind == WIRE_UNSUBSCRIBE) {
        struct wire reply = {.kind = WIRE_REPLY_OK,
                             .correlation = command.correlation};
        sink_unfollow(sink, command.as.unsubscribe.room);
        say(sink, &reply);
    } else {
        if (command.kind == WIRE_SUBSCRIBE)
            memo.room = command.as.subscribe.room.value;
        dialect_set_user(&command, self->user);
        sink_command(sink, &command,
                     (struct slice){(const char *)&memo, sizeof(memo)});
    }
    arena_finish(&arena);
}

/* A long page goes out in two parts, so that there are such answers. */
static void say_in_parts(struct sink *sink, const struct wire *reply) {
    struct buf text = {0};
    wire_encode(reply, &text);
    size_t half = text.size / 2;
    sink_part(sink, (struct slice){text.data, half}, false);
    sink_part(sink, (struct slice){text.data + half, text.size - half}, true);
    buf_finish(&text);
}

static void dialect_reply(void *state, const struct frontend_config *config,
                          const struct wire_profile *self, struct slice memo,
                          const struct wire *reply, struct sink *sink) {
    struct memo asked;
    struct wire answer = *reply;
    (void)state;
    (void)config;
    (void)self;
    INVARIANT(memo.size == sizeof(asked));
    memcpy(&asked, memo.data, sizeof(asked));
    answer.correlation = asked.request;
    if (reply->kind == WIRE_REPLY_SUBSCRIBED)
        sink_follow(sink, (room_id){asked.room});
    if (reply->kind == WIRE_REPLY_PAGE && asked.request % 3 == 0)
        say_in_parts(sink, &answer);
    else
        say(sink, &answer);
}

static void append(struct buf *text, const struct wire *wire) {
    wire_encode(wire, text);
}

static void dialect_broadcast(const struct frontend_config *config,
                              const struct wire_room *room,
                              const struct wire_event *event,
                              struct buf *text) {
    struct wire wire = {.kind = WIRE_EVENT};
    (void)config;
    (void)room;
    wire.as.event = *event;
    append(text, &wire);
}

static void dialect_typing(const struct frontend_config *config,
                           const struct wire_room *room,
                           const struct wire_typed *typed, struct buf *text) {
    struct wire wire = {.kind = WIRE_TYPED};
    (void)config;
    (void)room;
    wire.as.typed = *typed;
    append(text, &wire);
}

static void dialect_presence(const struct frontend_config *config,
                             const struct wire_presence *presence,
                             struct buf *text) {
    struct wire_presence user = *presence;
    struct wire wire = {.kind = WIRE_PRESENCE_CHANGED};
    (void)config;
    wire.as.presence_changed.users = &user;
    wire.as.presence_changed.users_count = 1;
    append(text, &wire);
}

static void dialect_unread(const struct frontend_config *config, uint64_t count,
                           struct buf *text) {
    struct wire wire = {.kind = WIRE_ROW_COUNT};
    (void)config;
    wire.as.row_count.count = count;
    append(text, &wire);
}

static void dialect_refuse(void *state, const struct frontend_config *config,
                           struct slice text,
                           const struct wire_reply_error *error, bool throttled,
                           struct sink *sink) {
    struct arena arena = {0};
    struct wire command, reply = {.kind = WIRE_REPLY_ERROR};
    (void)state;
    (void)config;
    (void)throttled;
    decode(text, &arena, &command);
    reply.correlation = command.correlation;
    reply.as.reply_error = *error;
    say(sink, &reply);
    arena_finish(&arena);
}

static const struct frontend follower = {
    .abi = FRONTEND_ABI,
    .name = "follower",
    .path = "/follower/",
    .state_size = 8,
    .receive = dialect_receive,
    .reply = dialect_reply,
    .broadcast = dialect_broadcast,
    .typing = dialect_typing,
    .refuse = dialect_refuse,
};

static const struct frontend feed = {
    .abi = FRONTEND_ABI,
    .name = "feed",
    .path = "/feed/",
    .state_size = 8,
    .feed = true,
    .answers_are_events = true,
    .receive = dialect_receive,
    .reply = dialect_reply,
    .broadcast = dialect_broadcast,
    .typing = dialect_typing,
    .presence = dialect_presence,
    .unread = dialect_unread,
    .refuse = dialect_refuse,
};

const struct frontend *const people_dialects[] = {&follower, &feed, NULL};

/* --- Calls ---------------------------------------------------------------- */

static void call_request(const struct call_request *request,
                         struct call_next *next) {
    decode(request->body, next->arena, &next->command);
    uint64_t number = next->command.correlation;
    buf_append(&next->memo, &number, sizeof(number));
    next->ask = true;
}

static void call_reply(struct slice memo, const struct wire *reply,
                       struct call_next *next) {
    struct wire answer = *reply;
    INVARIANT(memo.size == sizeof(answer.correlation));
    memcpy(&answer.correlation, memo.data, sizeof(answer.correlation));
    wire_encode(&answer, &next->body);
    next->status = 200;
}

const struct call_handler people_calls = {call_request, call_reply};
