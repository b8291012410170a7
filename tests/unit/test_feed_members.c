/* Tests of who is let into the rooms of a feed: members, and nobody whom an old
 * answer takes for one. */
#include <check.h>
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

/* A member in the answer, and none any more when SUBSCRIBE comes. */
START_TEST(test_removed_while_loading) {
    world_project(&world, ROOM, "tea");
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    fake_broker_release(world.broker);
    client_say(a, "echo x");
    world_settle(&world);
    client_expect(a, "echo x\n");
    ck_assert_uint_eq(table_count(&world.gateway.interest.rooms), 0);
    /* The same while the room is wanted by another user as well. */
    fake_broker_room(world.broker, OTHER, ROOM_PROJECT, "cake",
                     (uint64_t[]){1, 2, 3, 4}, 4);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    struct client *b = world_flow_only(&world, 2);
    struct client *c = world_flow_only(&world, 3);
    world_settle(&world);
    fake_broker_event(world.broker, OTHER, EVENT_MEMBER_REMOVED, (user_id){2},
                      "");
    fake_broker_release(world.broker);
    world_settle(&world);
    world_say_as(&world, OTHER, 1, "cream");
    world_settle(&world);
    client_expect(b, "");
    client_expect(c, "cake cream\n");
}
END_TEST

/* Who was removed is taken for a member once more; the gateway follows the
 * room for somebody else, so it knows its place. */
START_TEST(test_let_in_by_an_old_answer) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    struct client *plain = world_connect(&world, 3);
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    world_settle(&world);
    client_heard(a);
    client_say(plain, "sub 5");
    world_settle(&world);
    client_heard(plain);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    fake_broker_membership(world.broker, ROOM, (user_id){1},
                           fake_broker_place(world.broker, ROOM));
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "secret");
    fake_broker_typed(world.broker, ROOM, (user_id){2});
    world_settle(&world);
    client_expect(a, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "more");
    client_say(a, "echo x");
    world_settle(&world);
    client_expect(a, "echo x\n");
    client_expect(plain, "said secret\nsaid more\n");
}
END_TEST

/* The same of a member: nothing is lost while that is asked. */
START_TEST(test_a_room_that_another_follows) {
    world_project(&world, ROOM, "tea");
    struct client *plain = world_connect(&world, 3);
    client_say(plain, "sub 5");
    world_settle(&world);
    client_heard(plain);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "one");
    world_settle(&world);
    client_expect(a, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "two");
    world_settle(&world);
    client_expect(a, "tea one\ntea two\n");
    client_expect(plain, "said one\nsaid two\n");
}
END_TEST

/* It noticed late that its link is gone: what was before that is asked for. */
START_TEST(test_a_gateway_that_stood_still) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    world_project(&world, OTHER, "cake"); /* Nobody is told. */
    world_say_as(&world, OTHER, 3, "white");
    world.skew_ms += UINT64_C(4) * FEED_OVERLAP_S * 1000;
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    world_until(&world, world_is_up);
    world_settle(&world);
    client_expect(a, "cake white\n");
}
END_TEST

/* The link was to a broker that had been replaced long before. */
START_TEST(test_a_broker_that_was_replaced) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    fake_broker_lose(world.broker);
    /* The clock of the gateway's goes on, that of the broker's hardly. */
    world_pass(&world, UINT64_C(2) * FEED_OVERLAP_S * 1000);
    world_project(&world, OTHER, "cake"); /* By the one after it. */
    world_say_as(&world, OTHER, 3, "white");
    world_broker_down(&world);
    world_broker_up(&world, 2);
    world_settle(&world);
    client_expect(a, "cake white\n");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("feed_members");
    TCase *tcase = tcase_create("members");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_removed_while_loading);
    tcase_add_test(tcase, test_let_in_by_an_old_answer);
    tcase_add_test(tcase, test_a_room_that_another_follows);
    tcase_add_test(tcase, test_a_gateway_that_stood_still);
    tcase_add_test(tcase, test_a_broker_that_was_replaced);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
