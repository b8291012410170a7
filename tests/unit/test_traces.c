/* test_traces.c - the golden traces of tests/traces are done again: a core that
 * says something else is a regression, or a change that
 *
 *   GOLDEN_REWRITE=1 ctest --preset dev -R traces
 *
 * writes into them, so that it is reviewed as a diff. Inputs and comments stay
 * as they are. Old versions and damaged files stay readable, or refused with
 * the same words, for ever. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/replay/player.h"
#include "broker/replay/trace_text.h"
#include "broker/replay/verify.h"

#define TRACES_MAX 256u

static char *names[TRACES_MAX]; /* Sorted. */
static int names_count;

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static void find_traces(void) {
    DIR *folder = opendir(PARLANCE_TRACES);
    struct dirent *entry;
    INVARIANT(folder != NULL);
    while ((entry = readdir(folder)) && names_count < (int)TRACES_MAX)
        if (ends_with(entry->d_name, ".trace"))
            names[names_count++] = strdup(entry->d_name);
    closedir(folder);
    qsort(names, (size_t)names_count, sizeof *names, compare_names);
}

static const char *path_of(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", PARLANCE_TRACES, name);
    return path;
}

static enum replay_outcome
verify(const char *path, struct verify_counts *counts, struct buf *report) {
    struct trace_set *set;
    struct trace_error error;
    enum replay_outcome outcome = REPLAY_UNREADABLE;
    *counts = (struct verify_counts){0};
    if (trace_set_open(&path, 1, &set, &error) == ERR_OK) {
        outcome = verify_group(set, 0, counts, report);
        trace_set_close(set);
    } else {
        buf_append(report, error.text, strlen(error.text));
    }
    buf_append(report, "", 1);
    return outcome;
}

/* --- Rewriting ----------------------------------------------------------- */

static void step(struct player *player, struct trace_item *item,
                 struct trace_text *text) {
    struct trace_error error;
    struct core_input input = item->input;
    ck_assert_msg(player_ready(player, &error) == ERR_OK &&
                      player_decode(player, &input, &error) == ERR_OK,
                  "line %llu: %s", (unsigned long long)item->offset,
                  error.text);
    player_step(player, &input);
    item->effects_count = player->effects.count;
    item->effects = &player->effects;
    trace_text_put_item(text, item);
}

static void write_file(const char *path, struct slice bytes) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    ck_assert_int_eq(fclose(file), 0);
}

static void rewrite(const char *path) {
    struct trace_set *set;
    struct trace_text text = {0};
    struct player player = {0};
    struct trace_item item;
    struct trace_error error;
    enum err err;
    ck_assert_msg(trace_set_open(&path, 1, &set, &error) == ERR_OK, "%s",
                  error.text);
    struct trace_source *source = trace_source_create(set, 0);
    while ((err = trace_source_next(source, &item, &error)) == ERR_OK) {
        if (item.kind == TRACE_HEAD)
            player_begin(&player, &item.head);
        else if (item.kind == TRACE_STATE)
            err = player_restore(&player, item.bytes, &error);
        ck_assert_msg(err == ERR_OK, "%s", error.text);
        if (item.kind == TRACE_INPUT)
            step(&player, &item, &text);
        else
            trace_text_put_item(&text, &item);
    }
    ck_assert_msg(err == ERR_NOT_FOUND, "%s", error.text);
    trace_source_destroy(source);
    trace_set_close(set);
    write_file(path, buf_slice(&text.out));
    trace_text_finish(&text);
    player_finish(&player);
}

START_TEST(golden_traces_are_done_again) {
    const char *path = path_of(names[_i]);
    struct verify_counts counts;
    struct buf report = {0};
    if (getenv("GOLDEN_REWRITE"))
        rewrite(path);
    enum replay_outcome outcome = verify(path, &counts, &report);
    ck_assert_msg(outcome == REPLAY_SAME, "%s", report.data);
    ck_assert_uint_eq(counts.torn, 0);
    ck_assert_uint_gt(counts.inputs, 5);
    ck_assert_uint_gt(counts.effects, 5);
    buf_finish(&report);
}
END_TEST

START_TEST(a_change_of_the_core_is_seen) {
    struct verify_counts counts;
    struct buf report = {0}, bytes = {0};
    FILE *file = fopen(path_of("messenger.trace"), "rb");
    char path[] = "/tmp/test-traces-XXXXXX";
    ck_assert_ptr_nonnull(file);
    buf_reserve(&bytes, 1u << 20);
    bytes.size = fread(bytes.data, 1, 1u << 20, file);
    fclose(file);
    /* Another name in what is logged. */
    char *at = memmem(bytes.data, bytes.size, "\"effect\":\"append\"", 17);
    at = memmem(at, bytes.size - (size_t)(at - bytes.data), "\"username\":\"a",
                13);
    ck_assert_ptr_nonnull(at);
    at[12] = 'x';
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    write_file(path, buf_slice(&bytes));
    ck_assert_int_eq(verify(path, &counts, &report), REPLAY_DIFFERENT);
    ck_assert_ptr_nonnull(strstr(report.data, "gives another effect"));
    ck_assert_ptr_nonnull(strstr(report.data,
                                 "differs first in: record_user_put.profile."
                                 "username\n"));
    remove(path);
    buf_finish(&report);
    buf_finish(&bytes);
}
END_TEST

/* --- Kept for ever ------------------------------------------------------- */

struct kept {
    const char *name;
    enum replay_outcome outcome;
    uint64_t inputs; /* That are read before anything is wrong. */
    uint64_t torn;
    const char *says; /* In the report, behind the path. */
};

static const struct kept kept[] = {
    {"kept/v1-digests.bin", REPLAY_SAME, 107, 0, ""},
    {"kept/v1-whole.bin", REPLAY_SAME, 107, 0, ""},
    {"kept/truncated.bin", REPLAY_SAME, 89, 1,
     ": byte 4676: it ends within a frame: 58 bytes are torn\n"},
    {"kept/flipped.bin", REPLAY_UNREADABLE, 68, 0,
     ": byte 3095: the checksum of a frame is wrong\n"},
    {"kept/foreign.bin", REPLAY_UNREADABLE, 0, 0, ": byte 0: it is no trace"},
    {"kept/newer.bin", REPLAY_UNREADABLE, 0, 0,
     ": byte 8: it is of version 2; this program reads up to 1"},
    {"kept/empty.bin", REPLAY_UNREADABLE, 0, 0, ": byte 0: it is empty"},
    {"kept/truncated.txt", REPLAY_SAME, 36, 1,
     ": line 87: the last line is cut off\n"},
    {"kept/newer.txt", REPLAY_UNREADABLE, 0, 0,
     ": line 1: the trace is of version 2, this program reads up to 1"},
};

START_TEST(what_is_kept_is_read_or_refused) {
    const struct kept *wanted = &kept[_i];
    struct verify_counts counts;
    struct buf report = {0};
    enum replay_outcome outcome =
        verify(path_of(wanted->name), &counts, &report);
    const char *says = strstr(report.data, wanted->name);
    says = says ? says + strlen(wanted->name) : report.data;
    ck_assert_str_eq(says, wanted->says);
    ck_assert_int_eq(outcome, wanted->outcome);
    ck_assert_uint_eq(counts.inputs, wanted->inputs);
    ck_assert_uint_eq(counts.torn, wanted->torn);
    buf_finish(&report);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("traces");
    TCase *tcase = tcase_create("traces");
    SRunner *runner = srunner_create(suite);
    find_traces();
    INVARIANT(names_count > 0);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, golden_traces_are_done_again, 0, names_count);
    tcase_add_test(tcase, a_change_of_the_core_is_seen);
    tcase_add_loop_test(tcase, what_is_kept_is_read_or_refused, 0,
                        (int)(sizeof kept / sizeof *kept));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
