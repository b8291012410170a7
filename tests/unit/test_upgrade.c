/* Tests of the heads that are changed before libwebsockets sees them. */
#include <check.h>
#include <stdlib.h>

#include "gateway/upgrade.h"

#define GET "GET /ws/chats/ HTTP/1.1\r\nHost: x\r\n"
#define LONG "Bearer, aaaaaaaa.bbbbbbbb.cccccccc"

static const char *const known[] = {"Bearer", "parlance"};
static const struct upgrade_rules rules = {
    .list_bytes_max = 20,
    .known = known,
    .known_count = 2,
    .carrier = "Carrier",
};

static void check(const char *said, enum upgrade_verdict verdict,
                  const char *changed, size_t left) {
    struct buf out = {0};
    size_t taken = 0;
    ck_assert_int_eq(upgrade_change(&rules, slice_of(said), &out, &taken),
                     verdict);
    if (verdict == UPGRADE_CHANGED)
        ck_assert_uint_eq(strlen(said) - taken, left);
    buf_append(&out, "", 1);
    ck_assert_str_eq(out.data, changed);
    buf_finish(&out);
}

START_TEST(test_changed) {
    check(GET "Sec-WebSocket-Protocol: " LONG "\r\nOrigin: y\r\n\r\nmore",
          UPGRADE_CHANGED,
          GET "Sec-WebSocket-Protocol: Bearer\r\nCarrier: " LONG
              "\r\nOrigin: y\r\n\r\n",
          4);
    check("GET / HTTP/1.1\nsec-websocket-PROTOCOL:aaaaaaaaaaaaaaaaa,parlance\n"
          "\n",
          UPGRADE_CHANGED,
          "GET / HTTP/1.1\nSec-WebSocket-Protocol: parlance\r\n"
          "Carrier: aaaaaaaaaaaaaaaaa,parlance\r\n\n",
          0);
}
END_TEST

START_TEST(test_as_it_is) {
    static const char *const heads[] = {
        GET "\r\n",
        GET "Sec-WebSocket-Protocol: Bearer, 01234567890a\r\n\r\n",
        GET "Sec-WebSocket-Protocol: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n",
        GET "Sec-WebSocket-Protocols: " LONG "\r\n\r\n",
        GET "Sec-WebSocket-Protocol : " LONG "\r\n\r\n",
        GET " Sec-WebSocket-Protocol: " LONG "\r\n\r\n",
        GET "Sec-WebSocket-Protocol: " LONG "\r\n folded\r\n\r\n",
        GET "Sec-WebSocket-Protocol: " LONG "\r\n"
            "Sec-WebSocket-Protocol: Bearer\r\n\r\n",
        GET "\r\nSec-WebSocket-Protocol: " LONG "\r\n\r\n",
        "Sec-WebSocket-Protocol: " LONG "\r\n\r\n",
        "POST / HTTP/1.1\r\nSec-WebSocket-Protocol: " LONG "\r\n\r\n",
        "GEX",
        "\x16\x03\x01",
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        check(heads[i], UPGRADE_AS_IT_IS, "", 0);
}
END_TEST

START_TEST(test_every_part_waits_for_the_rest) {
    const char *whole = GET "Sec-WebSocket-Protocol: " LONG "\r\n\r\n";
    for (size_t i = 0; i < strlen(whole); i++) {
        struct buf out = {0};
        size_t taken;
        ck_assert_int_eq(
            upgrade_change(&rules, (struct slice){whole, i}, &out, &taken),
            UPGRADE_PARTIAL);
        ck_assert_uint_eq(out.size, 0);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("upgrade");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_changed);
    tcase_add_test(tcase, test_as_it_is);
    tcase_add_test(tcase, test_every_part_waits_for_the_rest);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
