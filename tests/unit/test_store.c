/* test_store.c - what every store must do: each kind of record, each kind of
 * read, for every store (the loop's index). Expected answers are written out
 * as wire_print shows them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/store_world.h"

static const struct store_ops *const stores[] = {&store_memory, &store_rocksdb};

#define STORES ((int)(sizeof stores / sizeof *stores))

static void start(struct kit *kit, struct world *world, int index) {
    kit_init(kit, stores[index], NULL);
    world_init(world, kit);
}

static void finish(struct kit *kit, struct world *world) {
    world_finish(world);
    kit_finish(kit);
}

/* The answer now, and after what was written was closed and opened. */
static void expect(struct kit *kit, const struct wire *request,
                   const char *answer) {
    ck_assert_str_eq(kit_ask(kit, request), answer);
    kit_reopen(kit);
    ck_assert_str_eq(kit_ask(kit, request), answer);
}

static void expect_room(struct world *world, room_id room, const char *answer) {
    struct wire wire = {.kind = WIRE_READ_ROOM, .as.read_room.room = room};
    expect(world->kit, &wire, answer);
}

static struct wire history(const struct world *world, uint32_t room,
                           struct wire_query query) {
    return (struct wire){
        .kind = WIRE_READ_HISTORY,
        .as.read_history = {.room = world_id(world, room), .query = query}};
}

/* The ordinals of a page, then what it says about the rest. */
static void expect_page(struct world *world, uint32_t room,
                        struct wire_query query, const char *expected) {
    struct wire request = history(world, room, query);
    char text[512] = "";
    size_t size = 0;
    struct store_error error;
    struct wire out;
    enum err err = world->kit->ops[0]->read(world->kit->stores[0], &request,
                                            &world->kit->arena, &out, &error);
    ck_assert_int_eq(err, ERR_OK);
    const struct wire_reply_page *page = &out.as.reply_page;
    for (uint32_t i = 0; i < page->messages_count; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%llu ",
                                 (unsigned long long)page->messages[i].ordinal);
    snprintf(text + size, sizeof text - size, "| %s%llu of %llu",
             page->has_more ? "more, " : "",
             (unsigned long long)page->next_ordinal,
             (unsigned long long)page->live_total);
    ck_assert_str_eq(text, expected);
}

START_TEST(an_empty_store_has_nothing) {
    struct kit kit;
    struct world world;
    start(&kit, &world, _i);
    const room_id room = {64};
    const user_id user = {1};
    struct wire wire = {.kind = WIRE_READ_ROOM,
                        .correlation = 5,
                        .partition = 3,
                        .as.read_room.room = room};
    expect(&kit, &wire, "row_room correlation=5 state={}");
    wire = (struct wire){.kind = WIRE_READ_KEY,
                         .as.read_key = {ROOM_ORDER, SLICE("1")}};
    expect(&kit, &wire, "row_key");
    wire = (struct wire){.kind = WIRE_READ_USER, .as.read_user.user = user};
    expect(&kit, &wire, "row_user");
    wire = (struct wire){.kind = WIRE_READ_MESSAGE,
                         .as.read_message.message = {64}};
    expect(&kit, &wire, "row_message");
    wire = (struct wire){
        .kind = WIRE_READ_SENT,
        .as.read_sent = {room, user, SENT_BY_CLIENT_KEY, SLICE("k")}};
    expect(&kit, &wire, "row_message");
    wire = (struct wire){.kind = WIRE_READ_HISTORY,
                         .as.read_history = {room, {.by = 1, .limit = 1}}};
    expect(&kit, &wire, "reply_page");
    wire = (struct wire){.kind = WIRE_READ_LIST,
                         .as.read_list = {.user = user, .limit = 10}};
    expect(&kit, &wire, "reply_list");
    wire = (struct wire){.kind = WIRE_READ_VIEW, .as.read_view = {room, user}};
    expect(&kit, &wire, "reply_error refusal=1");
    wire = (struct wire){.kind = WIRE_READ_EVENTS,
                         .as.read_events = {room, 7, 10}};
    expect(&kit, &wire, "row_events last_place=7");
    wire =
        (struct wire){.kind = WIRE_READ_COUNT, .as.read_count = {.room = room}};
    expect(&kit, &wire, "row_count");
    finish(&kit, &world);
}
END_TEST

START_TEST(a_room_with_members) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {300, 2, 1};
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_PROJECT, "p", users, 0);
    kit_commit(&kit);
    struct world_room *own = &world.rooms[room];
    char expected[512];
    snprintf(expected, sizeof expected,
             "row_room found=yes room={room=%llu kind=2 key=\"p\" "
             "title=\"a room\" open=yes created_us=1700000000001000} "
             "state={place=1 activity_us=1700000000001000}",
             (unsigned long long)own->room.room.value);
    expect_room(&world, own->room.room, expected);
    world_join(&world, room, 9, ROLE_NONE);
    world_join(&world, room, 2, ROLE_EXECUTOR);
    world_join(&world, room, 1, ROLE_NONE);
    world_join(&world, room, 1, ROLE_MODERATOR);
    world_leave(&world, room, 9);
    world_rename(&world, room, "other");
    kit_commit(&kit);
    snprintf(expected, sizeof expected,
             "row_room found=yes room={room=%llu kind=2 key=\"p\" "
             "title=\"other\" open=yes created_us=1700000000001000} "
             "state={place=7 activity_us=1700000000001000 members_count=2} "
             "members=[{user=1 role=1} {user=2 role=3}]",
             (unsigned long long)own->room.room.value);
    expect_room(&world, own->room.room, expected);
    finish(&kit, &world);
}
END_TEST

START_TEST(a_room_is_found_by_its_key) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2};
    start(&kit, &world, _i);
    uint32_t order = world_create(&world, ROOM_ORDER, "7", users, 2);
    world_create(&world, ROOM_DIRECT, "7", users, 2);
    world_review(&world, "7", "open", 0);
    world_review(&world, "7", "in_progress", world_id(&world, order).value);
    kit_commit(&kit);
    char expected[256];
    unsigned long long id = world_id(&world, order).value;
    struct wire wire = {.kind = WIRE_READ_KEY,
                        .as.read_key = {ROOM_ORDER, SLICE("7")}};
    snprintf(expected, sizeof expected,
             "row_key room=%llu review={key=\"7\" status=\"in_progress\" "
             "customer=1 executor=2 room=%llu}",
             id, id);
    expect(&kit, &wire, expected);
    wire.as.read_key.kind = ROOM_DIRECT;
    snprintf(expected, sizeof expected, "row_key room=%llu",
             (unsigned long long)world_id(&world, 1).value);
    expect(&kit, &wire, expected);
    wire.as.read_key.kind = ROOM_PROJECT;
    expect(&kit, &wire, "row_key");
    finish(&kit, &world);
}
END_TEST

START_TEST(a_message_by_its_id_and_keys) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2};
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_ORDER, "a", users, 2);
    world_profile(&world, 1, "bob");
    const struct world_send send = {.text = "hi",
                                    .client_key = "ck",
                                    .request_key = "1",
                                    .origin_key = "o1"};
    const struct world_send later = {.text = "there", .request_key = "1"};
    world_send(&world, room, 1, &send);
    message_id second = world_send(&world, room, 1, &later);
    kit_commit(&kit);
    unsigned long long first = world_message(&world, room, 1)->message.value;
    unsigned long long id = world_id(&world, room).value;
    char one[512];
    char two[512];
    snprintf(one, sizeof one,
             "row_message found=yes message={message=%llu room=%llu ordinal=1 "
             "place=2 author=1 text=\"hi\" created_us=1700000000002000} "
             "author={user=1 username=\"bob\" email=\"who@example.org\"}",
             first, id);
    snprintf(two, sizeof two,
             "row_message found=yes message={message=%llu room=%llu ordinal=2 "
             "place=3 author=1 text=\"there\" created_us=1700000000003000} "
             "author={user=1 username=\"bob\" email=\"who@example.org\"}",
             (unsigned long long)second.value, id);
    struct wire wire = {.kind = WIRE_READ_MESSAGE,
                        .as.read_message.message = {first}};
    expect(&kit, &wire, one);
    wire.as.read_message.message.value = first + PARTITION_COUNT * 5;
    expect(&kit, &wire, "row_message");
    wire = (struct wire){
        .kind = WIRE_READ_SENT,
        .as.read_sent = {
            world_id(&world, room), {1}, SENT_BY_CLIENT_KEY, SLICE("ck")}};
    expect(&kit, &wire, one);
    wire.as.read_sent.by = SENT_BY_ORIGIN_KEY;
    expect(&kit, &wire, "row_message");
    wire.as.read_sent.key = SLICE("o1");
    expect(&kit, &wire, one);
    wire.as.read_sent.sender.value = 2;
    expect(&kit, &wire, "row_message");
    wire.as.read_sent = (struct wire_read_sent){
        world_id(&world, room), {1}, SENT_BY_REQUEST_KEY, SLICE("1")};
    expect(&kit, &wire, two); /* The latest wins. */
    finish(&kit, &world);
}
END_TEST

START_TEST(marks_make_messages_read) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2, 3};
    const struct world_send send = {.text = "x"};
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_PROJECT, "m", users, 3);
    world_send(&world, room, 1, &send);
    world_send(&world, room, 2, &send);
    world_send(&world, room, 1, &send);
    /* User 2 read all: only what others wrote is read by that. */
    world_mark(&world, room, 2, 3);
    kit_commit(&kit);
    struct wire wire = history(
        &world, room, (struct wire_query){.by = QUERY_BY_RANK, .limit = 10});
    const char *page = kit_ask(&kit, &wire);
    ck_assert_ptr_nonnull(strstr(page, "ordinal=1 place=2 author=1 text=\"x\" "
                                       "created_us=1700000000002000 read=yes"));
    ck_assert_ptr_nonnull(strstr(page, "ordinal=2 place=3 author=2 text=\"x\" "
                                       "created_us=1700000000003000}"));
    world_mark(&world, room, 3, 2);
    kit_commit(&kit);
    page = kit_ask(&kit, &wire);
    ck_assert_ptr_nonnull(strstr(page,
                                 "ordinal=2 place=3 author=2 text=\"x\" "
                                 "created_us=1700000000003000 read=yes}"));
    finish(&kit, &world);
}
END_TEST

static struct wire_query by_rank(uint64_t skip, uint32_t limit) {
    return (struct wire_query){
        .by = QUERY_BY_RANK, .skip = skip, .limit = limit};
}

static struct wire_query by_ordinal(uint64_t after, uint64_t before,
                                    uint32_t limit, bool newest, bool deleted) {
    return (struct wire_query){.by = QUERY_BY_ORDINAL,
                               .after = after,
                               .before = before,
                               .limit = limit,
                               .newest = newest,
                               .deleted = deleted};
}

/* Ten messages, of which 3, 4, 5, 9 and 10 are deleted. */
static uint32_t make_history(struct world *world) {
    const uint64_t users[] = {1, 2};
    static const uint64_t deleted[] = {3, 4, 5, 9, 10};
    uint32_t room = world_create(world, ROOM_PROJECT, "h", users, 2);
    for (uint64_t i = 1; i <= 10; i++) {
        const struct world_send send = {.text = "x"};
        world_send(world, room, 1 + i % 2, &send);
    }
    for (size_t i = 0; i < sizeof deleted / sizeof *deleted; i++)
        world_delete(world, room, deleted[i]);
    kit_commit(world->kit);
    return room;
}

START_TEST(pages_from_the_newest) {
    struct kit kit;
    struct world world;
    start(&kit, &world, _i);
    uint32_t room = make_history(&world);
    expect_page(&world, room, by_rank(0, 2), "7 8 | more, 7 of 5");
    expect_page(&world, room, by_rank(2, 2), "2 6 | more, 2 of 5");
    expect_page(&world, room, by_rank(4, 2), "1 | 1 of 5");
    expect_page(&world, room, by_rank(5, 2), "| 1 of 5");
    expect_page(&world, room, by_rank(UINT64_MAX, 2), "| 1 of 5");
    expect_page(&world, room, by_rank(0, 512), "1 2 6 7 8 | 1 of 5");
    finish(&kit, &world);
}
END_TEST

START_TEST(pages_by_cursor_both_ways) {
    struct kit kit;
    struct world world;
    start(&kit, &world, _i);
    uint32_t room = make_history(&world);
    expect_page(&world, room, by_ordinal(0, 0, 3, false, false),
                "1 2 6 | more, 6 of 5");
    expect_page(&world, room, by_ordinal(6, 0, 3, false, false),
                "7 8 | 10 of 5");
    expect_page(&world, room, by_ordinal(10, 0, 3, false, false), "| 10 of 5");
    expect_page(&world, room, by_ordinal(99, 0, 3, false, false), "| 10 of 5");
    expect_page(&world, room, by_ordinal(0, 0, 3, true, false),
                "6 7 8 | more, 6 of 5");
    expect_page(&world, room, by_ordinal(0, 6, 3, true, false), "1 2 | 1 of 5");
    expect_page(&world, room, by_ordinal(2, 6, 3, true, false), "| 3 of 5");
    expect_page(&world, room, by_ordinal(2, 6, 3, false, true),
                "3 4 5 | 5 of 5");
    expect_page(&world, room, by_ordinal(2, 6, 2, true, true),
                "4 5 | more, 4 of 5");
    expect_page(&world, room, by_ordinal(8, 0, 9, false, true),
                "9 10 | 10 of 5");
    finish(&kit, &world);
}
END_TEST

START_TEST(pages_by_message) {
    struct kit kit;
    struct world world;
    start(&kit, &world, _i);
    uint32_t room = make_history(&world);
    uint64_t fourth = world_message(&world, room, 4)->message.value;
    struct wire_query query = {
        .by = QUERY_BY_MESSAGE, .after = fourth, .limit = 2, .deleted = true};
    expect_page(&world, room, query, "5 6 | more, 6 of 5");
    query.after = fourth - 1; /* No message has that id. */
    expect_page(&world, room, query, "4 5 | more, 5 of 5");
    query.after = 0;
    query.before = fourth;
    query.newest = true;
    expect_page(&world, room, query, "2 3 | more, 2 of 5");
    query.deleted = false;
    expect_page(&world, room, query, "1 2 | 1 of 5");
    query.before = 1;
    expect_page(&world, room, query, "| 1 of 5");
    finish(&kit, &world);
}
END_TEST

START_TEST(a_page_is_bounded_in_bytes) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2};
    char *text = mem_zalloc(LIMIT_TEXT_BYTES + 1);
    memset(text, 'x', LIMIT_TEXT_BYTES);
    const struct world_send send = {.text = text};
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_PROJECT, "b", users, 2);
    for (uint32_t i = 0; i < 40; i++)
        world_send(&world, room, 1, &send);
    kit_commit(&kit);
    /* 32 texts of 32 KiB make LIMIT_PAGE_BYTES. */
    struct wire wire =
        history(&world, room, by_ordinal(0, 0, 100, false, false));
    const char *page = kit_ask(&kit, &wire);
    ck_assert_ptr_nonnull(strstr(page, "has_more=yes next_ordinal=32 "));
    wire = history(&world, room, by_ordinal(0, 0, 100, true, false));
    page = kit_ask(&kit, &wire);
    ck_assert_ptr_nonnull(strstr(page, "has_more=yes next_ordinal=9 "));
    wire = (struct wire){.kind = WIRE_READ_EVENTS,
                         .as.read_events = {world_id(&world, room), 1, 100}};
    page = kit_ask(&kit, &wire);
    ck_assert_ptr_nonnull(strstr(page, "last_place=33 has_more=yes"));
    free(text);
    finish(&kit, &world);
}
END_TEST

START_TEST(events_after_a_place) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2};
    const struct world_send send = {.text = "one"};
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_PROJECT, "e", users, 2);
    world_send(&world, room, 1, &send); /* 2 */
    world_send(&world, room, 2, &send); /* 3, deleted below */
    world_edit(&world, room, 2, "uno"); /* 4 */
    world_mark(&world, room, 2, 1);     /* 5 */
    world_join(&world, room, 3, ROLE_MODERATOR);
    world_leave(&world, room, 3);
    world_delete(&world, room, 2);      /* 8 */
    world_edit(&world, room, 1, "two"); /* 9 */
    kit_commit(&kit);
    unsigned long long id = world_id(&world, room).value;
    unsigned long long first = world_message(&world, room, 1)->message.value;
    unsigned long long second = world_message(&world, room, 2)->message.value;
    char expected[2048];
    struct wire wire = {.kind = WIRE_READ_EVENTS,
                        .as.read_events = {{id}, 1, 100}};
    snprintf(
        expected, sizeof expected,
        "row_events events=["
        "{kind=1 room=%llu place=2 at_us=1700000000002000 actor=1 "
        "message={message=%llu room=%llu ordinal=1 place=2 author=1 "
        "text=\"two\" created_us=1700000000002000 edited=yes read=yes "
        "read_us=1700000000005000} "
        "author={user=1}} "
        "{kind=4 room=%llu place=5 at_us=1700000000005000 actor=2 "
        "message={message=%llu room=%llu ordinal=1 place=2 author=1 "
        "text=\"two\" created_us=1700000000002000 edited=yes read=yes "
        "read_us=1700000000005000} "
        "author={user=1} mark=2} "
        "{kind=5 room=%llu place=6 at_us=1700000000006000 member=3 role=1} "
        "{kind=6 room=%llu place=7 at_us=1700000000007000 actor=3 member=3} "
        "{kind=3 room=%llu place=8 at_us=1700000000008000 actor=2 "
        "message={message=%llu room=%llu ordinal=2 place=3 author=2 "
        "created_us=1700000000003000 deleted=yes} author={user=2}} "
        "{kind=2 room=%llu place=9 at_us=1700000000009000 actor=1 "
        "message={message=%llu room=%llu ordinal=1 place=2 author=1 "
        "text=\"two\" created_us=1700000000002000 edited=yes read=yes "
        "read_us=1700000000005000} "
        "author={user=1}}] last_place=9",
        id, first, id, id, first, id, id, id, id, second, id, id, first, id);
    expect(&kit, &wire, expected);
    /* In pieces; places whose event is not told are passed over. */
    wire.as.read_events = (struct wire_read_events){{id}, 2, 2};
    expect(&kit, &wire, "row_events last_place=4 has_more=yes");
    wire.as.read_events.after_place = 9;
    expect(&kit, &wire, "row_events last_place=9");
    wire.as.read_events.after_place = 12;
    expect(&kit, &wire, "row_events last_place=12");
    finish(&kit, &world);
}
END_TEST

/* Beside the profile, and also for a user whom nobody put. */
START_TEST(when_a_user_was_last_seen) {
    struct kit kit;
    struct world world;
    struct wire wire = {.kind = WIRE_READ_USER, .as.read_user.user = {5}};
    start(&kit, &world, _i);
    world_seen(&world, 5, 1000);
    world_seen(&world, 6, 7);
    kit_commit(&kit);
    expect(&kit, &wire, "row_user last_seen_us=1000");
    world_profile(&world, 5, "eve");
    world_seen(&world, 5, INT64_MAX);
    kit_commit(&kit);
    kit_reopen(&kit);
    expect(&kit, &wire,
           "row_user found=yes profile={user=5 username=\"eve\" "
           "email=\"who@example.org\"} last_seen_us=9223372036854775807");
    /* The latest record counts, whatever it says. */
    world_seen(&world, 5, 3);
    world_profile(&world, 5, "ann");
    kit_commit(&kit);
    expect(&kit, &wire,
           "row_user found=yes profile={user=5 username=\"ann\" "
           "email=\"who@example.org\"} last_seen_us=3");
    wire.as.read_user.user = (user_id){6};
    expect(&kit, &wire, "row_user last_seen_us=7");
    wire.as.read_user.user = (user_id){7};
    expect(&kit, &wire, "row_user");
    finish(&kit, &world);
}
END_TEST

START_TEST(a_list_of_rooms) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2, 3};
    const struct world_send send = {.text = "x"};
    start(&kit, &world, _i);
    uint32_t quiet = world_create(&world, ROOM_ORDER, "q", users, 2);
    uint32_t busy = world_create(&world, ROOM_PROJECT, "b", users, 3);
    world_create(&world, ROOM_PROJECT, "others", users + 1, 2);
    world_profile(&world, 2, "eve");
    world_send(&world, busy, 1, &send);
    world_send(&world, busy, 2, &send);
    world_send(&world, busy, 3, &send);
    world_delete(&world, busy, 3);
    world_send(&world, quiet, 2, &send);
    world_send(&world, quiet, 2, &send);
    world_mark(&world, quiet, 1, 1);
    kit_commit(&kit);
    struct wire wire = {.kind = WIRE_READ_LIST,
                        .as.read_list = {.user = {1}, .limit = 1}};
    char expected[1024];
    snprintf(expected, sizeof expected,
             "reply_list views=[{room={room=%llu kind=3 key=\"q\" "
             "title=\"a room\" open=yes created_us=1700000000001000} "
             "members_count=2 unread=1 customer=1 executor=2 "
             "last={message=%llu room=%llu ordinal=2 place=3 author=2 "
             "text=\"x\" created_us=1700000000009000} "
             "activity_us=1700000000009000 other=2}] "
             "profiles=[{user=1} {user=2 username=\"eve\" "
             "email=\"who@example.org\"}] total=2",
             (unsigned long long)world_id(&world, quiet).value,
             (unsigned long long)world_message(&world, quiet, 2)->message.value,
             (unsigned long long)world_id(&world, quiet).value);
    expect(&kit, &wire, expected);
    wire.as.read_list.skip = 1;
    snprintf(expected, sizeof expected,
             "reply_list views=[{room={room=%llu kind=2 key=\"b\" "
             "title=\"a room\" open=yes created_us=1700000000002000} "
             "members_count=3 unread=1 customer=1 executor=2 "
             "last={message=%llu room=%llu ordinal=2 place=3 author=2 "
             "text=\"x\" created_us=1700000000005000} "
             "activity_us=1700000000006000}] "
             "profiles=[{user=1} {user=2 username=\"eve\" "
             "email=\"who@example.org\"}] total=2",
             (unsigned long long)world_id(&world, busy).value,
             (unsigned long long)world_message(&world, busy, 2)->message.value,
             (unsigned long long)world_id(&world, busy).value);
    expect(&kit, &wire, expected);
    wire.as.read_list.skip = 2;
    expect(&kit, &wire, "reply_list total=2");
    /* One of them as a view, for the author of what is unread. */
    wire = (struct wire){.kind = WIRE_READ_VIEW,
                         .as.read_view = {world_id(&world, quiet), {2}}};
    ck_assert_ptr_null(strstr(kit_ask(&kit, &wire), "unread"));
    finish(&kit, &world);
}
END_TEST

START_TEST(counts_of_messages) {
    struct kit kit;
    struct world world;
    start(&kit, &world, _i);
    uint32_t room = make_history(&world); /* Places 2 to 11; 2 writes odd. */
    struct wire wire = {.kind = WIRE_READ_COUNT,
                        .as.read_count.room = world_id(&world, room)};
    struct wire_read_count *ask = &wire.as.read_count;
    expect(&kit, &wire, "row_count count=5");
    ask->after_place = 3; /* 6, 7 and 8 are left. */
    expect(&kit, &wire, "row_count count=3");
    ask->up_to_place = 8;
    expect(&kit, &wire, "row_count count=2");
    ask->not_by.value = 2;
    expect(&kit, &wire, "row_count count=1");
    ask->not_by.value = 0;
    ask->by.value = 2;
    ask->after_place = 0;
    expect(&kit, &wire, "row_count count=2");
    ask->not_by.value = 2;
    expect(&kit, &wire, "row_count");
    finish(&kit, &world);
}
END_TEST

START_TEST(a_deleted_room_is_gone) {
    struct kit kit;
    struct world world;
    const uint64_t users[] = {1, 2};
    const struct world_send send = {.text = "x", .client_key = "k"};
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_ORDER, "d", users, 2);
    message_id message = world_send(&world, room, 1, &send);
    world_send(&world, room, 1, &send);
    world_delete(&world, room, 2);
    kit_commit(&kit);
    /* In the group of its end it changes once more. */
    world_join(&world, room, 3, ROLE_NONE);
    world_send(&world, room, 3, &send);
    world_drop(&world, room);
    uint32_t next = world_create(&world, ROOM_ORDER, "d", users, 1);
    kit_commit(&kit);
    expect_room(&world, world_id(&world, room), "row_room state={}");
    struct wire wire = {.kind = WIRE_READ_KEY,
                        .as.read_key = {ROOM_ORDER, SLICE("d")}};
    char expected[64];
    snprintf(expected, sizeof expected, "row_key room=%llu",
             (unsigned long long)world_id(&world, next).value);
    expect(&kit, &wire, expected);
    wire = (struct wire){.kind = WIRE_READ_MESSAGE,
                         .as.read_message.message = message};
    expect(&kit, &wire, "row_message");
    wire = (struct wire){
        .kind = WIRE_READ_SENT,
        .as.read_sent = {
            world_id(&world, room), {1}, SENT_BY_CLIENT_KEY, SLICE("k")}};
    expect(&kit, &wire, "row_message");
    wire = history(&world, room, by_rank(0, 10));
    expect(&kit, &wire, "reply_page");
    wire = (struct wire){.kind = WIRE_READ_EVENTS,
                         .as.read_events = {world_id(&world, room), 1, 10}};
    expect(&kit, &wire, "row_events last_place=1");
    for (uint64_t user = 2; user <= 3; user++) {
        wire = (struct wire){.kind = WIRE_READ_LIST,
                             .as.read_list = {.user = {user}, .limit = 10}};
        expect(&kit, &wire, "reply_list");
    }
    finish(&kit, &world);
}
END_TEST

START_TEST(heads_epoch_and_digests_are_kept) {
    struct kit kit;
    struct world world;
    struct store_heads heads;
    struct store_error error;
    uint32_t count;
    uint64_t digest;
    start(&kit, &world, _i);
    kit.ops[0]->heads(kit.stores[0], &heads);
    ck_assert_uint_eq(heads.epoch, 0);
    ck_assert_uint_eq(heads.seq[5], 0);
    ck_assert_int_eq(kit.ops[0]->claim(kit.stores[0], 4, &error), ERR_OK);
    world_profile(&world, 5, "a");
    world_profile(&world, 5, "b");
    kit_commit(&kit);
    world_profile(&world, 5, "c");
    kit_commit(&kit);
    kit_reopen(&kit);
    kit.ops[0]->heads(kit.stores[0], &heads);
    ck_assert_uint_eq(heads.epoch, 4);
    ck_assert_uint_eq(heads.seq[5], 3);
    ck_assert_uint_eq(heads.seq[6], 0);
    ck_assert_int_eq(
        kit.ops[0]->batch_digest(kit.stores[0], 5, 1, &count, &digest), ERR_OK);
    ck_assert_uint_eq(count, 2);
    uint64_t first = digest;
    ck_assert_int_eq(
        kit.ops[0]->batch_digest(kit.stores[0], 5, 3, &count, &digest), ERR_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_ne(digest, first);
    /* Not where a batch began; no batch. */
    ck_assert_int_eq(
        kit.ops[0]->batch_digest(kit.stores[0], 5, 2, &count, &digest),
        ERR_NOT_FOUND);
    ck_assert_int_eq(
        kit.ops[0]->batch_digest(kit.stores[0], 6, 1, &count, &digest),
        ERR_NOT_FOUND);
    finish(&kit, &world);
}
END_TEST

START_TEST(the_newest_digests_are_kept) {
    struct kit kit;
    struct world world;
    uint32_t count;
    uint64_t digest;
    const uint64_t total = 4096 + 10;
    start(&kit, &world, _i);
    for (uint64_t i = 0; i < total; i++) {
        world_profile(&world, 5, "a");
        kit_commit(&kit);
        kit_forget(&kit);
        if (i == 4100)
            kit_reopen(&kit); /* The ring goes on where it was. */
    }
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(
            kit.ops[0]->batch_digest(kit.stores[0], 5, 10, &count, &digest),
            ERR_NOT_FOUND);
        ck_assert_int_eq(
            kit.ops[0]->batch_digest(kit.stores[0], 5, 11, &count, &digest),
            ERR_OK);
        ck_assert_int_eq(
            kit.ops[0]->batch_digest(kit.stores[0], 5, total, &count, &digest),
            ERR_OK);
        kit_reopen(&kit);
    }
    finish(&kit, &world);
}
END_TEST

START_TEST(an_append_is_all_or_nothing) {
    struct kit kit;
    struct world world;
    struct store_heads heads;
    struct store_error error = {""};
    start(&kit, &world, _i);
    struct wire record = {
        .kind = RECORD_USER_PUT,
        .as.record_user_put.profile = {.user = {5}, .username = SLICE("a")}};
    struct buf bytes = {0};
    wire_encode(&record, &bytes);
    struct slice texts[] = {buf_slice(&bytes), SLICE("what is no record")};
    const struct wire records[] = {record, {.kind = WIRE_KEEP}};
    const struct wire_batch batches[] = {{.partition = 5,
                                          .epoch = 1,
                                          .first_seq = 1,
                                          .records = texts,
                                          .records_count = 1},
                                         {.partition = 6,
                                          .epoch = 1,
                                          .first_seq = 1,
                                          .records = texts,
                                          .records_count = 2}};
    const struct store_batch read[] = {
        {&batches[0], records, store_batch_digest(&batches[0])},
        {&batches[1], records, store_batch_digest(&batches[1])}};
    ck_assert_int_eq(kit.ops[0]->append(kit.stores[0], read, 2, &error),
                     ERR_CORRUPT);
    ck_assert_str_ne(error.text, "");
    struct wire wire = {.kind = WIRE_READ_USER, .as.read_user.user = {5}};
    expect(&kit, &wire, "row_user");
    kit.ops[0]->heads(kit.stores[0], &heads);
    ck_assert_uint_eq(heads.seq[5], 0);
    /* The store goes on. */
    world_profile(&world, 5, "b");
    kit_commit(&kit);
    ck_assert_ptr_nonnull(strstr(kit_ask(&kit, &wire), "username=\"b\""));
    buf_finish(&bytes);
    finish(&kit, &world);
}
END_TEST

/* The mails due at |now_us|, as "message:attempts ..." */
static void expect_mails(struct kit *kit, int64_t now_us, uint32_t limit,
                         const char *expected, int64_t next_due_us) {
    struct store_mail mails[8];
    struct store_error error = {""};
    char text[256] = "";
    uint32_t count;
    int64_t next;
    enum err err = kit->ops[0]->mails_due(kit->stores[0], now_us, mails, limit,
                                          &count, &next, &error);
    ck_assert_int_eq(err, ERR_OK);
    for (uint32_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%llu:%u:%u ",
                 (unsigned long long)mails[i].message.value,
                 (unsigned)mails[i].to.value, mails[i].attempts);
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(next, next_due_us);
}

START_TEST(mails_wait_in_the_outbox_until_they_are_settled) {
    struct kit kit;
    struct world world;
    struct store_error error = {""};
    const uint64_t users[] = {1, 2};
    char expected[256];
    start(&kit, &world, _i);
    uint32_t room = world_create(&world, ROOM_DIRECT, "1_2", users, 2);
    struct world_send send = {.text = "a", .mail_to = 2};
    uint64_t first = world_send(&world, room, 1, &send).value;
    int64_t first_us = world_message(&world, room, 1)->created_us;
    send.mail_to = 0;
    world_send(&world, room, 1, &send);
    send.mail_to = 1;
    uint64_t third = world_send(&world, room, 2, &send).value;
    int64_t third_us = world_message(&world, room, 3)->created_us;
    kit_commit(&kit);
    for (int again = 0; again < 2; again++) {
        snprintf(expected, sizeof expected, "%llu:2:0 %llu:1:0 ",
                 (unsigned long long)first, (unsigned long long)third);
        expect_mails(&kit, third_us, 8, expected, INT64_MAX);
        snprintf(expected, sizeof expected, "%llu:2:0 ",
                 (unsigned long long)first);
        expect_mails(&kit, third_us - 1, 8, expected, third_us);
        expect_mails(&kit, third_us, 1, expected, third_us);
        expect_mails(&kit, first_us - 1, 8, "", first_us);
        kit_reopen(&kit);
    }
    /* Put off: it comes later, and after those that are due before. */
    struct store_mail mail = {.message = {first},
                              .to = {2},
                              .created_us = first_us,
                              .due_us = first_us};
    struct store_mail later = mail;
    later.due_us = third_us + 5;
    later.attempts = 1;
    ck_assert_int_eq(
        kit.ops[0]->mail_settle(kit.stores[0], &mail, &later, &error), ERR_OK);
    kit_reopen(&kit);
    snprintf(expected, sizeof expected, "%llu:1:0 %llu:2:1 ",
             (unsigned long long)third, (unsigned long long)first);
    expect_mails(&kit, third_us + 5, 8, expected, INT64_MAX);
    ck_assert_int_eq(
        kit.ops[0]->mail_settle(kit.stores[0], &later, NULL, &error), ERR_OK);
    kit_reopen(&kit);
    snprintf(expected, sizeof expected, "%llu:1:0 ", (unsigned long long)third);
    expect_mails(&kit, INT64_MAX, 8, expected, INT64_MAX);
    finish(&kit, &world);
}
END_TEST

START_TEST(stores_are_found_by_name) {
    ck_assert_ptr_eq(store_find("rocksdb"), &store_rocksdb);
    ck_assert_ptr_eq(store_find("memory"), &store_memory);
    ck_assert_ptr_null(store_find("paper"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");
    tcase_add_loop_test(tests, an_empty_store_has_nothing, 0, STORES);
    tcase_add_loop_test(tests, a_room_with_members, 0, STORES);
    tcase_add_loop_test(tests, a_room_is_found_by_its_key, 0, STORES);
    tcase_add_loop_test(tests, a_message_by_its_id_and_keys, 0, STORES);
    tcase_add_loop_test(tests, marks_make_messages_read, 0, STORES);
    tcase_add_loop_test(tests, pages_from_the_newest, 0, STORES);
    tcase_add_loop_test(tests, pages_by_cursor_both_ways, 0, STORES);
    tcase_add_loop_test(tests, pages_by_message, 0, STORES);
    tcase_add_loop_test(tests, a_page_is_bounded_in_bytes, 0, STORES);
    tcase_add_loop_test(tests, events_after_a_place, 0, STORES);
    tcase_add_loop_test(tests, when_a_user_was_last_seen, 0, STORES);
    tcase_add_loop_test(tests, a_list_of_rooms, 0, STORES);
    tcase_add_loop_test(tests, counts_of_messages, 0, STORES);
    tcase_add_loop_test(tests, a_deleted_room_is_gone, 0, STORES);
    tcase_add_loop_test(tests, heads_epoch_and_digests_are_kept, 0, STORES);
    tcase_add_loop_test(tests, the_newest_digests_are_kept, 0, STORES);
    tcase_add_loop_test(tests, an_append_is_all_or_nothing, 0, STORES);
    tcase_add_loop_test(tests, mails_wait_in_the_outbox_until_they_are_settled,
                        0, STORES);
    tcase_add_test(tests, stores_are_found_by_name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
