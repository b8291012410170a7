/* test_messenger.c - the scripts of tests/dialects/messenger (see
 * tests/lib/dialect.h), and what is no script. */
#include <check.h>
#include <stdlib.h>

#include "gateway/frontend.h"
#include "gateway/frontends/messenger/messenger.h"
#include "tests/lib/dialect.h"

static const char *const scripts[] = {
    "bad_fields", "create", "edit_delete_read", "errors", "events", "frames",
    "lists",      "pages",  "retrieve",         "rooms",
};

START_TEST(scripts_give_what_they_say) {
    ck_assert(dialect_run(&frontend_messenger, MESSENGER_SCRIPTS, scripts[_i],
                          "UTC"));
}
END_TEST

/* Another zone shows in created_at_formatted and nowhere else. */
START_TEST(the_zone_is_the_configured_one) {
    ck_assert(dialect_run(&frontend_messenger, MESSENGER_SCRIPTS, "zone_moscow",
                          "Europe/Moscow"));
}
END_TEST

/* A script that nobody runs proves nothing. */
START_TEST(every_script_is_listed) {
    ck_assert_uint_eq(dialect_scripts_count(MESSENGER_SCRIPTS),
                      sizeof scripts / sizeof *scripts + 1);
}
END_TEST

START_TEST(memos_come_back_as_they_were) {
    struct messenger_memo memo = {.action = ACTION_RETRIEVE,
                                  .echo = {.action = SLICE("\"retrieve\""),
                                           .request_id = SLICE("1e400"),
                                           .pk = SLICE("\"01\""),
                                           .page = SLICE("7")},
                                  .room = {65},
                                  .begun = true,
                                  .last = SLICE("{}")};
    struct messenger_memo same;
    struct buf bytes = {0};
    messenger_memo_encode(&memo, &bytes);
    messenger_memo_decode(buf_slice(&bytes), &same);
    ck_assert_int_eq(same.action, memo.action);
    ck_assert(slice_equal(same.echo.action, memo.echo.action));
    ck_assert(slice_equal(same.echo.request_id, memo.echo.request_id));
    ck_assert(slice_equal(same.echo.pk, memo.echo.pk));
    ck_assert(slice_equal(same.echo.page, memo.echo.page));
    ck_assert(slice_equal(same.last, memo.last));
    ck_assert_uint_eq(same.room.value, 65);
    ck_assert(same.begun);
    buf_finish(&bytes);
}
END_TEST

START_TEST(the_dialect_is_the_first) {
    ck_assert_ptr_eq(frontends_all()[0], &frontend_messenger);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("messenger");
    TCase *tests = tcase_create("messenger");
    tcase_add_loop_test(tests, scripts_give_what_they_say, 0,
                        (int)(sizeof scripts / sizeof *scripts));
    tcase_add_test(tests, the_zone_is_the_configured_one);
    tcase_add_test(tests, every_script_is_listed);
    tcase_add_test(tests, memos_come_back_as_they_were);
    tcase_add_test(tests, the_dialect_is_the_first);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
