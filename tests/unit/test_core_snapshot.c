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
#include "tests/lib/core_run.h"
#include "tests/lib/core_twin.h"
#include "tests/lib/core_spoil.h"

#define SEEDS 6000u
#define SPOILED 2000u
#define SLICES_OF_SEEDS 8
#define ACTIONS 120u      /* Of one seed in ten; */
#define ACTIONS_SHORT 30u /* of the others. */

/* For the handler alone: which seed it was that aborted. */
static volatile uint64_t running_seed;

static void on_abort(int number) {
    (void)number;
    fprintf(stderr, "PARLANCE_SEED=%" PRIu64 "\n", running_seed);
}

/* How often each kind of piece was seen: a test that meets none of a kind
 * says nothing about it. */
static uint64_t seen[WIRE_KIND_MAX + 1];

static void count_piece(void *payload, const struct wire *state) {
    (void)payload;
    seen[state->kind]++;
}

static void run_seed(uint64_t seed) {
    running_seed = seed;
    struct core_run *run = run_begin((struct chooser){.seed = seed});
    uint32_t actions = seed % 10 == 0 ? ACTIONS : ACTIONS_SHORT;
    for (uint32_t i = 0; i < actions; i++) {
        run_act(run);
        if (chance(&run->chooser, 5))
            fixture_twin(&run->fixture);
        else if (chance(&run->chooser, 2))
            fixture_swap(&run->fixture);
    }
    core_save(run->fixture.core, count_piece, NULL);
    fixture_twin(&run->fixture);
    run_settle(run);
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
    for (uint32_t kind = STATE_CORE; kind <= STATE_IDLE; kind++)
        ck_assert_msg(seen[kind] > 0, "%s", wire_kind_name(kind));
}
END_TEST

/* --- What is no state ---------------------------------------------------- */

/* A saved state of which something was changed: refused with a reason, or a
 * core that goes on. */
static void spoil_seed(uint64_t seed, uint32_t *refused) {
    running_seed = seed;
    struct core_run *run = run_begin((struct chooser){.seed = seed});
    for (uint32_t i = 0; i < ACTIONS_SHORT; i++)
        run_act(run);
    for (uint32_t i = 0; i < 20; i++) {
        struct core *core = spoiled_create(run, 1);
        *refused += !core;
        if (core)
            spoiled_run(run, core, 10);
        core_destroy(core);
    }
    run_end(run);
}

START_TEST(a_spoiled_state_is_refused_or_lives) {
    signal(SIGABRT, on_abort);
    uint32_t refused = 0;
    for (uint64_t seed = (uint64_t)_i; seed < SPOILED; seed += SLICES_OF_SEEDS)
        spoil_seed(seed, &refused);
    ck_assert_uint_gt(refused, 0);
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
    tcase_add_loop_test(tcase, a_spoiled_state_is_refused_or_lives, 0,
                        SLICES_OF_SEEDS);
    tcase_add_test(tcase, a_new_core_has_no_state);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
