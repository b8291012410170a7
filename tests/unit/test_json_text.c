/* test_json_text.c - white space as Unicode has it, and lengths. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/json/text.h"

static void trims_to(const char *text, const char *rest) {
    struct slice got = text_trim(slice_of(text));
    ck_assert_msg(slice_equal(got, slice_of(rest)), "\"%s\" gave \"%.*s\"",
                  text, (int)got.size, got.data);
}

START_TEST(white_space_goes_at_both_ends_only) {
    static const char *const spaces[] = {
        "\t",           "\n",           "\v",
        "\f",           "\r",           " ",
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
        "\xe2\x80\x80", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
        "\xe3\x80\x80"};
    char text[64];
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        snprintf(text, sizeof text, "%s%sa%sb%s", spaces[i], spaces[0],
                 spaces[i], spaces[i]);
        char inner[16];
        snprintf(inner, sizeof inner, "a%sb", spaces[i]);
        trims_to(text, inner);
        trims_to(spaces[i], "");
    }
    trims_to("", "");
    trims_to("x", "x");
    trims_to(" \xd1\x8f ", "\xd1\x8f");
}
END_TEST

/* Zero width space, its relatives and controls are no white space; nor is a
 * character whose last bytes look like one. */
START_TEST(what_is_no_white_space_stays) {
    static const char *const others[] = {
        "\xe2\x80\x8b", "\xe2\x80\x8c",     "\xe2\x80\x8d", "\xe2\x81\xa0",
        "\xef\xbb\xbf", "\xe1\xa0\x8e",     "\x1c",         "\x1f",
        "\x7f",         "\xf0\x9f\x92\xa0", "\xd0\xa0",     "\xc3\x85"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        trims_to(others[i], others[i]);
}
END_TEST

START_TEST(points_are_counted) {
    ck_assert_uint_eq(text_points(SLICE("")), 0);
    ck_assert_uint_eq(text_points(SLICE("abc")), 3);
    ck_assert_uint_eq(text_points(SLICE("\xd1\x8f\xe2\x82\xac")), 2);
    ck_assert_uint_eq(text_points(SLICE("\xf0\x9f\x98\x80\xcc\x81")), 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_text");
    TCase *tests = tcase_create("json_text");
    tcase_add_test(tests, white_space_goes_at_both_ends_only);
    tcase_add_test(tests, what_is_no_white_space_stays);
    tcase_add_test(tests, points_are_counted);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
