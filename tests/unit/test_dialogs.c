/* test_dialogs.c - the scripts of tests/dialects/dialogs (see
 * tests/lib/dialect.h), and what is no script. */
#include <check.h>
#include <stdlib.h>

#include "gateway/frontend.h"
#include "gateway/frontends/dialogs/dialogs.h"
#include "tests/lib/dialect.h"

static const char *const scripts[] = {
    "bad_fields", "count",         "create", "errors", "events",
    "files",      "frames",        "html",   "http",   "http_bad",
    "load",       "messages_load", "seen",
};

START_TEST(scripts_give_what_they_say) {
    ck_assert(
        dialect_run(&frontend_dialogs, DIALOGS_SCRIPTS, scripts[_i], "UTC"));
}
END_TEST

START_TEST(the_seed_is_at_its_offset) {
    ck_assert(dialect_run(&frontend_dialogs, DIALOGS_SCRIPTS, "zone_moscow",
                          "Europe/Moscow"));
}
END_TEST

/* A script that nobody runs proves nothing. */
START_TEST(every_script_is_listed) {
    ck_assert_uint_eq(dialect_scripts_count(DIALOGS_SCRIPTS),
                      sizeof scripts / sizeof *scripts + 1);
}
END_TEST

START_TEST(memos_come_back_as_they_were) {
    struct dialogs_memo memo = {
        .event = DIALOGS_CREATE,
        .echo = {.event = SLICE("\"x\""), .request_id = SLICE("1e400")},
        .looking = true,
        .room = {65},
        .other = {8},
        .reply_to = {129},
        .lesson = 3,
        .file = {200},
        .client_key = SLICE("key"),
        .body = SLICE("body"),
        .limit = 20,
        .offset = 40,
        .total = 60,
        .taken = 5,
        .messages = SLICE("{},{}")};
    struct dialogs_memo same;
    struct buf bytes = {0}, again = {0};
    dialogs_memo_encode(&memo, &bytes);
    dialogs_memo_decode(buf_slice(&bytes), &same);
    dialogs_memo_encode(&same, &again);
    ck_assert(slice_equal(buf_slice(&bytes), buf_slice(&again)));
    ck_assert_int_eq(same.event, memo.event);
    ck_assert(same.looking);
    ck_assert_uint_eq(same.room.value, 65);
    ck_assert_uint_eq(same.other.value, 8);
    ck_assert_uint_eq(same.reply_to.value, 129);
    ck_assert_uint_eq(same.lesson, 3);
    ck_assert_uint_eq(same.file.value, 200);
    ck_assert_uint_eq(same.limit, 20);
    ck_assert_uint_eq(same.offset, 40);
    ck_assert_uint_eq(same.total, 60);
    ck_assert_uint_eq(same.taken, 5);
    ck_assert(slice_equal(same.echo.event, memo.echo.event));
    ck_assert(slice_equal(same.echo.request_id, memo.echo.request_id));
    ck_assert(slice_equal(same.client_key, memo.client_key));
    ck_assert(slice_equal(same.body, memo.body));
    ck_assert(slice_equal(same.messages, memo.messages));
    dialogs_memo_forget(&same);
    ck_assert(!same.file.value && !same.body.size && !same.client_key.size);
    buf_finish(&bytes);
    buf_finish(&again);
}
END_TEST

/* Scripts are text; what is not has its place here. */
START_TEST(bytes_that_are_not_utf8_are_refused) {
    static const struct {
        const char *body;
        const char *field;
    } rows[] = {
        {"{\"user_id\":8,\"body\":\"\xff\"}", "\"body\""},
        {"{\"user_id\":8,\"body\":\"\xed\xa0\x80\"}", "\"body\""},
        {"{\"user_id\":8,\"body\":\"\xc0\xaf\"}", "\"body\""},
        {"{\"user_id\":8,\"body\":\"a\",\"client_key\":\"\xd0\"}",
         "\"client_key\""},
        {"{\"user_id\":8,\"body\":\"a\",\"\xff\":1}", "\"\xef\xbf\xbd\""},
        {"\xef\xbb\xbf{}", "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wire_profile self = {.user = {7}};
        struct call_next next = {.arena = &arena, .self = &self};
        struct call_request request = {.method = SLICE("POST"),
                                       .path =
                                           SLICE("/api/dialogs/new-message/"),
                                       .body = slice_of(rows[i].body)};
        frontend_dialogs.http->request(&request, &next);
        ck_assert(!next.ask);
        ck_assert_uint_eq(next.status, 400);
        ck_assert_msg(memmem(next.body.data, next.body.size, rows[i].field,
                             strlen(rows[i].field)) != NULL,
                      "%s: %.*s", rows[i].field, (int)next.body.size,
                      next.body.data);
        buf_finish(&next.body);
        arena_finish(&arena);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("dialogs");
    TCase *tests = tcase_create("dialogs");
    tcase_add_loop_test(tests, scripts_give_what_they_say, 0,
                        (int)(sizeof scripts / sizeof *scripts));
    tcase_add_test(tests, the_seed_is_at_its_offset);
    tcase_add_test(tests, every_script_is_listed);
    tcase_add_test(tests, memos_come_back_as_they_were);
    tcase_add_test(tests, bytes_that_are_not_utf8_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
