/* fuzz_api.c - requests from anywhere: the first line is "METHOD PATH?QUERY",
 * the rest is the body. Whatever comes: an answer with a status that fits and
 * a body that is JSON, or a command that can be sent and, after each kind of
 * reply, such an answer. */
#include <stdint.h>
#include <stdlib.h>

#include "gateway/api/api.h"
#include "gateway/frontend.h"
#include "gateway/json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_online(const void *presence, user_id user) {
    (void)presence;
    return user.value % 2 == 1;
}

static const struct frontend_config config = {.is_online = is_online};

static void check_command(const struct wire *command) {
    struct buf encoded = {0};
    struct arena arena = {0};
    struct wire decoded;
    wire_encode(command, &encoded);
    enum err err = wire_decode(buf_slice(&encoded), &arena, &decoded, NULL);
    INVARIANT(err == ERR_OK && decoded.kind == command->kind);
    arena_finish(&arena);
    buf_finish(&encoded);
}

static void check_answer(const struct call_next *next) {
    INVARIANT(next->status >= 200 && next->status <= 504);
    INVARIANT((next->status == 405) == (next->allow != NULL));
    INVARIANT((next->status == 204) == (next->body.size == 0));
    if (next->body.size) {
        enum err err = json_scan(buf_slice(&next->body), NULL, 0);
        INVARIANT(err == ERR_OK);
    }
}

static void reply(struct slice memo, const struct wire *wire, unsigned step) {
    struct arena arena = {0};
    struct call_next next = {.arena = &arena, .config = &config};
    INVARIANT(step < CALL_STEPS_MAX);
    api_server.reply(memo, wire, &next);
    if (next.ask) {
        check_command(&next.command);
        reply(buf_slice(&next.memo), wire, step + 1);
    } else {
        check_answer(&next);
    }
    buf_finish(&next.memo);
    buf_finish(&next.body);
    arena_finish(&arena);
}

static void reply_each(struct slice memo, struct slice text) {
    if (text.size > 100)
        text.size = 100;
    struct wire_profile author = {
        .user = {7}, .username = text, .avatar = text};
    struct wire_member members[] = {{.user = {7}},
                                    {.user = {8}, .role = ROLE_MODERATOR}};
    struct wire_message message = {.message = {129},
                                   .room = {65},
                                   .author = {7},
                                   .text = text,
                                   .created_us = (int64_t)text.size};
    struct wire_room room = {
        .room = {65}, .kind = ROOM_PROJECT, .key = text, .title = text};
    struct wire replies[] = {
        {.kind = WIRE_REPLY_OK},
        {.kind = WIRE_REPLY_ERROR,
         .as.reply_error = {.refusal =
                                (uint8_t)(text.size % (REFUSED_LAST + 2)),
                            .field = text,
                            .detail = text}},
        {.kind = WIRE_REPLY_ERROR,
         .as.reply_error = {.refusal = REFUSED_NOT_FOUND}},
        {.kind = WIRE_REPLY_PRESENCE,
         .as.reply_presence = {{{7}, text.size % 2, (int64_t)text.size}}},
        {.kind = WIRE_REPLY_PROFILE, .as.reply_profile = {author}},
        {.kind = WIRE_REPLY_ROOM, .as.reply_room = {room, members, 2, true}},
        {.kind = WIRE_REPLY_PAGE,
         .as.reply_page = {&message, 1, &author, 1, true, 512, 1000}},
        {.kind = WIRE_REPLY_MESSAGE,
         .as.reply_message = {message, author, true}},
        {.kind = WIRE_REPLY_REVIEW,
         .as.reply_review = {{.key = text, .status = text, .customer = {7}}}},
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        reply(memo, &replies[i], 1);
}

static struct slice take_until(struct slice *text, char stop) {
    const char *end = text->size ? memchr(text->data, stop, text->size) : NULL;
    struct slice taken = *text;
    if (end)
        taken.size = (size_t)(end - text->data);
    text->data += taken.size + (end != NULL);
    text->size -= taken.size + (end != NULL);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice rest = {(const char *)data, size};
    struct arena arena = {0};
    struct call_next next = {.arena = &arena, .config = &config};
    struct slice line = take_until(&rest, '\n');
    struct call_request request = {.method = take_until(&line, ' ')};
    request.path = take_until(&line, '?');
    request.query = line;
    request.body = rest;
    api_server.request(&request, &next);
    if (next.ask) {
        check_command(&next.command);
        reply_each(buf_slice(&next.memo), rest);
    } else {
        check_answer(&next);
    }
    buf_finish(&next.memo);
    buf_finish(&next.body);
    arena_finish(&arena);
    return 0;
}
