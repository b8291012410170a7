/* test_against.c - the parts of `parlance replay --against` that decide: ids,
 * keys, order, what met what, what differs, how long it took. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/replay/against_compare.h"
#include "broker/replay/against_differences.h"
#include "broker/replay/against_histogram.h"
#include "broker/replay/against_order.h"
#include "broker/replay/against_pairs.h"

/* --- Histogram --------------------------------------------------------------
 */

START_TEST(quantiles_are_close_to_the_truth) {
    struct against_histogram histogram = {0};
    ck_assert_uint_eq(against_histogram_at(&histogram, 50000), 0);
    for (uint64_t value = 1; value <= 100000; value++)
        against_histogram_add(&histogram, value);
    static const uint32_t parts[] = {100, 50000, 90000, 99000, 99900};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        uint64_t found = against_histogram_at(&histogram, parts[i]);
        ck_assert_uint_ge(found, parts[i]);
        ck_assert_uint_le(found, parts[i] + parts[i] / 32 + 1);
    }
    ck_assert_uint_eq(against_histogram_at(&histogram, 100000), 100000);
    ck_assert_uint_eq(histogram.count, 100000);
}
END_TEST

START_TEST(small_and_large_values_have_their_place) {
    struct against_histogram histogram = {0};
    against_histogram_add(&histogram, 0);
    ck_assert_uint_eq(against_histogram_at(&histogram, 100000), 0);
    for (uint64_t value = 0; value < 64; value++) {
        struct against_histogram one = {0};
        against_histogram_add(&one, value);
        against_histogram_add(&one, UINT64_MAX);
        ck_assert_uint_eq(against_histogram_at(&one, 50000), value);
        ck_assert_uint_eq(against_histogram_at(&one, 100000), UINT64_MAX);
        against_histogram_merge(&histogram, &one);
    }
    ck_assert_uint_eq(histogram.count, 129);
    ck_assert_uint_eq(histogram.max_us, UINT64_MAX);
}
END_TEST

/* --- Ids
 * ---------------------------------------------------------------------- */

START_TEST(an_id_that_was_dealt_is_waited_for) {
    struct against_ids ids = {0};
    uint64_t live = 0;
    ck_assert_int_eq(against_ids_find(&ids, WIRE_ID_ROOM, 65, &live),
                     AGAINST_ID_KNOWN);
    ck_assert_uint_eq(live, 65); /* Older than the trace. */
    against_ids_dealt(&ids, WIRE_ID_ROOM, 65, 0);
    ck_assert_int_eq(against_ids_find(&ids, WIRE_ID_ROOM, 65, &live),
                     AGAINST_ID_AWAITED);
    ck_assert(against_ids_unify(&ids, WIRE_ID_ROOM, 65, 129));
    ck_assert_int_eq(against_ids_find(&ids, WIRE_ID_ROOM, 65, &live),
                     AGAINST_ID_KNOWN);
    ck_assert_uint_eq(live, 129);
    ck_assert_uint_eq(against_ids_recorded(&ids, WIRE_ID_ROOM, 129), 65);
    /* A message of the same number is another thing. */
    ck_assert_int_eq(against_ids_find(&ids, WIRE_ID_MESSAGE, 65, &live),
                     AGAINST_ID_KNOWN);
    ck_assert_uint_eq(live, 65);
    against_ids_finish(&ids);
}
END_TEST

START_TEST(what_was_learned_is_held_against_the_rest) {
    struct against_ids ids = {0};
    ck_assert(against_ids_unify(&ids, WIRE_ID_MESSAGE, 1, 2));
    ck_assert(against_ids_unify(&ids, WIRE_ID_MESSAGE, 1, 2));
    ck_assert(!against_ids_unify(&ids, WIRE_ID_MESSAGE, 1, 3));
    ck_assert(!against_ids_unify(&ids, WIRE_ID_MESSAGE, 3, 2));
    ck_assert(!against_ids_unify(&ids, WIRE_ID_MESSAGE, 0, 2));
    ck_assert(against_ids_unify(&ids, WIRE_ID_MESSAGE, 0, 0));
    ck_assert(against_ids_unify(&ids, WIRE_ID_USER, 7, 7));
    ck_assert(!against_ids_unify(&ids, WIRE_ID_USER, 7, 8));
    ck_assert_uint_eq(ids.learned, 1);
    against_ids_finish(&ids);
}
END_TEST

START_TEST(a_lost_id_may_still_be_found) {
    struct against_ids ids = {0};
    uint64_t live = 0;
    against_ids_dealt(&ids, WIRE_ID_MESSAGE, 64, 65);
    ck_assert_uint_eq(against_ids_room_of(&ids, 64), 65);
    against_ids_lose(&ids, WIRE_ID_MESSAGE, 64);
    ck_assert_int_eq(against_ids_find(&ids, WIRE_ID_MESSAGE, 64, &live),
                     AGAINST_ID_LOST);
    ck_assert(against_ids_unify(&ids, WIRE_ID_MESSAGE, 64, 128));
    against_ids_lose(&ids, WIRE_ID_MESSAGE, 64); /* Too late for that. */
    ck_assert_int_eq(against_ids_find(&ids, WIRE_ID_MESSAGE, 64, &live),
                     AGAINST_ID_KNOWN);
    ck_assert_uint_eq(live, 128);
    against_ids_finish(&ids);
}
END_TEST

/* --- Rewriting
 * ------------------------------------------------------------------ */

static struct wire send_with(struct slice client_key, struct slice origin) {
    struct wire wire = {.kind = WIRE_SEND, .correlation = 7, .partition = 1};
    wire.as.send.room = (room_id){65};
    wire.as.send.author.user = (user_id){5};
    wire.as.send.reply_to = (message_id){129};
    wire.as.send.client_key = client_key;
    wire.as.send.origin_key = origin;
    return wire;
}

START_TEST(a_command_gets_the_live_ids) {
    struct against_ids ids = {0};
    struct against_rewrite rewrite = {.ids = &ids, .play = 1};
    struct arena arena = {0};
    enum wire_id kind = WIRE_ID_NONE;
    uint64_t id = 0;
    struct wire_file file = {.file = {65}, .owner = {5}};
    struct wire send = send_with(SLICE("k"), SLICE(""));
    send.as.send.files = &file;
    send.as.send.files_count = 1;
    against_ids_dealt(&ids, WIRE_ID_FILE, 65, 0);
    ck_assert_int_eq(against_rewrite_ready(&rewrite, &send, &kind, &id),
                     AGAINST_ID_AWAITED);
    ck_assert_int_eq(kind, WIRE_ID_FILE);
    ck_assert_uint_eq(id, 65);
    ck_assert(against_ids_unify(&ids, WIRE_ID_FILE, 65, 1));
    ck_assert(against_ids_unify(&ids, WIRE_ID_ROOM, 65, 193));
    ck_assert(against_ids_unify(&ids, WIRE_ID_MESSAGE, 129, 257));
    ck_assert_int_eq(against_rewrite_ready(&rewrite, &send, &kind, &id),
                     AGAINST_ID_KNOWN);
    against_rewrite_command(&rewrite, &send, &arena);
    ck_assert_uint_eq(send.as.send.room.value, 193);
    ck_assert_uint_eq(send.as.send.reply_to.value, 257);
    ck_assert_uint_eq(send.as.send.author.user.value, 5);
    ck_assert_uint_eq(send.as.send.files[0].file.value, 1);
    arena_finish(&arena);
    against_ids_finish(&ids);
}
END_TEST

START_TEST(a_page_by_messages_is_asked_by_live_ones) {
    struct against_ids ids = {0};
    struct against_rewrite rewrite = {.ids = &ids, .play = 1};
    struct arena arena = {0};
    enum wire_id kind;
    uint64_t id;
    struct wire history = {.kind = WIRE_HISTORY};
    history.as.history.query =
        (struct wire_query){.by = QUERY_BY_MESSAGE, .before = 64, .limit = 10};
    against_ids_dealt(&ids, WIRE_ID_MESSAGE, 64, 1);
    ck_assert_int_eq(against_rewrite_ready(&rewrite, &history, &kind, &id),
                     AGAINST_ID_AWAITED);
    ck_assert(against_ids_unify(&ids, WIRE_ID_MESSAGE, 64, 320));
    against_rewrite_command(&rewrite, &history, &arena);
    ck_assert_uint_eq(history.as.history.query.before, 320);
    history.as.history.query =
        (struct wire_query){.by = QUERY_BY_ORDINAL, .before = 64};
    against_rewrite_command(&rewrite, &history, &arena);
    ck_assert_uint_eq(history.as.history.query.before, 64);
    arena_finish(&arena);
    against_ids_finish(&ids);
}
END_TEST

START_TEST(keys_are_fresh_in_each_play_and_the_same_in_one) {
    struct against_ids ids = {0};
    struct against_rewrite plays[] = {{.ids = &ids, .play = 1},
                                      {.ids = &ids, .play = 2}};
    struct arena arena = {0};
    char longest[LIMIT_CLIENT_KEY_BYTES];
    memset(longest, 'k', sizeof longest);
    struct slice keys[] = {
        SLICE("k"), {longest, sizeof longest}, {longest, sizeof longest - 1}};
    struct slice seen[6];
    for (size_t i = 0; i < 6; i++) {
        struct wire first = send_with(keys[i / 2], SLICE("origin"));
        struct wire again = send_with(keys[i / 2], SLICE("origin"));
        against_rewrite_command(&plays[i % 2], &first, &arena);
        against_rewrite_command(&plays[i % 2], &again, &arena);
        seen[i] = first.as.send.client_key;
        ck_assert(slice_equal(seen[i], again.as.send.client_key));
        ck_assert(
            slice_equal(first.as.send.origin_key, again.as.send.origin_key));
        ck_assert_uint_le(seen[i].size, LIMIT_CLIENT_KEY_BYTES);
        ck_assert_uint_eq(first.as.send.request_key.size, 0);
        for (size_t j = 0; j < i; j++)
            ck_assert(!slice_equal(seen[i], seen[j]));
    }
    arena_finish(&arena);
}
END_TEST

START_TEST(only_secrets_that_the_trace_brings_are_fresh) {
    struct against_ids ids = {0};
    struct against_rewrite rewrite = {.ids = &ids, .play = 3};
    struct arena arena = {0};
    struct wire put = {.kind = WIRE_FILE_PUT};
    put.as.file_put.user = (user_id){5};
    put.as.file_put.secret = SLICE("0123456789abcdef");
    against_rewrite_note(&rewrite, &put);
    struct slice fresh =
        against_rewrite_secret(&rewrite, put.as.file_put.secret, &arena);
    ck_assert_uint_eq(fresh.size, LIMIT_FILE_SECRET_BYTES);
    ck_assert(!slice_equal(fresh, SLICE("0123456789abcdef")));
    ck_assert(slice_equal(
        against_rewrite_secret(&rewrite, SLICE("fedcba9876543210"), &arena),
        SLICE("fedcba9876543210")));
    against_rewrite_command(&rewrite, &put, &arena);
    ck_assert(slice_equal(put.as.file_put.secret, fresh));
    against_rewrite_finish(&rewrite);
    arena_finish(&arena);
}
END_TEST

/* --- Order
 * ------------------------------------------------------------------------ */

START_TEST(gateways_take_turns_about_one_thing) {
    struct against_turns turns = {0};
    struct against_turn *a = against_turn_take(&turns, 1, 10);
    ck_assert_ptr_eq(a, against_turn_take(&turns, 1, 10));
    struct against_turn *b = against_turn_take(&turns, 1, 20);
    struct against_turn *other = against_turn_take(&turns, 2, 20);
    struct against_turn *c = against_turn_take(&turns, 1, 10);
    ck_assert(against_turn_has_come(a) && against_turn_has_come(other));
    ck_assert(!against_turn_has_come(b) && !against_turn_has_come(c));
    against_turn_done(&turns, a);
    ck_assert(!against_turn_has_come(b));
    against_turn_done(&turns, b); /* Left out before its turn. */
    against_turn_done(&turns, a);
    ck_assert(against_turn_has_come(c));
    against_turn_done(&turns, c);
    against_turn_done(&turns, other);
    ck_assert_uint_eq(table_count(&turns.things), 0);
    against_turn_take(&turns, 1, 10);
    against_turns_finish(&turns);
}
END_TEST

START_TEST(answers_come_in_any_order) {
    struct against_answers answers = {0};
    enum { COUNT = 10000 };
    for (uint64_t i = 1; i <= COUNT; i++)
        ck_assert_uint_eq(against_answers_issue(&answers, i % 7, WIRE_MARK), i);
    for (uint64_t i = COUNT; i > 1; i--)
        against_answers_come(&answers, i);
    ck_assert_uint_eq(answers.all, 0);
    against_answers_come(&answers, 1);
    ck_assert_uint_eq(answers.all, COUNT);
    against_answers_issue(&answers, 0, WIRE_MARK);
    against_answers_come(&answers, COUNT + 1);
    ck_assert_uint_eq(answers.all, COUNT + 1);
    against_answers_finish(&answers);
}
END_TEST

START_TEST(only_sends_follow_sends_without_waiting) {
    struct against_answers answers = {0};
    enum { ROOM = 1, OTHER_ROOM = 2, USER = 3 };
    against_answers_issue(&answers, ROOM, WIRE_SUBSCRIBE);
    against_answers_issue(&answers, ROOM, WIRE_SEND);
    against_answers_issue(&answers, OTHER_ROOM, WIRE_SEND);
    ck_assert_uint_eq(against_answers_before(&answers, ROOM, USER, WIRE_SEND),
                      1);
    ck_assert_uint_eq(against_answers_before(&answers, ROOM, USER, WIRE_MARK),
                      2);
    ck_assert_uint_eq(
        against_answers_before(&answers, ROOM, USER, WIRE_HISTORY), 3);
    against_answers_issue(&answers, USER, WIRE_CONNECT);
    ck_assert_uint_eq(against_answers_before(&answers, ROOM, USER, WIRE_SEND),
                      4);
    ck_assert_uint_eq(against_answers_before(&answers, ROOM, 0, WIRE_SEND), 1);
    against_answers_finish(&answers);
}
END_TEST

START_TEST(one_room_has_one_name) {
    struct against_keys keys = {0};
    struct against_ids ids = {0};
    struct wire by_key = {.kind = WIRE_SEND};
    by_key.as.send.author.user = (user_id){5};
    by_key.as.send.kind = ROOM_DIRECT;
    by_key.as.send.key = SLICE("1_2");
    struct wire by_id = send_with(SLICE(""), SLICE(""));
    struct wire by_message = {.kind = WIRE_EDIT};
    by_message.as.edit.message = (message_id){129};
    by_message.as.edit.user = (user_id){5};
    uint64_t room = against_thing_of(&by_id, &keys, &ids);
    ck_assert_uint_ne(against_thing_of(&by_key, &keys, &ids), room);
    ck_assert_uint_ne(against_thing_of(&by_message, &keys, &ids), room);
    struct wire_room known = {
        .room = {65}, .kind = ROOM_DIRECT, .key = SLICE("1_2")};
    against_keys_note(&keys, &known);
    against_ids_dealt(&ids, WIRE_ID_MESSAGE, 129, 65);
    ck_assert_uint_eq(against_thing_of(&by_key, &keys, &ids), room);
    ck_assert_uint_eq(against_thing_of(&by_message, &keys, &ids), room);
    ck_assert_uint_ne(against_user_of(&by_key), room);
    ck_assert_uint_eq(against_user_of(&by_key), against_user_of(&by_message));
    against_keys_finish(&keys);
    against_ids_finish(&ids);
}
END_TEST

/* --- Pairs and differences
 * ----------------------------------------------------------- */

static const struct against_place nowhere;
static const struct against_place at_10 = {.file = "file", .offset = 10};
static const struct against_place at_20 = {.file = "file", .offset = 20};

START_TEST(sayings_meet_in_order_from_either_side) {
    struct against_pairs pairs = {0};
    struct against_name name = {.gateway = 1, .first = 7};
    struct against_name other = {.gateway = 2, .first = 7};
    ck_assert_ptr_null(against_pairs_meet(&pairs, &name, AGAINST_RECORDED,
                                          at_10, SLICE("one")));
    ck_assert_ptr_null(against_pairs_meet(&pairs, &name, AGAINST_RECORDED,
                                          at_20, SLICE("two")));
    ck_assert_ptr_null(against_pairs_meet(&pairs, &other, AGAINST_LIVE, nowhere,
                                          SLICE("three")));
    static const uint64_t offsets[] = {10, 20};
    for (size_t i = 0; i < 2; i++) {
        struct against_said *said = against_pairs_meet(
            &pairs, &name, AGAINST_LIVE, nowhere, SLICE("live"));
        ck_assert_uint_eq(said->place.offset, offsets[i]);
        free(said);
    }
    ck_assert_ptr_null(against_pairs_meet(&pairs, &name, AGAINST_LIVE, nowhere,
                                          SLICE("more")));
    ck_assert_uint_eq(pairs.waiting[AGAINST_LIVE], 2);
    ck_assert_uint_eq(pairs.waiting[AGAINST_RECORDED], 0);
    against_pairs_finish(&pairs);
}
END_TEST

START_TEST(an_event_of_an_unknown_room_has_no_name_yet) {
    struct against_ids ids = {0};
    struct against_name recorded;
    struct against_name live;
    struct wire then = {.kind = WIRE_MEMBERSHIP};
    struct wire now = then;
    then.as.membership.room = (room_id){65};
    now.as.membership.room = (room_id){129};
    ck_assert_int_eq(
        against_name_of(&then, 1, AGAINST_RECORDED, &ids, &recorded), ERR_OK);
    ck_assert_int_eq(against_name_of(&now, 1, AGAINST_LIVE, &ids, &live),
                     ERR_BUSY);
    ck_assert(against_ids_unify(&ids, WIRE_ID_ROOM, 65, 129));
    ck_assert_int_eq(against_name_of(&now, 1, AGAINST_LIVE, &ids, &live),
                     ERR_OK);
    ck_assert_mem_eq(&recorded, &live, sizeof live);
    struct wire typed = {.kind = WIRE_TYPED};
    ck_assert_int_eq(against_name_of(&typed, 1, AGAINST_LIVE, &ids, &live),
                     ERR_NOT_FOUND);
    against_ids_finish(&ids);
}
END_TEST

/* The paths that differ, one after the other. */
static void note(void *payload, const char *path, struct slice recorded,
                 struct slice live) {
    struct buf *out = payload;
    buf_append_slice(out, slice_of(path));
    buf_append_slice(out, SLICE(":"));
    buf_append_slice(out, recorded);
    buf_append_slice(out, SLICE("/"));
    buf_append_slice(out, live);
    buf_append_slice(out, SLICE(" "));
}

START_TEST(messages_are_compared_field_by_field) {
    struct against_ids ids = {0};
    struct against_rewrite rewrite = {.ids = &ids, .play = 1};
    struct arena arena = {0};
    struct buf out = {0};
    struct against_compare compare = {.ids = &ids,
                                      .rewrite = &rewrite,
                                      .arena = &arena,
                                      .differs = note,
                                      .payload = &out};
    struct wire then = {.kind = WIRE_REPLY_MESSAGE};
    then.as.reply_message.message =
        (struct wire_message){.message = {64},
                              .room = {65},
                              .author = {5},
                              .place = 1,
                              .created_us = 1000,
                              .text = SLICE("hello")};
    then.as.reply_message.author.user = (user_id){5};
    struct wire now = then;
    now.as.reply_message.message.message = (message_id){128};
    now.as.reply_message.message.room = (room_id){129};
    now.as.reply_message.message.created_us = 2000;
    ck_assert(against_compare_messages(&compare, &then, &now));
    ck_assert_uint_eq(against_ids_recorded(&ids, WIRE_ID_MESSAGE, 128), 64);
    ck_assert_uint_eq(against_ids_recorded(&ids, WIRE_ID_ROOM, 129), 65);
    now.as.reply_message.message.text = SLICE("help");
    now.as.reply_message.message.message = (message_id){192};
    now.as.reply_message.message.created_us = 0;
    ck_assert(!against_compare_messages(&compare, &then, &now));
    buf_append(&out, "", 1);
    ck_assert_str_eq(out.data, "reply_message.message.message:64/192 "
                               "reply_message.message.text:hello/help "
                               "reply_message.message.created_us:1000/0 ");
    buf_clear(&out);
    struct wire refused = {.kind = WIRE_REPLY_ERROR};
    refused.as.reply_error.refusal = REFUSED_NOT_FOUND;
    ck_assert(!against_compare_messages(&compare, &then, &refused));
    buf_append(&out, "", 1);
    ck_assert_str_eq(out.data,
                     "another reply:reply_message/refused: not_found ");
    buf_finish(&out);
    arena_finish(&arena);
    against_ids_finish(&ids);
}
END_TEST

START_TEST(lists_of_rooms_may_be_in_another_order) {
    struct against_ids ids = {0};
    struct against_rewrite rewrite = {.ids = &ids, .play = 1};
    struct buf out = {0};
    struct against_compare compare = {
        .ids = &ids, .rewrite = &rewrite, .differs = note, .payload = &out};
    struct wire_feed_room then_rooms[] = {{.room = {65}, .place = 1},
                                          {.room = {66}, .place = 2}};
    struct wire_feed_room now_rooms[] = {{.room = {130}, .place = 2},
                                         {.room = {129}, .place = 1}};
    struct wire then = {.kind = WIRE_ROW_FEED};
    struct wire now = {.kind = WIRE_ROW_FEED};
    then.as.row_feed.rooms = then_rooms;
    now.as.row_feed.rooms = now_rooms;
    then.as.row_feed.rooms_count = now.as.row_feed.rooms_count = 2;
    ck_assert(against_ids_unify(&ids, WIRE_ID_ROOM, 65, 129));
    ck_assert(against_ids_unify(&ids, WIRE_ID_ROOM, 66, 130));
    ck_assert(against_compare_messages(&compare, &then, &now));
    now.as.row_feed.rooms_count = 1;
    ck_assert(!against_compare_messages(&compare, &then, &now));
    buf_finish(&out);
    against_ids_finish(&ids);
}
END_TEST

START_TEST(differences_are_bounded) {
    struct against_differences *differences = mem_zalloc(sizeof *differences);
    for (unsigned i = 0; i < 200; i++) {
        char what[32];
        snprintf(what, sizeof what, "kind %u", i / 2);
        against_differences_add(
            differences, what,
            (struct against_place){.file = "file", .offset = i}, SLICE("a"),
            SLICE("b"));
    }
    ck_assert_uint_eq(differences->count, 200);
    ck_assert_uint_eq(differences->kinds_count, AGAINST_DIFFERENCES_MAX);
    ck_assert_uint_eq(differences->kinds[0].count, 2);
    ck_assert_uint_eq(differences->kinds[0].examples[1].place.offset, 1);
    const struct against_difference *other =
        &differences->kinds[AGAINST_DIFFERENCES_MAX - 1];
    ck_assert_str_eq(other->what, "other");
    ck_assert_uint_eq(other->count, 200 - 2 * (AGAINST_DIFFERENCES_MAX - 1));
    against_differences_finish(differences);
    free(differences);
}
END_TEST

START_TEST(of_a_later_round_only_ends_count) {
    struct against_differences differences = {.only_ends = true};
    static const struct against_place nowhere;
    static const char *const kinds[] = {"event.place", AGAINST_ANOTHER_REPLY,
                                        "missing event", AGAINST_MISSING_REPLY,
                                        "unexpected reply"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        against_differences_add(&differences, kinds[i], nowhere, SLICE("1"),
                                SLICE("2"));
    ck_assert_uint_eq(differences.count, 2);
    ck_assert_uint_eq(differences.kinds_count, 2);
    ck_assert_str_eq(differences.kinds[0].what, AGAINST_ANOTHER_REPLY);
    ck_assert_str_eq(differences.kinds[1].what, AGAINST_MISSING_REPLY);
    against_differences_finish(&differences);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("against");
    TCase *tcase = tcase_create("against");
    tcase_add_test(tcase, quantiles_are_close_to_the_truth);
    tcase_add_test(tcase, small_and_large_values_have_their_place);
    tcase_add_test(tcase, an_id_that_was_dealt_is_waited_for);
    tcase_add_test(tcase, what_was_learned_is_held_against_the_rest);
    tcase_add_test(tcase, a_lost_id_may_still_be_found);
    tcase_add_test(tcase, a_command_gets_the_live_ids);
    tcase_add_test(tcase, a_page_by_messages_is_asked_by_live_ones);
    tcase_add_test(tcase, keys_are_fresh_in_each_play_and_the_same_in_one);
    tcase_add_test(tcase, only_secrets_that_the_trace_brings_are_fresh);
    tcase_add_test(tcase, gateways_take_turns_about_one_thing);
    tcase_add_test(tcase, answers_come_in_any_order);
    tcase_add_test(tcase, only_sends_follow_sends_without_waiting);
    tcase_add_test(tcase, one_room_has_one_name);
    tcase_add_test(tcase, sayings_meet_in_order_from_either_side);
    tcase_add_test(tcase, an_event_of_an_unknown_room_has_no_name_yet);
    tcase_add_test(tcase, messages_are_compared_field_by_field);
    tcase_add_test(tcase, lists_of_rooms_may_be_in_another_order);
    tcase_add_test(tcase, differences_are_bounded);
    tcase_add_test(tcase, of_a_later_round_only_ends_count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
