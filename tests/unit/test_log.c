/* test_log.c - one event is one line, whatever is in it, and no secret gets
 * into it. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/process/log.h"
#include "common/process/quote.h"
#include "common/utf8.h"

#define TIME_US UINT64_C(1795346553123456)
#define HEAD "2026-11-22T11:22:33.123456Z level=info program=broker event=test"

static void check_line(const struct log_field *fields, const char *expected) {
    char line[LOG_LINE_BYTES_MAX];
    size_t size = log_format(line, TIME_US, "broker", LOG_INFO, "test", fields);
    ck_assert_uint_lt(size, sizeof line);
    line[size] = '\0';
    ck_assert_str_eq(line, expected);
}

/* One text value and the form in which it must appear. */
static const struct {
    const char *value;
    const char *shown;
} values[] = {
    {"plain-1.2/3:4@x", "plain-1.2/3:4@x"},
    {"tcp://127.0.0.1:7101", "tcp://127.0.0.1:7101"},
    {"", "\"\""},
    {NULL, "\"\""},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"say \"x\" \\", "\"say \\\"x\\\" \\\\\""},
    {"a\nevent=forged", "\"a\\nevent=forged\""},
    {"a\r\n\tb", "\"a\\r\\n\\tb\""},
    {"\x1b[31mred\x1b[0m", "\"\\u001b[31mred\\u001b[0m\""},
    {"\x7f", "\"\\u007f\""},
    {"line\xe2\x80\xa8sep\xe2\x80\xa9", "\"line\\u2028sep\\u2029\""},
    {"nel\xc2\x85", "\"nel\\u0085\""},
    {"csi\xc2\x9b", "\"csi\\u009b\""},
    {"rlo\xe2\x80\xae", "\"rlo\\u202e\""},
    {"bom\xef\xbb\xbf", "\"bom\\ufeff\""},
    {"\xd0\x9f\xd1\x80\xd0\xb8", "\"\xd0\x9f\xd1\x80\xd0\xb8\""},
    {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
    {"bad\xff\xfe", "\"bad\\xff\\xfe\""},
    {"overlong\xc0\x8a", "\"overlong\\xc0\\x8a\""},
    {"surrogate\xed\xa0\x80", "\"surrogate\\xed\\xa0\\x80\""},
    {"cut\xe2\x80", "\"cut\\xe2\\x80\""},
};

START_TEST(values_are_escaped) {
    char expected[256];
    const struct log_field fields[] = {LOG_TEXT("value", values[_i].value),
                                       LOG_END_};
    snprintf(expected, sizeof expected, HEAD " value=%s\n", values[_i].shown);
    check_line(fields, expected);
}
END_TEST

START_TEST(each_type_of_field) {
    const struct log_field none[] = {LOG_END_};
    check_line(none, HEAD "\n");
    const struct log_field fields[] = {LOG_UINT("most", UINT64_MAX),
                                       LOG_INT("least", INT64_MIN),
                                       LOG_FLAG("yes", true),
                                       LOG_FLAG("no", false),
                                       LOG_ERR("err", ERR_DENIED),
                                       LOG_SLICE("nul", SLICE("a\0b")),
                                       LOG_END_};
    check_line(fields, HEAD " most=18446744073709551615 "
                            "least=-9223372036854775808 yes=true no=false "
                            "err=denied nul=\"a\\u0000b\"\n");
}
END_TEST

START_TEST(secrets_are_redacted) {
    const struct log_field fields[] = {LOG_TEXT("token", "hush"),
                                       LOG_TEXT("access_token", "hush"),
                                       LOG_TEXT("authorization", "hush"),
                                       LOG_TEXT("jwt_secret", "hush"),
                                       LOG_TEXT("password", "hush"),
                                       LOG_TEXT("cookie", "hush"),
                                       LOG_UINT("token", 12345),
                                       LOG_TEXT("tokens", "seen"),
                                       LOG_END_};
    check_line(fields,
               HEAD " token=[redacted] access_token=[redacted] "
                    "authorization=[redacted] jwt_secret=[redacted] "
                    "password=[redacted] cookie=[redacted] token=[redacted] "
                    "tokens=seen\n");
}
END_TEST

/* However long: one line, within the bound, cut between characters, marked. */
START_TEST(lines_are_bounded) {
    static char large[100000];
    char line[LOG_LINE_BYTES_MAX];
    memset(large, _i == 0 ? 'x' : _i == 1 ? '\n' : '\xff', sizeof large);
    struct slice slice = {large, sizeof large};
    const struct log_field fields[] = {LOG_SLICE("a", slice),
                                       LOG_SLICE("b", slice),
                                       LOG_SLICE("c", slice),
                                       LOG_SLICE("d", slice),
                                       LOG_SLICE("e", slice),
                                       LOG_UINT("last", 1),
                                       LOG_END_};
    size_t size = log_format(line, TIME_US, "broker", LOG_INFO, "test", fields);
    ck_assert_uint_le(size, LOG_LINE_BYTES_MAX);
    ck_assert_ptr_eq(memchr(line, '\n', size), line + size - 1);
    line[size - 1] = '\0';
    ck_assert_ptr_nonnull(strstr(line, " last=1 cut=true"));
    ck_assert_ptr_nonnull(strstr(line, " b="));
}
END_TEST

/* What goes to stderr is read back from a pipe. */
static size_t captured(int pipe_fd, char *out, size_t capacity) {
    size_t size = 0;
    ssize_t got;
    while ((got = read(pipe_fd, out + size, capacity - size)) > 0)
        size += (size_t)got;
    return size;
}

START_TEST(levels_below_are_silent) {
    int pair[2];
    char text[4096];
    ck_assert_int_eq(pipe(pair), 0);
    ck_assert_int_ge(dup2(pair[1], STDERR_FILENO), 0);
    close(pair[1]);
    log_start("gateway", LOG_WARN);
    log_debug("hidden");
    log_info("hidden", LOG_UINT("n", 1));
    log_warn("seen", LOG_TEXT("why", "two words"));
    log_error("seen_too");
    close(STDERR_FILENO);
    size_t size = captured(pair[0], text, sizeof text - 1);
    text[size] = '\0';
    ck_assert_ptr_null(strstr(text, "hidden"));
    ck_assert_ptr_nonnull(strstr(text,
                                 "Z level=warn program=gateway event=seen "
                                 "why=\"two words\"\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "Z level=error program=gateway event=seen_too\n"));
    close(pair[0]);
}
END_TEST

#define THREADS 4
#define LINES 200

static void *log_many(void *payload) {
    char large[600];
    memset(large, 'a' + *(int *)payload, sizeof large - 1);
    large[sizeof large - 1] = '\0';
    for (int i = 0; i < LINES; i++)
        log_info("line", LOG_TEXT("fill", large));
    return NULL;
}

/* Counts the lines of |file|; each must be whole and of one thread. */
static int count_whole_lines(FILE *file) {
    char *line = NULL;
    size_t capacity = 0;
    int count = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, file)) > 0) {
        const char *fill = strstr(line, "fill=");
        ck_assert_ptr_nonnull(fill);
        ck_assert_uint_eq(strspn(fill + 5, (char[]){fill[5], '\0'}), 599);
        ck_assert_str_eq(fill + 5 + 599, "\n");
        count++;
    }
    free(line);
    return count;
}

START_TEST(threads_do_not_mix_lines) {
    pthread_t threads[THREADS];
    int numbers[THREADS];
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    int saved = dup(STDERR_FILENO);
    /* Appending, as a supervisor's file or a terminal is written. */
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    log_start("broker", LOG_INFO);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, log_many, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    ck_assert_int_eq(count_whole_lines(file), THREADS * LINES);
    fclose(file);
}
END_TEST

START_TEST(utf8_is_read_strictly) {
    static const struct {
        struct slice text;
        uint32_t point;
        size_t size;
    } cases[] = {
        {{"a", 1}, 'a', 1},
        {{"\0", 1}, 0, 1},
        {{"\xc2\x80", 2}, 0x80, 2},
        {{"\xdf\xbf", 2}, 0x7ff, 2},
        {{"\xe0\xa0\x80", 3}, 0x800, 3},
        {{"\xef\xbf\xbf", 3}, 0xffff, 3},
        {{"\xf0\x90\x80\x80", 4}, 0x10000, 4},
        {{"\xf4\x8f\xbf\xbf", 4}, 0x10ffff, 4},
        {{"\xf4\x90\x80\x80", 4}, UTF8_INVALID, 1},
        {{"\xf0\x8f\xbf\xbf", 4}, UTF8_INVALID, 1},
        {{"\xe0\x9f\xbf", 3}, UTF8_INVALID, 1},
        {{"\xc1\xbf", 2}, UTF8_INVALID, 1},
        {{"\xed\xa0\x80", 3}, UTF8_INVALID, 1},
        {{"\xed\x9f\xbf", 3}, 0xd7ff, 3},
        {{"\x80", 1}, UTF8_INVALID, 1},
        {{"\xe2\x80", 2}, UTF8_INVALID, 1},
        {{"\xc3(", 2}, UTF8_INVALID, 1},
        {{"\xf5\x80\x80\x80", 4}, UTF8_INVALID, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        ck_assert_uint_eq(utf8_next(cases[i].text, &size), cases[i].point);
        ck_assert_uint_eq(size, cases[i].size);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_loop_test(tests, values_are_escaped, 0,
                        (int)(sizeof values / sizeof *values));
    tcase_add_test(tests, each_type_of_field);
    tcase_add_test(tests, secrets_are_redacted);
    tcase_add_loop_test(tests, lines_are_bounded, 0, 3);
    tcase_add_test(tests, levels_below_are_silent);
    tcase_add_test(tests, threads_do_not_mix_lines);
    tcase_add_test(tests, utf8_is_read_strictly);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
