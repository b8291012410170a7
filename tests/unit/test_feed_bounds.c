/* Tests of the bounds of feeds and presence: what is beyond is counted and left
 * alone, and nothing else suffers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/gateway_world.h"

static struct world world;

static void setup(void) {
    world_init(&world, NULL);
}

static void teardown(void) {
    world_finish(&world);
}

#define ROOM ((room_id){5})
#define OTHER ((room_id){6})

static uint64_t counted(enum gateway_metric metric) {
    return atomic_load(metrics_cell(world.metrics, metric, 0));
}

/* No room of the fake broker. */
#define NOWHERE 1000u

/* Rooms beyond the bound are not followed, and no more is asked at once than
 * is allowed, however much is to be asked. */
START_TEST(test_rooms_max) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    uint32_t before = fake_broker_count(world.broker, WIRE_SUBSCRIBE);
    const struct feed *feed = a->connection->feed;
    fake_broker_silence(world.broker, WIRE_SUBSCRIBE);
    for (uint64_t i = 0; i < LIMIT_FEED_ROOMS + 3; i++) {
        fake_broker_membership(world.broker, (room_id){NOWHERE + i},
                               (user_id){1}, 0);
        if (i % 500 == 0)
            world_settle(&world);
    }
    world_settle(&world);
    ck_assert_uint_eq(table_count(&feed->rooms), LIMIT_FEED_ROOMS);
    ck_assert_uint_eq(counted(METRIC_FEED_OVERFLOW), 4);
    ck_assert(!feed_is_whole(feed));
    ck_assert_uint_eq(world.gateway.feeds.asks, FEED_ASKS_MAX);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_SUBSCRIBE) - before,
                      FEED_ASKS_MAX);
    world_say_as(&world, ROOM, 3, "still");
    world_settle(&world);
    client_expect(a, "tea still\n");
    /* Answered, each makes room for the next; the broker knows none of them. */
    fake_broker_silence(world.broker, 0);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    world_until(&world, world_is_up);
    world_settle(&world);
    ck_assert_uint_eq(world.gateway.feeds.asks, 0);
    ck_assert_uint_eq(table_count(&feed->rooms), 1);
    ck_assert(feed_is_whole(feed));
    ck_assert(feed_is_in(a->connection));
}
END_TEST

/* Events are not asked for beyond the bound either; they are when an answer
 * makes room. */
START_TEST(test_asks_max_of_events) {
    world_project(&world, ROOM, "tea");
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "x");
    world.gateway.feeds.asks += FEED_ASKS_MAX; /* As if there were others. */
    fake_broker_release(world.broker);
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_EVENTS), 0);
    client_expect(a, "");
    world.gateway.feeds.asks--;
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_EVENTS), 1);
    client_expect(a, "tea x\n");
    world.gateway.feeds.asks -= FEED_ASKS_MAX - 1;
    ck_assert_uint_eq(world.gateway.feeds.asks, 0);
}
END_TEST

/* A FEED that names not all rooms: the rest is left alone, and a new link does
 * not take away what was followed and is not named. */
START_TEST(test_feed_has_more) {
    room_id third = {7};
    world_dialog(&world, ROOM, "1_8", 1, 8);
    world_dialog(&world, OTHER, "1_9", 1, 9);
    world_dialog(&world, third, "1_2", 1, 2);
    fake_broker_feed_max(world.broker, 2);
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    ck_assert_uint_eq(counted(METRIC_FEED_OVERFLOW), 1);
    world_say_as(&world, ROOM, 8, "x");
    world_say_as(&world, third, 2, "not here");
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    client_expect(a, "1_8 x\nunread 1\n");
    client_expect(b,
                  "1_2 not here\nonline 1\n"); /* By a room that |a| lacks. */
    fake_broker_membership(world.broker, third, (user_id){1}, 1);
    world_settle(&world);
    world_say_as(&world, third, 2, "here");
    world_settle(&world);
    ck_assert_ptr_nonnull(strstr(client_heard(a), "1_2 here\n"));
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    world_until(&world, world_is_up);
    world_settle(&world);
    client_heard(a);
    ck_assert_uint_eq(table_count(&a->connection->feed->rooms), 3);
    world_say_as(&world, third, 2, "still");
    world_settle(&world);
    ck_assert_ptr_nonnull(strstr(client_heard(a), "1_2 still\n"));
    /* One that names all does. */
    fake_broker_feed_max(world.broker, 0);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    fake_broker_room(world.broker, third, ROOM_DIRECT, "1_2", (uint64_t[]){2},
                     1);
    world_until(&world, world_is_up);
    world_settle(&world);
    ck_assert_uint_eq(table_count(&a->connection->feed->rooms), 2);
    ck_assert(feed_is_whole(a->connection->feed));
}
END_TEST

/* A connection that follows as many rooms as it may is in without the one that
 * is too many. */
START_TEST(test_follows_max) {
    struct gateway *gateway = &world.gateway;
    world_project(&world, ROOM, "tea");
    fake_broker_room(world.broker, OTHER, ROOM_PROJECT, "cake",
                     (uint64_t[]){3, 4}, 2);
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 1);
    while (a->connection->follows.count < INTEREST_FOLLOWS_MAX) {
        room_id id = {NOWHERE + a->connection->follows.count};
        interest_follow(interest_get(&gateway->interest, id), a->connection,
                        &a->connection->follows, a->connection->dialect);
    }
    fake_broker_join(world.broker, OTHER, (user_id){1}, true);
    world_settle(&world);
    ck_assert_uint_eq(counted(METRIC_FEED_OVERFLOW), 1);
    world_say_as(&world, OTHER, 3, "one");
    world_say_as(&world, ROOM, 3, "two");
    client_say(a, "echo x"); /* It does not wait for anything. */
    world_settle(&world);
    client_expect(a, "echo x\ntea two\n");
    client_expect(b, "cake one\ntea two\n");
}
END_TEST

/* Answers ahead of following their room are remembered up to the bound: only
 * the first of more comes again as an event. */
START_TEST(test_told_max) {
    struct client *a = world_flow(&world, 1); /* Room 5 is in no feed. */
    for (uint32_t i = 0; i <= FEED_TOLD_MAX; i++) {
        char text[32];
        snprintf(text, sizeof(text), "send 5 %u", i);
        client_say(a, text);
        if (i % 100 == 0)
            world_settle(&world);
    }
    world_settle(&world);
    ck_assert_uint_eq(a->messages, FEED_TOLD_MAX + 1);
    ck_assert_uint_eq(counted(METRIC_FEED_FORGOTTEN), 1);
    ck_assert_uint_eq(a->connection->told->size,
                      FEED_TOLD_MAX * sizeof(struct told));
    client_heard(a);
    world_project(&world, ROOM, "tea");
    fake_broker_membership(world.broker, ROOM, (user_id){1}, 0);
    world_settle(&world);
    client_expect(a, "tea 0\n");
    ck_assert_ptr_null(a->connection->told);
}
END_TEST

/* Changes for feeds that are loading are kept up to the bound; one of a user
 * who is among them already is no more. */
START_TEST(test_recent_max) {
    world_project(&world, ROOM, "tea");
    fake_broker_hold(world.broker, WIRE_FEED);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){2}, true);
    fake_broker_crowd(world.broker, (user_id){NOWHERE},
                      PRESENCE_RECENT_MAX - 1);
    world_settle(&world);
    ck_assert_uint_eq(counted(METRIC_PRESENCE_FORGOTTEN), 0);
    fake_broker_presence(world.broker, (user_id){3}, true);
    fake_broker_presence(world.broker, (user_id){2}, false);
    world_settle(&world);
    ck_assert_uint_eq(counted(METRIC_PRESENCE_FORGOTTEN), 1);
    ck_assert_uint_eq(counted(METRIC_PRESENCE_CHANGES),
                      PRESENCE_RECENT_MAX + 2);
    ck_assert_uint_eq(table_count(&world.gateway.presence.recent),
                      PRESENCE_RECENT_MAX);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "offline 2\n"); /* Nothing of 3, which was too many. */
    fake_broker_presence(world.broker, (user_id){3}, false);
    world_settle(&world);
    client_expect(a, "offline 3\n");
    ck_assert_uint_eq(counted(METRIC_PRESENCE_FORGOTTEN), 2);
    world.gateway.presence.recent_ms = world.gateway.now_ms + 1;
    world_pass(&world, 2000); /* The next while has room again. */
    fake_broker_presence(world.broker, (user_id){3}, true);
    world_settle(&world);
    ck_assert_uint_eq(counted(METRIC_PRESENCE_FORGOTTEN), 2);
    ck_assert_uint_eq(table_count(&world.gateway.presence.recent), 1);
}
END_TEST

/* What the broker refuses for now is counted and asked again in a second. */
START_TEST(test_refused_for_now) {
    static const enum wire_kind kinds[] = {WIRE_FEED, WIRE_SUBSCRIBE,
                                           WIRE_EVENTS};
    world_project(&world, ROOM, "tea");
    fake_broker_refuse(world.broker, (int)kinds[_i]);
    struct client *a = world_flow_only(&world, 1);
    world_say_as(&world, ROOM, 3, "x");
    world_settle(&world);
    uint64_t refused = counted(METRIC_FEED_REFUSED);
    ck_assert_uint_ge(refused, 1);
    ck_assert_uint_le(refused, 2); /* A second may begin anywhere. */
    ck_assert_uint_eq(fake_broker_count(world.broker, kinds[_i]), refused);
    ck_assert(!feed_is_in(a->connection));
    fake_broker_refuse(world.broker, 0);
    world_pass(&world, 1500);
    client_expect(a, "tea x\n");
    ck_assert_uint_eq(counted(METRIC_FEED_REFUSED), refused);
    ck_assert(feed_is_in(a->connection));
}
END_TEST

/* Who reads slowly goes without typing, long before the connection goes, and
 * misses nothing else. */
START_TEST(test_slow_readers_miss_typing) {
    char text[5001] = {0};
    memset(text, 'x', 5000);
    world_project(&world, ROOM, "tea");
    world.gateway.config.queue_bytes_max = 20000;
    struct client *slow = world_flow(&world, 1), *quick = world_flow(&world, 2);
    slow->stuck = true;
    world_say_as(&world, ROOM, 3, "one");
    world_settle(&world);
    fake_broker_typed(world.broker, ROOM, (user_id){3}); /* Little waits. */
    world_settle(&world);
    ck_assert_uint_eq(counted(METRIC_TYPING_DROPPED), 0);
    for (int i = 0; i < 3; i++)
        world_say_as(&world, ROOM, 3, text);
    world_settle(&world);
    world_say_as(&world, ROOM, 3,
                 "two"); /* In one turn with what is left out. */
    fake_broker_typed(world.broker, ROOM, (user_id){3});
    world_say_as(&world, ROOM, 3, "three");
    world_settle(&world);
    ck_assert_uint_eq(counted(METRIC_TYPING_DROPPED), 1);
    ck_assert_uint_eq(slow->connection->state, CONNECTION_OPEN);
    const char *heard = strstr(client_heard(quick), "tea two\n");
    ck_assert_str_eq(heard, "tea two\ntyping 3\ntea three\n");
    client_unstick(slow);
    world_settle(&world);
    heard = client_heard(slow);
    ck_assert_int_eq(strncmp(heard, "tea one\ntyping 3\n", 17), 0);
    heard = strstr(heard, "tea two\n");
    ck_assert_str_eq(heard, "tea two\ntea three\n");
}
END_TEST

int main(void) {
    const struct {
        const TTest *test;
        int rounds;
    } tests[] = {
        {test_rooms_max, 1},       {test_asks_max_of_events, 1},
        {test_feed_has_more, 1},   {test_follows_max, 1},
        {test_told_max, 1},        {test_recent_max, 1},
        {test_refused_for_now, 3}, {test_slow_readers_miss_typing, 1},
    };
    Suite *suite = suite_create("feed_bounds");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_loop_test(tcase, tests[i].test, 0, tests[i].rounds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
