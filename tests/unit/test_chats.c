/* test_chats.c - the scripts of tests/dialects/chats (see
 * tests/lib/dialect.h), and what is no script. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/frontend.h"
#include "gateway/frontends/chats/chats_call.h"
#include "gateway/json/scan.h"
#include "gateway/zone.h"
#include "tests/lib/call_script.h"
#include "tests/lib/dialect.h"

static const char *const scripts[] = {
    "bad_fields",      "calls_lists",      "calls_messages", "calls_routes",
    "chat_names",      "edit_delete_read", "errors",         "events",
    "files",           "frames",           "new_message",    "texts",
    "typing_presence",
};

START_TEST(scripts_give_what_they_say) {
    ck_assert(dialect_run(&frontend_chats, CHATS_SCRIPTS, scripts[_i], "UTC"));
}
END_TEST

/* This dialect shows no local time. */
START_TEST(the_zone_does_not_matter) {
    if (!getenv("GOLDEN_REWRITE"))
        ck_assert(dialect_run(&frontend_chats, CHATS_SCRIPTS, "events",
                              "Europe/Moscow"));
}
END_TEST

/* A script that nobody runs proves nothing. */
START_TEST(every_script_is_listed) {
    ck_assert_uint_eq(dialect_scripts_count(CHATS_SCRIPTS),
                      sizeof scripts / sizeof *scripts);
}
END_TEST

START_TEST(memos_come_back_as_they_were) {
    const struct chats_memo memo = {.event = CHATS_NEW,
                                    .chat = {ROOM_PROJECT, SLICE("k")},
                                    .echo = {.type = SLICE("\"new_message\""),
                                             .client_key = SLICE("1.50"),
                                             .message_id = SLICE("\"7\"")},
                                    .text = true,
                                    .files_count = 3,
                                    .send = SLICE("\x93\x01")};
    struct chats_memo same;
    struct buf bytes = {0};
    chats_memo_encode(&memo, &bytes);
    chats_memo_decode(buf_slice(&bytes), &same);
    ck_assert_int_eq(same.event, memo.event);
    ck_assert_uint_eq(same.chat.kind, memo.chat.kind);
    ck_assert(slice_equal(same.chat.key, memo.chat.key));
    ck_assert(slice_equal(same.echo.type, memo.echo.type));
    ck_assert(slice_equal(same.echo.client_key, memo.echo.client_key));
    ck_assert(slice_equal(same.echo.message_id, memo.echo.message_id));
    ck_assert(same.text);
    ck_assert_uint_eq(same.files_count, 3);
    ck_assert(slice_equal(same.send, memo.send));
    buf_finish(&bytes);
}
END_TEST

/* --- Lists as long as they come ------------------------------------------- */

struct lister {
    struct frontend_config config;
    struct wire_profile self;
    struct buf memo;
    struct buf body;
    unsigned steps;
    unsigned status;
};

/* Takes what the translator said; true: it asks for |*skip|. */
static bool take(struct lister *lister, struct call_next *next,
                 uint64_t *skip) {
    buf_clear(&lister->memo);
    buf_append_slice(&lister->memo, buf_slice(&next->memo));
    if (next->ask) {
        ck_assert_uint_eq(next->command.kind, WIRE_LIST);
        ck_assert_uint_eq(next->command.as.list.kind, ROOM_PROJECT);
        *skip = next->command.as.list.skip;
        lister->steps++;
    } else {
        lister->status = next->status;
        buf_append_slice(&lister->body, buf_slice(&next->body));
    }
    buf_finish(&next->memo);
    buf_finish(&next->body);
    return next->ask;
}

/* Asks for the projects of a user who has |total|, each with a last message of
 * |text|. */
static void list_all(struct lister *lister, uint64_t total, struct slice text) {
    struct arena arena = {0};
    struct call_next next = {
        .arena = &arena, .config = &lister->config, .self = &lister->self};
    const struct call_request request = {.method = SLICE("GET"),
                                         .path = SLICE("/chats/projects/")};
    uint64_t skip = 0;
    lister->self.user.value = 7;
    chats_calls.request(&request, &next);
    while (take(lister, &next, &skip)) {
        struct wire_view views[CHATS_LIST_STEP] = {0};
        uint32_t count = 0;
        ck_assert_uint_le(lister->steps, CALL_STEPS_MAX);
        for (; count < CHATS_LIST_STEP && skip + count < total; count++) {
            uint64_t id = (skip + count + 1) * PARTITION_COUNT + 1;
            views[count] = (struct wire_view){
                .room = {.room = {id}, .kind = ROOM_PROJECT, .key = SLICE("k")},
                .activity_us = INT64_MAX - (int64_t)id,
                .last = {.message = {id}, .room = {id}, .text = text}};
        }
        const struct wire reply = {.kind = WIRE_REPLY_LIST,
                                   .as.reply_list = {.views = views,
                                                     .views_count = count,
                                                     .total = total}};
        next = (struct call_next){
            .arena = &arena, .config = &lister->config, .self = &lister->self};
        chats_calls.reply(buf_slice(&lister->memo), &reply, &next);
    }
    arena_finish(&arena);
    buf_finish(&lister->memo);
}

static unsigned count_of(const struct buf *text, const char *what) {
    unsigned count = 0;
    const char *at = text->data, *end = text->data + text->size;
    while ((at = memmem(at, (size_t)(end - at), what, strlen(what)))) {
        at += strlen(what);
        count++;
    }
    return count;
}

/* Complete up to the bound, each chat once, and never more steps than a call
 * has. */
START_TEST(lists_are_complete) {
    static const uint64_t totals[] = {1,  39,  40,   41,   80,  81,
                                      99, 100, 1000, 4096, 4097};
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        struct lister lister = {0};
        uint64_t wanted =
            totals[i] < CHATS_LIST_MAX ? totals[i] : CHATS_LIST_MAX;
        list_all(&lister, totals[i], SLICE("hi"));
        ck_assert_uint_eq(lister.status, 200);
        ck_assert_uint_eq(count_of(&lister.body, "\"room_id\":"), wanted);
        buf_finish(&lister.body);
    }
}
END_TEST

/* Texts of 32 KiB: the answer stays bounded, and what is in it whole. */
START_TEST(lists_are_bounded) {
    struct lister lister = {0};
    struct buf text = {0};
    memset(buf_reserve(&text, LIMIT_TEXT_BYTES), 'x', LIMIT_TEXT_BYTES);
    text.size = LIMIT_TEXT_BYTES;
    list_all(&lister, CHATS_LIST_MAX, buf_slice(&text));
    ck_assert_uint_eq(lister.status, 200);
    ck_assert_uint_ge(lister.body.size, CHATS_LIST_BYTES_MAX);
    ck_assert_uint_le(lister.body.size,
                      CHATS_LIST_BYTES_MAX + 2 * LIMIT_TEXT_BYTES);
    struct buf object = {0};
    buf_append(&object, "{\"a\":", 5);
    buf_append_slice(&object, buf_slice(&lister.body));
    buf_append(&object, "}", 1);
    ck_assert_int_eq(json_scan(buf_slice(&object), NULL, 0), ERR_OK);
    buf_finish(&object);
    buf_finish(&lister.body);
    buf_finish(&text);
}
END_TEST

/* Whoever answers for ever does not keep a call for ever. */
START_TEST(pieces_of_a_page_are_bounded) {
    struct arena arena = {0};
    struct frontend_config config = {0};
    struct wire_profile self = {.user = {7}};
    struct call_next next = {.arena = &arena, .config = &config, .self = &self};
    const struct call_request request = {.method = SLICE("GET"),
                                         .path =
                                             SLICE("/chats/orders/1/messages/"),
                                         .query = SLICE("limit=100")};
    struct wire_message message = {.message = {65}, .ordinal = 1000};
    const struct wire reply = {.kind = WIRE_REPLY_PAGE,
                               .as.reply_page = {.messages = &message,
                                                 .messages_count = 1,
                                                 .has_more = true,
                                                 .live_total = 1000}};
    unsigned steps = 0;
    chats_calls.request(&request, &next);
    while (next.ask) {
        struct buf memo = next.memo;
        ck_assert_uint_le(++steps, 100);
        next = (struct call_next){
            .arena = &arena, .config = &config, .self = &self};
        chats_calls.reply(buf_slice(&memo), &reply, &next);
        buf_finish(&memo);
    }
    ck_assert_uint_eq(next.status, 200);
    ck_assert_uint_eq(count_of(&next.body, "\"author\":"), 100);
    buf_finish(&next.body);
    arena_finish(&arena);
}
END_TEST

START_TEST(the_dialect_is_registered) {
    ck_assert_str_eq(frontend_chats.alias, "/ws/chat/");
    ck_assert(frontend_chats.feed && frontend_chats.answers_are_events &&
              frontend_chats.bearer_subprotocol);
    ck_assert_str_eq(frontend_chats.http_paths[0], "/chats/");
    ck_assert_ptr_null(frontend_chats.http_paths[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("chats");
    TCase *tests = tcase_create("chats");
    tcase_add_loop_test(tests, scripts_give_what_they_say, 0,
                        (int)(sizeof scripts / sizeof *scripts));
    tcase_add_test(tests, the_zone_does_not_matter);
    tcase_add_test(tests, every_script_is_listed);
    tcase_add_test(tests, memos_come_back_as_they_were);
    tcase_add_test(tests, lists_are_complete);
    tcase_add_test(tests, lists_are_bounded);
    tcase_add_test(tests, pieces_of_a_page_are_bounded);
    tcase_add_test(tests, the_dialect_is_registered);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
