/* test_log_tail.c - what a shard sends to the log, sends again, and gives up.
 * The other side is a model: it takes batches in order and remembers them. */
#include <check.h>
#include <stdlib.h>

#include "broker/shard/log_tail.h"

static struct log_tail tail;
static struct arena arena;
static struct buf out;

static void setup(void) {
    log_tail_init(&tail);
    tail.epoch = 3;
}

static void teardown(void) {
    log_tail_finish(&tail);
    arena_finish(&arena);
    buf_finish(&out);
}

static void append(uint32_t partition, uint64_t seq, const char *text) {
    log_tail_append(&tail, partition, seq, slice_of(text));
}

/* The next message, decoded and counted as sent. */
static struct wire next(void) {
    struct wire wire;
    ck_assert(log_tail_next(&tail, &out));
    ck_assert_int_eq(wire_decode(buf_slice(&out), &arena, &wire, NULL), ERR_OK);
    log_tail_sent(&tail);
    return wire;
}

static void nothing_to_send(void) {
    ck_assert(!log_tail_next(&tail, &out));
}

static void read_room(uint64_t correlation) {
    struct wire wire = {.kind = WIRE_READ_ROOM,
                        .correlation = correlation,
                        .as.read_room = {.room = {65}}};
    struct buf message = {0};
    wire_encode(&wire, &message);
    log_tail_read(&tail, correlation, buf_slice(&message));
    buf_finish(&message);
}

START_TEST(one_turn_makes_one_batch_a_partition) {
    append(1, 1, "a");
    append(2, 1, "b");
    append(1, 2, "c");
    struct wire wire = next();
    ck_assert_int_eq(wire.kind, WIRE_APPEND);
    ck_assert_uint_eq(wire.as.append.batches_count, 2);
    const struct wire_batch *batch = &wire.as.append.batches[0];
    ck_assert_uint_eq(batch->partition, 1);
    ck_assert_uint_eq(batch->epoch, 3);
    ck_assert_uint_eq(batch->first_seq, 1);
    ck_assert_uint_eq(batch->records_count, 2);
    ck_assert(slice_equal(batch->records[1], SLICE("c")));
    nothing_to_send();
    append(1, 3, "d");
    wire = next();
    ck_assert_uint_eq(wire.as.append.batches_count, 1);
    ck_assert_uint_eq(wire.as.append.batches[0].first_seq, 3);
}
END_TEST

START_TEST(what_was_sent_does_not_grow) {
    append(1, 1, "a");
    ck_assert(log_tail_next(&tail, &out));
    /* The link had no room: it is tried again, as it was. */
    append(1, 2, "b");
    struct wire wire = next();
    ck_assert_uint_eq(wire.as.append.batches[0].records_count, 1);
    wire = next();
    ck_assert_uint_eq(wire.as.append.batches[0].first_seq, 2);
}
END_TEST

START_TEST(a_new_link_gets_the_same_batches_again) {
    append(1, 1, "a");
    append(1, 2, "b");
    next();
    append(1, 3, "c");
    next();
    append(1, 4, "d");
    log_tail_restart(&tail);
    log_tail_committed(&tail, 1, 2);
    struct wire wire = next();
    ck_assert_uint_eq(wire.as.append.batches[0].first_seq, 3);
    ck_assert_uint_eq(wire.as.append.batches[0].records_count, 1);
    wire = next();
    ck_assert_uint_eq(wire.as.append.batches[0].first_seq, 4);
    log_tail_committed(&tail, 1, 4);
    ck_assert_uint_eq(tail.batches, 0);
    ck_assert_uint_eq(tail.bytes, 0);
    nothing_to_send();
}
END_TEST

START_TEST(a_refusal_withdraws_all_behind_it) {
    append(1, 1, "a");
    next();
    append(1, 2, "b");
    next();
    log_tail_committed(&tail, 1, 1);
    append(1, 3, "c");
    next();
    append(2, 1, "other");
    append(1, 4, "not sent");
    ck_assert(log_tail_refused(&tail, 1, 2));
    ck_assert_uint_eq(tail.batches, 1);
    /* The core begins anew at the refused sequence... */
    append(1, 2, "again");
    struct wire wire = next();
    ck_assert_uint_eq(wire.as.append.batches_count, 2);
    /* ...while the refusal of "c" is still on its way. */
    ck_assert(!log_tail_refused(&tail, 1, 3));
    ck_assert_uint_eq(tail.batches, 2);
    ck_assert(log_tail_refused(&tail, 1, 2));
    ck_assert_uint_eq(tail.batches, 1);
}
END_TEST

START_TEST(what_may_be_on_disk_is_not_taken_for_what_came_later) {
    append(1, 1, "a");
    next();
    log_tail_committed(&tail, 1, 1);
    append(1, 2, "b");
    next();
    ck_assert(!log_tail_is_contradicted(&tail, 1, 2));
    ck_assert(log_tail_refused(&tail, 1, 2));
    log_tail_doubt(&tail, 1, 2);
    append(1, 2, "other");
    log_tail_restart(&tail);
    /* The disk failed for good: "b" is gone... */
    ck_assert(!log_tail_is_contradicted(&tail, 1, 1));
    log_tail_committed(&tail, 1, 1);
    /* ...or it is there, where "other" is to come. */
    ck_assert(log_tail_is_contradicted(&tail, 1, 2));
    ck_assert(!log_tail_is_contradicted(&tail, 2, 2));
    /* A sound persister wrote "other": that is settled. */
    next();
    log_tail_committed(&tail, 1, 2);
    ck_assert(!log_tail_is_contradicted(&tail, 1, 2));
}
END_TEST

START_TEST(what_was_not_sent_cannot_be_refused) {
    append(1, 1, "a");
    ck_assert(!log_tail_refused(&tail, 1, 1));
    ck_assert(!log_tail_refused(&tail, 5, 1));
    ck_assert_uint_eq(tail.batches, 1);
}
END_TEST

START_TEST(a_batch_is_bounded) {
    static char big[100000];
    memset(big, 'x', sizeof big - 1);
    for (uint64_t seq = 1; seq <= 20; seq++)
        append(7, seq, big);
    uint64_t expected = 1;
    while (expected <= 20) {
        struct wire wire = next();
        ck_assert_uint_lt(out.size, 700000);
        for (uint32_t i = 0; i < wire.as.append.batches_count; i++) {
            ck_assert_uint_eq(wire.as.append.batches[i].first_seq, expected);
            expected += wire.as.append.batches[i].records_count;
            log_tail_committed(&tail, 7, expected - 1);
        }
    }
    nothing_to_send();
}
END_TEST

START_TEST(some_appends_are_under_way_at_most) {
    const uint64_t most = LOG_TAIL_FLIGHTS_MAX;
    append(1, 1, "a");
    append(2, 1, "b");
    next();
    for (uint64_t seq = 2; seq <= most; seq++) {
        append(1, seq, "c");
        next();
    }
    append(1, most + 1, "d");
    append(3, 1, "e");
    nothing_to_send();
    log_tail_committed(&tail, 1, 1);
    nothing_to_send(); /* The other half of the first is not on disk yet. */
    log_tail_committed(&tail, 2, 1);
    struct wire wire = next();
    ck_assert_uint_eq(wire.as.append.batches_count, 2);
    append(1, most + 2, "f");
    nothing_to_send();
    read_room(1);
    ck_assert_int_eq(next().kind, WIRE_READ_ROOM); /* Reads wait for none. */
    nothing_to_send();
    log_tail_restart(&tail);
    ck_assert_uint_eq(next().correlation, 1);
    for (uint64_t seq = 2; seq <= most + 1; seq++)
        ck_assert_uint_eq(next().as.append.batches[0].first_seq, seq);
    nothing_to_send();
}
END_TEST

START_TEST(reads_are_asked_again_until_answered) {
    read_room(1);
    read_room(2);
    ck_assert_uint_eq(next().correlation, 1);
    ck_assert_uint_eq(next().correlation, 2);
    nothing_to_send();
    ck_assert(log_tail_answered(&tail, 1));
    ck_assert(!log_tail_answered(&tail, 1));
    read_room(3);
    log_tail_restart(&tail);
    /* The answer to the first asking came after all. */
    ck_assert(log_tail_answered(&tail, 3));
    ck_assert_uint_eq(next().correlation, 2);
    nothing_to_send();
    log_tail_restart(&tail);
    ck_assert_uint_eq(next().correlation, 2);
    ck_assert(log_tail_answered(&tail, 2));
    nothing_to_send();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log_tail");
    TCase *tcase = tcase_create("log_tail");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_turn_makes_one_batch_a_partition);
    tcase_add_test(tcase, what_was_sent_does_not_grow);
    tcase_add_test(tcase, a_new_link_gets_the_same_batches_again);
    tcase_add_test(tcase, a_refusal_withdraws_all_behind_it);
    tcase_add_test(tcase, what_may_be_on_disk_is_not_taken_for_what_came_later);
    tcase_add_test(tcase, what_was_not_sent_cannot_be_refused);
    tcase_add_test(tcase, a_batch_is_bounded);
    tcase_add_test(tcase, some_appends_are_under_way_at_most);
    tcase_add_test(tcase, reads_are_asked_again_until_answered);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
