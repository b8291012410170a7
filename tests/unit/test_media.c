/* test_media.c - addresses of attachments: what is written is read again, and
 * nothing else passes for one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/media.h"

/* 2022-02-02T08:21:33Z, and the last microsecond of a leap year. */
#define FEBRUARY_US INT64_C(1643790093000000)
#define YEAR_END_US INT64_C(1735689599999999)

#define SECRET                                                                 \
    SLICE("\x00\x01\x7f\x80\xff\xde\xad\xbe\xef\x10\x20\x30\x40\x50\x60\x70")
#define ROOT "/media/2022/02/00017f80ffdeadbeef10203040506070/"

static struct wire_file file_named(struct slice name) {
    return (struct wire_file){
        .created_us = FEBRUARY_US, .secret = SECRET, .name = name};
}

START_TEST(paths_are_written) {
    static const struct {
        struct slice name;
        const char *path;
    } cases[] = {
        {SLICE("a.png"), ROOT "a.png"},
        {SLICE("A-Z_0~9.tar.gz"), ROOT "A-Z_0~9.tar.gz"},
        {SLICE("a b+c&d?e#f"), ROOT "a%20b%2Bc%26d%3Fe%23f"},
        {SLICE("\"<'>\\;%"), ROOT "%22%3C%27%3E%5C%3B%25"},
        {SLICE("\xd0\x96.jpg"), ROOT "%D0%96.jpg"},
        {SLICE(".."), ROOT ".."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wire_file file = file_named(cases[i].name);
        struct buf out = {0};
        media_put_path(&out, &file);
        ck_assert_msg(slice_equal(buf_slice(&out), slice_of(cases[i].path)),
                      "%.*s", (int)out.size, out.data);
        char secret[LIMIT_FILE_SECRET_BYTES];
        ck_assert(media_take_path(buf_slice(&out), secret));
        ck_assert_mem_eq(secret, SECRET.data, sizeof(secret));
        ck_assert(media_is_path(buf_slice(&out), &file));
        buf_finish(&out);
    }
    struct wire_file file = file_named(SLICE("x"));
    file.created_us = YEAR_END_US;
    struct buf out = {0};
    media_put_path(&out, &file);
    ck_assert(
        slice_equal((struct slice){out.data, 15}, SLICE("/media/2024/12/")));
    buf_finish(&out);
}
END_TEST

START_TEST(longest_path_is_bounded) {
    char name[LIMIT_FILE_NAME_BYTES];
    memset(name, '%', sizeof(name));
    struct wire_file file = file_named((struct slice){name, sizeof(name)});
    struct buf out = {0};
    media_put_path(&out, &file);
    ck_assert_uint_eq(out.size, MEDIA_PATH_BYTES_MAX);
    buf_finish(&out);
}
END_TEST

START_TEST(other_paths_are_refused) {
    static const char *const cases[] = {
        "",
        "/",
        "/media/",
        "/media/2022/02/00017f80ffdeadbeef10203040506070",
        "/media/2022/02/00017f80ffdeadbeef10203040506070/",
        "/media/2022/02/00017f80ffdeadbeef10203040506070/a/b",
        "/media/2022/02/00017f80ffdeadbeef10203040506070/../a",
        "/media/2022/02/00017F80FFDEADBEEF10203040506070/a",
        "/media/2022/02/00017f80ffdeadbeef1020304050607/aa",
        "/media/2022/02/00017f80ffdeadbeef102030405060700/a",
        "/media/2022/02/00017f80ffdeadbeef1020304050607g/a",
        "/media/2022/2/000017f80ffdeadbeef1020304050607/a",
        "/media/dddd/dd/00017f80ffdeadbeef10203040506070/a",
        "/media/2022-02/00017f80ffdeadbeef10203040506070/a",
        "/Media/2022/02/00017f80ffdeadbeef10203040506070/a",
        "//edia/2022/02/00017f80ffdeadbeef10203040506070/a",
        "http://a/media/2022/02/00017f80ffdeadbeef10203040506070/a",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char secret[LIMIT_FILE_SECRET_BYTES];
        ck_assert_msg(!media_take_path(slice_of(cases[i]), secret), "%s",
                      cases[i]);
    }
}
END_TEST

START_TEST(date_and_name_must_be_the_files) {
    struct wire_file file = file_named(SLICE("a b%41.png"));
    static const struct {
        const char *path;
        bool same;
    } cases[] = {
        {ROOT "a%20b%2541.png", true},
        {ROOT "%61%20b%2541%2Epng", true},
        {ROOT "a b%2541.png", true},
        {ROOT "a b%41.png", true},
        {ROOT "a%20bA.png", false},
        {ROOT "a%20b%2541.pn", false},
        {ROOT "a%20b%2541.png2", false},
        {ROOT "", false},
        {"/media/2022/03/00017f80ffdeadbeef10203040506070/a%20b%2541.png",
         false},
        {"/media/2022/02/", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        ck_assert_msg(media_is_path(slice_of(cases[i].path), &file) ==
                          cases[i].same,
                      "%s", cases[i].path);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("media");
    TCase *tests = tcase_create("media");
    tcase_add_test(tests, paths_are_written);
    tcase_add_test(tests, longest_path_is_bounded);
    tcase_add_test(tests, other_paths_are_refused);
    tcase_add_test(tests, date_and_name_must_be_the_files);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
