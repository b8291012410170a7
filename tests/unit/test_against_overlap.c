/* test_against_overlap.c - which answers of a recording were races. */
#include <check.h>
#include <stdlib.h>

#include "broker/replay/against_overlap.h"

enum { ROOM = 1, OTHER_ROOM, PERSON };

static struct against_overlap overlap;

static void setup(void) {
    overlap = (struct against_overlap){0};
}

static void teardown(void) {
    against_overlap_finish(&overlap);
}

static struct against_window begin(enum wire_kind command, uint64_t thing) {
    return against_overlap_begin(&overlap, command, thing);
}

static bool end(struct against_window *window) {
    return against_overlap_end(&overlap, window);
}

START_TEST(one_after_the_other_is_no_race) {
    for (int i = 0; i < 3; i++) {
        struct against_window send = begin(WIRE_SEND, ROOM);
        ck_assert(!end(&send));
        struct against_window page = begin(WIRE_HISTORY, ROOM);
        ck_assert(!end(&page));
        struct against_window feed = begin(WIRE_FEED, PERSON);
        ck_assert(!end(&feed));
        struct against_window join = begin(WIRE_JOIN, ROOM);
        ck_assert(!end(&join)); /* It changes what it asks for itself. */
    }
}
END_TEST

START_TEST(questions_do_not_race_each_other) {
    struct against_window page = begin(WIRE_HISTORY, ROOM);
    struct against_window feed = begin(WIRE_FEED, PERSON);
    ck_assert(!end(&page));
    ck_assert(!end(&feed));
}
END_TEST

START_TEST(what_is_under_way_when_it_is_asked_is_a_race) {
    struct against_window send = begin(WIRE_SEND, ROOM);
    struct against_window page = begin(WIRE_HISTORY, ROOM);
    struct against_window other = begin(WIRE_HISTORY, OTHER_ROOM);
    struct against_window feed = begin(WIRE_FEED, PERSON);
    ck_assert(!end(&send));
    ck_assert(end(&page));
    ck_assert(!end(&other));
    ck_assert(end(&feed));
}
END_TEST

START_TEST(what_comes_before_the_answer_is_a_race) {
    struct against_window page = begin(WIRE_HISTORY, ROOM);
    struct against_window other = begin(WIRE_EVENTS, OTHER_ROOM);
    struct against_window feed = begin(WIRE_LIST, PERSON);
    struct against_window send = begin(WIRE_SEND, ROOM);
    ck_assert(!end(&send));
    ck_assert(end(&page));
    ck_assert(!end(&other));
    ck_assert(end(&feed));
}
END_TEST

START_TEST(how_people_are_called_is_in_every_page) {
    struct against_window page = begin(WIRE_HISTORY, ROOM);
    struct against_window name = begin(WIRE_USER_PUT, PERSON);
    struct against_window later = begin(WIRE_ROOM_VIEW, OTHER_ROOM);
    ck_assert(!end(&name));
    ck_assert(end(&page));
    ck_assert(end(&later));
    struct against_window after = begin(WIRE_HISTORY, ROOM);
    ck_assert(!end(&after));
}
END_TEST

START_TEST(the_core_puts_changes_in_order) {
    struct against_window send = begin(WIRE_SEND, ROOM);
    struct against_window mark = begin(WIRE_MARK, ROOM);
    struct against_window join = begin(WIRE_JOIN, ROOM);
    ck_assert(!end(&send));
    ck_assert(!end(&mark));
    ck_assert(end(&join)); /* It shows the room as the store has it. */
}
END_TEST

START_TEST(what_ends_twice_counts_once) {
    struct against_window send = begin(WIRE_SEND, ROOM);
    struct against_window other = begin(WIRE_SEND, ROOM);
    ck_assert(!end(&send));
    ck_assert(!end(&send));
    struct against_window page = begin(WIRE_HISTORY, ROOM);
    ck_assert(!end(&other));
    ck_assert(end(&page));
    ck_assert(end(&page));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("against_overlap");
    TCase *tcase = tcase_create("overlap");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_after_the_other_is_no_race);
    tcase_add_test(tcase, questions_do_not_race_each_other);
    tcase_add_test(tcase, what_is_under_way_when_it_is_asked_is_a_race);
    tcase_add_test(tcase, what_comes_before_the_answer_is_a_race);
    tcase_add_test(tcase, how_people_are_called_is_in_every_page);
    tcase_add_test(tcase, the_core_puts_changes_in_order);
    tcase_add_test(tcase, what_ends_twice_counts_once);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
