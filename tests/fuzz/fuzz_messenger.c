/* fuzz_messenger.c - frames from anywhere, as one client's in a row (a line is
 * a frame). Whatever comes: exactly one answer or one command, a command that
 * can be sent, a memo that comes back as it was, and nothing but JSON for the
 * client, also when the broker answers with each kind of reply. */
#include <stdint.h>
#include <stdlib.h>

#include "common/utf8.h"
#include "gateway/frontends/messenger/messenger.h"
#include "gateway/json/scan.h"
#include "tests/fuzz/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Replies to one request at most, each of which may ask again. */
#define REPLIES_MAX 4u

static void check_memo(struct slice memo) {
    struct messenger_memo remembered;
    struct buf again = {0};
    messenger_memo_decode(memo, &remembered);
    messenger_memo_encode(&remembered, &again);
    INVARIANT(slice_equal(memo, buf_slice(&again)));
    buf_finish(&again);
}

static void check_json(struct slice text) {
    enum err err = json_scan(text, NULL, 0);
    INVARIANT(err == ERR_OK);
}

static const struct sink_rules rules = {.check_memo = check_memo,
                                        .check_text = check_json,
                                        .has_parts = true,
                                        .follows = true};

/* The reply must lead to one answer in the end. */
static void reply(struct client *client, const struct wire *reply) {
    struct sink *sink = &client->sink;
    for (unsigned i = 0; i < REPLIES_MAX && sink->commands; i++) {
        struct buf memo = sink->memo;
        sink->memo = (struct buf){0};
        sink->commands = 0;
        bool last = i + 1 == REPLIES_MAX;
        struct wire other = {.kind = WIRE_REPLY_ERROR,
                             .as.reply_error = {.refusal = REFUSED_NOT_FOUND}};
        frontend_messenger.reply(client->of, &client->config, &client->self,
                                 buf_slice(&memo), last ? &other : reply, sink);
        buf_finish(&memo);
        INVARIANT(sink->commands + sink->texts == 1);
    }
    INVARIANT(sink->texts == 1 && !sink->parting);
}

/* With the text of the frame in every place of a message. */
static void reply_each(struct client *client, struct slice frame) {
    struct slice text = frame;
    if (text.size > 100)
        text.size = 100;
    struct wire_profile author = {.user = {8}, .username = text, .email = text};
    struct wire_message message = {.message = {129},
                                   .room = {65},
                                   .author = {8},
                                   .text = text,
                                   .created_us = (int64_t)frame.size};
    struct wire_view view = {
        .room = {.room = {65}, .kind = ROOM_PROJECT, .title = text},
        .customer = {8},
        .last = message};
    struct wire replies[] = {
        {.kind = WIRE_REPLY_OK},
        {.kind = WIRE_REPLY_ERROR,
         .as.reply_error = {.refusal = (uint8_t)(1 + frame.size % REFUSED_LAST),
                            .field = text,
                            .detail = text}},
        {.kind = WIRE_REPLY_SUBSCRIBED,
         .as.reply_subscribed = {.place = 7, .room = view.room}},
        {.kind = WIRE_REPLY_VIEW, .as.reply_view = {view, &author, 1}},
        {.kind = WIRE_REPLY_LIST, .as.reply_list = {&view, 1, &author, 1, 1}},
        {.kind = WIRE_REPLY_PAGE,
         .as.reply_page = {&message, 1, &author, 1, true, 512, 1000}},
        {.kind = WIRE_REPLY_MESSAGE,
         .as.reply_message = {message, author, true}},
        {.kind = WIRE_REPLY_MARK,
         .as.reply_mark = {message, author, 2, 0, true}},
    };
    struct buf memo = {0};
    buf_append_slice(&memo, buf_slice(&client->sink.memo));
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        client->sink.commands = 1;
        client->sink.texts = 0;
        buf_clear(&client->sink.memo);
        buf_append_slice(&client->sink.memo, buf_slice(&memo));
        reply(client, &replies[i]);
    }
    buf_finish(&memo);
}

static void receive(struct client *client, struct slice frame) {
    struct sink *sink = &client->sink;
    sink->texts = sink->commands = 0;
    sink->not_an_object = false;
    frontend_messenger.receive(client->of, &client->config, &client->self,
                               frame, sink);
    INVARIANT(sink->texts + sink->commands == 1);
    enum err err = json_scan(frame, NULL, 0);
    INVARIANT(sink->not_an_object == (err != ERR_OK));
    if (sink->commands)
        reply_each(client, frame);
    struct wire_reply_error error = {.refusal = REFUSED_OVERLOADED};
    sink->texts = 0;
    frontend_messenger.refuse(client->of, &client->config, frame, &error,
                              frame.size % 2, sink);
    INVARIANT(sink->texts == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice text = {(const char *)data, size};
    if (!utf8_is_valid(text))
        return 0; /* The server closes with 1007 before it comes here. */
    void *state = mem_zalloc(frontend_messenger.state_size);
    client_run(&rules, text, state, receive);
    free(state);
    return 0;
}
