/* test_metrics.c - the text that Prometheus reads, and counting by threads. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/process/metrics.h"
#include "common/process/readiness.h"

enum { MESSAGES, REFUSED, CONNECTIONS, COMMIT, METRIC_COUNT };

static const char *const reasons[] = {"denied", "limit", NULL};

static const struct metric table[METRIC_COUNT] = {
    [MESSAGES] = METRIC_COUNTER("parlance_messages_total", "Messages."),
    [REFUSED] = METRIC_COUNTER_BY("parlance_refused_total", "Refusals.",
                                  "reason", reasons),
    [CONNECTIONS] = METRIC_GAUGE("parlance_connections", "Connections."),
    [COMMIT] = METRIC_HISTOGRAM("parlance_commit_seconds", "Commits."),
};

/* The rendered text, ending with NUL. */
static void render(const struct metrics *metrics, struct buf *out) {
    buf_clear(out);
    metrics_render(metrics, out);
    buf_append(out, "", 1);
}

START_TEST(text_format) {
    struct metrics *metrics = metrics_create("broker", table, METRIC_COUNT);
    struct buf out = {0};
    metrics_add(metrics, MESSAGES, 3);
    metrics_add_by(metrics, REFUSED, 1, 2);
    metrics_add(metrics, CONNECTIONS, 1);
    metrics_subtract(metrics, CONNECTIONS, 2);
    metrics_observe_us(metrics, COMMIT, 0);
    metrics_observe_us(metrics, COMMIT, 100);
    metrics_observe_us(metrics, COMMIT, 101);
    metrics_observe_us(metrics, COMMIT, 3000000);
    metrics_observe_us(metrics, COMMIT, 60000000);
    render(metrics, &out);
    ck_assert_str_eq(out.data,
                     "# HELP parlance_messages_total Messages.\n"
                     "# TYPE parlance_messages_total counter\n"
                     "parlance_messages_total 3\n"
                     "# HELP parlance_refused_total Refusals.\n"
                     "# TYPE parlance_refused_total counter\n"
                     "parlance_refused_total{reason=\"denied\"} 0\n"
                     "parlance_refused_total{reason=\"limit\"} 2\n"
                     "# HELP parlance_connections Connections.\n"
                     "# TYPE parlance_connections gauge\n"
                     "parlance_connections -1\n"
                     "# HELP parlance_commit_seconds Commits.\n"
                     "# TYPE parlance_commit_seconds histogram\n"
                     "parlance_commit_seconds_bucket{le=\"0.0001\"} 2\n"
                     "parlance_commit_seconds_bucket{le=\"0.00025\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.0005\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.001\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.0025\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.005\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.01\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.025\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.05\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.1\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.25\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"0.5\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"1\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"2.5\"} 3\n"
                     "parlance_commit_seconds_bucket{le=\"5\"} 4\n"
                     "parlance_commit_seconds_bucket{le=\"10\"} 4\n"
                     "parlance_commit_seconds_bucket{le=\"+Inf\"} 5\n"
                     "parlance_commit_seconds_sum 63.000201\n"
                     "parlance_commit_seconds_count 5\n");
    buf_finish(&out);
    metrics_destroy(metrics);
}
END_TEST

#define THREADS 4
#define ROUNDS 50000

static void *count_many(void *payload) {
    const struct metrics *metrics = payload;
    metric_cell *cell = metrics_cell(metrics, REFUSED, 0);
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(metrics, MESSAGES, 1);
        metric_add(cell, 2);
        metrics_observe_us(metrics, COMMIT, 700);
    }
    return NULL;
}

START_TEST(threads_lose_nothing) {
    struct metrics *metrics = metrics_create("broker", table, METRIC_COUNT);
    struct buf out = {0};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count_many, metrics);
    render(metrics, &out); /* While they count. */
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(metrics_get(metrics, MESSAGES, 0), THREADS * ROUNDS);
    ck_assert_uint_eq(metrics_get(metrics, REFUSED, 0), 2 * THREADS * ROUNDS);
    ck_assert_uint_eq(metrics_get(metrics, REFUSED, 1), 0);
    render(metrics, &out);
    ck_assert_ptr_nonnull(strstr(out.data,
                                 "parlance_commit_seconds_sum 140\n"
                                 "parlance_commit_seconds_count 200000\n"));
    buf_finish(&out);
    metrics_destroy(metrics);
}
END_TEST

/* The number after "\n<name> " in |text|. */
static double value_of(const char *text, const char *name) {
    char key[80];
    snprintf(key, sizeof key, "\n%s ", name);
    const char *line = strstr(text, key);
    ck_assert_msg(line != NULL, "%s is missing", name);
    return strtod(line + strlen(key), NULL);
}

START_TEST(every_process_has) {
    struct metrics *metrics = metrics_create("broker", table, METRIC_COUNT);
    struct buf out = {0};
    metrics_render_process(metrics, &out);
    buf_append(&out, "", 1);
    ck_assert_ptr_nonnull(strstr(
        out.data,
        "\nparlance_build_info{program=\"broker\",version=\"" PARLANCE_VERSION
        "\"} 1\n"));
    ck_assert_double_gt(value_of(out.data, "process_resident_memory_bytes"),
                        100000);
    ck_assert_double_ge(value_of(out.data, "process_cpu_seconds_total"), 0);
    ck_assert_double_gt(value_of(out.data, "process_open_fds"), 0);
    ck_assert_double_gt(value_of(out.data, "process_max_fds"), 0);
    double age =
        (double)time(NULL) - value_of(out.data, "process_start_time_seconds");
    ck_assert_double_gt(age, -5);
    ck_assert_double_lt(age, 600);
    buf_finish(&out);
    metrics_destroy(metrics);
}
END_TEST

/* A table with a mistake does not get past the start. */
START_TEST(counter_without_total_aborts) {
    static const struct metric wrong[] = {METRIC_COUNTER("x", "X.")};
    metrics_destroy(metrics_create("broker", wrong, 1));
}
END_TEST

START_TEST(readiness_is_all_or_reasons) {
    static const char *const names[] = {"broker", "storage", NULL};
    struct readiness *readiness = readiness_create(names);
    struct buf out = {0};
    ck_assert(!readiness_met(readiness));
    ck_assert(readiness_set(readiness, 0, true, NULL));
    ck_assert(!readiness_set(readiness, 0, true, NULL));
    ck_assert(!readiness_set(readiness, 1, false, "disk\nfull"));
    ck_assert(!readiness_render(readiness, &out));
    ck_assert(slice_equal(buf_slice(&out),
                          SLICE("broker: ok\nstorage: disk\\nfull\n")));
    ck_assert(readiness_set(readiness, 1, true, NULL));
    ck_assert(readiness_met(readiness));
    buf_clear(&out);
    ck_assert(readiness_render(readiness, &out));
    ck_assert(slice_equal(buf_slice(&out), SLICE("broker: ok\nstorage: ok\n")));
    ck_assert(readiness_set(readiness, 0, false, "gone"));
    ck_assert(!readiness_met(readiness));
    buf_finish(&out);
    readiness_destroy(readiness);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_test(tests, text_format);
    tcase_add_test(tests, threads_lose_nothing);
    tcase_add_test(tests, every_process_has);
    tcase_add_test_raise_signal(tests, counter_without_total_aborts, SIGABRT);
    tcase_add_test(tests, readiness_is_all_or_reasons);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
