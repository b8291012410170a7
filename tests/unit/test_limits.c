/* Tests of gateway/limits, users, wheel and pump: what bounds a gateway. */
#include <check.h>
#include <stdlib.h>

#include "gateway/limits.h"
#include "gateway/pump.h"
#include "gateway/users.h"
#include "gateway/wheel.h"

/* --- Rate ----------------------------------------------------------------- */

static const struct rate_config rate = {50, 200};

static uint32_t take_many(struct rate_state *state, uint64_t now_ms,
                          uint32_t count) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++)
        taken += rate_take(&rate, state, now_ms) == RATE_TAKEN;
    return taken;
}

START_TEST(test_rate_burst_and_refill) {
    struct rate_state state = {0};
    ck_assert_uint_eq(take_many(&state, 1000, 1000), 200);
    ck_assert_uint_eq(take_many(&state, 1000, 10), 0);
    ck_assert_uint_eq(take_many(&state, 1020, 10), 1);
    ck_assert_uint_eq(take_many(&state, 2020, 1000), 50);
    ck_assert_uint_eq(take_many(&state, 60000, 1000), 200);
}
END_TEST

START_TEST(test_rate_off) {
    struct rate_state state = {0};
    const struct rate_config off = {0};
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(rate_take(&off, &state, 1), RATE_TAKEN);
}
END_TEST

START_TEST(test_rate_broken_without_a_pause) {
    struct rate_state state = {0};
    uint64_t now_ms = 1000;
    take_many(&state, now_ms, 200);
    for (; now_ms < 11000; now_ms += 100)
        ck_assert_int_ne(take_many(&state, now_ms, 10), 10);
    take_many(&state, now_ms, 10);
    ck_assert_int_eq(rate_take(&rate, &state, now_ms), RATE_BROKEN);
}
END_TEST

START_TEST(test_rate_a_pause_begins_anew) {
    struct rate_state state = {0};
    for (uint64_t now_ms = 1000; now_ms < 60000; now_ms += 5000) {
        for (uint64_t at = now_ms; at < now_ms + 3500; at += 100) {
            take_many(&state, at, 300);
            ck_assert_int_eq(rate_take(&rate, &state, at), RATE_REFUSED);
        }
    }
}
END_TEST

START_TEST(test_rate_rested) {
    struct rate_state state = {0};
    ck_assert(rate_is_rested(&state, 1));
    take_many(&state, 1000, 1);
    ck_assert(!rate_is_rested(&state, 1000));
    ck_assert(rate_is_rested(&state, 1020));
}
END_TEST

/* --- Admission ------------------------------------------------------------ */

START_TEST(test_admission) {
    const struct admission_config config = {4, 2, 3};
    const struct admission_config off = {0};
    struct admission_counts counts = {0};
    ck_assert_int_eq(admission_check(&config, &counts, 1, 7), ADMISSION_OK);
    ck_assert_int_eq(admission_check(&config, &counts, 2, 7), ADMISSION_USER);
    for (int i = 0; i < 3; i++)
        admission_enter(&counts, 7);
    ck_assert_int_eq(admission_check(&config, &counts, 0, 7),
                     ADMISSION_ADDRESS);
    ck_assert_int_eq(admission_check(&config, &counts, 0, 8), ADMISSION_OK);
    admission_enter(&counts, 8);
    ck_assert_int_eq(admission_check(&config, &counts, 0, 9), ADMISSION_TOTAL);
    ck_assert_int_eq(admission_check(&off, &counts, 99, 7), ADMISSION_OK);
    for (int i = 0; i < 3; i++)
        admission_leave(&counts, 7);
    admission_leave(&counts, 8);
    ck_assert_uint_eq(table_count(&counts.addresses), 0);
    ck_assert_int_eq(admission_check(&config, &counts, 0, 7), ADMISSION_OK);
    admission_finish(&counts);
}
END_TEST

START_TEST(test_reconnecting_does_not_fill_the_bucket) {
    struct users users;
    struct list link = {0};
    users_init(&users, 1);
    struct user *user = users_enter(&users, (user_id){7}, &link);
    ck_assert_uint_eq(take_many(&user->rate, 1000, 300), 200);
    users_leave(&users, user, &link, 1000);
    ck_assert_uint_eq(users_count(&users, (user_id){7}), 0);
    user = users_enter(&users, (user_id){7}, &link);
    ck_assert_uint_eq(take_many(&user->rate, 1000, 300), 0);
    users_leave(&users, user, &link, 100000); /* Rested: forgotten. */
    ck_assert_ptr_null(users_find(&users, (user_id){7}));
    users_finish(&users);
}
END_TEST

START_TEST(test_idle_users_are_bounded) {
    struct users users;
    struct list link = {0};
    users_init(&users, 1);
    for (uint64_t id = 1; id <= USERS_IDLE_MAX + 100; id++) {
        struct user *user = users_enter(&users, (user_id){id}, &link);
        take_many(&user->rate, 1000, 1);
        users_leave(&users, user, &link, 1000);
    }
    ck_assert_uint_eq(table_count(&users.by_id), USERS_IDLE_MAX);
    ck_assert_ptr_null(users_find(&users, (user_id){100}));
    ck_assert_ptr_nonnull(users_find(&users, (user_id){101}));
    users_finish(&users);
}
END_TEST

/* --- Wheel ---------------------------------------------------------------- */

#define TIMERS 2000u

struct clockwork {
    struct wheel wheel;
    struct wheel_timer timers[TIMERS];
    uint64_t now_ms;
    uint32_t fired;
    bool again;
};

static void fire(void *payload, struct wheel_timer *timer) {
    struct clockwork *clock = payload;
    ck_assert_uint_le(timer->due_ms, clock->now_ms);
    clock->fired++;
    if (clock->again)
        wheel_arm(&clock->wheel, timer, clock->now_ms + 300);
}

START_TEST(test_wheel_fires_all_once_and_in_time) {
    static struct clockwork clock;
    unsigned seed = (unsigned)_i;
    clock.now_ms = 1 + (uint64_t)rand_r(&seed) % 100000;
    wheel_init(&clock.wheel, clock.now_ms);
    for (size_t i = 0; i < TIMERS; i++)
        wheel_arm(&clock.wheel, &clock.timers[i],
                  clock.now_ms + (uint64_t)rand_r(&seed) % 300000);
    for (size_t i = 0; i < TIMERS; i += 3)
        wheel_disarm(&clock.wheel, &clock.timers[i]);
    while (clock.wheel.count > 0) {
        uint64_t due_ms = wheel_due_ms(&clock.wheel);
        ck_assert_uint_ne(due_ms, UINT64_MAX);
        clock.now_ms += (uint64_t)rand_r(&seed) % 2000;
        wheel_advance(&clock.wheel, clock.now_ms, fire, &clock);
        for (size_t i = 0; i < TIMERS; i++)
            if (list_is_linked(&clock.timers[i].link))
                ck_assert_uint_ge(clock.timers[i].due_ms + 2 * WHEEL_TICK_MS,
                                  clock.now_ms);
    }
    ck_assert_uint_eq(clock.fired, TIMERS - (TIMERS + 2) / 3);
    ck_assert_uint_eq(wheel_due_ms(&clock.wheel), UINT64_MAX);
}
END_TEST

START_TEST(test_wheel_rearmed_while_firing) {
    static struct clockwork clock;
    clock.again = true;
    clock.now_ms = 1000;
    wheel_init(&clock.wheel, clock.now_ms);
    wheel_arm(&clock.wheel, &clock.timers[0], 1000);
    for (int i = 0; i < 100; i++) {
        clock.now_ms += 1000;
        wheel_advance(&clock.wheel, clock.now_ms, fire, &clock);
        ck_assert_uint_eq(clock.fired, (uint32_t)i + 1);
    }
    /* A long sleep: late, but not lost, and not for ever. */
    clock.now_ms += 10000000;
    wheel_advance(&clock.wheel, clock.now_ms, fire, &clock);
    ck_assert_uint_eq(clock.fired, 101);
}
END_TEST

/* --- Pump ----------------------------------------------------------------- */

START_TEST(test_pump) {
    struct pump pump = {0};
    struct slice text;
    bool throttled;
    ck_assert(!pump_peek(&pump, &text, &throttled));
    for (uint32_t i = 0; i < PUMP_REQUESTS_MAX; i++) {
        ck_assert(!pump_is_full(&pump));
        char line[2] = {(char)('a' + i % 26), 0};
        pump_put(&pump, slice_of(line), i % 2);
    }
    ck_assert(pump_is_full(&pump));
    for (uint32_t i = 0; i < PUMP_REQUESTS_MAX; i++) {
        ck_assert(pump_peek(&pump, &text, &throttled));
        ck_assert_uint_eq(text.size, 1);
        ck_assert_int_eq(text.data[0], 'a' + (int)(i % 26));
        ck_assert(throttled == (i % 2));
        pump_drop(&pump);
        ck_assert(pump_is_low(&pump) == (i + 1 >= PUMP_REQUESTS_MAX / 2));
    }
    char *large = calloc(1, PUMP_BYTES_MAX);
    pump_put(&pump, (struct slice){large, PUMP_BYTES_MAX}, false);
    ck_assert(pump_is_full(&pump));
    pump_put(&pump, SLICE(""), false);
    pump_finish(&pump);
    ck_assert(pump_is_low(&pump));
    free(large);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("limits");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_rate_burst_and_refill);
    tcase_add_test(tcase, test_rate_off);
    tcase_add_test(tcase, test_rate_broken_without_a_pause);
    tcase_add_test(tcase, test_rate_a_pause_begins_anew);
    tcase_add_test(tcase, test_rate_rested);
    tcase_add_test(tcase, test_admission);
    tcase_add_test(tcase, test_reconnecting_does_not_fill_the_bucket);
    tcase_add_test(tcase, test_idle_users_are_bounded);
    tcase_add_loop_test(tcase, test_wheel_fires_all_once_and_in_time, 0, 5);
    tcase_add_test(tcase, test_wheel_rearmed_while_firing);
    tcase_add_test(tcase, test_pump);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
