/* fuzz_dialogs.c - frames and HTTP bodies from anywhere, as one client's in a
 * row (a line is one; "POST " begins a body). Whatever comes: exactly one
 * answer or one command, a command that can be sent, a memo that comes back as
 * it was, nothing but JSON for the client, also when the broker answers with
 * each kind of reply, and a body that is safe HTML. */
#include "common/utf8.h"
#include "gateway/frontends/dialogs/dialogs.h"
#include "gateway/json/scan.h"
#include "tests/fuzz/client.h"
#include "tests/lib/html_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Replies to one request: the file, the message; the mark, the view; a page
 * in pieces ends when it is full. */
#define REPLIES_MAX 102u

static void check_memo(struct slice memo) {
    struct dialogs_memo remembered;
    struct buf again = {0};
    dialogs_memo_decode(memo, &remembered);
    dialogs_memo_encode(&remembered, &again);
    INVARIANT(slice_equal(memo, buf_slice(&again)));
    buf_finish(&again);
}

/* In |text|, an object: its member, or one of its member. */
static struct json_member member_of(struct slice text, const char *name) {
    struct json_member member = {.name = name};
    enum err err = json_scan(text, &member, 1);
    INVARIANT(err == ERR_OK);
    return member;
}

static void check_message(struct slice message) {
    struct json_member body = member_of(message, "body");
    struct buf html = {0};
    if (body.type == JSON_ABSENT)
        return; /* The empty message, or what was deleted. */
    enum err err = json_unescape(body.raw, &html);
    INVARIANT(err == ERR_OK && html_check(buf_slice(&html)) == NULL);
    buf_finish(&html);
}

static void check_text(struct slice text) {
    struct json_member data = member_of(text, "data");
    struct json_member event = member_of(text, "event");
    struct json_member exception = member_of(text, "exception");
    struct json_member errors = member_of(text, "errors");
    INVARIANT(data.type != JSON_ABSENT && event.type != JSON_ABSENT);
    INVARIANT((exception.type == JSON_BOOLEAN) == (errors.type == JSON_LIST));
    INVARIANT(exception.type == JSON_ABSENT || data.type == JSON_TEXT);
    if (data.type == JSON_OBJECT_VALUE)
        check_message(data.raw);
}

static const struct sink_rules rules = {.check_memo = check_memo,
                                        .check_text = check_text};

/* What the broker may say, with |text| in every place. */
struct said {
    struct wire_file file;
    struct wire_profile author;
    struct wire_message message;
    struct wire_view view;
    struct wire replies[10];
};

#define REPLIES (sizeof((struct said *)0)->replies / sizeof(struct wire))

static void say_all(struct said *said, struct slice text) {
    size_t size = text.size;
    said->file = (struct wire_file){.file = {200},
                                    .owner = {7},
                                    .created_us = (int64_t)size,
                                    .secret = SLICE("0123456789abcdef"),
                                    .name = text,
                                    .mime = SLICE("image/png"),
                                    .size = size};
    said->author = (struct wire_profile){.user = {8},
                                         .email = text,
                                         .first_name = text,
                                         .github_url = text,
                                         .avatar = text};
    said->message = (struct wire_message){.message = {129},
                                          .room = {65},
                                          .ordinal = 1 + size,
                                          .author = {8},
                                          .text = text,
                                          .created_us = (int64_t)size,
                                          .lesson = size,
                                          .files = &said->file,
                                          .files_count = size % 2,
                                          .read_us = (int64_t)(size % 3)};
    said->view = (struct wire_view){
        .room = {.room = {65}, .kind = ROOM_PROJECT, .title = text},
        .members_count = (uint32_t)(size % 4),
        .last = said->message};
    const struct wire replies[REPLIES] = {
        {.kind = WIRE_REPLY_OK},
        {.kind = WIRE_REPLY_ERROR,
         .as.reply_error = {.refusal = (uint8_t)(size % (REFUSED_LAST + 2)),
                            .field = text,
                            .detail = text}},
        {.kind = WIRE_REPLY_ERROR,
         .as.reply_error = {.refusal = REFUSED_NOT_FOUND}},
        {.kind = WIRE_REPLY_VIEW,
         .as.reply_view = {said->view, &said->author, 1}},
        {.kind = WIRE_REPLY_LIST,
         .as.reply_list = {&said->view, 1, &said->author, 1, 1}},
        {.kind = WIRE_REPLY_PAGE,
         .as.reply_page = {&said->message, 1, &said->author, 1, true, 512,
                           1000}},
        {.kind = WIRE_REPLY_MESSAGE,
         .as.reply_message = {said->message, said->author, size % 2}},
        {.kind = WIRE_REPLY_MARK,
         .as.reply_mark = {said->message, said->author, 2, 0, true}},
        {.kind = WIRE_ROW_FILES, .as.row_files = {&said->file, 1}},
        {.kind = WIRE_ROW_FILES},
    };
    memcpy(said->replies, replies, sizeof replies);
}

/* The reply must lead to one answer in the end. */
static void reply(struct client *client, const struct wire *reply) {
    struct sink *sink = &client->sink;
    for (unsigned i = 0; i < REPLIES_MAX && sink->commands; i++) {
        struct buf memo = sink->memo;
        sink->memo = (struct buf){0};
        sink->commands = 0;
        dialogs_reply(NULL, &client->config, &client->self, buf_slice(&memo),
                      reply, sink);
        buf_finish(&memo);
        INVARIANT(sink->commands + sink->texts == 1);
    }
    INVARIANT(sink->texts == 1);
}

static void reply_each(struct client *client, const struct said *said) {
    struct buf memo = {0};
    buf_append_slice(&memo, buf_slice(&client->sink.memo));
    for (size_t i = 0; i < REPLIES; i++) {
        client->sink.commands = 1;
        client->sink.texts = 0;
        buf_clear(&client->sink.memo);
        buf_append_slice(&client->sink.memo, buf_slice(&memo));
        reply(client, &said->replies[i]);
    }
    buf_finish(&memo);
}

static void broadcast_each(struct client *client, const struct said *said) {
    for (uint8_t kind = 1; kind <= EVENT_KIND_LAST; kind++) {
        struct buf text = {0};
        struct wire_room room = {
            .kind = ROOM_DIRECT, .key = said->message.text, .room = {65}};
        struct wire_event event = {.kind = kind,
                                   .room = {65},
                                   .message = said->message,
                                   .author = said->author,
                                   .members_count = kind % 2 ? 2 : 0};
        frontend_dialogs.broadcast(&client->config, &room, &event, &text);
        if (text.size)
            check_text(buf_slice(&text));
        buf_finish(&text);
    }
}

static void receive(struct client *client, struct slice frame,
                    const struct said *said) {
    struct sink *sink = &client->sink;
    sink->texts = sink->commands = 0;
    sink->not_an_object = false;
    dialogs_receive(NULL, &client->config, &client->self, frame, sink);
    INVARIANT(sink->texts + sink->commands == 1);
    enum err err = json_scan(frame, NULL, 0);
    INVARIANT(sink->not_an_object == (err != ERR_OK));
    if (sink->commands)
        reply_each(client, said);
    struct wire_reply_error error = {.refusal = REFUSED_OVERLOADED};
    sink->texts = 0;
    frontend_dialogs.refuse(NULL, &client->config, frame, &error,
                            frame.size % 2, sink);
    INVARIANT(sink->texts == 1);
}

static void check_next(struct client *client, const struct call_next *next,
                       const struct said *said, unsigned step);

static void call_reply(struct client *client, struct slice memo,
                       const struct said *said, unsigned step) {
    for (size_t i = 0; i < REPLIES; i++) {
        struct arena arena = {0};
        struct call_next next = {
            .arena = &arena, .config = &client->config, .self = &client->self};
        dialogs_http.reply(memo, &said->replies[i], &next);
        check_next(client, &next, said, step + 1);
        buf_finish(&next.memo);
        buf_finish(&next.body);
        arena_finish(&arena);
    }
}

static void check_next(struct client *client, const struct call_next *next,
                       const struct said *said, unsigned step) {
    INVARIANT(step < CALL_STEPS_MAX);
    if (next->ask) {
        check_command(&next->command);
        check_memo(buf_slice(&next->memo));
        call_reply(client, buf_slice(&next->memo), said, step);
        return;
    }
    INVARIANT(next->status >= 200 && next->status <= 504 && !next->allow);
    struct json_member message = member_of(buf_slice(&next->body), "message");
    INVARIANT((message.type == JSON_ABSENT) == (next->status >= 400));
    if (message.type != JSON_ABSENT)
        check_message(message.raw);
}

static void call(struct client *client, struct slice body,
                 const struct said *said) {
    struct arena arena = {0};
    struct call_next next = {
        .arena = &arena, .config = &client->config, .self = &client->self};
    struct call_request request = {.method = SLICE("POST"),
                                   .path = SLICE("/api/dialogs/new-message/"),
                                   .body = body};
    dialogs_http.request(&request, &next);
    check_next(client, &next, said, 0);
    buf_finish(&next.memo);
    buf_finish(&next.body);
    arena_finish(&arena);
}

static void run_line(struct client *client, struct slice line) {
    const struct slice post = SLICE("POST ");
    bool is_call =
        line.size >= post.size && memcmp(line.data, post.data, post.size) == 0;
    if (is_call) {
        line.data += post.size;
        line.size -= post.size;
    }
    struct slice text = line;
    if (text.size > 200)
        text.size = 200;
    struct said said;
    say_all(&said, text);
    if (is_call)
        call(client, line, &said);
    else if (utf8_is_valid(line)) /* The server closes with 1007 otherwise. */
        receive(client, line, &said);
    broadcast_each(client, &said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    client_run(&rules, (struct slice){(const char *)data, size}, NULL,
               run_line);
    return 0;
}
