/* test_store_feed.c - what every store must say across a user's rooms (lists,
 * unread counts, feeds), and of a message beyond its row: what it replies to,
 * its files, when it was read first. For every store (the loop's index), now
 * and after it was closed and opened. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/store_world.h"

static const struct store_ops *const stores[] = {&store_memory, &store_rocksdb};

#define STORES ((int)(sizeof stores / sizeof *stores))

static struct kit kit;
static struct world world;

static const struct world_send hello = {.text = "hello"};

static void start(int index) {
    kit_init(&kit, stores[index], NULL);
    world_init(&world, &kit);
}

static void finish(void) {
    world_finish(&world);
    kit_finish(&kit);
}

static struct wire read_from_store(const struct wire *request) {
    struct store_error error;
    struct wire out;
    enum err err =
        kit.ops[0]->read(kit.stores[0], request, &kit.arena, &out, &error);
    ck_assert_int_eq(err, ERR_OK);
    return out;
}

static uint64_t unread(uint64_t user, bool dialogs) {
    struct wire request = {
        .kind = WIRE_READ_UNREAD,
        .as.read_unread = {.user = {user}, .dialogs = dialogs}};
    struct wire out = read_from_store(&request);
    ck_assert_int_eq(out.kind, WIRE_ROW_COUNT);
    return out.as.row_count.count;
}

static struct wire_row_feed feed(uint64_t user, int64_t since_us) {
    struct wire request = {
        .kind = WIRE_READ_FEED,
        .as.read_feed = {.user = {user}, .since_us = since_us}};
    struct wire out = read_from_store(&request);
    ck_assert_int_eq(out.kind, WIRE_ROW_FEED);
    return out.as.row_feed;
}

static struct wire_reply_list list(uint64_t user, uint8_t kind, bool dialogs,
                                   uint64_t skip, uint32_t limit) {
    struct wire request = {.kind = WIRE_READ_LIST,
                           .as.read_list = {.user = {user},
                                            .skip = skip,
                                            .limit = limit,
                                            .kind = kind,
                                            .dialogs = dialogs}};
    struct wire out = read_from_store(&request);
    ck_assert_int_eq(out.kind, WIRE_REPLY_LIST);
    return out.as.reply_list;
}

static struct wire_message message(uint32_t room, uint64_t ordinal) {
    struct wire request = {.kind = WIRE_READ_MESSAGE,
                           .as.read_message.message =
                               world_message(&world, room, ordinal)->message};
    struct wire out = read_from_store(&request);
    ck_assert(out.as.row_message.found);
    return out.as.row_message.message;
}

/* What a message shows is the same wherever it is shown. */
static void expect_everywhere(uint32_t room, uint64_t ordinal, uint64_t user) {
    struct wire_message shown = message(room, ordinal);
    struct wire request = {.kind = WIRE_READ_HISTORY,
                           .as.read_history = {.room = world_id(&world, room),
                                               .query = {.by = QUERY_BY_ORDINAL,
                                                         .after = ordinal - 1,
                                                         .limit = 1,
                                                         .deleted = true}}};
    struct wire out = read_from_store(&request);
    ck_assert_uint_eq(out.as.reply_page.messages_count, 1);
    const struct wire_message *other = &out.as.reply_page.messages[0];
    ck_assert_int_eq(other->read_us, shown.read_us);
    ck_assert_uint_eq(other->quote.message.value, shown.quote.message.value);
    ck_assert_uint_eq(other->files_count, shown.files_count);
    request = (struct wire){
        .kind = WIRE_READ_VIEW,
        .as.read_view = {.room = world_id(&world, room), .user = {user}}};
    out = read_from_store(&request);
    other = &out.as.reply_view.view.last;
    if (other->message.value != shown.message.value)
        return;
    ck_assert_int_eq(other->read_us, shown.read_us);
    ck_assert(slice_equal(other->quote.text, shown.quote.text));
    ck_assert_uint_eq(other->files_count, shown.files_count);
}

START_TEST(dialogs_are_rooms_of_exactly_two) {
    start(_i);
    const uint64_t users[] = {1, 2, 3};
    uint32_t pair = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    uint32_t three = world_create(&world, ROOM_PROJECT, "p", users, 3);
    uint32_t notes = world_create(&world, ROOM_DIRECT, "1_1", users, 1);
    world_send(&world, three, 2, &hello);
    world_send(&world, pair, 2, &hello);
    world_send(&world, notes, 1, &hello);
    kit_commit(&kit);
    for (int again = 0; again < 2; again++) {
        struct wire_reply_list all = list(1, 0, false, 0, 9);
        ck_assert_uint_eq(all.total, 3);
        ck_assert_uint_eq(all.views[0].room.room.value,
                          world_id(&world, notes).value);
        ck_assert_uint_eq(all.views[0].other.value, 0);
        ck_assert_uint_eq(all.views[1].other.value, 2);
        ck_assert_uint_eq(all.views[2].other.value, 0);
        struct wire_reply_list dialogs = list(1, 0, true, 0, 9);
        ck_assert_uint_eq(dialogs.total, 1);
        ck_assert_uint_eq(dialogs.views[0].room.room.value,
                          world_id(&world, pair).value);
        ck_assert_uint_eq(list(1, ROOM_DIRECT, false, 0, 9).total, 2);
        ck_assert_uint_eq(list(1, ROOM_DIRECT, true, 0, 9).total, 1);
        ck_assert_uint_eq(list(1, ROOM_PROJECT, true, 0, 9).total, 0);
        ck_assert_uint_eq(list(1, ROOM_DIRECT, false, 1, 9).views_count, 1);
        ck_assert_uint_eq(list(1, ROOM_DIRECT, false, 7, 9).views_count, 0);
        ck_assert_uint_eq(list(1, ROOM_DIRECT, false, 7, 9).total, 2);
        ck_assert_uint_eq(unread(1, false), 2);
        ck_assert_uint_eq(unread(1, true), 1);
        ck_assert_uint_eq(unread(9, false), 0);
        kit_reopen(&kit);
    }
    /* A third member ends the dialog, and its going makes it one again. */
    world_join(&world, pair, 3, ROLE_NONE);
    kit_commit(&kit);
    ck_assert_uint_eq(list(1, 0, true, 0, 9).total, 0);
    ck_assert_uint_eq(unread(1, true), 0);
    world_leave(&world, pair, 3);
    world_leave(&world, three, 3);
    kit_commit(&kit);
    ck_assert_uint_eq(list(1, 0, true, 0, 9).total, 2);
    ck_assert_uint_eq(unread(1, true), 2);
    ck_assert_uint_eq(unread(3, false), 0);
    finish();
}
END_TEST

START_TEST(unread_follows_every_change) {
    start(_i);
    const uint64_t users[] = {1, 2};
    uint32_t pair = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    kit_commit(&kit);
    ck_assert_uint_eq(unread(1, true), 0);
    world_send(&world, pair, 2, &hello);
    kit_commit(&kit);
    ck_assert_uint_eq(unread(1, true), 1);
    ck_assert_uint_eq(unread(2, true), 0);
    world_send(&world, pair, 2, &hello);
    world_edit(&world, pair, 1, "other");
    world_mark(&world, pair, 1, 1);
    kit_commit(&kit);
    ck_assert_uint_eq(unread(1, true), 1);
    world_delete(&world, pair, 2);
    kit_commit(&kit);
    ck_assert_uint_eq(unread(1, true), 0);
    world_send(&world, pair, 1, &hello);
    kit_commit(&kit);
    ck_assert_uint_eq(unread(1, true), 0);
    ck_assert_uint_eq(unread(2, true), 1);
    world_drop(&world, pair);
    kit_commit(&kit);
    ck_assert_uint_eq(unread(2, true), 0);
    ck_assert_uint_eq(feed(2, 0).rooms_count, 0);
    finish();
}
END_TEST

START_TEST(a_feed_says_where_rooms_stand) {
    start(_i);
    const uint64_t users[] = {1, 2, 3};
    uint32_t old = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    world_send(&world, old, 2, &hello);
    world_send(&world, old, 1, &hello);
    uint32_t busy = world_create(&world, ROOM_PROJECT, "p", users, 3);
    world_send(&world, busy, 2, &hello);
    int64_t last_us = world.now_us; /* Of place 2. */
    world_mark(&world, busy, 1, 1);
    world_edit(&world, busy, 1, "other");
    world_send(&world, busy, 3, &hello);
    kit_commit(&kit);
    for (int again = 0; again < 2; again++) {
        struct wire_row_feed now = feed(1, world.now_us + 1);
        ck_assert_uint_eq(now.rooms_count, 2);
        ck_assert(!now.has_more);
        ck_assert_uint_eq(now.rooms[0].room.value,
                          world_id(&world, busy).value);
        ck_assert_uint_eq(now.rooms[0].place, 5);
        ck_assert_uint_eq(now.rooms[0].after_place, 5);
        ck_assert_uint_eq(now.rooms[0].unread, 1);
        ck_assert_uint_eq(now.rooms[0].members_count, 3);
        ck_assert_uint_eq(now.rooms[1].place, 3);
        ck_assert_uint_eq(now.rooms[1].after_place, 3);
        ck_assert_uint_eq(now.rooms[1].unread, 1);
        ck_assert_uint_eq(now.rooms[1].members_count, 2);
        /* An event of that very time is not before it. */
        ck_assert_uint_eq(feed(1, last_us).rooms[0].after_place, 1);
        ck_assert_uint_eq(feed(1, last_us + 1).rooms[0].after_place, 2);
        ck_assert_uint_eq(feed(1, last_us + 1001).rooms[0].after_place, 3);
        ck_assert_uint_eq(feed(1, world.now_us).rooms[0].after_place, 4);
        ck_assert_uint_eq(feed(1, 0).rooms[0].after_place, 0);
        ck_assert_uint_eq(feed(9, 0).rooms_count, 0);
        kit_reopen(&kit);
    }
    finish();
}
END_TEST

START_TEST(a_feed_is_bounded) {
    start(_i);
    /* More rooms than a world has: made here. */
    for (uint32_t i = 0; i < LIMIT_FEED_ROOMS + 1; i++) {
        struct wire_member member = {.user = {1}};
        room_id room = {kit_next_id(&kit, 5)};
        char key[16];
        snprintf(key, sizeof key, "%u", i);
        struct wire record = {
            .kind = RECORD_ROOM_PUT,
            .as.record_room_put = {.room = {.room = room,
                                            .kind = ROOM_PROJECT,
                                            .key = slice_of(key),
                                            .created_us = 1000 + i},
                                   .state = {.place = 1,
                                             .activity_us = 1000 + i,
                                             .members_count = 1},
                                   .members = &member,
                                   .members_count = 1,
                                   .at_us = 1000 + i,
                                   .created = true}};
        kit_put(&kit, 5, &record);
        if (i % 1000 == 999)
            kit_commit(&kit);
    }
    kit_commit(&kit);
    struct wire_row_feed all = feed(1, INT64_MAX);
    ck_assert(all.has_more);
    ck_assert_uint_eq(all.rooms_count, LIMIT_FEED_ROOMS);
    /* The one without activity for longest is left out. */
    for (uint32_t i = 1; i < all.rooms_count; i++)
        ck_assert_uint_lt(all.rooms[i].room.value, all.rooms[i - 1].room.value);
    finish();
}
END_TEST

START_TEST(a_reply_quotes_what_it_names) {
    start(_i);
    const uint64_t users[] = {1, 2};
    uint32_t pair = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    struct world_send first = {.text = "first", .files = 2};
    struct world_send reply = {.text = "reply", .files = 1};
    reply.reply_to = world_send(&world, pair, 1, &first);
    world_send(&world, pair, 2, &reply);
    kit_commit(&kit);
    struct wire_quote quote = message(pair, 2).quote;
    ck_assert(slice_equal(quote.text, SLICE("first")));
    ck_assert_uint_eq(quote.author.value, 1);
    ck_assert_uint_eq(quote.place, 2);
    ck_assert_uint_eq(quote.files_count, 2);
    ck_assert(slice_equal(quote.files[1].name, SLICE("tea.txt")));
    ck_assert(!quote.edited && !quote.deleted && !quote.read);
    ck_assert_uint_eq(message(pair, 2).files_count, 1);
    expect_everywhere(pair, 2, 1);
    world_edit(&world, pair, 1, "edited");
    world_mark(&world, pair, 2, 1);
    kit_commit(&kit);
    kit_reopen(&kit);
    quote = message(pair, 2).quote;
    ck_assert(slice_equal(quote.text, SLICE("edited")));
    ck_assert(quote.edited && quote.read);
    ck_assert_uint_eq(quote.files_count, 2);
    expect_everywhere(pair, 2, 1);
    world_edit(&world, pair, 2, "reply, edited");
    world_delete(&world, pair, 1);
    kit_commit(&kit);
    quote = message(pair, 2).quote;
    ck_assert(quote.deleted);
    ck_assert_uint_eq(quote.text.size, 0);
    ck_assert_uint_eq(quote.files_count, 0);
    ck_assert_uint_eq(message(pair, 1).files_count, 0);
    ck_assert_uint_eq(message(pair, 2).files_count, 1);
    expect_everywhere(pair, 2, 1);
    finish();
}
END_TEST

/* Ten long texts that quote long texts do not fit into one page. */
START_TEST(quotes_count_in_a_page) {
    start(_i);
    const uint64_t users[] = {1, 2};
    uint32_t pair = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    char *text = malloc(LIMIT_TEXT_BYTES + 1);
    memset(text, 'x', LIMIT_TEXT_BYTES);
    text[LIMIT_TEXT_BYTES] = '\0';
    struct world_send first = {.text = text};
    struct world_send reply = {.text = "short"};
    reply.reply_to = world_send(&world, pair, 1, &first);
    for (int i = 0; i < 100; i++)
        world_send(&world, pair, 2, &reply);
    kit_commit(&kit);
    for (int newest = 0; newest < 2; newest++) {
        struct wire request = {
            .kind = WIRE_READ_HISTORY,
            .as.read_history = {.room = world_id(&world, pair),
                                .query = {.by = QUERY_BY_ORDINAL,
                                          .limit = 100,
                                          .newest = newest}}};
        struct wire out = read_from_store(&request);
        ck_assert(out.as.reply_page.has_more);
        uint32_t fits = LIMIT_PAGE_BYTES / LIMIT_TEXT_BYTES;
        ck_assert_uint_le(out.as.reply_page.messages_count, fits);
        ck_assert_uint_ge(out.as.reply_page.messages_count, fits - 2);
    }
    free(text);
    finish();
}
END_TEST

START_TEST(read_us_is_of_the_first_mark) {
    start(_i);
    const uint64_t users[] = {1, 2};
    uint32_t pair = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    int64_t at_us[6];
    for (int i = 0; i < 6; i++)
        world_send(&world, pair, i == 3 ? 2 : 1, &hello);
    for (uint64_t i = 2; i <= 6; i += 2) {
        if (i != 4)
            world_mark(&world, pair, 2, i);
        at_us[i - 1] = world.now_us;
    }
    world_mark(&world, pair, 1, 4);
    at_us[3] = world.now_us;
    kit_commit(&kit);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(message(pair, 1).read_us, at_us[1]);
        ck_assert_int_eq(message(pair, 2).read_us, at_us[1]);
        ck_assert_int_eq(message(pair, 3).read_us, at_us[5]);
        ck_assert_int_eq(message(pair, 4).read_us, at_us[3]);
        ck_assert_int_eq(message(pair, 6).read_us, at_us[5]);
        for (uint64_t i = 1; i <= 6; i++)
            expect_everywhere(pair, i, 1);
        kit_reopen(&kit);
    }
    world_send(&world, pair, 1, &hello);
    kit_commit(&kit);
    ck_assert_int_eq(message(pair, 7).read_us, 0);
    /* Three are no pair; who goes takes their marks along. */
    world_join(&world, pair, 3, ROLE_NONE);
    kit_commit(&kit);
    ck_assert_int_eq(message(pair, 1).read_us, 0);
    world_mark(&world, pair, 3, 7);
    int64_t third_us = world.now_us;
    world_leave(&world, pair, 2);
    kit_commit(&kit);
    ck_assert_int_eq(message(pair, 1).read_us, third_us);
    /* By one who left: either of the two may have read it first. */
    ck_assert_int_eq(message(pair, 4).read_us, at_us[3]);
    world_leave(&world, pair, 3);
    world_join(&world, pair, 2, ROLE_NONE);
    world_mark(&world, pair, 2, 1);
    kit_commit(&kit);
    kit_reopen(&kit);
    ck_assert_int_eq(message(pair, 1).read_us, world.now_us);
    ck_assert_int_eq(message(pair, 2).read_us, 0);
    expect_everywhere(pair, 1, 1);
    finish();
}
END_TEST

/* All of one membership's marks in the group that ends it. */
START_TEST(marks_of_one_group_go_with_their_member) {
    start(_i);
    const uint64_t users[] = {1, 2};
    uint32_t pair = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    world_send(&world, pair, 1, &hello);
    world_send(&world, pair, 1, &hello);
    world_mark(&world, pair, 2, 2);
    world_leave(&world, pair, 2);
    world_join(&world, pair, 2, ROLE_NONE);
    world_mark(&world, pair, 2, 1);
    int64_t first_us = world.now_us;
    kit_commit(&kit);
    ck_assert_int_eq(message(pair, 1).read_us, first_us);
    ck_assert_int_eq(message(pair, 2).read_us, 0);
    finish();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_feed");
    TCase *tests = tcase_create("store_feed");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, dialogs_are_rooms_of_exactly_two, 0, STORES);
    tcase_add_loop_test(tests, unread_follows_every_change, 0, STORES);
    tcase_add_loop_test(tests, a_feed_says_where_rooms_stand, 0, STORES);
    tcase_add_loop_test(tests, a_feed_is_bounded, 0, STORES);
    tcase_add_loop_test(tests, a_reply_quotes_what_it_names, 0, STORES);
    tcase_add_loop_test(tests, quotes_count_in_a_page, 0, STORES);
    tcase_add_loop_test(tests, read_us_is_of_the_first_mark, 0, STORES);
    tcase_add_loop_test(tests, marks_of_one_group_go_with_their_member, 0,
                        STORES);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
