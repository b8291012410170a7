/* test_json_write.c - what is written by hand is JSON, whatever the bytes, and
 * moments are those of the calendar. */
#include <check.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/json_write.h"
#include "gateway/json/dates.h"
#include "gateway/json/error.h"

#define BYTES_MAX 24u
#define TEXTS 50000u
#define MOMENTS 100000u

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

START_TEST(texts_are_written) {
    static const struct {
        struct slice text;
        struct slice json;
    } cases[] = {
#define CASE(text, json) {SLICE(text), SLICE(json)}
        CASE("", "\"\""),
        CASE("abc /<>&'", "\"abc /<>&'\""),
        CASE("\"\\\n\r\t", "\"\\\"\\\\\\n\\r\\t\""),
        CASE("\0\x01\x08\x0c\x1f\x7f", "\"\\u0000\\u0001\\u0008\\u000c\\u001f"
                                       "\x7f\""),
        CASE("\xd0\x96\xf0\x9f\x98\x80", "\"\xd0\x96\xf0\x9f\x98\x80\""),
        CASE("\xff", "\"\xef\xbf\xbd\""),
        CASE("a\xd0", "\"a\xef\xbf\xbd\""),
        CASE("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        json_put_text(&out, cases[i].text);
        ck_assert_msg(slice_equal(buf_slice(&out), cases[i].json), "%.*s",
                      (int)out.size, out.data);
        buf_finish(&out);
    }
}
END_TEST

/* Any bytes give JSON; bytes without a UTF-8 error come back as they were. */
START_TEST(any_bytes_give_json) {
    struct buf out = {0};
    uint64_t state = 1;
    unsigned wrong = 0;
    for (unsigned i = 0; i < TEXTS; i++) {
        char bytes[BYTES_MAX];
        size_t size = next_random(&state) % (BYTES_MAX + 1);
        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)(next_random(&state) >> (i % 3 ? 57 : 56));
        buf_clear(&out);
        json_put_text(&out, (struct slice){bytes, size});
        json_t *read = json_loadb(out.data, out.size,
                                  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        wrong += !json_is_string(read);
        if (i % 3) /* ASCII only. */
            wrong += !slice_equal((struct slice){json_string_value(read),
                                                 json_string_length(read)},
                                  (struct slice){bytes, size});
        json_decref(read);
    }
    buf_finish(&out);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(numbers_are_written) {
    struct buf out = {0};
    json_put_uint(&out, 0);
    json_put(&out, " ");
    json_put_uint(&out, UINT64_MAX);
    json_put(&out, " ");
    json_put_int(&out, INT64_MIN);
    json_put(&out, " ");
    json_put_int(&out, -1);
    json_put(&out, " ");
    json_put_int(&out, INT64_MAX);
    json_put(&out, " ");
    json_put_id_or_null(&out, 0);
    json_put(&out, " ");
    json_put_id_or_null(&out, ID_MAX);
    json_put(&out, " ");
    json_put_bool(&out, true);
    json_put(&out, " ");
    json_put_bool(&out, false);
    ck_assert(slice_equal(
        buf_slice(&out),
        SLICE("0 18446744073709551615 -9223372036854775808 -1 "
              "9223372036854775807 null 9007199254740991 true false")));
    buf_finish(&out);
}
END_TEST

START_TEST(errors_are_written) {
    struct buf out = {0};
    error_put_body(&out, "bad_field", SLICE("No \"such\" thing."),
                   SLICE("a\nb"));
    error_put_body(&out, "conflict", SLICE(""), SLICE(""));
    error_put(&out, "conflict", SLICE("Taken."), (struct slice){0});
    ck_assert(
        slice_equal(buf_slice(&out),
                    SLICE("{\"error\":{\"code\":\"bad_field\",\"detail\":"
                          "\"No \\\"such\\\" thing.\",\"field\":\"a\\nb\"}}"
                          "{\"error\":{\"code\":\"conflict\",\"detail\":\"\","
                          "\"field\":\"\"}}"
                          "{\"code\":\"conflict\",\"detail\":\"Taken.\","
                          "\"field\":null}")));
    buf_finish(&out);
}
END_TEST

/* The years 0 to 9999, against the C library. */
START_TEST(moments_are_those_of_the_calendar) {
    const int64_t first_us = INT64_C(-62167219200000000);
    const int64_t last_us = INT64_C(253402300799999999);
    struct buf out = {0};
    uint64_t state = 1;
    unsigned wrong = 0;
    for (unsigned i = 0; i < MOMENTS; i++) {
        int64_t at_us = first_us + (int64_t)(next_random(&state) %
                                             (uint64_t)(last_us - first_us));
        int64_t rest_us = ((at_us % 1000000) + 1000000) % 1000000;
        time_t at = (time_t)((at_us - rest_us) / 1000000);
        struct tm tm;
        char wanted[128];
        gmtime_r(&at, &tm);
        int size = snprintf(wanted, sizeof wanted,
                            "\"%04d-%02d-%02dT%02d:%02d:%02d.%06" PRId64 "Z\"",
                            tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                            tm.tm_hour, tm.tm_min, tm.tm_sec, rest_us);
        buf_clear(&out);
        dates_put_utc(&out, at_us);
        wrong +=
            !slice_equal(buf_slice(&out), (struct slice){wanted, (size_t)size});
    }
    buf_finish(&out);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

struct local_row {
    const char *zone;
    int64_t at_us;
    const char *wanted;
};

static const struct local_row locals[] = {
    {"UTC", 1619101442807658, "\"2021-04-22T14:24:02.807658+00:00\""},
    {"Europe/Moscow", 1619101442807658, "\"2021-04-22T17:24:02.807658+03:00\""},
    {"America/St_Johns", 1619101442807658,
     "\"2021-04-22T11:54:02.807658-02:30\""},
    {"Asia/Kathmandu", 0, "\"1970-01-01T05:30:00.000000+05:30\""},
    {"Pacific/Kiritimati", 1577959199999999,
     "\"2020-01-02T23:59:59.999999+14:00\""},
    {"America/New_York", -1, "\"1969-12-31T18:59:59.999999-05:00\""},
    /* An offset with seconds, of the time before there were zones. */
    {"Europe/Moscow", -3155760000000000,
     "\"1869-12-31T02:30:00.000000+02:30\""},
};

/* One zone a process; a test of Check is one. */
START_TEST(moments_have_the_offset_of_their_zone) {
    const struct local_row *row = &locals[_i];
    struct zone *zone = NULL;
    struct buf out = {0};
    ck_assert_int_eq(zone_create(row->zone, &zone), ERR_OK);
    dates_put_local(&out, zone, row->at_us);
    ck_assert_msg(slice_equal(buf_slice(&out), slice_of(row->wanted)),
                  "%.*s, not %s", (int)out.size, out.data, row->wanted);
    buf_finish(&out);
    zone_destroy(zone);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_write");
    TCase *tests = tcase_create("json_write");
    tcase_add_test(tests, texts_are_written);
    tcase_add_test(tests, any_bytes_give_json);
    tcase_add_test(tests, numbers_are_written);
    tcase_add_test(tests, errors_are_written);
    tcase_add_test(tests, moments_are_those_of_the_calendar);
    tcase_add_loop_test(tests, moments_have_the_offset_of_their_zone, 0,
                        (int)(sizeof locals / sizeof *locals));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
