/* test_cut.c - what is cut out of a trace replays by itself, and the rooms that
 * were asked for do in it what they did: the same records under the same
 * numbers, the same events, in the same order.
 *
 * A failure prints the seed: PARLANCE_SEED=N runs that one alone. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/replay/cut.h"
#include "broker/replay/cut_program.h"
#include "broker/replay/cut_questions.h"
#include "broker/replay/shrink.h"
#include "broker/replay/verify.h"
#include "broker/trace/trace_file.h"
#include "tests/lib/run_trace.h"
#include "tests/lib/seeds.h"

#define SEEDS 80u
#define ACTIONS 90u

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

static void check_same(const struct buf *whole, const struct buf *cut) {
    if (slice_equal(buf_slice(whole), buf_slice(cut)))
        return;
    fprintf(stderr, "--- whole\n%.*s\n--- cut\n%.*s\n", (int)whole->size,
            whole->data, (int)cut->size, cut->data);
    INVARIANT(!"the cut says something else");
}

/* Cuts, replays, compares; false: the trace knows nothing of |wish|. */
static bool check_cut(const struct trace_set *set, const struct tape *tape,
                      const struct cut_wish *wish, uint64_t room) {
    struct run_file file = run_file_create();
    struct cut_counts counts;
    struct trace_error error = {0};
    enum err err = cut_write(set, 0, wish, file.descriptor, &counts, &error);
    if (err == ERR_OK) {
        struct trace_set *cut = run_file_open(&file);
        struct tape cut_tape;
        struct buf whole = {0}, part = {0};
        check_replays(cut);
        load_all(cut, &cut_tape);
        collect(tape, room, wish->span.from_us, &whole);
        collect(&cut_tape, room, wish->span.from_us, &part);
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
    run_file_close(&file);
    return err == ERR_OK;
}

static void run_seed(uint64_t seed) {
    struct core_run *run = run_draw(seed, ACTIONS);
    struct run_file file = run_record(run, RUN_TO_ITS_END);
    struct trace_set *set = run_file_open(&file);
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
    run_file_close(&file);
    run_end(run);
}

START_TEST(a_room_does_in_its_cut_what_it_did) {
    (void)seeds_run(_i, SEEDS, run_seed);
}
END_TEST

/* --- Shrinking ----------------------------------------------------------- */

/* A world with many rooms, in each of which another text was said. */
static struct core_run *make_said(void) {
    struct core_run *run = run_begin((struct chooser){.seed = 3});
    struct core_config config = CORE_CONFIG_DEFAULT;
    fixture_finish(&run->fixture);
    fixture_init(&run->fixture, &config, UINT64_MAX);
    run->fixture.keeps_tape = true;
    fixture_up(&run->fixture, 1);
    for (uint64_t i = 1; i <= 20; i++) {
        char key[16], text[16];
        struct wire_member members[1] = {{.user = {i % 5 + 1}}};
        struct wire create = {.kind = WIRE_ROOM_CREATE};
        struct wire send = {.kind = WIRE_SEND};
        snprintf(key, sizeof key, "room%" PRIu64, i);
        snprintf(text, sizeof text, "text%" PRIu64 ".", i);
        create.as.room_create.kind = ROOM_PROJECT;
        create.as.room_create.key = slice_of(key);
        create.as.room_create.members = members;
        create.as.room_create.members_count = 1;
        run->fixture.now_us += 1000;
        fixture_send(&run->fixture, 1 + i % 3, &create);
        send.as.send.room = (room_id){run->fixture.last_room};
        send.as.send.author.user = members[0].user;
        send.as.send.text = slice_of(text);
        fixture_send(&run->fixture, 1 + i % 2, &send);
        fixture_tick(&run->fixture);
    }
    return run;
}

/* Shrinks the world; the result in text, NUL behind it. */
static enum err shrink(const struct shrink_wish *wish,
                       struct shrink_counts *counts, struct buf *out,
                       struct trace_error *error) {
    struct core_run *run = make_said();
    struct run_file whole = run_record(run, RUN_TO_ITS_END),
                    file = run_file_create();
    struct trace_set *set = run_file_open(&whole);
    enum err err = shrink_write(set, 0, wish, file.descriptor, counts, error);
    off_t size = lseek(file.descriptor, 0, SEEK_END);
    buf_reserve(out, (size_t)size + 1);
    out->size = (size_t)pread(file.descriptor, out->data, (size_t)size, 0);
    out->data[out->size] = '\0';
    if (err == ERR_OK) {
        struct trace_set *result = run_file_open(&file);
        check_replays(result);
        trace_set_close(result);
    }
    trace_set_close(set);
    run_file_close(&whole);
    run_file_close(&file);
    run_end(run);
    return err;
}

static uint32_t count_lines(const struct buf *text, const char *with) {
    uint32_t count = 0;
    for (const char *at = text->data; (at = strstr(at, with)); at++)
        count++;
    return count;
}

#define SHRINK(command_)                                                       \
    ((struct shrink_wish){.span = {INT64_MIN, INT64_MAX},                      \
                          .command = (command_),                               \
                          .runs_max = SHRINK_RUNS_DEFAULT})

START_TEST(a_text_is_left_with_the_command_that_says_it) {
    struct shrink_wish wish = SHRINK("! grep -q 'text13[.]'");
    struct shrink_counts counts;
    struct trace_error error;
    struct buf out = {0};
    ck_assert_int_eq(shrink(&wish, &counts, &out, &error), ERR_OK);
    ck_assert_uint_eq(counts.commands_before, 40);
    ck_assert_uint_eq(counts.commands, 1);
    ck_assert_uint_eq(count_lines(&out, "\"input\":\"command\""), 1);
    ck_assert_uint_eq(count_lines(&out, "\"input\":\"tick\""), 0);
    ck_assert_uint_eq(count_lines(&out, "\"input\":\"gateway_up\""), 0);
    ck_assert_uint_eq(count_lines(&out, "\"input\":\"partition\""), 1);
    buf_finish(&out);
}
END_TEST

START_TEST(a_record_is_left_with_what_made_it) {
    struct shrink_wish wish =
        SHRINK("! grep -q 'record_message_created.*text13[.]' {}");
    struct shrink_counts counts;
    struct trace_error error;
    struct buf out = {0};
    ck_assert_int_eq(shrink(&wish, &counts, &out, &error), ERR_OK);
    ck_assert_uint_eq(counts.commands, 2);
    ck_assert_uint_eq(count_lines(&out, "\"kind\":\"room_create\""), 1);
    ck_assert_uint_eq(count_lines(&out, "\"kind\":\"send\""), 1);
    /* As it was: the room's second sequence. */
    ck_assert_uint_eq(count_lines(&out, "\"seq\":2,"), 1);
    buf_finish(&out);
}
END_TEST

START_TEST(what_the_state_has_goes_like_commands) {
    struct shrink_wish wish =
        SHRINK("! grep -q 'record_message_created.*text13[.]' {}");
    struct shrink_counts counts;
    struct trace_error error;
    struct buf out = {0};
    /* The room was made at 13000. */
    wish.span.from_us = 13000;
    ck_assert_int_eq(shrink(&wish, &counts, &out, &error), ERR_OK);
    ck_assert_uint_le(counts.commands, 2);
    ck_assert_uint_eq(count_lines(&out, "state_room"), 0);
    ck_assert_uint_eq(count_lines(&out, "state_key"), 0);
    ck_assert_uint_eq(count_lines(&out, "state_user"), 0);
    buf_finish(&out);
}
END_TEST

START_TEST(who_is_killed_has_failed) {
    struct shrink_wish wish = SHRINK("kill -SEGV $$;:");
    struct shrink_counts counts;
    struct trace_error error;
    struct buf out = {0};
    ck_assert_int_eq(shrink(&wish, &counts, &out, &error), ERR_OK);
    ck_assert_uint_eq(counts.commands, 0);
    buf_finish(&out);
}
END_TEST

START_TEST(runs_are_bounded) {
    struct shrink_wish wish = SHRINK("! grep -q 'text13[.]'");
    struct shrink_counts counts;
    struct trace_error error;
    struct buf out = {0};
    wish.runs_max = 10;
    ck_assert_int_eq(shrink(&wish, &counts, &out, &error), ERR_OK);
    ck_assert_uint_eq(counts.runs, 10);
    ck_assert_uint_lt(counts.commands, 40);
    buf_finish(&out);
}
END_TEST

START_TEST(what_does_not_fail_is_not_shrunk) {
    struct shrink_wish passes = SHRINK("true"), lost = SHRINK("/nonesuch/x");
    struct shrink_counts counts;
    struct trace_error error;
    struct buf out = {0};
    ck_assert_int_eq(shrink(&passes, &counts, &out, &error), ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "does not fail"));
    ck_assert_int_eq(shrink(&lost, &counts, &out, &error), ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot be run"));
    ck_assert_uint_eq(out.size, 0);
    buf_finish(&out);
}
END_TEST

/* --- Parts --------------------------------------------------------------- */

static void connect(struct fixture *fixture, uint64_t user, bool is_there) {
    struct wire wire = {.kind = is_there ? WIRE_CONNECT : WIRE_DISCONNECT};
    if (is_there) {
        wire.as.connect.connection = user;
        wire.as.connect.claims.user.value = user;
    } else {
        wire.as.disconnect.connection = user;
        wire.as.disconnect.user.value = user;
    }
    fixture_send(fixture, 1, &wire);
}

/* 1 and 65 share a partition, and leave in one step. */
START_TEST(in_one_step_sequences_stay_whose_they_were) {
    struct core_run *run = run_begin((struct chooser){.seed = 2});
    struct fixture *fixture = &run->fixture;
    struct core_config config = CORE_CONFIG_DEFAULT;
    fixture_finish(fixture);
    fixture_init(fixture, &config, UINT64_MAX);
    fixture->keeps_tape = true;
    fixture_up(fixture, 1);
    connect(fixture, 1, true);
    connect(fixture, 65, true);
    fixture_gone(fixture, 1);
    struct run_file whole = run_record(run, RUN_TO_ITS_END),
                    file = run_file_create();
    struct trace_set *set = run_file_open(&whole);
    struct cut_wish wish = CUT_WISH_ALL;
    struct cut_counts counts;
    struct trace_error error;
    struct tape tape;
    wish.user = 65;
    ck_assert_int_eq(cut_write(set, 0, &wish, file.descriptor, &counts, &error),
                     ERR_OK);
    struct trace_set *cut = run_file_open(&file);
    check_replays(cut);
    load_all(cut, &tape);
    uint32_t appends = 0;
    for (uint32_t i = 0; i < tape.inputs_count; i++)
        for (uint32_t j = 0; j < tape.inputs[i].effects_count; j++) {
            const struct tape_effect *effect = &tape.inputs[i].effects[j];
            if (effect->kind != EFFECT_APPEND)
                continue;
            ck_assert_uint_eq(effect->partition, 1);
            ck_assert_uint_eq(effect->seq, 2);
            appends++;
        }
    ck_assert_uint_eq(appends, 1);
    tape_finish(&tape);
    trace_set_close(cut);
    trace_set_close(set);
    run_file_close(&whole);
    run_file_close(&file);
    run_end(run);
}
END_TEST

static struct slice question(struct buf *out, uint64_t number) {
    struct wire wire = {.kind = WIRE_READ_USER, .correlation = number};
    wire.as.read_user.user.value = 5;
    buf_clear(out);
    wire_encode(&wire, out);
    return buf_slice(out);
}

static struct slice answer(struct buf *out, uint64_t number) {
    struct wire wire = {.kind = WIRE_ROW_USER, .correlation = number};
    buf_clear(out);
    wire_encode(&wire, out);
    return buf_slice(out);
}

START_TEST(the_same_question_waits_for_its_own_answer) {
    struct cut_questions questions = {0};
    struct buf bytes = {0}, row = {0};
    struct slice found;
    uint64_t number;
    cut_questions_step(&questions);
    cut_whole_asks(&questions, question(&bytes, 11));
    cut_questions_step(&questions);
    cut_whole_asks(&questions, question(&bytes, 12));
    ck_assert(!cut_asks(&questions, question(&bytes, 1), &found));
    ck_assert(!cut_whole_hears(&questions, answer(&row, 11), &number));
    ck_assert(!cut_whole_hears(&questions, answer(&row, 99), &number));
    ck_assert(cut_whole_hears(&questions, answer(&row, 12), &number));
    ck_assert_uint_eq(number, 1);
    /* Nobody will bring it again: what was said last is good. */
    cut_questions_step(&questions);
    ck_assert(cut_asks(&questions, question(&bytes, 2), &found));
    ck_assert_uint_gt(found.size, 0);
    cut_questions_finish(&questions);
    buf_finish(&bytes);
    buf_finish(&row);
}
END_TEST

START_TEST(who_asks_first_waits_for_the_next_answer) {
    struct cut_questions questions = {0};
    struct buf bytes = {0}, row = {0};
    struct slice found;
    uint64_t number;
    ck_assert(!cut_asks(&questions, question(&bytes, 1), &found));
    cut_questions_step(&questions);
    cut_whole_asks(&questions, question(&bytes, 11));
    ck_assert(cut_whole_hears(&questions, answer(&row, 11), &number));
    ck_assert_uint_eq(number, 1);
    cut_questions_finish(&questions);
    buf_finish(&bytes);
    buf_finish(&row);
}
END_TEST

/* --- Edges --------------------------------------------------------------- */

/* The core aborts at a commit of what was never dealt. */
START_TEST(a_core_that_stops_itself_ends_the_tape) {
    struct trace_head head = {.version = TRACE_VERSION,
                              .shards = 1,
                              .file = 1,
                              .program = SLICE("test"),
                              .core = CORE_CONFIG_DEFAULT};
    struct core_input inputs[] = {
        {.kind = INPUT_PARTITION, .now_us = 1},
        {.kind = INPUT_GATEWAY_UP, .now_us = 2, .gateway = 1},
        {.kind = INPUT_COMMITTED, .now_us = 3, .seq = 9},
        {.kind = INPUT_TICK, .now_us = 4}};
    struct effects none = {0};
    struct buf out = {0};
    struct run_file file = run_file_create();
    trace_put_head(&out, &head);
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        trace_put_input(&out, &inputs[i], &none, true);
    trace_put_end(&out);
    run_file_write(&file, buf_slice(&out));
    struct trace_set *set = run_file_open(&file);
    struct tape tape;
    load_all(set, &tape);
    ck_assert(tape.is_broken);
    ck_assert_uint_eq(tape.inputs_count, 3);
    tape_finish(&tape);
    /* Before that time there is nothing to begin with. */
    struct trace_error error;
    struct tape_span late = {4, INT64_MAX};
    ck_assert_int_eq(tape_load(set, 0, &late, &tape, &error), ERR_CORRUPT);
    tape_finish(&tape);
    trace_set_close(set);
    run_file_close(&file);
    buf_finish(&out);
}
END_TEST

START_TEST(times_are_read) {
    int64_t time_us;
    ck_assert(cut_time_parse("1790000000000001", &time_us));
    ck_assert_int_eq(time_us, 1790000000000001);
    ck_assert(cut_time_parse("1970-01-02T00:00:01.25Z", &time_us));
    ck_assert_int_eq(time_us, INT64_C(86401250000));
    ck_assert(!cut_time_parse("1970-01-02T00:00:01", &time_us));
    ck_assert(!cut_time_parse("yesterday", &time_us));
    ck_assert(!cut_time_parse("", &time_us));
}
END_TEST

START_TEST(nobody_is_cut_out_who_is_not_there) {
    struct core_run *run = run_draw(1, ACTIONS);
    struct run_file file = run_record(run, RUN_TO_ITS_END),
                    out = run_file_create();
    struct trace_set *set = run_file_open(&file);
    struct cut_wish wish = CUT_WISH_ALL;
    struct cut_counts counts;
    struct trace_error error;
    wish.room = 123456;
    ck_assert_int_eq(cut_write(set, 0, &wish, out.descriptor, &counts, &error),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(lseek(out.descriptor, 0, SEEK_END), 0);
    trace_set_close(set);
    run_file_close(&file);
    run_file_close(&out);
    run_end(run);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cut");
    TCase *tcase = tcase_create("cut");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_room_does_in_its_cut_what_it_did, 0,
                        SEEDS_SLICES);
    tcase_add_test(tcase, a_text_is_left_with_the_command_that_says_it);
    tcase_add_test(tcase, a_record_is_left_with_what_made_it);
    tcase_add_test(tcase, what_the_state_has_goes_like_commands);
    tcase_add_test(tcase, who_is_killed_has_failed);
    tcase_add_test(tcase, runs_are_bounded);
    tcase_add_test(tcase, what_does_not_fail_is_not_shrunk);
    tcase_add_test(tcase, in_one_step_sequences_stay_whose_they_were);
    tcase_add_test(tcase, the_same_question_waits_for_its_own_answer);
    tcase_add_test(tcase, who_asks_first_waits_for_the_next_answer);
    tcase_add_test(tcase, a_core_that_stops_itself_ends_the_tape);
    tcase_add_test(tcase, times_are_read);
    tcase_add_test(tcase, nobody_is_cut_out_who_is_not_there);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
