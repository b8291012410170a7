/* test_briefs.c - a brief that is found is exact for the moment asked for,
 * whatever writer and readers did meanwhile. */
#include <check.h>

#include "persister/rocksdb/briefs.h"

static const room_id room = {65};

static struct brief brief_of(uint64_t place) {
    return (struct brief){.kind = ROOM_DIRECT,
                          .place = place,
                          .members_count = 2,
                          .members = {{{1}, 0}, {{2}, 0}}};
}

static struct wire_room_state state_of(uint64_t place, uint32_t members) {
    return (struct wire_room_state){
        .place = place, .live_total = place, .members_count = members};
}

static uint64_t place_as_of(struct briefs *briefs, uint64_t as_of) {
    struct brief found;
    return briefs_find(briefs, room, as_of, &found) ? found.place : 0;
}

START_TEST(a_reader_of_an_older_moment_finds_nothing) {
    struct briefs briefs;
    briefs_init(&briefs);
    struct brief brief = brief_of(1);
    briefs_put(&briefs, room, 5, &brief);
    ck_assert_uint_eq(place_as_of(&briefs, 4), 0);
    ck_assert_uint_eq(place_as_of(&briefs, 5), 1);
    struct wire_room_state state = state_of(2, 2);
    briefs_change(&briefs, room, 7, &state, 9, NULL, 0);
    ck_assert_uint_eq(place_as_of(&briefs, 6), 0);
    ck_assert_uint_eq(place_as_of(&briefs, 7), 2);
    briefs_drop(&briefs, room, 8);
    ck_assert_uint_eq(place_as_of(&briefs, 8), 0);
    briefs_finish(&briefs);
}
END_TEST

/* What was read before the writer changed the room is not believed, also if
 * what the writer said of it fell out since. */
START_TEST(an_old_reading_is_not_learnt) {
    struct briefs briefs;
    briefs_init(&briefs);
    struct brief brief = brief_of(1);
    struct wire_room_state state = state_of(2, 2);
    briefs_change(&briefs, room, 7, &state, 9, NULL, 0); /* Not known yet. */
    briefs_learn(&briefs, room, 6, &brief);
    ck_assert_uint_eq(place_as_of(&briefs, 9), 0);
    briefs_clear(&briefs);
    briefs_learn(&briefs, room, 6, &brief);
    ck_assert_uint_eq(place_as_of(&briefs, 9), 0);
    brief = brief_of(2);
    briefs_learn(&briefs, room, 7, &brief);
    ck_assert_uint_eq(place_as_of(&briefs, 7), 2);
    /* Nor is it taken twice: the writer's word goes on from the first. */
    brief = brief_of(1);
    briefs_learn(&briefs, room, 7, &brief);
    ck_assert_uint_eq(place_as_of(&briefs, 7), 2);
    briefs_finish(&briefs);
}
END_TEST

START_TEST(members_are_kept_of_small_rooms) {
    struct briefs briefs;
    struct brief found;
    briefs_init(&briefs);
    struct brief brief = brief_of(1);
    briefs_put(&briefs, room, 1, &brief);
    struct wire_room_state state = state_of(2, 2);
    struct wire_member member = {.user = {2}, .own_total = 1};
    briefs_change(&briefs, room, 2, &state, 9, &member, 1);
    ck_assert(briefs_find(&briefs, room, 2, &found));
    ck_assert_uint_eq(brief_unread(&found, (user_id){2}), 1);
    ck_assert_uint_eq(brief_unread(&found, (user_id){1}), 2);
    ck_assert_uint_eq(brief_unread(&found, (user_id){3}), 0);
    /* Who goes leaves the other; who comes takes the free place. */
    state = state_of(3, 1);
    briefs_leave(&briefs, room, 3, &state, 9, (user_id){1});
    state = state_of(4, 2);
    member = (struct wire_member){.user = {3}};
    briefs_change(&briefs, room, 4, &state, 9, &member, 1);
    ck_assert(briefs_find(&briefs, room, 4, &found));
    ck_assert_uint_eq(brief_unread(&found, (user_id){2}), 3);
    ck_assert_uint_eq(brief_unread(&found, (user_id){3}), 4);
    ck_assert_uint_eq(brief_unread(&found, (user_id){1}), 0);
    /* When many become two again, nobody knows who they are. */
    state = state_of(5, 3);
    member.user.value = 4;
    briefs_change(&briefs, room, 5, &state, 9, &member, 1);
    ck_assert_uint_eq(place_as_of(&briefs, 5), 5);
    state = state_of(6, 2);
    briefs_leave(&briefs, room, 6, &state, 9, (user_id){4});
    ck_assert_uint_eq(place_as_of(&briefs, 6), 0);
    briefs_finish(&briefs);
}
END_TEST

START_TEST(there_are_not_too_many) {
    struct briefs briefs;
    struct brief brief = brief_of(1), found;
    briefs_init(&briefs);
    for (uint64_t i = 1; i <= BRIEFS_MAX + 1; i++)
        briefs_put(&briefs, (room_id){i}, 1, &brief);
    ck_assert_uint_eq(table_count(&briefs.rooms), BRIEFS_MAX);
    ck_assert(!briefs_find(&briefs, (room_id){1}, 1, &found));
    ck_assert(briefs_find(&briefs, (room_id){2}, 1, &found));
    /* It was used last, so the next one to go is another. */
    briefs_put(&briefs, (room_id){1}, 1, &brief);
    ck_assert(briefs_find(&briefs, (room_id){2}, 1, &found));
    ck_assert(!briefs_find(&briefs, (room_id){3}, 1, &found));
    briefs_finish(&briefs);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("briefs");
    TCase *tests = tcase_create("briefs");
    tcase_add_test(tests, a_reader_of_an_older_moment_finds_nothing);
    tcase_add_test(tests, an_old_reading_is_not_learnt);
    tcase_add_test(tests, members_are_kept_of_small_rooms);
    tcase_add_test(tests, there_are_not_too_many);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
