/* dialogs_request.c - from a client's frame to a command, or to the error that
 * names what is wrong with it. */
#include "common/json_write.h"
#include "gateway/frontends/dialogs/dialogs.h"

enum member {
    MEMBER_EVENT,
    MEMBER_REQUEST_ID,
    MEMBER_LIMIT,
    MEMBER_OFFSET,
    MEMBER_DIALOG_ID,
    MEMBER_MESSAGE_ID,
    MEMBER_BODY,
    MEMBER_FILE_ID,
    MEMBER_LESSON_ID,
    MEMBER_LESSON,
    MEMBER_REPLY_ID,
    MEMBER_CLIENT_KEY,
    MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {
    [MEMBER_EVENT] = "event",         [MEMBER_REQUEST_ID] = "request_id",
    [MEMBER_LIMIT] = "limit",         [MEMBER_OFFSET] = "offset",
    [MEMBER_DIALOG_ID] = "dialog_id", [MEMBER_MESSAGE_ID] = "message_id",
    [MEMBER_BODY] = "body",           [MEMBER_FILE_ID] = "file_id",
    [MEMBER_LESSON_ID] = "lesson_id", [MEMBER_LESSON] = "lesson",
    [MEMBER_REPLY_ID] = "reply_id",   [MEMBER_CLIENT_KEY] = "client_key",
};

/* One request on its way through this file. */
struct request {
    struct json_member members[MEMBER_COUNT];
    struct dialogs_memo memo;
    user_id self;
    struct sink *sink;
    /* Unescaped strings. */
    struct buf name;
    struct buf body;
    struct buf key;
};

static bool refuse(struct request *request, const char *code,
                   enum member member, const char *detail) {
    struct buf answer = {0};
    struct dialogs_error error = {.code = code, .detail = slice_of(detail)};
    if (member != MEMBER_COUNT)
        error.field = slice_of(member_names[member]);
    dialogs_put_error(&answer, &request->memo.echo, &error);
    sink_text(request->sink, buf_slice(&answer));
    buf_finish(&answer);
    return false;
}

/* |wrong| is what a dialogs_take_...() said. */
static bool is_well(struct request *request, enum member member,
                    const char *wrong) {
    return !wrong || refuse(request, "bad_field", member, wrong);
}

static bool is_given(const struct request *request, enum member member) {
    enum json_type type = request->members[member].type;
    return type != JSON_ABSENT && type != JSON_NULL_VALUE;
}

static bool is_required(struct request *request, enum member member) {
    return request->members[member].type != JSON_ABSENT ||
           refuse(request, "missing_field", member, "This field is required.");
}

static bool take_id(struct request *request, enum member member,
                    uint64_t *out) {
    return is_required(request, member) &&
           is_well(request, member,
                   dialogs_take_id(&request->members[member], out));
}

/* |*out| stays as it is when there is none. */
static bool take_id_if_given(struct request *request, enum member member,
                             uint64_t *out) {
    return !is_given(request, member) || take_id(request, member, out);
}

static void ask(struct request *request, const struct wire *command) {
    struct buf memo = {0};
    dialogs_memo_encode(&request->memo, &memo);
    sink_command(request->sink, command, buf_slice(&memo));
    buf_finish(&memo);
}

static bool take_page(struct request *request) {
    struct dialogs_memo *memo = &request->memo;
    const struct json_member *limit = &request->members[MEMBER_LIMIT];
    const struct json_member *offset = &request->members[MEMBER_OFFSET];
    memo->limit = DIALOGS_LIMIT_DEFAULT;
    if (limit->type != JSON_ABSENT &&
        !is_well(request, MEMBER_LIMIT,
                 dialogs_take_whole(limit, &memo->limit)))
        return false;
    if (offset->type != JSON_ABSENT &&
        !is_well(request, MEMBER_OFFSET,
                 dialogs_take_whole(offset, &memo->offset)))
        return false;
    if (memo->limit > DIALOGS_LIMIT_MAX)
        memo->limit = DIALOGS_LIMIT_MAX;
    if (memo->limit == 0)
        memo->limit = 1;
    return true;
}

static void load(struct request *request) {
    if (!take_page(request))
        return;
    struct wire command = {.kind = WIRE_LIST,
                           .as.list = {.user = request->self,
                                       .skip = request->memo.offset,
                                       .limit = (uint32_t)request->memo.limit,
                                       .dialogs = true}};
    ask(request, &command);
}

static void load_messages(struct request *request) {
    struct dialogs_memo *memo = &request->memo;
    if (!take_id(request, MEMBER_DIALOG_ID, &memo->room.value) ||
        !take_page(request))
        return;
    struct wire command = {
        .kind = WIRE_HISTORY,
        .as.history = {.room = memo->room,
                       .user = request->self,
                       .query = {.by = QUERY_BY_RANK,
                                 .skip = memo->offset,
                                 .limit = (uint32_t)memo->limit},
                       .dialog = true}};
    ask(request, &command);
}

static void create(struct request *request) {
    struct dialogs_memo *memo = &request->memo;
    const struct json_member *members = request->members;
    /* The seed's clients know both names of one thing. */
    enum member lesson =
        is_given(request, MEMBER_LESSON_ID) ? MEMBER_LESSON_ID : MEMBER_LESSON;
    if (!take_id(request, MEMBER_DIALOG_ID, &memo->room.value) ||
        !is_required(request, MEMBER_BODY) ||
        !is_well(request, MEMBER_BODY,
                 dialogs_take_body(&members[MEMBER_BODY], &request->body,
                                   &memo->body)) ||
        !take_id_if_given(request, MEMBER_FILE_ID, &memo->file.value) ||
        !take_id_if_given(request, lesson, &memo->lesson) ||
        !take_id_if_given(request, MEMBER_REPLY_ID, &memo->reply_to.value))
        return;
    if (is_given(request, MEMBER_CLIENT_KEY)) {
        if (!is_well(
                request, MEMBER_CLIENT_KEY,
                dialogs_take_key(&members[MEMBER_CLIENT_KEY], &request->key)))
            return;
        memo->client_key = buf_slice(&request->key);
    }
    struct wire command;
    struct wire_file_name name;
    if (memo->file.value) {
        dialogs_ask_send(memo, request->self, &name, &command);
    } else {
        dialogs_send(memo, request->self, NULL, NULL, &command);
        dialogs_memo_forget(memo);
    }
    ask(request, &command);
}

static void seen(struct request *request) {
    struct wire command = {.kind = WIRE_MARK,
                           .as.mark = {.user = request->self, .dialog = true}};
    struct wire_mark *mark = &command.as.mark;
    if (!take_id(request, MEMBER_DIALOG_ID, &mark->room.value) ||
        !take_id(request, MEMBER_MESSAGE_ID, &mark->message.value))
        return;
    request->memo.room = mark->room;
    ask(request, &command);
}

/* The gateway knows. */
static void count(struct request *request) {
    struct buf data = {0}, answer = {0};
    json_put_uint(&data, sink_unread_dialogs(request->sink));
    dialogs_put_answer(&answer, &request->memo.echo, buf_slice(&data),
                       (struct slice){0});
    sink_text(request->sink, buf_slice(&answer));
    buf_finish(&data);
    buf_finish(&answer);
}

static enum dialogs_event event_of(struct slice name) {
    static const char *const names[] = {
#define EVENT_NAME(event, name) [event] = name,
        DIALOGS_EVENTS(EVENT_NAME)
#undef EVENT_NAME
    };
    for (size_t i = DIALOGS_UNKNOWN + 1; i < sizeof names / sizeof *names; i++)
        if (slice_equal(slice_of(names[i]), name))
            return (enum dialogs_event)i;
    return DIALOGS_UNKNOWN;
}

static void dispatch(struct request *request) {
    if (!is_required(request, MEMBER_EVENT) ||
        !is_well(
            request, MEMBER_EVENT,
            dialogs_take_text(&request->members[MEMBER_EVENT], &request->name)))
        return;
    request->memo.event = event_of(buf_slice(&request->name));
    switch (request->memo.event) {
    case DIALOGS_UNKNOWN:
        refuse(request, "unknown_event", MEMBER_EVENT,
               "There is no such event.");
        return;
    case DIALOGS_LOAD:
        load(request);
        return;
    case DIALOGS_MESSAGES_LOAD:
        load_messages(request);
        return;
    case DIALOGS_CREATE:
        create(request);
        return;
    case DIALOGS_SEEN:
        seen(request);
        return;
    case DIALOGS_COUNT:
        count(request);
        return;
    }
}

static enum err scan(struct request *request, struct slice text) {
    for (int i = 0; i < MEMBER_COUNT; i++)
        request->members[i].name = member_names[i];
    enum err err = json_scan(text, request->members, MEMBER_COUNT);
    if (err != ERR_OK)
        return err;
    struct dialogs_echo *echo = &request->memo.echo;
    echo->request_id = request->members[MEMBER_REQUEST_ID].raw;
    if (request->members[MEMBER_EVENT].type == JSON_TEXT)
        echo->event = request->members[MEMBER_EVENT].raw;
    return ERR_OK;
}

void dialogs_receive(void *state, const struct frontend_config *config,
                     const struct wire_profile *self, struct slice text,
                     struct sink *sink) {
    (void)state;
    (void)config;
    struct request request = {.self = self->user, .sink = sink};
    enum err err = scan(&request, text);
    if (err == ERR_OK) {
        dispatch(&request);
    } else {
        refuse(&request, "malformed", MEMBER_COUNT,
               err == ERR_LIMIT ? "The frame nests too deep."
                                : "The frame is no JSON object.");
        sink_not_an_object(sink);
    }
    buf_finish(&request.name);
    buf_finish(&request.body);
    buf_finish(&request.key);
}

void dialogs_echo_of(struct slice text, struct dialogs_echo *out) {
    struct request request = {0};
    *out = (struct dialogs_echo){0};
    if (scan(&request, text) == ERR_OK)
        *out = request.memo.echo;
}
