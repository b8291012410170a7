/* fuzz_chats.c - frames from anywhere, as one client's in a row (a line is a
 * frame; one that begins with a slash is also the target of an HTTP call).
 * Whatever comes: exactly one answer or one command, a command that can be
 * sent, a memo that comes back as it was, and nothing but JSON for the client,
 * also when the broker answers with each kind of reply. */
#include "common/utf8.h"
#include "gateway/frontends/chats/chats.h"
#include "gateway/json/scan.h"
#include "tests/fuzz/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is echoed of a frame is cut to this in replies. */
#define TEXT_BYTES_MAX 100u

#define REPLIES_MAX 16u

/* What the broker may say. */
struct said {
    struct wire replies[REPLIES_MAX];
    size_t count;
};

static void check_memo(struct slice memo) {
    struct chats_memo remembered;
    struct buf again = {0};
    chats_memo_decode(memo, &remembered);
    chats_memo_encode(&remembered, &again);
    INVARIANT(slice_equal(memo, buf_slice(&again)));
    buf_finish(&again);
}

/* A list is JSON too, but the scanner takes objects only. */
static void check_json(struct slice text) {
    struct buf object = {0};
    buf_append(&object, "{\"a\":", 5);
    buf_append_slice(&object, text);
    buf_append(&object, "}", 1);
    enum err err = json_scan(buf_slice(&object), NULL, 0);
    INVARIANT(err == ERR_OK);
    buf_finish(&object);
}

static const struct sink_rules rules = {.check_memo = check_memo,
                                        .check_text = check_json};

/* One reply to the command whose memo is |memo|. */
static void reply_with(struct client *client, struct slice memo,
                       const struct wire *reply) {
    struct sink *sink = &client->sink;
    struct chats_memo remembered;
    chats_memo_decode(memo, &remembered);
    bool silent = remembered.event == CHATS_TYPING ||
                  remembered.event == CHATS_ONLINE ||
                  remembered.event == CHATS_OFFLINE;
    sink->texts = sink->commands = 0;
    frontend_chats.reply(NULL, &client->config, &client->self, memo, reply,
                         sink);
    unsigned wanted = silent && reply->kind == WIRE_REPLY_OK ? 0 : 1;
    INVARIANT(sink->texts + sink->commands == wanted);
    INVARIANT(sink->commands == 0 || reply->kind == WIRE_ROW_FILES);
}

static void reply_each(struct client *client) {
    const struct said *said = client->of;
    struct buf first = client->sink.memo;
    client->sink.memo = (struct buf){0};
    for (size_t i = 0; i < said->count; i++) {
        reply_with(client, buf_slice(&first), &said->replies[i]);
        if (client->sink.commands == 0)
            continue;
        /* The message behind its files. */
        struct buf second = client->sink.memo;
        client->sink.memo = (struct buf){0};
        for (size_t j = 0; j < said->count; j++) {
            reply_with(client, buf_slice(&second), &said->replies[j]);
            INVARIANT(client->sink.commands == 0);
        }
        buf_finish(&second);
    }
    buf_finish(&first);
}

static void receive(struct client *client, struct slice frame) {
    struct sink *sink = &client->sink;
    sink->texts = sink->commands = 0;
    sink->not_an_object = false;
    frontend_chats.receive(NULL, &client->config, &client->self, frame, sink);
    INVARIANT(sink->texts + sink->commands == 1);
    enum err err = json_scan(frame, NULL, 0);
    INVARIANT(sink->not_an_object == (err != ERR_OK));
    if (sink->commands)
        reply_each(client);
    struct wire_reply_error error = {.refusal = REFUSED_OVERLOADED};
    sink->texts = 0;
    frontend_chats.refuse(NULL, &client->config, frame, &error, frame.size % 2,
                          sink);
    INVARIANT(sink->texts == 1);
}

/* Until it is answered, always with the same reply. */
static void call(struct client *client, struct slice target,
                 const struct wire *reply) {
    struct arena arena = {0};
    struct call_request request = {.method = SLICE("GET"), .path = target};
    const char *mark = memchr(target.data, '?', target.size);
    if (mark) {
        request.path.size = (size_t)(mark - target.data);
        request.query =
            (struct slice){mark + 1, target.size - request.path.size - 1};
    }
    struct call_next next = {
        .arena = &arena, .config = &client->config, .self = &client->self};
    frontend_chats.http->request(&request, &next);
    for (unsigned steps = 1; next.ask; steps++) {
        struct buf memo = next.memo;
        INVARIANT(steps <= CALL_STEPS_MAX);
        check_command(&next.command);
        next = (struct call_next){
            .arena = &arena, .config = &client->config, .self = &client->self};
        frontend_chats.http->reply(buf_slice(&memo), reply, &next);
        buf_finish(&memo);
    }
    INVARIANT(next.status >= 200 && next.status < 600);
    check_json(buf_slice(&next.body));
    buf_finish(&next.body);
    buf_finish(&next.memo);
    arena_finish(&arena);
}

/* What the broker may say, with the text of the frame in every place. */
static void play(struct client *client, struct slice frame) {
    struct said *said = client->of;
    struct slice text = frame;
    if (text.size > TEXT_BYTES_MAX)
        text.size = TEXT_BYTES_MAX;
    struct wire_profile author = {
        .user = {8}, .username = text, .first_name = text, .avatar = text};
    struct wire_file files[2] = {
        {.file = {71}, .owner = {7}, .name = text, .mime = text},
        {.file = {135}, .owner = {7}, .name = text, .mime = text}};
    for (int i = 0; i < 2; i++)
        files[i].secret = SLICE("0123456789abcdef");
    struct wire_message message = {.message = {129},
                                   .room = {65},
                                   .ordinal = 2,
                                   .author = {8},
                                   .text = text,
                                   .created_us = (int64_t)frame.size,
                                   .files = files,
                                   .files_count = 2,
                                   .quote = {.message = {65}, .text = text}};
    struct wire_view view = {
        .room = {.room = {65}, .kind = ROOM_DIRECT, .key = text, .title = text},
        .last = message};
    const struct wire replies[] = {
        {.kind = WIRE_REPLY_OK},
        {.kind = WIRE_REPLY_ERROR,
         .as.reply_error = {.refusal = (uint8_t)(1 + frame.size % REFUSED_LAST),
                            .field = text,
                            .detail = text}},
        {.kind = WIRE_REPLY_PLACE},
        {.kind = WIRE_REPLY_VIEW, .as.reply_view = {view, &author, 1}},
        {.kind = WIRE_REPLY_LIST,
         .as.reply_list = {&view, 1, &author, 1, frame.size}},
        {.kind = WIRE_REPLY_PAGE,
         .as.reply_page = {&message, 1, &author, 1, frame.size % 2, 512, 1000}},
        {.kind = WIRE_REPLY_MESSAGE,
         .as.reply_message = {message, author, true}},
        {.kind = WIRE_REPLY_MARK,
         .as.reply_mark = {message, author, 2, 0, true}},
        {.kind = WIRE_ROW_COUNT, .as.row_count = {frame.size}},
        {.kind = WIRE_ROW_FILES, .as.row_files = {files, 1}},
        {.kind = WIRE_ROW_FILES, .as.row_files = {files, 2}},
    };
    said->count = sizeof replies / sizeof *replies;
    memcpy(said->replies, replies, sizeof replies);
    receive(client, frame);
    for (size_t i = 0; frame.size && *frame.data == '/' && i < said->count; i++)
        call(client, frame, &said->replies[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice text = {(const char *)data, size};
    struct said said = {.count = 0};
    if (utf8_is_valid(text)) /* The server closes with 1007 otherwise. */
        client_run(&rules, text, &said, play);
    return 0;
}
