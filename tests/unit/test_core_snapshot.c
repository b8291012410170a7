/* test_core_snapshot.c - a core is saved and restored at any moment of random
 * runs: the restored one has the same state, gives the same pieces again, and
 * does the same from there on, beside the first one and in its place. What is
 * no state is refused with a reason.
 *
 * A failure prints the seed: PARLANCE_SEED=N runs that one alone. */
#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/core/snapshot.h"
#include "tests/lib/chooser.h"
#include "tests/lib/core_fixture.h"
#include "tests/lib/core_twin.h"

#define SEEDS 6000u
#define SLICES_OF_SEEDS 8
#define ACTIONS 120u      /* Of one seed in ten; */
#define ACTIONS_SHORT 30u /* of the others. */
#define GATEWAYS 3u

struct run {
    struct fixture fixture;
    struct chooser chooser;
    struct arena arena;
};

static void act_on_log(struct run *run, uint32_t dice) {
    struct fixture *fixture = &run->fixture;
    if (fixture->records_count == 0)
        return;
    uint32_t index = choose(&run->chooser, fixture->records_count);
    uint32_t partition = fixture->records[index].partition;
    uint32_t unstored = fixture_unstored(fixture, partition);
    if (dice > 0) {
        fixture_persist(fixture, partition, 1 + choose(&run->chooser, 4));
        if (chance(&run->chooser, 70))
            fixture_acknowledge(fixture, partition);
    } else if (unstored > 0) {
        fixture_refuse(fixture, partition,
                       fixture->next_seq[partition] - 1 -
                           choose(&run->chooser, unstored),
                       REFUSED_STORAGE_FULL);
    }
}

static void act(struct run *run) {
    struct fixture *fixture = &run->fixture;
    uint32_t dice = choose(&run->chooser, 100);
    fixture->now_us += choose(&run->chooser, 3);
    fixture->answers_early = chance(&run->chooser, 50);
    uint32_t gateway = 1 + choose(&run->chooser, GATEWAYS);
    if (dice < 55) {
        struct wire wire;
        choose_command(&run->chooser, fixture->store, fixture->correlation + 1,
                       &run->arena, &wire);
        fixture_send(fixture, gateway, &wire);
    } else if (dice < 75) {
        if (dice == 74)
            fixture->reads_fail = REFUSED_STORAGE_FAILED;
        if (fixture->reads_count > 0)
            fixture_answer(fixture,
                           choose(&run->chooser, fixture->reads_count));
        fixture->reads_fail = 0;
    } else if (dice < 94) {
        act_on_log(run, dice - 75);
    } else if (dice < 96) {
        fixture_gone(fixture, gateway);
        if (dice == 94)
            fixture_up(fixture, gateway);
    } else if (dice == 96) {
        uint32_t partition = choose(&run->chooser, PARTITION_COUNT);
        fixture_skip(fixture, partition,
                     fixture->next_seq[partition] + choose(&run->chooser, 3));
    } else {
        fixture->now_us += choose(&run->chooser, 2000);
        fixture_tick(fixture);
    }
    arena_reset(&fixture->arena);
}

static struct core_config choose_config(struct chooser *chooser) {
    struct core_config config = CORE_CONFIG_DEFAULT;
    config.idle_us = 1000;
    if (chance(chooser, 50)) {
        config.actors_max = 2 + choose(chooser, 6);
        config.mailbox_max = 1 + choose(chooser, 8);
        config.waiting_max = 1 + choose(chooser, 16);
        config.pending_max = 2 + choose(chooser, 16);
        config.pending_bytes_max = 200 + choose(chooser, 2000);
    }
    return config;
}

static struct run *run_begin(uint64_t seed) {
    struct run *run = mem_zalloc(sizeof *run);
    run->chooser.seed = seed;
    struct core_config config = choose_config(&run->chooser);
    fixture_init(&run->fixture, &config, UINT64_MAX);
    run->fixture.holds_commits = true;
    run->fixture.holds_reads = true;
    fixture_up(&run->fixture, 1);
    return run;
}

static void run_end(struct run *run) {
    fixture_finish(&run->fixture);
    arena_finish(&run->arena);
    free(run);
}

/* For the handler alone: which seed it was that aborted. */
static volatile uint64_t running_seed;

static void on_abort(int number) {
    (void)number;
    fprintf(stderr, "PARLANCE_SEED=%" PRIu64 "\n", running_seed);
}

static void run_seed(uint64_t seed) {
    running_seed = seed;
    struct run *run = run_begin(seed);
    uint32_t actions = seed % 10 == 0 ? ACTIONS : ACTIONS_SHORT;
    for (uint32_t i = 0; i < actions; i++) {
        act(run);
        if (chance(&run->chooser, 5))
            fixture_twin(&run->fixture);
        else if (chance(&run->chooser, 2))
            fixture_swap(&run->fixture);
    }
    fixture_twin(&run->fixture);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        fixture_acknowledge(&run->fixture, i);
    fixture_commit_all(&run->fixture);
    run->fixture.now_us += 100 * run->fixture.config.idle_us;
    fixture_tick(&run->fixture);
    fixture_commit_all(&run->fixture);
    INVARIANT(run->fixture.commands_count == 0);
    fixture_twin(&run->fixture);
    run_end(run);
}

START_TEST(a_restored_core_goes_on_as_the_saved_one) {
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

static void refuse_all(void *payload, const struct wire *state) {
    (void)payload;
    ck_abort_msg("%s", wire_kind_name(state->kind));
}

START_TEST(a_new_core_has_no_state) {
    struct core_config config = CORE_CONFIG_DEFAULT;
    struct core *core = core_create(&config);
    const char *why = NULL;
    core_save(core, refuse_all, NULL);
    ck_assert_int_eq(core_restored(core, &why), ERR_OK);
    core_destroy(core);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("core_snapshot");
    TCase *tcase = tcase_create("snapshot");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_restored_core_goes_on_as_the_saved_one, 0,
                        SLICES_OF_SEEDS);
    tcase_add_test(tcase, a_new_core_has_no_state);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
