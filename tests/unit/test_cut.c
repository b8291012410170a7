/* test_cut.c - what is cut out of a trace replays by itself, and the rooms that
 * were asked for do in it what they did: the same records under the same
 * numbers, the same events, in the same order.
 *
 * A failure prints the seed: PARLANCE_SEED=N runs that one alone. */
#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/replay/cut.h"
#include "broker/replay/verify.h"
#include "broker/trace/trace_file.h"
#include "tests/lib/core_run.h"

#define SEEDS 240u
#define SLICES_OF_SEEDS 8
#define ACTIONS 90u

/* For the handler alone: which seed it was that aborted. */
static volatile uint64_t running_seed;

static void on_abort(int number) {
    (void)number;
    fprintf(stderr, "PARLANCE_SEED=%" PRIu64 "\n", running_seed);
}

/* --- Files in memory ----------------------------------------------------- */

struct file {
    int descriptor;
    char path[64];
};

static struct file file_create(void) {
    struct file file = {.descriptor = memfd_create("trace", 0)};
    ck_assert_int_ge(file.descriptor, 0);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

static void file_write(const struct file *file, struct slice bytes) {
    ck_assert_int_eq(write(file->descriptor, bytes.data, bytes.size),
                     (ssize_t)bytes.size);
}

static struct trace_set *file_open(const struct file *file) {
    struct trace_set *set;
    struct trace_error error = {0};
    const char *paths[] = {file->path};
    if (trace_set_open(paths, 1, &set, &error) != ERR_OK)
        ck_abort_msg("%s", error.text);
    return set;
}

/* --- A run as a trace ---------------------------------------------------- */

static void put_step(struct core *core, struct core_input *input,
                     struct effects *effects, struct arena *arena,
                     struct buf *out) {
    struct wire wire;
    struct wire_error error;
    enum err err = trace_input_decode(input, arena, &wire, &error);
    ck_assert_int_eq(err, ERR_OK);
    effects_clear(effects);
    core_step(core, input, effects);
    trace_put_input(out, input, effects, false);
    arena_reset(arena);
}

/* What the fixture was told, as a broker would have recorded it. */
static struct file write_run(const struct core_run *run) {
    const struct fixture *fixture = &run->fixture;
    struct trace_head head = {.version = TRACE_VERSION,
                              .shards = 1,
                              .run = 7,
                              .file = 1,
                              .program = SLICE("test"),
                              .core = fixture->config};
    struct core *core = core_create(&fixture->config);
    struct effects effects = {0};
    struct arena arena = {0};
    struct buf out = {0};
    struct file file = file_create();
    trace_put_head(&out, &head);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        struct core_input input = {.kind = INPUT_PARTITION, .partition = i};
        put_step(core, &input, &effects, &arena, &out);
    }
    for (uint32_t i = 0; i < fixture->tape_count; i++) {
        struct core_input input = fixture->tape[i].input;
        put_step(core, &input, &effects, &arena, &out);
    }
    trace_put_end(&out);
    file_write(&file, buf_slice(&out));
    core_destroy(core);
    effects_finish(&effects);
    arena_finish(&arena);
    buf_finish(&out);
    return file;
}

static struct core_run *make_run(uint64_t seed) {
    struct core_run *run = run_begin((struct chooser){.seed = seed});
    /* Sequences are skipped in cut traces, and what is cut out of those. */
    run->fixture.keeps_tape = true;
    for (uint32_t i = 0; i < ACTIONS; i++)
        run_act(run);
    run_settle(run);
    return run;
}

/* --- Comparing ----------------------------------------------------------- */

/* Appends what the tape has of the room from |from_us| on: its records with
 * their sequences, its events. */
static void collect(const struct tape *tape, uint64_t room, int64_t from_us,
                    struct buf *out) {
    struct cut_actors actors = {0};
    struct arena arena = {0};
    cut_actors_learn(&actors, tape);
    uint32_t group = cut_group_of_room(&actors, room);
    for (uint32_t i = 0; i < tape->inputs_count; i++) {
        const struct tape_input *input = &tape->inputs[i];
        for (uint32_t j = 0; j < input->effects_count; j++) {
            const struct tape_effect *effect = &input->effects[j];
            struct wire wire;
            struct cut_touched touched;
            bool is_event = effect->kind == EFFECT_EVENT;
            if (input->input.now_us < from_us ||
                (!is_event && effect->kind != EFFECT_APPEND) ||
                wire_decode(effect->bytes, &arena, &wire, NULL) != ERR_OK ||
                (is_event && wire.kind != WIRE_EVENT))
                continue;
            cut_touch(&actors, &wire, NULL, &touched);
            bool is_about = false;
            for (uint32_t k = 0; k < touched.groups_count; k++)
                is_about = is_about || touched.groups[k] == group;
            if (!is_about)
                continue;
            char text[64];
            snprintf(text, sizeof text, "\n%" PRId64 " %d %" PRIu64 " ",
                     input->input.now_us, effect->kind, effect->seq);
            buf_append(out, text, strlen(text));
            wire_print(&wire, out);
        }
        arena_reset(&arena);
    }
    cut_actors_finish(&actors);
    arena_finish(&arena);
}

static void check_replays(const struct trace_set *set) {
    struct verify_counts counts = {0};
    struct buf report = {0};
    enum replay_outcome outcome = verify_group(set, 0, &counts, &report);
    if (outcome != REPLAY_SAME)
        ck_abort_msg("%.*s", (int)report.size, report.data);
    buf_finish(&report);
}

static void load_all(const struct trace_set *set, struct tape *tape) {
    struct trace_error error;
    struct tape_span all = {INT64_MIN, INT64_MAX};
    if (tape_load(set, 0, &all, tape, &error) != ERR_OK)
        ck_abort_msg("%s", error.text);
}

static char keep_whole[64], keep_cut[64];
static void check_same(const struct buf *whole, const struct buf *cut) {
    if (slice_equal(buf_slice(whole), buf_slice(cut)))
        return;
    fprintf(stderr, "--- whole\n%.*s\n--- cut\n%.*s\n", (int)whole->size,
            whole->data, (int)cut->size, cut->data);
    if (getenv("KEEP")) {
        char cmd[256];
        snprintf(cmd, sizeof cmd, "cp %s /tmp/whole.trace; cp %s /tmp/cut.trace", keep_whole, keep_cut);
        if (system(cmd)) return;
    }
    INVARIANT(!"the cut says something else");
}

/* Cuts, replays, compares; false: the trace knows nothing of |wish|. */
static bool check_cut(const struct trace_set *set, const struct tape *tape,
                      const struct cut_wish *wish, uint64_t room) {
    struct file file = file_create();
    struct cut_counts counts;
    struct trace_error error = {0};
    enum err err = cut_write(set, 0, wish, file.descriptor, &counts, &error);
    if (err == ERR_OK) {
        struct trace_set *cut = file_open(&file);
        struct tape cut_tape;
        struct buf whole = {0}, part = {0};
        check_replays(cut);
        load_all(cut, &cut_tape);
        collect(tape, room, wish->span.from_us, &whole);
        collect(&cut_tape, room, wish->span.from_us, &part);
        snprintf(keep_cut, 64, "/proc/%d/fd/%d", getpid(), file.descriptor);
        /* Who was put away for want of room came back later, and who waited
         * behind others that are left out ran later: the cut cannot know. */
        if (tape->head.core.actors_max > 100 && counts.delays == 0)
            check_same(&whole, &part);
        ck_assert_uint_le(cut_tape.inputs_count,
                          tape->inputs_count + PARTITION_COUNT * 4);
        buf_finish(&whole);
        buf_finish(&part);
        tape_finish(&cut_tape);
        trace_set_close(cut);
    } else if (err != ERR_NOT_FOUND) {
        ck_abort_msg("%s", error.text);
    }
    close(file.descriptor);
    return err == ERR_OK;
}

static void run_seed(uint64_t seed) {
    running_seed = seed;
    struct core_run *run = make_run(seed);
    struct file file = write_run(run);
    struct trace_set *set = file_open(&file);
    snprintf(keep_whole, 64, "/proc/%d/fd/%d", getpid(), file.descriptor);
    struct tape tape;
    load_all(set, &tape);
    const struct model_store *store = run->fixture.store;
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        struct cut_wish wish = CUT_WISH_ALL;
        wish.room = store->rooms[i].info.room.value;
        ck_assert(check_cut(set, &tape, &wish, wish.room));
        uint32_t half = tape.inputs_count / 2;
        wish.span.from_us = tape.inputs[half].input.now_us;
        check_cut(set, &tape, &wish, wish.room);
        wish.user = 1 + i % CHOOSER_USERS;
        check_cut(set, &tape, &wish, wish.room);
    }
    tape_finish(&tape);
    trace_set_close(set);
    close(file.descriptor);
    run_end(run);
}

START_TEST(a_room_does_in_its_cut_what_it_did) {
    signal(SIGABRT, on_abort);
    const char *only = getenv("PARLANCE_SEED");
    if (only) {
        run_seed(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = (uint64_t)_i; seed < SEEDS; seed += SLICES_OF_SEEDS)
        run_seed(seed);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cut");
    TCase *tcase = tcase_create("cut");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_room_does_in_its_cut_what_it_did, 0,
                        SLICES_OF_SEEDS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
