/* test_persister_parts.c - the small parts of the persister: frames, space,
 * health, people, changes, digests. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "persister/frame.h"
#include "persister/collector.h"
#include "persister/health.h"
#include "persister/people.h"
#include "persister/rocksdb/changes.h"
#include "persister/rocksdb/digests.h"
#include "persister/space.h"

START_TEST(frames_come_out_as_they_went_in) {
    struct buf run = {0};
    struct frame frame = {.type = FRAME_ASK,
                          .last = true,
                          .peer = 7,
                          .at_ms = UINT64_MAX,
                          .bytes = SLICE("hello")};
    frame_put(&run, &frame);
    size_t begun = frame_begin(&run, FRAME_RUBBISH, 8, false);
    buf_append_slice(&run, SLICE("what"));
    buf_append_slice(&run, SLICE("ever"));
    frame_end(&run, begun);
    frame_put(&run, &(struct frame){.type = FRAME_ANSWER, .peer = 9});
    struct slice rest = buf_slice(&run);
    struct frame out;
    ck_assert(frame_next(&rest, &out));
    ck_assert_int_eq(out.type, FRAME_ASK);
    ck_assert(out.last);
    ck_assert_uint_eq(out.peer, 7);
    ck_assert_uint_eq(out.at_ms, UINT64_MAX);
    ck_assert(slice_equal(out.bytes, SLICE("hello")));
    ck_assert(frame_next(&rest, &out));
    ck_assert_int_eq(out.type, FRAME_RUBBISH);
    ck_assert(!out.last);
    ck_assert(slice_equal(out.bytes, SLICE("whatever")));
    ck_assert(frame_next(&rest, &out));
    ck_assert_uint_eq(out.bytes.size, 0);
    ck_assert(!frame_next(&rest, &out));
    buf_finish(&run);
}
END_TEST

START_TEST(space_is_a_share) {
    ck_assert(space_is_enough(5, 100, 5));
    ck_assert(!space_is_enough(4, 100, 5));
    ck_assert(space_is_enough(0, 100, 0));
    ck_assert(!space_is_enough(99, 100, 100));
    ck_assert(space_is_enough(100, 100, 100));
    ck_assert(space_is_enough(0, 0, 100));
    ck_assert(!space_is_enough(UINT64_MAX / 25, UINT64_MAX, 5));
}
END_TEST

START_TEST(space_is_asked_once_a_second) {
    struct space space;
    space_init(&space, "/tmp", 0);
    ck_assert(space_check(&space, 1000));
    space.enough = false; /* As if the last check had said so. */
    ck_assert(!space_check(&space, 1999));
    ck_assert(space_check(&space, 2000));
    space.path = "/no/such/place"; /* Cannot tell: as before. */
    space.enough = false;
    ck_assert(!space_check(&space, 9000));
}
END_TEST

START_TEST(files_are_collected_hourly_in_steps) {
    struct collector collector = {0};
    ck_assert(collector_is_due(&collector, 0));
    collector_stepped(&collector, 5, COLLECTOR_STEP_FILES);
    ck_assert(collector_is_due(&collector, 5)); /* There may be more. */
    collector_stepped(&collector, 7, COLLECTOR_STEP_FILES - 1);
    ck_assert(!collector_is_due(&collector, 7 + 3600000 - 1));
    ck_assert(collector_is_due(&collector, 7 + 3600000));
    ck_assert_int_eq(collector_before_us(INT64_C(86400000001)), 1);
}
END_TEST

START_TEST(health_says_why) {
    char reason[HEALTH_REASON_BYTES] = "";
    struct readiness *readiness = readiness_create(health_conditions);
    struct health *health = health_create(readiness);
    ck_assert(readiness_met(readiness));
    health_space(health, false);
    ck_assert(!readiness_met(readiness));
    ck_assert(health_is_sound(health, reason));
    health_space(health, true);
    ck_assert(readiness_met(readiness));
    health_damage(health, "first");
    health_damage(health, "second");
    health_space(health, true);
    ck_assert(!health_is_sound(health, reason));
    ck_assert_str_eq(reason, "first");
    ck_assert(!readiness_met(readiness));
    health_destroy(health);
    readiness_destroy(readiness);
}
END_TEST

START_TEST(people_are_told_once_in_order) {
    struct arena arena = {0};
    struct people people = {0};
    people_settle(&people);
    ck_assert_uint_eq(people.count, 0);
    for (uint64_t i = 0; i < 100; i++)
        people_add(&people, &arena, (user_id){(i * 37) % 40});
    people_settle(&people);
    ck_assert_uint_eq(people.count, 39); /* Nobody is left out. */
    for (uint32_t i = 0; i < people.count; i++)
        ck_assert_uint_eq(people.users[i].value, i + 1);
    arena_finish(&arena);
}
END_TEST

static struct key key_of(const char *text) {
    struct key key = {.size = strlen(text)};
    memcpy(key.bytes, text, key.size);
    return key;
}

static void change(struct changes *changes, const char *text,
                   const char *value) {
    struct key key = key_of(text);
    if (value)
        buf_append_slice(changes_put(changes, &key), slice_of(value));
    else
        changes_remove(changes, &key);
}

static void expect_changes(struct changes *changes, const char *expected) {
    struct buf text = {0};
    changes_sort(changes);
    for (uint32_t i = 0; i < changes->count; i++) {
        const struct change *item = &changes->items[i];
        buf_append_slice(&text, changes_key(changes, item));
        buf_append_slice(&text, item->removed ? SLICE("-") : SLICE("="));
        buf_append_slice(&text, changes_value(changes, item));
        buf_append_slice(&text, SLICE(" "));
    }
    buf_append(&text, "", 1);
    ck_assert_str_eq(text.data, expected);
    buf_finish(&text);
}

START_TEST(changes_are_sorted_and_the_last_wins) {
    struct changes changes = {0};
    expect_changes(&changes, "");
    change(&changes, "abcdefghij", "1");
    change(&changes, "b", "2");
    change(&changes, "abcdefgh", "");
    change(&changes, "a", "long value");
    change(&changes, "b", NULL);
    change(&changes, "abcdefghi", "4");
    change(&changes, "c", NULL);
    change(&changes, "c", "5");
    change(&changes, "a", "6");
    expect_changes(&changes, "a=6 abcdefgh= abcdefghi=4 abcdefghij=1 b- c=5 ");
    changes_clear(&changes);
    change(&changes, "x", "y");
    expect_changes(&changes, "x=y ");
    changes_finish(&changes);
}
END_TEST

/* A zero byte at the end of a short key must not make it equal to another. */
START_TEST(changes_know_short_keys_apart) {
    struct changes changes = {0};
    const struct key one = {.size = 1, .bytes = {'k'}};
    const struct key two = {.size = 2, .bytes = {'k', 0}};
    buf_append_slice(changes_put(&changes, &two), SLICE("2"));
    buf_append_slice(changes_put(&changes, &one), SLICE("1"));
    changes_sort(&changes);
    ck_assert_uint_eq(changes.count, 2);
    ck_assert_uint_eq(changes.items[0].key_size, 1);
    ck_assert_uint_eq(changes.items[1].key_size, 2);
    changes_finish(&changes);
}
END_TEST

/* What was dropped is neither found nor left, in whatever order. */
START_TEST(changes_are_found_and_dropped) {
    static const char *const keys[] = {"a", "b1", "b2", "c"};
    struct changes changes = {0};
    const struct key first = {.size = 1, .bytes = {'b'}};
    const struct key end = {.size = 1, .bytes = {'c'}};
    struct key key = {.size = 2, .bytes = {'b', '1'}};
    ck_assert_ptr_null(changes_find(&changes, &key));
    for (size_t i = 0; i < 4; i++)
        change(&changes, keys[i], "1");
    change(&changes, "b1", "two");
    const struct change *found = changes_find(&changes, &key);
    ck_assert_ptr_nonnull(found);
    ck_assert(slice_equal(changes_value(&changes, found), SLICE("two")));
    change(&changes, "b1", "three"); /* After the index was made. */
    found = changes_find(&changes, &key);
    ck_assert(slice_equal(changes_value(&changes, found), SLICE("three")));
    changes_drop_range(&changes, &first, &end);
    ck_assert_ptr_null(changes_find(&changes, &key));
    change(&changes, "b2", "again");
    expect_changes(&changes, "a=1 b2=again c=1 ");
    changes_clear(&changes);
    ck_assert_ptr_null(changes_find(&changes, &key));
    changes_finish(&changes);
}
END_TEST

START_TEST(digests_go_round) {
    struct digests digests = {0};
    ck_assert_ptr_null(digests_find(&digests, 1));
    for (uint64_t i = 1; i <= DIGESTS_MAX + 100; i++) {
        struct digest_row row = {2 * i, 2, i};
        digests_add(&digests, &row);
    }
    ck_assert_ptr_null(digests_find(&digests, 2 * 100));
    ck_assert_ptr_null(digests_find(&digests, 2 * 150 + 1));
    ck_assert_uint_eq(digests_find(&digests, 2 * 101)->digest, 101);
    ck_assert_uint_eq(digests_find(&digests, 2 * DIGESTS_MAX)->digest,
                      DIGESTS_MAX);
    digests_finish(&digests);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("persister_parts");
    TCase *tests = tcase_create("persister_parts");
    tcase_add_test(tests, frames_come_out_as_they_went_in);
    tcase_add_test(tests, space_is_a_share);
    tcase_add_test(tests, space_is_asked_once_a_second);
    tcase_add_test(tests, files_are_collected_hourly_in_steps);
    tcase_add_test(tests, health_says_why);
    tcase_add_test(tests, people_are_told_once_in_order);
    tcase_add_test(tests, changes_are_sorted_and_the_last_wins);
    tcase_add_test(tests, changes_know_short_keys_apart);
    tcase_add_test(tests, changes_are_found_and_dropped);
    tcase_add_test(tests, digests_go_round);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
