/* test_shard_time.c - what the core takes for the time when clocks are set. */
#include <check.h>

#include "broker/shard/shard_time.h"

#define SECOND 1000000

static int64_t now_us;
static int64_t wall_us;

static void setup(void) {
    now_us = wall_us = INT64_C(1790000000) * SECOND;
}

/* |ms| pass, a look every ten. */
static void pass(int64_t ms) {
    for (int64_t i = 0; i < ms; i += 10) {
        int64_t before_us = now_us;
        wall_us += 10000;
        now_us = shard_time_next(now_us, wall_us, 10000);
        ck_assert_int_ge(now_us, before_us);
    }
}

START_TEST(it_is_the_walls) {
    pass(5000);
    ck_assert_int_eq(now_us, wall_us);
    wall_us += 3600 * (int64_t)SECOND;
    pass(10);
    ck_assert_int_eq(now_us, wall_us);
}
END_TEST

START_TEST(it_goes_on_when_the_wall_is_set_back) {
    int64_t begin_us = now_us;
    wall_us -= 60 * SECOND;
    pass(16000);
    ck_assert_int_eq(now_us - begin_us, 15 * SECOND);
    pass(943980);
    ck_assert_int_gt(now_us, wall_us);
    pass(20);
    ck_assert_int_eq(now_us, wall_us);
    pass(1000);
    ck_assert_int_eq(now_us, wall_us);
}
END_TEST

START_TEST(the_first_time_is_the_walls) {
    ck_assert_int_eq(shard_time_next(0, wall_us, 0), wall_us);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("shard_time");
    TCase *tcase = tcase_create("shard_time");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, it_is_the_walls);
    tcase_add_test(tcase, it_goes_on_when_the_wall_is_set_back);
    tcase_add_test(tcase, the_first_time_is_the_walls);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
