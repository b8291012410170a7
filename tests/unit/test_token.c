/* Tests of the small pure parts at a gateway's door: where the token is, which
 * origins may come, the API's keys, the greetings, the time zone. */
#include <check.h>
#include <stdlib.h>

#include "common/wire/hello.h"
#include "gateway/api_keys.h"
#include "gateway/token.h"
#include "gateway/zone.h"

START_TEST(test_offers) {
    struct slice list = SLICE("chat, Bearer ,abc");
    ck_assert(token_offers(list, SLICE("Bearer")));
    ck_assert(token_offers(list, SLICE("abc")));
    ck_assert(!token_offers(list, SLICE("bearer")));
    ck_assert(!token_offers(list, SLICE("Bear")));
    ck_assert(!token_offers((struct slice){0}, SLICE("Bearer")));
}
END_TEST

START_TEST(test_token_places) {
    static const struct {
        const char *authorization; /* NULL: no such header. */
        const char *query;
        const char *subprotocol;
        const char *token;
    } cases[] = {
        {NULL, "", "", ""},
        {"Bearer abc", "token=q", "Bearer, s", "abc"},
        {"bearer abc", "", "", "abc"},
        {"BEARER   abc  ", "", "", "abc"},
        {"Basic abc", "token=q", "", ""}, /* Present: it decides. */
        {"Bearer", "token=q", "", ""},
        {"", "token=q", "", ""},
        {NULL, "token=q", "Bearer, s", "q"},
        {NULL, "a=1&token=q&b=2", "", "q"},
        {NULL, "=q", "", "q"},
        {NULL, "token=", "Bearer, s", ""},
        {NULL, "xtoken=q", "", ""},
        {NULL, "token", "Bearer, s", "s"},
        {NULL, "=e&token=q", "", "q"},
        {NULL, "token=a=b", "", "a=b"},
        {NULL, "", "Bearer, s", "s"},
        {NULL, "", "bearer,s", "s"},
        {NULL, "", "Bearer", ""},
        {NULL, "", "chat, s", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct token_places places = {
            .authorization = slice_of(cases[i].authorization),
            .has_authorization = cases[i].authorization != NULL,
            .query = slice_of(cases[i].query),
            .subprotocol = slice_of(cases[i].subprotocol),
        };
        struct slice token = token_find(&places);
        ck_assert_msg(slice_equal(token, slice_of(cases[i].token)),
                      "case %zu: \"%.*s\"", i, (int)token.size, token.data);
    }
}
END_TEST

START_TEST(test_origins) {
    static const char *const listed[] = {"https://good.example",
                                         "http://other.example:8080"};
    static const struct {
        const char *origin;
        const char *host;
        bool same_host; /* Without a list. */
        bool on_list;
    } cases[] = {
        {"", "a", true, true},
        {"http://chat.example", "chat.example", true, false},
        {"http://CHAT.example", "chat.example", true, false},
        {"http://chat.example:80", "chat.example", true, false},
        {"http://chat.example", "chat.example:80", true, false},
        {"https://chat.example", "chat.example", true, false},
        {"https://chat.example", "chat.example:443", true, false},
        {"https://chat.example", "chat.example:80", false, false},
        {"http://chat.example:8888", "chat.example:8888", true, false},
        {"http://chat.example:8889", "chat.example:8888", false, false},
        {"http://[::1]:8888", "[::1]:8888", true, false},
        {"http://[::1]", "[::1]", true, false},
        {"null", "null", false, false},
        {"file://chat.example", "chat.example", false, false},
        {"http://", "", false, false},
        {"https://good.example", "chat.example", false, true},
        {"HTTPS://Good.example", "chat.example", false, true},
        {"http://good.example", "chat.example", false, false},
        {"https://good.example.evil", "chat.example", false, false},
        {"https://good.example:8443", "chat.example", false, false},
        {"https://evil.example/https://good.example", "x", false, false},
        {"http://other.example:8080", "chat.example", false, true},
        {"http://chat.example.evil", "chat.example", false, false},
        {"http://evil@chat.example", "chat.example", false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice origin = slice_of(cases[i].origin);
        struct slice host = slice_of(cases[i].host);
        ck_assert_msg(origin_allowed(origin, host, NULL, 0) ==
                          cases[i].same_host,
                      "case %zu, same host", i);
        ck_assert_msg(origin_allowed(origin, host, listed, 2) ==
                          cases[i].on_list,
                      "case %zu, list", i);
    }
}
END_TEST

START_TEST(test_api_keys) {
    struct api_keys *keys;
    size_t line;
    ck_assert_int_eq(api_keys_parse(SLICE("# two keys\n\n"
                                          "  0123456789abcdef \r\n"
                                          "fedcba9876543210fedcba"),
                                    &keys, &line),
                     ERR_OK);
    ck_assert(api_keys_match(keys, SLICE("0123456789abcdef")));
    ck_assert(api_keys_match(keys, SLICE("fedcba9876543210fedcba")));
    ck_assert(!api_keys_match(keys, SLICE("")));
    ck_assert(!api_keys_match(keys, SLICE("0123456789abcde")));
    ck_assert(!api_keys_match(keys, SLICE("0123456789abcdeg")));
    ck_assert(!api_keys_match(keys, SLICE("0123456789abcdef0")));
    ck_assert(!api_keys_match(
        keys, SLICE("0123456789abcdef0123456789abcdef"))); /* Repeated. */
    ck_assert(!api_keys_match(keys, SLICE("# two keys")));
    api_keys_destroy(keys);
}
END_TEST

START_TEST(test_api_keys_refused) {
    static const struct {
        const char *text;
        size_t line;
    } cases[] = {
        {"", 0}, {"\n# nothing\n\n", 0}, {"0123456789abcdef\nshort\n", 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct api_keys *keys;
        size_t line;
        ck_assert_int_eq(api_keys_parse(slice_of(cases[i].text), &keys, &line),
                         ERR_MALFORMED);
        ck_assert_uint_eq(line, cases[i].line);
    }
    struct api_keys *keys;
    size_t line;
    ck_assert_int_eq(api_keys_load("/nonexistent/keys", &keys, &line), ERR_IO);
}
END_TEST

START_TEST(test_greetings) {
    struct buf bytes = {0};
    struct hello_gateway hello = {UINT64_C(0x1122334455667788)}, hello2;
    hello_gateway_encode(&hello, &bytes);
    static const char golden[] = "\x01\x88\x77\x66\x55\x44\x33\x22\x11";
    ck_assert(slice_equal(buf_slice(&bytes), SLICE(golden)));
    ck_assert_int_eq(hello_gateway_decode(buf_slice(&bytes), &hello2), ERR_OK);
    ck_assert_uint_eq(hello2.incarnation, hello.incarnation);
    for (size_t cut = 0; cut < bytes.size; cut++)
        ck_assert_int_eq(
            hello_gateway_decode((struct slice){bytes.data, cut}, &hello2),
            ERR_MALFORMED);
    bytes.data[0] = 2;
    ck_assert_int_eq(hello_gateway_decode(buf_slice(&bytes), &hello2),
                     ERR_VERSION);
    buf_clear(&bytes);
    struct welcome_broker welcome = {7, 9, 4096, 1795600000000000}, welcome2;
    welcome_broker_encode(&welcome, &bytes);
    buf_append(&bytes, "later fields", 12);
    ck_assert_int_eq(welcome_broker_decode(buf_slice(&bytes), &welcome2),
                     ERR_OK);
    ck_assert_uint_eq(welcome2.gateway, 7);
    ck_assert_uint_eq(welcome2.epoch, 9);
    ck_assert_uint_eq(welcome2.commands_max, 4096);
    ck_assert_int_eq(welcome2.claimed_us, welcome.claimed_us);
    struct slice older = {bytes.data, 17};
    ck_assert_int_eq(welcome_broker_decode(older, &welcome2), ERR_OK);
    ck_assert_uint_eq(welcome2.commands_max, 4096);
    ck_assert_int_eq(welcome2.claimed_us, INT64_MAX);
    older.size--;
    ck_assert_int_eq(welcome_broker_decode(older, &welcome2), ERR_MALFORMED);
    memset(bytes.data + 1, 0, 4);
    ck_assert_int_eq(welcome_broker_decode(buf_slice(&bytes), &welcome2),
                     ERR_MALFORMED);
    buf_finish(&bytes);
}
END_TEST

#define AT_US INT64_C(1643790093724162) /* 2022-02-02T08:21:33.724162Z */

START_TEST(test_zone_utc) {
    struct zone *zone;
    ck_assert_int_eq(zone_create("UTC", &zone), ERR_OK);
    struct zone_time time = zone_time(zone, AT_US);
    ck_assert_int_eq(time.year, 2022);
    ck_assert_int_eq(time.month, 2);
    ck_assert_int_eq(time.day, 2);
    ck_assert_int_eq(time.hour, 8);
    ck_assert_int_eq(time.minute, 21);
    ck_assert_int_eq(time.second, 33);
    ck_assert_uint_eq(time.microsecond, 724162);
    ck_assert_int_eq(time.offset_s, 0);
    time = zone_time(zone, -1); /* Before the epoch. */
    ck_assert_int_eq(time.year, 1969);
    ck_assert_int_eq(time.second, 59);
    ck_assert_uint_eq(time.microsecond, 999999);
    zone_destroy(zone);
}
END_TEST

START_TEST(test_zone_named) {
    struct zone *zone;
    ck_assert_int_eq(zone_create("Europe/Moscow", &zone), ERR_OK);
    struct zone_time time = zone_time(zone, AT_US);
    ck_assert_int_eq(time.hour, 11);
    ck_assert_int_eq(time.offset_s, 3 * 3600);
    zone_destroy(zone);
    ck_assert_int_eq(zone_create("America/New_York", &zone), ERR_OK);
    ck_assert_int_eq(zone_time(zone, AT_US).offset_s, -5 * 3600);
    ck_assert_int_eq(
        zone_time(zone, AT_US + INT64_C(180) * 86400 * 1000000).offset_s,
        -4 * 3600); /* Summer. */
    zone_destroy(zone);
}
END_TEST

START_TEST(test_zone_refused) {
    static const char *const names[] = {
        "", "Mars/Base", "../passwd", "/etc/passwd", ":UTC", "A B"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct zone *zone;
        ck_assert_int_eq(zone_create(names[i], &zone), ERR_NOT_FOUND);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("token");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_token_places);
    tcase_add_test(tcase, test_offers);
    tcase_add_test(tcase, test_origins);
    tcase_add_test(tcase, test_api_keys);
    tcase_add_test(tcase, test_api_keys_refused);
    tcase_add_test(tcase, test_greetings);
    tcase_add_test(tcase, test_zone_utc);
    tcase_add_test(tcase, test_zone_named);
    tcase_add_test(tcase, test_zone_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
