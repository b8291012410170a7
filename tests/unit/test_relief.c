/* test_relief.c - turns are taken while the loop is held up, and only then. */
#include <check.h>
#include <sched.h>
#include <stdlib.h>

#include "common/link/link_process.h"
#include "persister/relief.h"

/* Plain numbers: whoever touches them has the turn, as the thread sanitizer
 * would see if it were not so. */
struct loop {
    unsigned turns;
    unsigned relieved;
};

static void turn(void *payload) {
    struct loop *loop = payload;
    loop->turns++;
    loop->relieved++;
}

static unsigned look(struct relief *relief, const struct loop *loop) {
    relief_enter(relief);
    unsigned relieved = loop->relieved;
    relief_leave(relief);
    return relieved;
}

START_TEST(turns_are_taken_while_a_call_lasts) {
    struct loop loop = {0};
    link_process_init();
    struct relief *relief = relief_start(turn, &loop);
    for (unsigned round = 0; round < 3; round++) {
        relief_enter(relief);
        unsigned before = loop.relieved;
        loop.turns++;
        relief_hold(relief);
        /* The call: it lasts until somebody else was at work twice. */
        while (look(relief, &loop) < before + 2)
            sched_yield();
        relief_resume(relief);
        unsigned after = loop.relieved;
        sched_yield();
        ck_assert_uint_eq(loop.relieved, after);
        relief_leave(relief);
    }
    ck_assert_uint_eq(loop.turns, loop.relieved + 3);
    relief_stop(&relief);
    ck_assert_ptr_null(relief);
    link_process_finish();
}
END_TEST

START_TEST(no_turn_is_taken_from_who_is_not_held) {
    struct loop loop = {0};
    link_process_init();
    struct relief *relief = relief_start(turn, &loop);
    for (unsigned round = 0; round < 1000; round++) {
        relief_enter(relief);
        loop.turns++;
        relief_leave(relief);
    }
    relief_stop(&relief);
    ck_assert_uint_eq(loop.turns, 1000);
    ck_assert_uint_eq(loop.relieved, 0);
    relief_stop(&relief);
    relief_stop(NULL);
    link_process_finish();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("relief");
    TCase *tests = tcase_create("relief");
    tcase_add_test(tests, turns_are_taken_while_a_call_lasts);
    tcase_add_test(tests, no_turn_is_taken_from_who_is_not_held);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
