/* test_base64url.c - one text for each run of bytes, and no other. */
#include <check.h>
#include <stdlib.h>

#include "auth_fixture.h"
#include "gateway/auth/base64url.h"

static void decode_to(const char *text, const char *expected) {
    char out[64];
    size_t size = 99;
    ck_assert_int_eq(base64url_decode(slice_of(text), out, sizeof out, &size),
                     ERR_OK);
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_mem_eq(out, expected, size);
    char *again = fixture_encode((struct slice){out, size});
    ck_assert_str_eq(again, text);
    free(again);
}

/* RFC 4648, section 10, and the two characters that base64 lacks. */
START_TEST(base64url_round_trips) {
    decode_to("", "");
    decode_to("Zg", "f");
    decode_to("Zm8", "fo");
    decode_to("Zm9v", "foo");
    decode_to("Zm9vYg", "foob");
    decode_to("Zm9vYmE", "fooba");
    decode_to("Zm9vYmFy", "foobar");
    decode_to("-_-_", "\xfb\xff\xbf");
}
END_TEST

START_TEST(base64url_refuses_every_other_spelling) {
    static const char *const texts[] = {
        "Z",      "Zm9vY",  "Zg==",    "Zg=",      "Zm8=",  "Zh",
        "Zm9",    "Zm9vYh", "+/+/",    " Zm9v",    "Zm9v ", "Zm9v\n",
        "Zm\n9v", "Zm9v.",  "Zm9\xc3", "Zm9v====", "Zm 9v",
    };
    char out[64];
    size_t size;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(base64url_decode(slice_of(texts[i]), out, sizeof out,
                                       &size) == ERR_MALFORMED,
                      "%s", texts[i]);
    ck_assert_int_eq(
        base64url_decode((struct slice){"Zm\0v", 4}, out, sizeof out, &size),
        ERR_MALFORMED);
}
END_TEST

START_TEST(base64url_keeps_to_the_capacity) {
    char out[4] = "....";
    size_t size;
    ck_assert_int_eq(base64url_decode(SLICE("Zm9v"), out, 3, &size), ERR_OK);
    ck_assert_mem_eq(out, "foo.", 4);
    memset(out, '.', sizeof out);
    ck_assert_int_eq(base64url_decode(SLICE("Zm9v"), out, 2, &size), ERR_LIMIT);
    ck_assert_mem_eq(out + 2, "..", 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("base64url");
    TCase *tcase = tcase_create("base64url");
    tcase_add_test(tcase, base64url_round_trips);
    tcase_add_test(tcase, base64url_refuses_every_other_spelling);
    tcase_add_test(tcase, base64url_keeps_to_the_capacity);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
