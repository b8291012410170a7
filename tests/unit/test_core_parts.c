/* test_core_parts.c - parts of the core that its scripts cannot fill: the heap
 * of users who leave, who typed in a room (each against a plain list), and more
 * users online than one notice holds. */
#include <check.h>
#include <stdlib.h>

#include "broker/core/typing.h"
#include "broker/core/user.h"
#include "broker/core/core.h"
#include "broker/core/leaving.h"
#include "common/hash.h"

#define USERS 300u
#define STEPS 20000u

static uint32_t roll(uint64_t *seed, uint32_t sides) {
    *seed = hash_u64(UINT64_C(0x2545f4914f6cdd1d), *seed + 1);
    return (uint32_t)(*seed >> 33) % sides;
}

/* Who of those in the heap goes first, by looking at all. */
static struct user *first_of(struct user *users) {
    struct user *first = NULL;
    for (uint32_t i = 0; i < USERS; i++) {
        struct user *user = &users[i];
        if (user->leaving_index &&
            (!first || user->leaves_us < first->leaves_us ||
             (user->leaves_us == first->leaves_us &&
              user->user.value < first->user.value)))
            first = user;
    }
    return first;
}

START_TEST(the_first_to_leave_is_at_the_top) {
    uint64_t seed = (uint64_t)_i;
    struct user *users = mem_zalloc(USERS * sizeof *users);
    struct leaving leaving = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < USERS; i++)
        users[i].user.value = i + 1;
    for (uint32_t i = 0; i < STEPS; i++) {
        struct user *user = &users[roll(&seed, USERS)];
        /* Grows, and shrinks to nothing. */
        bool grows = i % 4000 < 2000;
        if (!user->leaving_index && grows) {
            user->leaves_us = roll(&seed, 50);
            leaving_add(&leaving, user);
            count++;
        } else if (user->leaving_index && roll(&seed, 3) == 0) {
            leaving_remove(&leaving, user);
            count--;
        } else if (!grows && leaving_first(&leaving)) {
            leaving_remove(&leaving, leaving_first(&leaving));
            count--;
        }
        leaving_remove(&leaving, &(struct user){.user = {1}});
        ck_assert_uint_eq(leaving.count, count);
        ck_assert_ptr_eq(leaving_first(&leaving), first_of(users));
    }
    leaving_finish(&leaving);
    free(users);
}
END_TEST

START_TEST(typing_passes_once_in_a_while) {
    uint64_t seed = (uint64_t)_i;
    struct typing typing = {0};
    int64_t passed_us[USERS + 1];
    int64_t now_us = 0;
    for (uint32_t i = 0; i <= USERS; i++)
        passed_us[i] = -TYPING_INTERVAL_US;
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t user = 1 + roll(&seed, USERS);
        now_us += roll(&seed, i % 2000 < 1000 ? 20000 : 200000);
        if (roll(&seed, 10) == 0) {
            typing_forget(&typing, (user_id){user});
            passed_us[user] = now_us - TYPING_INTERVAL_US;
        }
        bool due = passed_us[user] + TYPING_INTERVAL_US <= now_us;
        ck_assert_int_eq(typing_passes(&typing, (user_id){user}, now_us), due);
        if (due)
            passed_us[user] = now_us;
        ck_assert_uint_le(typing.count, USERS);
    }
    typing_finish(&typing);
    ck_assert_uint_eq(typing.count, 0);
}
END_TEST

/* What is too old is not kept for good. */
START_TEST(those_who_typed_long_ago_are_forgotten) {
    struct typing typing = {0};
    int64_t now_us = 0;
    for (uint64_t user = 1; user <= 100000; user++) {
        now_us += TYPING_INTERVAL_US / 10;
        ck_assert(typing_passes(&typing, (user_id){user}, now_us));
    }
    ck_assert_uint_le(typing.capacity, 64);
    typing_finish(&typing);
}
END_TEST

/* Also answers what the core asks of the store: it knows nobody. */
static void step(struct core *core, struct core_input input,
                 struct effects *effects) {
    effects_clear(effects);
    core_step(core, &input, effects);
    struct wire_head_fields head;
    if (effects->count == 0 || effects->items[0].kind != EFFECT_READ)
        return;
    enum err err = wire_peek(effect_bytes(effects, effects->items), &head);
    ck_assert_int_eq(err, ERR_OK);
    struct wire row = {.kind = WIRE_ROW_USER,
                       .correlation = head.correlation,
                       .partition = head.partition};
    step(core, (struct core_input){.kind = INPUT_READ_DONE, .wire = &row},
         effects);
}

START_TEST(everybody_online_comes_in_pages) {
    const uint32_t count = 2 * LIMIT_PRESENCE_USERS + 1;
    struct core *core = core_create(&CORE_CONFIG_DEFAULT);
    struct effects effects = {0};
    struct arena arena = {0};
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        step(core, (struct core_input){.kind = INPUT_PARTITION, .partition = i},
             &effects);
    for (uint32_t i = 1; i <= count; i++) {
        struct wire wire = {.kind = WIRE_CONNECT,
                            .partition = i % PARTITION_COUNT};
        wire.as.connect.connection = i;
        wire.as.connect.claims.user.value = i;
        step(core,
             (struct core_input){
                 .kind = INPUT_COMMAND, .gateway = 1, .wire = &wire},
             &effects);
    }
    step(core, (struct core_input){.kind = INPUT_GATEWAY_UP, .gateway = 2},
         &effects);
    uint32_t seen = 0;
    ck_assert_uint_eq(effects.count, 3);
    for (uint32_t i = 0; i < effects.count; i++) {
        struct wire wire;
        ck_assert_int_eq(wire_decode(effect_bytes(&effects, &effects.items[i]),
                                     &arena, &wire, NULL),
                         ERR_OK);
        ck_assert_int_eq(wire.kind, WIRE_PRESENCE_CHANGED);
        for (uint32_t j = 0; j < wire.as.presence_changed.users_count; j++) {
            ck_assert(wire.as.presence_changed.users[j].online);
            ck_assert_uint_eq(wire.as.presence_changed.users[j].user.value,
                              ++seen);
        }
    }
    ck_assert_uint_eq(seen, count);
    core_check(core);
    arena_finish(&arena);
    effects_finish(&effects);
    core_destroy(core);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("core_parts");
    TCase *tests = tcase_create("parts");
    tcase_add_loop_test(tests, the_first_to_leave_is_at_the_top, 0, 4);
    tcase_add_loop_test(tests, typing_passes_once_in_a_while, 0, 4);
    tcase_add_test(tests, those_who_typed_long_ago_are_forgotten);
    tcase_add_test(tests, everybody_online_comes_in_pages);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
