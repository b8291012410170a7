/* test_recorder.c - what is left of a broker that aborts in a step. The rest of
 * the recorder is tested on real processes (tests/e2e/test_record.py). */
#include "broker/shard/recorder.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/shard/broker_metrics.h"
#include "broker/trace/trace_file.h"

static void on_abort(int number) {
    (void)number;
    recorder_abort();
}

/* Steps a core twice and aborts; in the second step if |in_step|. */
_Noreturn static void run_and_abort(const char *directory, bool in_step) {
    struct recorder_options options = {
        .directory = directory, .file_bytes = 1u << 20, .files_max = 1};
    struct recorder_config config = {.options = &options,
                                     .shards = 1,
                                     .core = CORE_CONFIG_DEFAULT,
                                     .metrics = broker_metrics_create()};
    struct core *core = core_create(&config.core);
    struct recorder *recorder = recorder_create(&config, core);
    struct effects effects = {0};
    struct core_input input = {.kind = INPUT_TICK, .now_us = 5};
    struct rlimit no_core = {0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)signal(SIGABRT, on_abort);
    recorder_begin(recorder, &input);
    core_step(core, &input, &effects);
    recorder_input(recorder, &input, &effects);
    input.now_us = 6;
    if (in_step)
        recorder_begin(recorder, &input);
    abort();
}

/* Reads the only file there into |out|, and removes it. */
static void take_file(const char *directory, struct buf *out) {
    char path[512] = "";
    DIR *folder = opendir(directory);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *at; (at = readdir(folder));)
        if (at->d_name[0] != '.')
            snprintf(path, sizeof path, "%s/%s", directory, at->d_name);
    closedir(folder);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    out->size = fread(buf_reserve(out, 65536), 1, 65536, file);
    fclose(file);
    ck_assert_int_eq(unlink(path), 0);
}

/* How many inputs were recorded; |*last_us| is the time of the last. */
static unsigned count_inputs(bool in_step, int64_t *last_us) {
    char directory[] = "/tmp/parlance-recorder-XXXXXX";
    struct buf bytes = {0};
    struct trace_reader reader;
    struct trace_item item;
    struct trace_error error;
    unsigned count = 0;
    int status;
    ck_assert_ptr_nonnull(mkdtemp(directory));
    pid_t child = fork();
    if (child == 0)
        run_and_abort(directory, in_step);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    take_file(directory, &bytes);
    ck_assert_int_eq(rmdir(directory), 0);
    trace_reader_init(&reader, buf_slice(&bytes));
    enum err err;
    while ((err = trace_reader_next(&reader, &item, &error)) == ERR_OK)
        if (item.kind == TRACE_INPUT) {
            *last_us = item.input.now_us;
            count++;
        }
    ck_assert_int_eq(err, ERR_NOT_FOUND);
    trace_reader_finish(&reader);
    buf_finish(&bytes);
    return count;
}

START_TEST(test_the_last_input_is_there) {
    int64_t last_us = 0;
    ck_assert_uint_eq(count_inputs(true, &last_us), 2);
    ck_assert_int_eq(last_us, 6);
}
END_TEST

START_TEST(test_an_abort_between_steps_writes_nothing) {
    int64_t last_us = 0;
    ck_assert_uint_eq(count_inputs(false, &last_us), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recorder");
    TCase *tcase = tcase_create("abort");
    tcase_add_test(tcase, test_the_last_input_is_there);
    tcase_add_test(tcase, test_an_abort_between_steps_writes_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
