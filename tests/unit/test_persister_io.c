/* test_persister_io.c - the persister as brokers see it: claims, group commit,
 * refusals, reads beside writes, rubbish, and its end. */
#include <check.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/link/link_counters.h"
#include "common/clock.h"
#include "persister/collector.h"
#include "persister/persister_metrics.h"
#include "tests/unit/persister_world.h"

static uint64_t metric(const struct persister_world *world,
                       enum persister_metric which, size_t label) {
    return metrics_get(world->metrics, which, label);
}

static void read_user(struct persister_world *world, uint32_t peer,
                      uint64_t correlation, uint64_t user) {
    struct wire wire = {.kind = WIRE_READ_USER,
                        .correlation = correlation,
                        .as.read_user.user = {user}};
    persister_world_send(world, peer, &wire);
}

static void wait_for(struct persister_world *world, const uint32_t *number,
                     uint32_t least) {
    while (behaviour_get(&world->behaviour, number) < least)
        sched_yield();
}

START_TEST(what_is_appended_can_be_read) {
    struct persister_world world;
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(
        &world, 0, "appended correlation=1 heads=[{partition=1 seq=1}]");
    read_user(&world, 0, 9, 5);
    persister_world_expect(&world, 0, "row_user correlation=9 found=yes");
    read_user(&world, 0, 10, 6);
    persister_world_expect(&world, 0, "row_user correlation=10");
    persister_world_finish(&world);
}
END_TEST

/* Files that nobody names are looked for at the start, once. */
START_TEST(old_files_are_collected_at_the_start) {
    struct persister_world world;
    int64_t started_us = (int64_t)wall_us();
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "appended correlation=1");
    ck_assert_uint_eq(
        behaviour_get(&world.behaviour, &world.behaviour.collects_total), 1);
    int64_t before_us = world.behaviour.collect_before_us;
    ck_assert_int_ge(before_us, collector_before_us(started_us));
    ck_assert_int_le(before_us, collector_before_us((int64_t)wall_us()));
    ck_assert_uint_eq(metric(&world, PERSISTER_FILES_COLLECTED, 0), 0);
    persister_world_finish(&world);
}
END_TEST

/* Its answer got lost: the same batch is acknowledged again, another one at
 * its place is not. */
START_TEST(a_batch_may_come_again) {
    struct persister_world world;
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "appended correlation=1 heads=");
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(
        &world, 0, "appended correlation=1 heads=[{partition=1 seq=1}]");
    ck_assert_uint_eq(
        behaviour_get(&world.behaviour, &world.behaviour.appends_total), 1);
    persister_world_append(&world, 0, 1, 1, 6);
    persister_world_expect(&world, 0, "appended correlation=1");
    persister_world_expect(&world, 0, "refused partition=1 seq=1 refusal=4");
    persister_world_append(&world, 0, 1, 3, 6);
    persister_world_expect(&world, 0, "appended correlation=3");
    persister_world_expect(
        &world, 0, "refused partition=1 seq=3 refusal=5 detail=\"gap\"");
    ck_assert_uint_eq(metric(&world, PERSISTER_BATCHES_AGAIN, 0), 1);
    ck_assert_uint_eq(metric(&world, PERSISTER_REFUSED, REFUSED_CONFLICT), 1);
    persister_world_finish(&world);
}
END_TEST

START_TEST(one_broker_holds_the_partitions) {
    struct persister_world world;
    struct wire claim = {
        .kind = WIRE_CLAIM, .correlation = 3, .as.claim.instance = 88};
    struct wire keep = {.kind = WIRE_KEEP, .correlation = 4, .as.keep = {1}};
    struct wire release = {
        .kind = WIRE_RELEASE, .correlation = 5, .as.release = {1}};
    struct wire attach = {
        .kind = WIRE_ATTACH, .correlation = 6, .as.attach = {1}};
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_connect(&world, 1);
    persister_world_claim(&world, 0, 77, 1);
    persister_world_send(&world, 1, &claim);
    persister_world_expect(&world, 1, "reply_error correlation=3 refusal=10");
    persister_world_send(&world, 0, &keep);
    persister_world_expect(&world, 0, "reply_ok correlation=4");
    persister_world_send(&world, 0, &release);
    persister_world_expect(&world, 0, "reply_ok correlation=5");
    persister_world_claim(&world, 1, 88, 2);
    persister_world_send(&world, 0, &keep);
    persister_world_expect(&world, 0, "reply_error correlation=4 refusal=11");
    persister_world_send(&world, 0, &attach);
    persister_world_expect(&world, 0, "reply_error correlation=6 refusal=11");
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "refused partition=1 seq=1 refusal=11");
    persister_world_append(&world, 1, 2, 1, 5);
    persister_world_expect(
        &world, 1, "appended correlation=1 heads=[{partition=1 seq=1}]");
    ck_assert_uint_eq(metric(&world, PERSISTER_EPOCH, 0), 2);
    persister_world_finish(&world);
}
END_TEST

START_TEST(what_waits_is_written_at_once) {
    struct persister_world world;
    const uint64_t total = 200;
    char line[64];
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    behaviour_set(&world.behaviour, true, false);
    persister_world_append(&world, 0, 1, 1, 5);
    wait_for(&world, &world.behaviour.appends_waiting, 1);
    for (uint64_t seq = 2; seq <= total; seq++)
        persister_world_append(&world, 0, 1, seq, seq);
    /* Reads do not wait behind it; this one came after all appends, so they
     * have all arrived. */
    read_user(&world, 0, 900, 5);
    persister_world_expect(&world, 0, "row_user correlation=900");
    behaviour_set(&world.behaviour, false, false);
    snprintf(line, sizeof line,
             "appended correlation=%llu heads=[{partition=1 seq=%llu}]",
             (unsigned long long)total, (unsigned long long)total);
    persister_world_expect(&world, 0, line);
    /* One for the first, one for the rest; more only if the pipe was slow. */
    ck_assert_uint_le(
        behaviour_get(&world.behaviour, &world.behaviour.appends_total), 4);
    ck_assert_uint_eq(metric(&world, PERSISTER_RECORDS, 0), total);
    ck_assert_uint_eq(metric(&world, PERSISTER_BATCHES, 0), total);
    ck_assert_uint_le(metric(&world, PERSISTER_FSYNCS, 0), 5);
    persister_world_finish(&world);
}
END_TEST

START_TEST(a_failed_write_refuses_all_others) {
    struct persister_world world;
    struct buf text = {0};
    struct wire claim = {
        .kind = WIRE_CLAIM, .correlation = 3, .as.claim.instance = 88};
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "appended correlation=1 heads=");
    ck_assert(readiness_met(world.readiness));
    behaviour_fail(&world.behaviour, ERR_IO, ERR_OK);
    persister_world_append(&world, 0, 1, 2, 6);
    persister_world_expect(
        &world, 0, "refused partition=1 seq=2 refusal=9 detail=\"as told\"");
    /* The disk is well again, but nobody knows what of it is written. */
    behaviour_fail(&world.behaviour, ERR_OK, ERR_OK);
    persister_world_append(&world, 0, 1, 2, 6);
    persister_world_expect(
        &world, 0, "refused partition=1 seq=2 refusal=9 detail=\"as told\"");
    ck_assert(!readiness_render(world.readiness, &text));
    buf_append(&text, "", 1);
    ck_assert_ptr_nonnull(strstr(text.data, "storage: as told"));
    read_user(&world, 0, 9, 5);
    persister_world_expect(&world, 0, "row_user correlation=9 found=yes");
    persister_world_send(
        &world, 0, &(struct wire){.kind = WIRE_RELEASE, .as.release.epoch = 1});
    persister_world_send(&world, 0, &claim);
    persister_world_expect(&world, 0, "reply_error correlation=3 refusal=7");
    buf_finish(&text);
    persister_world_finish(&world);
}
END_TEST

START_TEST(a_full_store_recovers) {
    struct persister_world world;
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    behaviour_fail(&world.behaviour, ERR_FULL, ERR_OK);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "refused partition=1 seq=1 refusal=6");
    behaviour_fail(&world.behaviour, ERR_OK, ERR_OK);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(
        &world, 0, "appended correlation=1 heads=[{partition=1 seq=1}]");
    persister_world_finish(&world);
}
END_TEST

/* No disk is quite empty, so 100 % is never free. */
START_TEST(too_little_space_refuses_appends_alone) {
    struct persister_world world;
    persister_world_start(&world, 100);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "refused partition=1 seq=1 refusal=6");
    ck_assert(!readiness_met(world.readiness));
    read_user(&world, 0, 9, 5);
    persister_world_expect(&world, 0, "row_user correlation=9");
    persister_world_finish(&world);
}
END_TEST

START_TEST(damage_found_by_a_read_ends_writing) {
    struct persister_world world;
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    behaviour_fail(&world.behaviour, ERR_OK, ERR_CORRUPT);
    read_user(&world, 0, 9, 5);
    persister_world_expect(&world, 0, "reply_error correlation=9 refusal=7");
    behaviour_fail(&world.behaviour, ERR_OK, ERR_OK);
    persister_world_append(&world, 0, 1, 1, 5);
    persister_world_expect(&world, 0, "refused partition=1 seq=1 refusal=7");
    read_user(&world, 0, 10, 5);
    persister_world_expect(&world, 0, "row_user correlation=10");
    ck_assert(!readiness_met(world.readiness));
    ck_assert_uint_eq(metric(&world, PERSISTER_READS_FAILED, 0), 1);
    persister_world_finish(&world);
}
END_TEST

static const struct {
    const char *what;
    struct slice bytes;
    const char *reason;
} rubbish[] = {
    {"no msgpack", {"\xc1", 1}, "without a head"},
    {"no such kind", {"\x93\x7f\x00\x00", 4}, "without a head"},
    {"for a broker", {"\x94\x0b\x01\x00\x01", 5}, "not for a persister"},
    {"an append without batches", {"\x93\x42\x01\x00", 4}, "append"},
    {"an append that claims much",
     {"\x94\x42\x01\x00\xdd\xff\xff\xff\xff", 9},
     "append.batches"},
    {"a read without its field", {"\x93\x48\x01\x00", 4}, "read_user"},
    {"a partition that is none", {"\x94\x48\x01\x40\x05", 5}, "without a head"},
};

START_TEST(rubbish_ends_that_link_alone) {
    struct persister_world world;
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_connect(&world, 1);
    persister_world_claim(&world, 1, 77, 1);
    persister_world_send_bytes(&world, 0, rubbish[_i].bytes);
    persister_world_expect_down(&world, 0, rubbish[_i].reason);
    persister_world_append(&world, 1, 1, 1, 5);
    persister_world_expect(&world, 1, "appended correlation=1 heads=");
    ck_assert_uint_eq(metric(&world, PERSISTER_RUBBISH, 0), 1);
    ck_assert_uint_eq(world.peers[1].downs, 0);
    persister_world_finish(&world);
}
END_TEST

START_TEST(too_many_reads_are_told_to_try_again) {
    struct persister_world world;
    const uint64_t total = 1024 + 20;
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    behaviour_set(&world.behaviour, false, true);
    for (uint64_t i = 1; i <= total; i++)
        read_user(&world, 0, i, 5);
    persister_world_expect(&world, 0, "reply_error correlation=1044 refusal=5");
    ck_assert_uint_eq(metric(&world, PERSISTER_READS_TRY_AGAIN, 0), 20);
    behaviour_set(&world.behaviour, false, false);
    persister_world_expect(&world, 0, "row_user correlation=1024");
    persister_world_finish(&world);
}
END_TEST

/* Asked of the persister's counters: what it says last may be lost with the
 * connection (link_client.h), the answer and the good-bye alike. */
START_TEST(a_stop_finishes_what_was_asked) {
    struct persister_world world;
    size_t messages_out =
        offsetof(struct link_counters, messages_out) / sizeof(uint64_t);
    persister_world_start(&world, 0);
    persister_world_connect(&world, 0);
    persister_world_claim(&world, 0, 77, 1);
    behaviour_set(&world.behaviour, true, false);
    persister_world_append(&world, 0, 1, 1, 5);
    wait_for(&world, &world.behaviour.appends_waiting, 1);
    persister_world_stop(&world);
    behaviour_set(&world.behaviour, false, false);
    persister_world_expect_down(&world, 0, "");
    ck_assert_uint_eq(metric(&world, PERSISTER_RECORDS, 0), 1);
    /* Claimed, heads, appended. */
    ck_assert_uint_eq(metric(&world, PERSISTER_LINK, messages_out), 3);
    persister_world_finish(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("persister_io");
    TCase *tests = tcase_create("persister_io");
    tcase_add_test(tests, what_is_appended_can_be_read);
    tcase_add_test(tests, old_files_are_collected_at_the_start);
    tcase_add_test(tests, a_batch_may_come_again);
    tcase_add_test(tests, one_broker_holds_the_partitions);
    tcase_add_test(tests, what_waits_is_written_at_once);
    tcase_add_test(tests, a_failed_write_refuses_all_others);
    tcase_add_test(tests, a_full_store_recovers);
    tcase_add_test(tests, too_little_space_refuses_appends_alone);
    tcase_add_test(tests, damage_found_by_a_read_ends_writing);
    tcase_add_loop_test(tests, rubbish_ends_that_link_alone, 0,
                        (int)(sizeof rubbish / sizeof *rubbish));
    tcase_add_test(tests, too_many_reads_are_told_to_try_again);
    tcase_add_test(tests, a_stop_finishes_what_was_asked);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
