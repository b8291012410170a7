/* test_core_snapshot.c - a core is saved and restored at any moment of random
 * runs: the restored one has the same state, gives the same pieces again, and
 * does the same from there on, beside the first one and in its place. What is
 * no state is refused with a reason.
 *
 * A failure prints the seed: PARLANCE_SEED=N runs that one alone. */
#include <check.h>
#include <stdlib.h>

#include "broker/core/snapshot.h"
#include "tests/lib/core_run.h"
#include "tests/lib/core_twin.h"
#include "tests/lib/core_spoil.h"
#include "tests/lib/seeds.h"

#define SEEDS 6000u
#define SPOILED 2000u
#define ACTIONS 120u      /* Of one seed in ten; */
#define ACTIONS_SHORT 30u /* of the others. */

/* How often each kind of piece was seen: a test that meets none of a kind
 * says nothing about it. */
static uint64_t seen[WIRE_KIND_MAX + 1];

static void count_piece(void *payload, const struct wire *state) {
    (void)payload;
    seen[state->kind]++;
}

static void run_seed(uint64_t seed) {
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
    if (!seeds_run(_i, SEEDS, run_seed))
        return;
    for (uint32_t kind = STATE_CORE; kind <= STATE_IDLE; kind++)
        ck_assert_msg(seen[kind] > 0, "%s", wire_kind_name(kind));
}
END_TEST

/* --- What is no state ---------------------------------------------------- */

static uint32_t refused;

/* A saved state of which something was changed: refused with a reason, or a
 * core that goes on. */
static void spoil_seed(uint64_t seed) {
    struct core_run *run = run_begin((struct chooser){.seed = seed});
    for (uint32_t i = 0; i < ACTIONS_SHORT; i++)
        run_act(run);
    for (uint32_t i = 0; i < 20; i++) {
        struct core *core = spoiled_create(run, 1);
        refused += !core;
        if (core)
            spoiled_run(run, core, 10);
        core_destroy(core);
    }
    run_end(run);
}

START_TEST(a_spoiled_state_is_refused_or_lives) {
    if (seeds_run(_i, SPOILED, spoil_seed))
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
                        SEEDS_SLICES);
    tcase_add_loop_test(tcase, a_spoiled_state_is_refused_or_lives, 0,
                        SEEDS_SLICES);
    tcase_add_test(tcase, a_new_core_has_no_state);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
