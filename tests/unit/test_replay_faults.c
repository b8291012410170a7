/* test_replay_faults.c - what parlance-replay makes of a core that is wrong:
 * two builds of it have a fault of tests/sim/faults in their cores. One stops
 * itself, the other counts wrong. Everything is done by the programs. */
#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "broker/replay/tape.h"
#include "tests/lib/run_trace.h"

/* Their exit status. */
#define SAME 0
#define DIFFERENT 1
#define STOPPED 4

#define ACTIONS 90u
#define SEEDS 100u

/* A random run that a program does not take well. */
struct case_of {
    struct core_run *run;
    struct run_file file;
    uint32_t commands; /* In it. */
};

/* What |format| ends with, as sh runs it. */
__attribute__((format(printf, 1, 2))) static int shell(const char *format,
                                                       ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    ck_assert_int_lt(size, (int)sizeof line);
    int status = system(line);
    ck_assert_msg(WIFEXITED(status), "%s", line);
    return WEXITSTATUS(status);
}

static int verify(const char *program, const struct run_file *file) {
    return shell("%s %s >/dev/null 2>&1", program, file->path);
}

static void load(const struct run_file *file, struct tape *tape) {
    struct trace_error error;
    struct tape_span all = {INT64_MIN, INT64_MAX};
    struct trace_set *set = run_file_open(file);
    enum err err = tape_load(set, 0, &all, tape, &error);
    ck_assert_msg(err == ERR_OK, "%s", error.text);
    trace_set_close(set);
}

static uint32_t count_commands(const struct run_file *file) {
    struct tape tape;
    uint32_t count = 0;
    load(file, &tape);
    for (uint32_t i = 0; i < tape.inputs_count; i++)
        count += tape.inputs[i].input.kind == INPUT_COMMAND;
    tape_finish(&tape);
    return count;
}

/* The first run in which there is enough to leave out. */
static struct case_of find_case(const char *program, int status) {
    for (uint64_t seed = 1; seed < SEEDS; seed++) {
        struct case_of found = {.run = run_draw(seed, ACTIONS)};
        found.file = run_record(found.run, RUN_TO_ITS_END);
        found.commands = count_commands(&found.file);
        if (found.commands > 20 && verify(program, &found.file) == status)
            return found;
        run_file_close(&found.file);
        run_end(found.run);
    }
    ck_abort_msg("%s never ends with %d", program, status);
}

static void end_case(struct case_of *found) {
    run_file_close(&found->file);
    run_end(found->run);
}

/* --- A core that stops itself -------------------------------------------- */

START_TEST(what_stops_a_core_is_shrunk) {
    struct case_of found = find_case(STOPS, STOPPED);
    struct run_file small = run_file_create();
    /* As README.md has it. */
    ck_assert_int_eq(shell("%s --shrink %s %s >%s 2>/dev/null", STOPS, STOPS,
                           found.file.path, small.path),
                     0);
    ck_assert_int_eq(verify(STOPS, &small), STOPPED);
    ck_assert_int_ne(verify(GOOD, &small), STOPPED);
    ck_assert_uint_le(count_commands(&small), 5);
    run_file_close(&small);
    end_case(&found);
}
END_TEST

/* The number of the input that stops it. */
static uint32_t stops_at(const struct run_file *file) {
    char line[512];
    uint32_t number = 0;
    snprintf(line, sizeof line, "%s %s 2>&1 >/dev/null", STOPS, file->path);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    while (fgets(line, sizeof line, pipe))
        (void)sscanf(line, "input %" SCNu32 ": ", &number);
    pclose(pipe);
    ck_assert_uint_gt(number, 0);
    return number;
}

/* The broker wrote the input that was its end, and no end behind it: with
 * digests, and with whole effects. */
START_TEST(a_recording_that_ends_in_a_step_is_written_as_text) {
    struct case_of found = find_case(STOPS, STOPPED);
    struct run_recording how = {.is_whole = _i != 0,
                                .stops_at = stops_at(&found.file)};
    struct run_file file = run_record(found.run, how);
    ck_assert_int_eq(verify(STOPS, &file), STOPPED);
    static const char *const ways[] = {"--print", "--scrub",
                                       "--to 2100-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct run_file text = run_file_create();
        /* Whole effects are printed without a core. */
        int status = shell("%s %s %s >%s 2>/dev/null", STOPS, ways[i],
                           file.path, text.path);
        ck_assert_int_eq(status,
                         i == 2 || (i == 0 && how.is_whole) ? SAME : STOPPED);
        ck_assert_int_eq(verify(STOPS, &text), STOPPED);
        /* A cut has only the partitions that it needs. */
        if (i < 2)
            ck_assert_uint_eq(stops_at(&text), how.stops_at);
        run_file_close(&text);
    }
    run_file_close(&file);
    end_case(&found);
}
END_TEST

/* --- A core that says something else ------------------------------------- */

START_TEST(what_a_change_makes_differ_is_shrunk) {
    struct case_of found = find_case(MISCOUNTS, DIFFERENT);
    struct run_file small = run_file_create();
    /* The good one is the build from before the change. */
    ck_assert_int_eq(shell("%s --shrink %s %s >%s 2>/dev/null", GOOD, MISCOUNTS,
                           found.file.path, small.path),
                     0);
    ck_assert_int_eq(verify(GOOD, &small), SAME);
    ck_assert_int_eq(shell("%s %s 2>&1 | grep -q 'differs first in: "
                           "record_message_deleted.members'",
                           MISCOUNTS, small.path),
                     0);
    /* Room, message, mark, deletion. */
    ck_assert_uint_le(count_commands(&small), 6);
    /* What it says itself is never another thing. */
    ck_assert_int_eq(shell("%s --shrink %s %s >/dev/null 2>&1", MISCOUNTS,
                           MISCOUNTS, found.file.path),
                     1);
    run_file_close(&small);
    end_case(&found);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("replay_faults");
    TCase *tcase = tcase_create("faults");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_stops_a_core_is_shrunk);
    tcase_add_loop_test(
        tcase, a_recording_that_ends_in_a_step_is_written_as_text, 0, 2);
    tcase_add_test(tcase, what_a_change_makes_differ_is_shrunk);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
