/* test_sim_check.c - the simulator's checkers, held against histories that are
 * made up: a good one passes, and each thing that is wrong is caught, by the
 * promise that it breaks. A checker that never fails would prove nothing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "tests/sim/sim_check.h"

#define ROOM 65u
#define FIRST_ID 129u /* Of the message with ordinal 1. */

static struct history history;
static char promise[16];
static char reason[1024];
static char texts[64][16];

static void on_violated(void *payload, const char *which, const char *text) {
    (void)payload;
    snprintf(promise, sizeof(promise), "%s", which);
    snprintf(reason, sizeof(reason), "%s", text);
}

/* Users 1 and 2 are the first members of the room; user 3 is not. */
static void setup(void) {
    const uint64_t first[] = {1, 2};
    history = (struct history){.violated = on_violated, .users_count = 3};
    promise[0] = reason[0] = 0;
    history_room(&history, ROOM, first, 2);
}

static void teardown(void) {
    history_finish(&history);
}

static void expect(const char *which) {
    ck_assert_msg(strcmp(promise, which) == 0,
                  "promise \"%s\" is said to be broken (%s), not \"%s\"",
                  promise, reason, which);
}

/* --- What happens in the room --------------------------------------------- */

static struct slice text_of(char letter, uint32_t number) {
    static uint32_t next;
    char *text = texts[next++ % 64];
    int size = snprintf(text, sizeof(texts[0]), "%c%u", letter, number);
    return (struct slice){text, (size_t)size};
}

static struct wire_message message(uint64_t ordinal, uint64_t place,
                                   uint64_t author, struct slice text) {
    return (struct wire_message){.message = {FIRST_ID + (ordinal - 1) * 64},
                                 .room = {ROOM},
                                 .ordinal = ordinal,
                                 .place = place,
                                 .author = {author},
                                 .text = text,
                                 .created_us = (int64_t)place * 100};
}

static uint32_t say(uint64_t user) {
    uint32_t said = history_say(&history, user, ROOM, true, 0);
    deed_ask(&history, &history.saids[said].deed);
    return said;
}

static void acknowledge(uint32_t said, const struct wire_message *shown,
                        uint64_t connection) {
    struct wire_reply_message reply = {.message = *shown, .created = true};
    deed_end(&history, &history.saids[said].deed, OUTCOME_OK);
    history_sent(&history, said, connection, &reply);
}

static struct wire_event created(const struct wire_message *shown) {
    return (struct wire_event){.kind = EVENT_MESSAGE_CREATED,
                               .room = {ROOM},
                               .place = shown->place,
                               .at_us = shown->created_us,
                               .actor = shown->author,
                               .message = *shown};
}

static struct wire_event marked(const struct wire_message *shown, uint64_t user,
                                uint64_t place) {
    return (struct wire_event){.kind = EVENT_MARK_MOVED,
                               .room = {ROOM},
                               .place = place,
                               .actor = {user},
                               .message = *shown,
                               .mark = shown->place};
}

static struct wire_event removed(uint64_t user, uint64_t place) {
    return (struct wire_event){.kind = EVENT_MEMBER_REMOVED,
                               .room = {ROOM},
                               .place = place,
                               .member = {user}};
}

static uint32_t follow(uint64_t user, uint64_t place) {
    struct stream stream = {
        .connection = user, .user = user, .room = ROOM, .last = place};
    return history_follow(&history, &stream);
}

static void give(uint32_t stream, const struct wire_event *event) {
    history_event(&history, event);
    history_stream_event(&history, stream, event);
}

/* One message, number |ordinal|, sent and acknowledged. */
static struct wire_message send(uint64_t user, uint64_t ordinal,
                                uint64_t place) {
    uint32_t said = say(user);
    struct wire_message shown =
        message(ordinal, place, user, text_of('m', said));
    acknowledge(said, &shown, 0);
    struct wire_event event = created(&shown);
    history_event(&history, &event);
    return shown;
}

/* --- What is stored ------------------------------------------------------- */

static void store_member(uint64_t user, uint64_t mark) {
    struct past *past = history_past(&history, ROOM);
    struct member *member = history_grow(
        &past->stored_members, &past->stored_members_count,
        &past->stored_members_capacity, sizeof(*past->stored_members));
    *member = (struct member){user, mark};
}

/* All that was seen, and nothing else. */
static void store_all(void) {
    struct past *past = history_past(&history, ROOM);
    past->is_stored = true;
    past->stored_place = past->facts_count ? past->facts_count - 1 : 1;
    for (uint32_t i = 0; i < past->facts_count; i++)
        past->facts[i].is_stored = past->facts[i].kind != 0;
    for (uint32_t i = 0; i < history.seens_count; i++) {
        history.seens[i].is_stored = true;
        past->stored_live += !history.seens[i].is_stored_deleted;
        if (history.seens[i].ordinal > past->stored_ordinal)
            past->stored_ordinal = history.seens[i].ordinal;
    }
}

/* Two messages, a mark, a follower who had everything, all stored. */
static struct wire_message good(void) {
    uint32_t stream = follow(2, 1);
    struct wire_message one = send(1, 1, 2);
    struct wire_message two = send(1, 2, 3);
    struct wire_event events[] = {created(&one), created(&two),
                                  marked(&one, 2, 4)};
    events[2].members_count = 2;
    struct wire_count counts[] = {{{1}, 0}, {{2}, 1}};
    events[2].counts = counts;
    events[2].counts_count = 2;
    for (size_t i = 0; i < 3; i++)
        give(stream, &events[i]);
    struct wire_reply_mark mark = {.message = one, .mark = 2, .moved = true};
    history_marked(&history, ROOM, 2, history.seq, &mark);
    history.streams[stream].is_live = true;
    store_all();
    store_member(1, 0);
    store_member(2, 2);
    return one;
}

START_TEST(a_good_history_is_good) {
    good();
    check_all(&history);
    expect("");
    ck_assert_uint_gt(history.checked.counts, 0);
    ck_assert_uint_gt(history.checked.marks, 0);
}
END_TEST

/* --- 1 -------------------------------------------------------------------- */

START_TEST(an_acknowledged_message_is_gone) {
    struct wire_message one = good();
    history_seen(&history, one.message.value)->is_stored = false;
    check_messages(&history);
    expect("1");
}
END_TEST

START_TEST(a_message_is_by_another) {
    uint32_t said = say(1);
    struct wire_message shown = message(1, 2, 2, text_of('m', said));
    history_message(&history, &shown);
    expect("1");
}
END_TEST

START_TEST(a_message_is_stored_twice) {
    uint32_t said = say(1);
    history.saids[said].has_key = false;
    struct wire_message one = message(1, 2, 1, text_of('m', said));
    struct wire_message two = message(2, 3, 1, one.text);
    history_message(&history, &one);
    history_message(&history, &two);
    expect("1");
}
END_TEST

START_TEST(a_message_is_deleted_and_nobody_asked) {
    struct wire_message one = send(1, 1, 2);
    one.deleted = true;
    one.text = (struct slice){0};
    history_message(&history, &one);
    expect("1");
}
END_TEST

START_TEST(a_deletion_is_forgotten) {
    struct wire_message one = good();
    struct deed *deed = &history_seen(&history, one.message.value)->deletion;
    deed_ask(&history, deed);
    deed_end(&history, deed, OUTCOME_OK);
    check_messages(&history);
    expect("1");
}
END_TEST

START_TEST(an_edit_is_forgotten) {
    struct wire_message one = good();
    uint32_t number = history_edit(&history, 1, one.message.value);
    deed_ask(&history, &history.edits[number].deed);
    deed_end(&history, &history.edits[number].deed, OUTCOME_OK);
    check_messages(&history);
    expect("1");
}
END_TEST

/* --- 2 -------------------------------------------------------------------- */

START_TEST(a_seen_message_is_gone) {
    struct wire_message one = good();
    uint32_t said = history_seen(&history, one.message.value)->said;
    history.saids[said].deed.ok = NEVER; /* Seen, not acknowledged. */
    history_seen(&history, one.message.value)->is_stored = false;
    check_messages(&history);
    expect("2");
}
END_TEST

START_TEST(a_seen_event_is_gone) {
    good();
    history_past(&history, ROOM)->facts[4].is_stored = false;
    check_messages(&history);
    expect("2");
}
END_TEST

START_TEST(a_text_comes_from_nowhere) {
    struct wire_message shown = message(1, 2, 1, SLICE("boo"));
    history_message(&history, &shown);
    expect("2");
}
END_TEST

START_TEST(a_refused_message_is_seen) {
    uint32_t said = say(1);
    deed_end(&history, &history.saids[said].deed, OUTCOME_REFUSED);
    struct wire_message shown = message(1, 2, 1, text_of('m', said));
    history_message(&history, &shown);
    expect("2");
}
END_TEST

/* --- 3 -------------------------------------------------------------------- */

START_TEST(two_see_different_things_at_one_place) {
    struct wire_message one = send(1, 1, 2);
    struct wire_event event = marked(&one, 2, 2);
    history_event(&history, &event);
    expect("3");
}
END_TEST

START_TEST(a_message_moves) {
    struct wire_message one = send(1, 1, 2);
    one.place = 3;
    history_message(&history, &one);
    expect("3");
}
END_TEST

START_TEST(a_later_message_comes_first) {
    send(1, 2, 3); /* Acknowledged before the other is sent. */
    send(2, 1, 2);
    store_all();
    check_messages(&history);
    expect("3");
}
END_TEST

START_TEST(an_ordinal_is_missing) {
    send(1, 1, 2);
    send(1, 3, 3);
    store_all();
    check_messages(&history);
    expect("3");
}
END_TEST

START_TEST(a_place_is_missing) {
    send(1, 1, 2);
    send(1, 2, 4);
    store_all();
    check_messages(&history);
    expect("3");
}
END_TEST

/* --- 4 -------------------------------------------------------------------- */

START_TEST(an_event_comes_twice) {
    uint32_t stream = follow(2, 1);
    struct wire_message one = send(1, 1, 2);
    struct wire_event event = created(&one);
    give(stream, &event);
    expect("");
    give(stream, &event);
    expect("4");
}
END_TEST

static void give_with_a_gap(bool own_apart) {
    uint32_t stream = follow(2, 1);
    history.streams[stream].own_apart = own_apart;
    struct wire_message one = send(1, 1, 2);
    struct wire_message two = send(1, 2, 4);
    struct wire_event mark = marked(&one, 2, 3);
    struct wire_event events[] = {created(&one), created(&two)};
    history_event(&history, &mark);
    give(stream, &events[0]);
    give(stream, &events[1]);
    store_all();
    check_streams(&history);
}

START_TEST(an_event_is_passed_over) {
    give_with_a_gap(false);
    expect("4");
}
END_TEST

START_TEST(an_answer_of_a_feed_is_no_gap) {
    give_with_a_gap(true);
    expect("");
    ck_assert_uint_eq(history.checked.holes_own, 1);
}
END_TEST

START_TEST(the_end_is_not_reached) {
    uint32_t stream = follow(2, 1);
    struct wire_message one = send(1, 1, 2);
    struct wire_event event = created(&one);
    give(stream, &event);
    send(1, 2, 3);
    history.streams[stream].is_live = true;
    store_all();
    check_streams(&history);
    expect("4");
}
END_TEST

START_TEST(a_resuming_client_misses_an_event) {
    uint32_t stream = follow(2, 1);
    history.streams[stream].resumes = true;
    send(1, 1, 2);
    struct wire_message two = send(1, 2, 3);
    struct wire_event event = created(&two);
    give(stream, &event);
    store_all();
    check_streams(&history);
    expect("4");
}
END_TEST

/* --- 5 -------------------------------------------------------------------- */

START_TEST(a_retry_is_stored_again) {
    uint32_t said = say(1);
    struct wire_message one = message(1, 2, 1, text_of('m', said));
    struct wire_message two = message(2, 3, 1, one.text);
    acknowledge(said, &one, 0);
    deed_ask(&history, &history.saids[said].deed);
    acknowledge(said, &two, 0);
    expect("5");
}
END_TEST

/* --- 6 -------------------------------------------------------------------- */

START_TEST(a_mark_is_lost) {
    good();
    history_past(&history, ROOM)->stored_members[1].mark = 0;
    check_marks(&history);
    expect("6");
}
END_TEST

START_TEST(a_mark_goes_back) {
    send(1, 1, 2);
    struct wire_message two = send(1, 2, 3);
    struct wire_message one = message(1, 2, 1, text_of('m', 0));
    struct wire_event events[] = {marked(&two, 2, 4), marked(&one, 2, 5)};
    history_event(&history, &events[0]);
    history_event(&history, &events[1]);
    store_all();
    store_member(1, 0);
    store_member(2, 2);
    check_marks(&history);
    expect("6");
}
END_TEST

START_TEST(an_acknowledged_mark_goes_back) {
    struct wire_message one = good();
    struct wire_reply_mark mark = {.message = one, .mark = 3};
    uint64_t asked = history.seq;
    history_marked(&history, ROOM, 2, asked, &mark);
    mark.mark = 2;
    history_marked(&history, ROOM, 2, history.seq + 1, &mark);
    check_marks(&history);
    expect("6");
}
END_TEST

START_TEST(an_event_counts_wrongly) {
    good();
    history_past(&history, ROOM)->facts[4].counts[1].unread = 2;
    check_marks(&history);
    expect("6");
}
END_TEST

static void told(uint64_t room, uint64_t count, bool quiet) {
    struct unread unread = {.room = room,
                            .user = 2,
                            .count = count,
                            .dialogs = true,
                            .is_quiet = quiet,
                            .place_min = 3};
    history_unread(&history, &unread);
    check_marks(&history);
}

START_TEST(a_view_counts_wrongly_at_the_end) {
    good();
    told(ROOM, 1, true);
    expect("");
    told(ROOM, 2, true);
    expect("6");
}
END_TEST

START_TEST(a_view_counts_as_never_was) {
    good();
    told(ROOM, 2, false); /* Before the mark. */
    told(ROOM, 1, false); /* After it. */
    expect("");
    told(ROOM, 0, false);
    expect("6");
}
END_TEST

START_TEST(dialogs_are_counted_wrongly) {
    good();
    told(0, 1, true);
    expect("");
    told(0, 0, true);
    expect("6");
}
END_TEST

/* --- 7 -------------------------------------------------------------------- */

START_TEST(a_stranger_is_given_an_event) {
    uint32_t stream = follow(3, 1);
    struct wire_message one = send(1, 1, 2);
    struct wire_event event = created(&one);
    give(stream, &event);
    store_all();
    check_streams(&history);
    expect("7");
}
END_TEST

static void remove_two_and_send(bool given) {
    uint32_t stream = follow(2, 1);
    struct wire_event leaves = removed(2, 2);
    give(stream, &leaves);
    struct wire_message one = send(1, 1, 3);
    struct wire_event event = created(&one);
    if (given)
        give(stream, &event);
    store_all();
    check_streams(&history);
}

START_TEST(who_left_is_given_nothing_more) {
    remove_two_and_send(false);
    expect("");
}
END_TEST

START_TEST(who_left_is_given_an_event) {
    remove_two_and_send(true);
    expect("7");
}
END_TEST

/* Who came back at place 3 and has nothing of place 4. */
static void come_back_late(bool clocks_apart) {
    uint32_t stream = follow(2, 1);
    history.streams[stream].own_apart = true;
    history.clocks_apart = clocks_apart;
    struct wire_event events[] = {removed(2, 2), removed(2, 3)};
    events[1].kind = EVENT_MEMBER_PUT;
    give(stream, &events[0]);
    history_event(&history, &events[1]);
    struct wire_message one = send(1, 1, 4);
    struct wire_message two = send(1, 2, 5);
    struct wire_event event = created(&one);
    history_event(&history, &event);
    event = created(&two);
    give(stream, &event);
    store_all();
    check_streams(&history);
}

START_TEST(who_came_back_is_given_too_little) {
    come_back_late(false);
    expect("4");
}
END_TEST

START_TEST(a_feed_begins_too_late_by_clocks_that_differ) {
    come_back_late(true);
    expect("");
    ck_assert_uint_eq(history.checked.holes_clock, 1);
}
END_TEST

START_TEST(membership_is_told_as_far_as_it_is_certain) {
    struct past *past = history_past(&history, ROOM);
    uint32_t put = history_membership(&history, ROOM, 3, true, true);
    ck_assert(history_never_member(&history, ROOM, 3, 1, 2));
    ck_assert(!history_never_member(&history, ROOM, 1, 1, 2));
    ck_assert(history_ever_member(&history, ROOM, 1, 1, 2));
    deed_ask(&history, &past->memberships[put].deed);
    uint64_t now = history.seq + 1;
    ck_assert(!history_never_member(&history, ROOM, 3, now, now));
    ck_assert(!history_ever_member(&history, ROOM, 3, now, now));
    deed_end(&history, &past->memberships[put].deed, OUTCOME_OK);
    now = history.seq + 1;
    ck_assert(history_ever_member(&history, ROOM, 3, now, now));
    uint32_t out = history_membership(&history, ROOM, 3, false, true);
    past = history_past(&history, ROOM);
    deed_ask(&history, &past->memberships[out].deed);
    now = history.seq + 1;
    ck_assert(!history_ever_member(&history, ROOM, 3, now, now));
    ck_assert(!history_never_member(&history, ROOM, 3, now, now));
    deed_end(&history, &past->memberships[out].deed, OUTCOME_OK);
    now = history.seq + 1;
    ck_assert(history_never_member(&history, ROOM, 3, now, now));
    /* What is open may happen at any time. */
    deed_ask(&history, &past->memberships[put].deed);
    now = history.seq + 1;
    ck_assert(!history_never_member(&history, ROOM, 3, now, now));
}
END_TEST

/* --- Pages ---------------------------------------------------------------- */

/* Five messages; a page with |rows| of them from |first| on. */
static void page_of(const struct wire_query *query, uint64_t first,
                    uint32_t rows, bool has_more) {
    struct wire_message messages[8];
    struct wire_reply_page page = {.messages = messages,
                                   .messages_count = rows,
                                   .has_more = has_more,
                                   .live_total = 5};
    for (uint64_t i = 1; i <= 5; i++)
        send(1, i, i + 1);
    for (uint32_t i = 0; i < rows; i++)
        messages[i] = message(first + i, first + i + 1, 1,
                              text_of('m', (uint32_t)first + i - 1));
    history_page(&history, ROOM, query, history.seq, 5, &page);
    store_all();
    check_pages(&history);
}

static const struct wire_query middle = {
    .by = QUERY_BY_ORDINAL, .after = 1, .before = 5, .limit = 2};
static const struct wire_query newest = {
    .by = QUERY_BY_ORDINAL, .limit = 2, .newest = true};
static const struct wire_query rank = {
    .by = QUERY_BY_RANK, .skip = 1, .limit = 2, .newest = true};

/* Which page, and which promise it breaks. */
static const struct {
    const struct wire_query *query;
    uint64_t first;
    uint32_t rows;
    bool has_more;
    const char *promise;
} pages[] = {
    {&middle, 2, 2, true, ""},   {&middle, 1, 2, true, "2"},
    {&middle, 3, 2, false, "1"}, {&middle, 2, 2, false, "4"},
    {&middle, 2, 3, false, "2"}, {&middle, 2, 1, false, "1"},
    {&newest, 4, 2, true, ""},   {&newest, 3, 2, true, "1"},
    {&newest, 4, 2, false, "4"}, {&newest, 1, 0, false, "1"},
    {&rank, 3, 2, true, ""},     {&rank, 4, 2, true, "2"},
    {&rank, 2, 2, true, "1"},    {&rank, 3, 2, false, "4"},
};
#define PAGES (int)(sizeof(pages) / sizeof(pages[0]))

START_TEST(a_page_is_held_against_what_there_was) {
    page_of(pages[_i].query, pages[_i].first, pages[_i].rows,
            pages[_i].has_more);
    expect(pages[_i].promise);
}
END_TEST

START_TEST(a_page_shows_what_was_deleted_before) {
    struct wire_message one = send(1, 1, 2);
    struct deed *deed = &history_seen(&history, one.message.value)->deletion;
    deed_ask(&history, deed);
    deed_end(&history, deed, OUTCOME_OK);
    struct wire_reply_page page = {
        .messages = &one, .messages_count = 1, .live_total = 0};
    history_page(&history, ROOM, &newest, ++history.seq, 1, &page);
    history_seen(&history, one.message.value)->is_stored_deleted = true;
    store_all();
    check_pages(&history);
    expect("1");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sim_check");
    TCase *tcase = tcase_create("histories");
    const TTest *const tests[] = {
        a_good_history_is_good,
        an_acknowledged_message_is_gone,
        a_message_is_by_another,
        a_message_is_stored_twice,
        a_message_is_deleted_and_nobody_asked,
        a_deletion_is_forgotten,
        an_edit_is_forgotten,
        a_seen_message_is_gone,
        a_seen_event_is_gone,
        a_text_comes_from_nowhere,
        a_refused_message_is_seen,
        two_see_different_things_at_one_place,
        a_message_moves,
        a_later_message_comes_first,
        an_ordinal_is_missing,
        a_place_is_missing,
        an_event_comes_twice,
        an_event_is_passed_over,
        an_answer_of_a_feed_is_no_gap,
        the_end_is_not_reached,
        a_resuming_client_misses_an_event,
        a_retry_is_stored_again,
        a_mark_is_lost,
        a_mark_goes_back,
        an_acknowledged_mark_goes_back,
        an_event_counts_wrongly,
        a_view_counts_wrongly_at_the_end,
        a_view_counts_as_never_was,
        dialogs_are_counted_wrongly,
        a_stranger_is_given_an_event,
        who_left_is_given_nothing_more,
        who_left_is_given_an_event,
        who_came_back_is_given_too_little,
        a_feed_begins_too_late_by_clocks_that_differ,
        membership_is_told_as_far_as_it_is_certain,
        a_page_shows_what_was_deleted_before,
    };
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, a_page_is_held_against_what_there_was, 0, PAGES);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
