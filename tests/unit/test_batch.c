/* test_batch.c - the writer's decisions: which batches it takes, and who may
 * write at all. */
#include <check.h>
#include <stdlib.h>

#include "persister/batch.h"
#include "persister/claim.h"
#include "persister/record.h"

#define EPOCH 3u

/* Encoded profiles: the smallest sound records. */
struct maker {
    struct arena arena;
    struct buf bytes;
};

static struct slice make_record(struct maker *maker, uint64_t user) {
    struct wire wire = {.kind = RECORD_USER_PUT,
                        .as.record_user_put.profile.user = {user}};
    buf_clear(&maker->bytes);
    wire_encode(&wire, &maker->bytes);
    return arena_copy(&maker->arena, buf_slice(&maker->bytes));
}

static struct wire_batch make_batch(struct maker *maker, uint8_t partition,
                                    uint64_t epoch, uint64_t first_seq,
                                    uint32_t count) {
    struct wire_batch batch = {.partition = partition,
                               .epoch = epoch,
                               .first_seq = first_seq,
                               .records_count = count};
    batch.records = arena_alloc(&maker->arena, count * sizeof(struct slice));
    for (uint32_t i = 0; i < count; i++)
        batch.records[i] = make_record(maker, 100 + first_seq + i);
    return batch;
}

static struct batch_append *append(struct batch_group *group,
                                   struct maker *maker,
                                   const struct wire_batch *batches,
                                   uint32_t count) {
    struct wire_append *copy = arena_alloc(&maker->arena, sizeof *copy);
    copy->batches = arena_alloc(&maker->arena, count * sizeof *copy->batches);
    memcpy(copy->batches, batches, count * sizeof *batches);
    copy->batches_count = count;
    return batch_group_append(group, 1, 7, copy, &maker->arena);
}

static void finish(struct batch_group *group, struct maker *maker) {
    batch_group_finish(group);
    arena_finish(&maker->arena);
    buf_finish(&maker->bytes);
}

/* Heads: partition 0 at 10, the others at 0. */
static void start(struct batch_group *group, struct maker *maker) {
    struct store_heads heads = {.epoch = EPOCH, .seq = {[0] = 10}};
    *maker = (struct maker){{0}, {0}};
    batch_group_create(group);
    batch_group_begin(group, &heads);
}

static const struct {
    const char *name;
    uint64_t epoch;
    uint64_t first_seq;
    uint32_t count;
    enum batch_verdict verdict;
    uint8_t refusal;
} cases[] = {
    {"follows on", EPOCH, 11, 2, BATCH_ACCEPTED, 0},
    {"a gap", EPOCH, 12, 1, BATCH_REFUSED, REFUSED_TRY_AGAIN},
    {"a huge gap", EPOCH, UINT64_MAX, 1, BATCH_REFUSED, REFUSED_TRY_AGAIN},
    {"at the head", EPOCH, 10, 1, BATCH_OLD, 0},
    {"long ago", EPOCH, 1, 1, BATCH_OLD, 0},
    {"across the head", EPOCH, 10, 5, BATCH_OLD, 0},
    {"an older epoch", EPOCH - 1, 11, 1, BATCH_REFUSED, REFUSED_STALE},
    {"a newer epoch", EPOCH + 1, 11, 1, BATCH_REFUSED, REFUSED_STALE},
    {"no epoch", 0, 11, 1, BATCH_REFUSED, REFUSED_STALE},
    {"an older epoch, old", EPOCH - 1, 1, 1, BATCH_REFUSED, REFUSED_STALE},
    {"no records", EPOCH, 11, 0, BATCH_REFUSED, REFUSED_BAD_FIELD},
    {"no sequence", EPOCH, 0, 1, BATCH_REFUSED, REFUSED_BAD_FIELD},
};

START_TEST(one_batch_is_judged) {
    struct batch_group group;
    struct maker maker;
    start(&group, &maker);
    struct wire_batch batch = make_batch(&maker, 0, cases[_i].epoch,
                                         cases[_i].first_seq, cases[_i].count);
    const struct batch_case *judged = append(&group, &maker, &batch, 1)->cases;
    ck_assert_msg(judged->verdict == cases[_i].verdict, "%s: verdict %d",
                  cases[_i].name, (int)judged->verdict);
    ck_assert_uint_eq(judged->refusal, cases[_i].refusal);
    ck_assert_uint_eq(group.accepted_count,
                      cases[_i].verdict == BATCH_ACCEPTED);
    finish(&group, &maker);
}
END_TEST

START_TEST(nothing_is_taken_before_the_first_claim) {
    struct batch_group group;
    struct maker maker;
    const struct store_heads heads = {.epoch = 0};
    start(&group, &maker);
    batch_group_begin(&group, &heads);
    struct wire_batch batch = make_batch(&maker, 0, 0, 1, 1);
    ck_assert_uint_eq(append(&group, &maker, &batch, 1)->cases->refusal,
                      REFUSED_STALE);
    finish(&group, &maker);
}
END_TEST

START_TEST(batches_of_a_group_follow_on_each_other) {
    struct batch_group group;
    struct maker maker;
    struct wire_head heads[PARTITION_COUNT];
    start(&group, &maker);
    const struct wire_batch first[] = {make_batch(&maker, 0, EPOCH, 11, 3),
                                       make_batch(&maker, 5, EPOCH, 1, 1)};
    const struct wire_batch second[] = {make_batch(&maker, 0, EPOCH, 14, 1)};
    struct batch_append *one = append(&group, &maker, first, 2);
    struct batch_append *two = append(&group, &maker, second, 1);
    ck_assert_uint_eq(group.accepted_count, 3);
    ck_assert_uint_eq(group.records_count, 5);
    batch_group_end(&group, 0, "");
    ck_assert_uint_eq(batch_append_heads(one, heads), 2);
    ck_assert_uint_eq(heads[0].partition, 0);
    ck_assert_uint_eq(heads[0].seq, 13);
    ck_assert_uint_eq(heads[1].partition, 5);
    ck_assert_uint_eq(heads[1].seq, 1);
    ck_assert_uint_eq(batch_append_heads(two, heads), 1);
    ck_assert_uint_eq(heads[0].seq, 14);
    finish(&group, &maker);
}
END_TEST

START_TEST(a_refused_batch_leaves_a_gap) {
    struct batch_group group;
    struct maker maker;
    struct wire_head heads[PARTITION_COUNT];
    start(&group, &maker);
    struct wire_batch batches[] = {make_batch(&maker, 0, EPOCH, 11, 2),
                                   make_batch(&maker, 0, EPOCH, 13, 1),
                                   make_batch(&maker, 9, EPOCH, 1, 1)};
    batches[0].records[1] = SLICE("\x93\x01");
    struct batch_append *judged = append(&group, &maker, batches, 3);
    ck_assert_uint_eq(judged->cases[0].refusal, REFUSED_BAD_FIELD);
    ck_assert_ptr_nonnull(strstr(judged->cases[0].detail, "record 1: message"));
    ck_assert_uint_eq(judged->cases[1].refusal, REFUSED_TRY_AGAIN);
    ck_assert_int_eq(judged->cases[2].verdict, BATCH_ACCEPTED);
    batch_group_end(&group, 0, "");
    ck_assert_uint_eq(batch_append_heads(judged, heads), 1);
    ck_assert_uint_eq(heads[0].partition, 9);
    finish(&group, &maker);
}
END_TEST

START_TEST(what_is_no_record_is_refused_by_name) {
    struct batch_group group;
    struct maker maker;
    struct wire wire = {.kind = WIRE_KEEP, .as.keep.epoch = 1};
    start(&group, &maker);
    struct wire_batch batch = make_batch(&maker, 0, EPOCH, 11, 1);
    buf_clear(&maker.bytes);
    wire_encode(&wire, &maker.bytes);
    batch.records[0] = buf_slice(&maker.bytes);
    const struct batch_case *judged = append(&group, &maker, &batch, 1)->cases;
    ck_assert_uint_eq(judged->refusal, REFUSED_BAD_FIELD);
    ck_assert_str_eq(judged->detail, "record 0: keep: is no record ");
    finish(&group, &maker);
}
END_TEST

START_TEST(what_came_before_is_known_by_its_digest) {
    struct batch_group group;
    struct maker maker;
    struct wire_head heads[PARTITION_COUNT];
    start(&group, &maker);
    struct wire_batch batch = make_batch(&maker, 0, EPOCH, 9, 2);
    uint64_t digest = store_batch_digest(&batch);
    struct batch_append *judged = append(&group, &maker, &batch, 1);
    struct batch_case old = judged->cases[0];
    batch_case_recall(&judged->cases[0], true, 2, digest);
    ck_assert_int_eq(judged->cases[0].verdict, BATCH_KNOWN);

    struct batch_case other = old;
    batch_case_recall(&other, true, 2, digest + 1);
    ck_assert_uint_eq(other.refusal, REFUSED_CONFLICT);
    other = old;
    batch_case_recall(&other, true, 3, digest);
    ck_assert_uint_eq(other.refusal, REFUSED_CONFLICT);
    other = old;
    batch_case_recall(&other, false, 0, 0);
    ck_assert_uint_eq(other.refusal, REFUSED_CONFLICT);

    /* What is on disk already stays acknowledged if the group fails. */
    batch_group_end(&group, REFUSED_STORAGE_FULL, "full");
    ck_assert_uint_eq(batch_append_heads(judged, heads), 1);
    ck_assert_uint_eq(heads[0].seq, 10);
    finish(&group, &maker);
}
END_TEST

START_TEST(what_came_twice_in_a_group_shares_its_fate) {
    for (int failed = 0; failed < 2; failed++) {
        struct batch_group group;
        struct maker maker;
        struct wire_head heads[PARTITION_COUNT];
        start(&group, &maker);
        struct wire_batch batch = make_batch(&maker, 0, EPOCH, 11, 2);
        struct wire_batch other = make_batch(&maker, 0, EPOCH, 11, 1);
        append(&group, &maker, &batch, 1);
        struct batch_append *again = append(&group, &maker, &batch, 1);
        struct batch_append *wrong = append(&group, &maker, &other, 1);
        ck_assert_uint_eq(group.accepted_count, 1);
        ck_assert_int_eq(again->cases->verdict, BATCH_KNOWN);
        ck_assert_uint_eq(wrong->cases->refusal, REFUSED_CONFLICT);
        batch_group_end(&group, failed ? REFUSED_STORAGE_FAILED : 0, "why");
        ck_assert_uint_eq(batch_append_heads(again, heads), failed ? 0 : 1);
        if (failed)
            ck_assert_str_eq(again->cases->detail, "why");
        finish(&group, &maker);
    }
}
END_TEST

START_TEST(a_group_that_fails_acknowledges_nothing) {
    struct batch_group group;
    struct maker maker;
    struct wire_head heads[PARTITION_COUNT];
    start(&group, &maker);
    struct wire_batch batch = make_batch(&maker, 0, EPOCH, 11, 2);
    struct batch_append *judged = append(&group, &maker, &batch, 1);
    batch_group_end(&group, REFUSED_STORAGE_FULL, "full");
    ck_assert_uint_eq(judged->cases->refusal, REFUSED_STORAGE_FULL);
    ck_assert_uint_eq(batch_append_heads(judged, heads), 0);
    finish(&group, &maker);
}
END_TEST

START_TEST(a_group_is_bounded) {
    struct batch_group group;
    struct maker maker;
    start(&group, &maker);
    for (uint32_t i = 0; i < BATCH_GROUP_APPENDS_MAX; i++) {
        struct wire_batch batch = make_batch(&maker, 0, EPOCH, 11 + i, 1);
        ck_assert(!batch_group_is_full(&group));
        append(&group, &maker, &batch, 1);
    }
    ck_assert(batch_group_is_full(&group));
    ck_assert_uint_eq(group.accepted_count, BATCH_GROUP_APPENDS_MAX);
    finish(&group, &maker);
}
END_TEST

START_TEST(what_is_accepted_was_read) {
    struct batch_group group;
    struct maker maker;
    start(&group, &maker);
    struct wire_batch batches[] = {make_batch(&maker, 0, EPOCH, 11, 2),
                                   make_batch(&maker, 7, EPOCH, 1, 1)};
    append(&group, &maker, batches, 2);
    ck_assert_uint_eq(group.accepted_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct store_batch *read = &group.accepted[i];
        ck_assert_uint_eq(read->digest, store_batch_digest(&batches[i]));
        ck_assert_uint_eq(read->batch->first_seq, batches[i].first_seq);
        for (uint32_t at = 0; at < batches[i].records_count; at++) {
            const struct wire *record = &read->records[at];
            ck_assert_int_eq(record->kind, RECORD_USER_PUT);
            ck_assert_uint_eq(record->as.record_user_put.profile.user.value,
                              100 + batches[i].first_seq + at);
        }
    }
    finish(&group, &maker);
}
END_TEST

START_TEST(a_group_of_many_records_is_full) {
    struct batch_group group;
    struct maker maker;
    uint32_t some = BATCH_GROUP_RECORDS_MAX - 1;
    start(&group, &maker);
    struct wire_batch batch = make_batch(&maker, 0, EPOCH, 11, some);
    append(&group, &maker, &batch, 1);
    ck_assert(!batch_group_is_full(&group));
    batch = make_batch(&maker, 0, EPOCH, 11 + some, 2);
    append(&group, &maker, &batch, 1);
    ck_assert(batch_group_is_full(&group));
    const struct store_heads heads = {.epoch = EPOCH, .seq = {[0] = 10}};
    batch_group_begin(&group, &heads);
    ck_assert(!batch_group_is_full(&group));
    finish(&group, &maker);
}
END_TEST

START_TEST(a_digest_depends_on_sizes_and_bytes) {
    struct slice ab[] = {SLICE("a"), SLICE("b")};
    struct slice joined[] = {SLICE("ab"), {NULL, 0}};
    struct slice ba[] = {SLICE("b"), SLICE("a")};
    struct slice longer[] = {SLICE("seventeen letters")};
    struct wire_batch batch = {.records = ab, .records_count = 2};
    uint64_t digest = store_batch_digest(&batch);
    /* On disk since format version 1. */
    ck_assert_uint_eq(digest, UINT64_C(0x0394ee417a84c546));
    batch.records = longer;
    batch.records_count = 1;
    ck_assert_uint_eq(store_batch_digest(&batch), UINT64_C(0x18e5e83840aac781));
    batch.records_count = 2;
    batch.records = joined;
    ck_assert_uint_ne(store_batch_digest(&batch), digest);
    batch.records = ba;
    ck_assert_uint_ne(store_batch_digest(&batch), digest);
}
END_TEST

/* --- Records -------------------------------------------------------------- */

static struct wire sound_message(void) {
    return (struct wire){
        .kind = RECORD_MESSAGE_CREATED,
        .as.record_message_created = {
            .message = {.message = {7 * PARTITION_COUNT + 2},
                        .room = {PARTITION_COUNT + 2},
                        .ordinal = 3,
                        .place = 4,
                        .author = {1}},
            .state = {.place = 4, .ordinal = 3, .live_total = 3},
            .author = {.user = {1}}}};
}

START_TEST(records_must_be_sound) {
    struct wire wire = sound_message();
    struct record_message_created *created = &wire.as.record_message_created;
    ck_assert_ptr_null(record_fault(&wire, 2, 7));
    ck_assert_ptr_nonnull(record_fault(&wire, 2, 8));
    ck_assert_ptr_nonnull(record_fault(&wire, 3, 7));
    created->state.live_total = 4;
    ck_assert_str_eq(record_fault(&wire, 2, 7),
                     "state: more live messages than messages");
    wire = sound_message();
    created->message.ordinal = 2;
    ck_assert_str_eq(record_fault(&wire, 2, 7), "message: is not the newest");
    wire = sound_message();
    created->message.place = 5;
    ck_assert_str_eq(record_fault(&wire, 2, 7), "message: no such place");
    wire = sound_message();
    created->message.room.value = PARTITION_COUNT + 3;
    ck_assert_str_eq(record_fault(&wire, 2, 7),
                     "room: belongs to another partition");
    wire = sound_message();
    created->state.place = 2;
    ck_assert_ptr_nonnull(record_fault(&wire, 2, 7));
    wire = (struct wire){.kind = RECORD_USER_SEEN,
                         .as.record_user_seen = {{PARTITION_COUNT + 2}, 9}};
    ck_assert_ptr_null(record_fault(&wire, 2, 7));
    ck_assert_str_eq(record_fault(&wire, 3, 7),
                     "user: belongs to another partition");
    wire.as.record_user_seen.last_seen_us = -1;
    ck_assert_str_eq(record_fault(&wire, 2, 7), "last_seen_us: no time");
    wire.as.record_user_seen.user.value = 0;
    ck_assert_str_eq(record_fault(&wire, 0, 7), "user: nobody");
}
END_TEST

/* --- Claims --------------------------------------------------------------- */

START_TEST(the_first_claim_is_granted) {
    struct claim_rule rule;
    claim_rule_init(&rule, 4);
    ck_assert_int_eq(claim_rule_ask(&rule, 11, 1000), CLAIM_VERDICT_TAKE);
    claim_rule_taken(&rule, 5, 11, 1000);
    ck_assert(!claim_rule_heard(&rule, 4, 1001));
    ck_assert(claim_rule_heard(&rule, 5, 1001));
}
END_TEST

START_TEST(a_claim_waits_for_silence) {
    struct claim_rule rule;
    claim_rule_init(&rule, 0);
    claim_rule_taken(&rule, 1, 11, 1000);
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 1000), CLAIM_VERDICT_HELD);
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 3999), CLAIM_VERDICT_HELD);
    ck_assert(claim_rule_heard(&rule, 1, 3999));
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 6998), CLAIM_VERDICT_HELD);
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 6999), CLAIM_VERDICT_TAKE);
    claim_rule_taken(&rule, 2, 22, 6999);
    ck_assert(!claim_rule_heard(&rule, 1, 7000));
    ck_assert_int_eq(claim_rule_ask(&rule, 11, 7000), CLAIM_VERDICT_HELD);
}
END_TEST

START_TEST(the_holder_may_ask_again) {
    struct claim_rule rule;
    claim_rule_init(&rule, 0);
    claim_rule_taken(&rule, 1, 11, 1000);
    ck_assert_int_eq(claim_rule_ask(&rule, 11, 1500), CLAIM_VERDICT_SAME);
    /* That was a sign of life, too. */
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 4499), CLAIM_VERDICT_HELD);
}
END_TEST

START_TEST(a_release_frees_at_once) {
    struct claim_rule rule;
    claim_rule_init(&rule, 0);
    claim_rule_taken(&rule, 1, 11, 1000);
    ck_assert(!claim_rule_release(&rule, 7));
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 1001), CLAIM_VERDICT_HELD);
    ck_assert(claim_rule_release(&rule, 1));
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 1001), CLAIM_VERDICT_TAKE);
}
END_TEST

/* After a start of the persister nobody holds, until the holder speaks. */
START_TEST(a_holder_proves_itself_by_its_epoch) {
    struct claim_rule rule;
    claim_rule_init(&rule, 9);
    ck_assert(claim_rule_heard(&rule, 9, 1000));
    ck_assert_int_eq(claim_rule_ask(&rule, 22, 1001), CLAIM_VERDICT_HELD);
    claim_rule_init(&rule, 0);
    ck_assert(!claim_rule_heard(&rule, 0, 1000));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("batch");
    TCase *tests = tcase_create("batch");
    tcase_add_loop_test(tests, one_batch_is_judged, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tests, nothing_is_taken_before_the_first_claim);
    tcase_add_test(tests, batches_of_a_group_follow_on_each_other);
    tcase_add_test(tests, a_refused_batch_leaves_a_gap);
    tcase_add_test(tests, what_is_no_record_is_refused_by_name);
    tcase_add_test(tests, what_came_before_is_known_by_its_digest);
    tcase_add_test(tests, what_came_twice_in_a_group_shares_its_fate);
    tcase_add_test(tests, a_group_that_fails_acknowledges_nothing);
    tcase_add_test(tests, a_group_is_bounded);
    tcase_add_test(tests, what_is_accepted_was_read);
    tcase_add_test(tests, a_group_of_many_records_is_full);
    tcase_add_test(tests, a_digest_depends_on_sizes_and_bytes);
    tcase_add_test(tests, records_must_be_sound);
    tcase_add_test(tests, the_first_claim_is_granted);
    tcase_add_test(tests, a_claim_waits_for_silence);
    tcase_add_test(tests, the_holder_may_ask_again);
    tcase_add_test(tests, a_release_frees_at_once);
    tcase_add_test(tests, a_holder_proves_itself_by_its_epoch);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
