/* Tests of connections that follow all rooms of their user: what reaches them,
 * in which order, once, whatever comes first. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/api_call.h"
#include "gateway/frontend_check.h"
#include "gateway/user_call.h"
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

START_TEST(test_all_rooms_without_asking) {
    world_project(&world, ROOM, "tea");
    world_project(&world, OTHER, "cake");
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    struct client *stranger = world_flow(&world, 9);
    world_say_as(&world, ROOM, 3, "one");
    world_say_as(&world, OTHER, 3, "two");
    world_settle(&world);
    client_expect(a, "tea one\ncake two\n");
    client_expect(b, "tea one\ncake two\n");
    client_expect(stranger, "");
    client_say(a, "send 5 hi");
    world_settle(&world);
    client_expect(a, "sent hi\n");
    client_expect(b, "tea hi\n");
    /* One SUBSCRIBE for each room, whoever follows it. */
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_SUBSCRIBE), 2);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_FEED), 3);
    world_hang_up(a);
    world_settle(&world);
    ck_assert(fake_broker_interest(world.broker, ROOM));
    world_hang_up(b);
    world_settle(&world);
    ck_assert(!fake_broker_interest(world.broker, ROOM));
    ck_assert_uint_eq(table_count(&world.gateway.interest.rooms), 0);
    ck_assert_uint_eq(table_count(&world.gateway.members.rooms_of), 0);
}
END_TEST

/* Events between the handshake and the subscription are read; what was before
 * the handshake is not, and nothing comes twice. Requests wait. */
START_TEST(test_events_while_loading) {
    world_project(&world, ROOM, "tea");
    world_say_as(&world, ROOM, 3, "old");
    fake_broker_hold(world.broker, WIRE_FEED);
    struct client *a = world_flow_only(&world, 1);
    client_say(a, "echo x");
    world_settle(&world);
    for (int i = 0; i < 4; i++)
        world_say_as(&world, ROOM, 3, "1");
    fake_broker_release(world.broker);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    world_settle(&world);
    for (int i = 0; i < 4; i++)
        world_say_as(&world, ROOM, 3, "2");
    fake_broker_release(world.broker);
    fake_broker_hold(world.broker, WIRE_EVENTS);
    world_settle(&world);
    world_say_as(&world, ROOM, 3,
                 "live"); /* The gateway hears it; the client not yet. */
    world_settle(&world);
    client_expect(a, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "tea 1\ntea 1\ntea 1\ntea 1\ntea 2\ntea 2\ntea 2\ntea 2\n"
                     "tea live\necho x\n");
    world_say_as(&world, ROOM, 3, "more");
    world_settle(&world);
    client_expect(a, "tea more\n");
}
END_TEST

/* A connection that comes when the feed is there has only what follows. */
START_TEST(test_second_connection) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    world_say_as(&world, ROOM, 3, "one");
    world_settle(&world);
    struct client *b = world_flow_only(&world, 1);
    world_say_as(&world, ROOM, 3, "two");
    world_settle(&world);
    client_expect(a, "tea one\ntea two\n");
    client_expect(b, "tea two\n");
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_FEED), 1);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_EVENTS), 0);
    client_say(a, "send 5 mine"); /* The other device gets the event. */
    world_settle(&world);
    client_expect(a, "sent mine\n");
    client_expect(b, "tea mine\n");
}
END_TEST

/* --- Memberships ---------------------------------------------------------- */

static void join(bool notice_first, bool followed) {
    fake_broker_room(world.broker, ROOM, ROOM_PROJECT, "tea",
                     (uint64_t[]){7, 8, 9}, 3);
    struct client *other = followed ? world_flow(&world, 7) : NULL;
    struct client *a = world_flow(&world, 1);
    world_say_as(&world, ROOM, 7, "before");
    world_settle(&world);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    fake_broker_join(world.broker, ROOM, (user_id){1}, notice_first);
    world_say_as(&world, ROOM, 7, "after");
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "tea after\n");
    if (other)
        client_expect(other, "tea before\ntea after\n");
    fake_broker_presence(world.broker, (user_id){8}, true);
    world_settle(&world);
    client_expect(a, "online 8\n");
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    world_say_as(&world, ROOM, 7, "without");
    fake_broker_presence(world.broker, (user_id){8}, false);
    world_settle(&world);
    client_expect(a, "");
    ck_assert_uint_eq(table_count(&a->connection->feed->rooms), 0);
    client_say(a, "echo x"); /* It does not wait for anything. */
    world_settle(&world);
    client_expect(a, "echo x\n");
}

START_TEST(test_join) {
    join((_i & 1) != 0, (_i & 2) != 0);
}
END_TEST

/* The notice comes while the feed is being asked for, and the answer names the
 * room or does not yet. */
START_TEST(test_join_while_loading) {
    fake_broker_room(world.broker, ROOM, ROOM_PROJECT, "tea",
                     (uint64_t[]){7, 8, 9}, 3);
    bool in_answer = _i == 1;
    if (in_answer)
        fake_broker_hold(world.broker, WIRE_FEED);
    else
        fake_broker_silence(world.broker, WIRE_FEED);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    fake_broker_join(world.broker, ROOM, (user_id){1}, true);
    world_say_as(&world, ROOM, 7, "after");
    world_settle(&world);
    client_expect(a, "tea after\n");
    fake_broker_silence(world.broker, 0);
    fake_broker_release(world.broker);
    world_settle(&world);
    ck_assert(feed_is_in(a->connection) == in_answer);
    world_say_as(&world, ROOM, 7, "more");
    world_settle(&world);
    client_expect(a, "tea more\n");
}
END_TEST

START_TEST(test_room_deleted) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    world_flow(&world, 2);
    fake_broker_event(world.broker, ROOM, EVENT_ROOM_DELETED, (user_id){3}, "");
    world_settle(&world);
    ck_assert_uint_eq(table_count(&world.gateway.interest.rooms), 0);
    client_say(a, "echo x");
    world_settle(&world);
    client_expect(a, "echo x\n");
}
END_TEST

/* A hang-up in every phase leaves nothing. */
START_TEST(test_hang_up_while_entering) {
    static const enum wire_kind phases[] = {WIRE_CONNECT, WIRE_FEED,
                                            WIRE_SUBSCRIBE, WIRE_EVENTS};
    world_project(&world, ROOM, "tea");
    fake_broker_hold(world.broker, (int)phases[_i]);
    struct client *a = world_flow_only(&world, 1);
    world_say_as(&world, ROOM, 3, "1");
    world_settle(&world);
    world_hang_up(a);
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    ck_assert_uint_eq(table_count(&world.gateway.interest.rooms), 0);
    ck_assert_uint_eq(table_count(&world.gateway.broker.pending), 0);
    ck_assert_uint_eq(world.gateway.feeds.asks, 0);
    ck_assert_uint_eq(world.gateway.feeds.count, 0);
    ck_assert(!fake_broker_interest(world.broker, ROOM));
}
END_TEST

/* --- Rooms that come into being by a message ------------------------------ */

/* The sender's copy is the answer, once, and the other side's the event. */
START_TEST(test_first_message) {
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    struct client *other_device = world_flow(&world, 1);
    if (_i == 1)
        fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    if (_i == 2)
        fake_broker_hold(world.broker, WIRE_EVENTS);
    client_say(a, "key 1_2 hello");
    client_say(a, "key 1_2 again");
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_say(a, "key 1_2 more");
    client_say(b, "key 1_2 reply");
    world_settle(&world);
    const char *heard = client_heard(a);
    ck_assert_ptr_nonnull(strstr(heard, "sent hello\n"));
    ck_assert_ptr_nonnull(strstr(heard, "sent again\n"));
    ck_assert_ptr_nonnull(strstr(heard, "sent more\n"));
    ck_assert_ptr_null(strstr(heard, "1_2 hello"));
    ck_assert_ptr_null(strstr(heard, "1_2 again"));
    ck_assert_ptr_null(strstr(heard, "1_2 more"));
    ck_assert_ptr_nonnull(strstr(heard, "1_2 reply\n"));
    heard = client_heard(other_device);
    ck_assert_int_eq(strncmp(heard, "1_2 hello\n1_2 again\n1_2 more\n", 29), 0);
    heard = client_heard(b);
    ck_assert_ptr_nonnull(strstr(heard, "1_2 hello\n"));
    ck_assert_ptr_nonnull(strstr(heard, "unread 1\n"));
    ck_assert_ptr_nonnull(strstr(heard, "1_2 again\n"));
    ck_assert_ptr_nonnull(strstr(heard, "1_2 more\n"));
    ck_assert_ptr_nonnull(strstr(heard, "sent reply\n"));
    ck_assert_ptr_null(a->connection->told);
}
END_TEST

/* Two begin the same room at once: both see its messages in the room's order,
 * also the one whose own answer comes before the other's message is read. */
START_TEST(test_first_messages_of_both) {
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    if (_i == 1)
        fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    if (_i == 2)
        fake_broker_hold(world.broker, WIRE_EVENTS);
    client_say(a, "key 1_2 first");
    client_say(b, "key 1_2 second");
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    const char *heard = client_heard(a);
    const char *first = strstr(heard, "sent first\n");
    const char *second = strstr(heard, "1_2 second\n");
    ck_assert(first && second && first < second);
    heard = client_heard(b);
    first = strstr(heard, "1_2 first\n");
    second = strstr(heard, "sent second\n");
    ck_assert_msg(first && second && first < second, "%s", heard);
}
END_TEST

/* A followed room is known by its key: messages to it go together. */
START_TEST(test_known_key) {
    world_dialog(&world, ROOM, "1_2", 1, 2);
    struct client *a = world_flow(&world, 1);
    fake_broker_silence(world.broker, WIRE_SEND);
    for (int i = 0; i < 10; i++)
        client_say(a, "key 1_2 x");
    client_say(a, "key 1_9 y"); /* Not known: waits. */
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_SEND), 10);
    ck_assert_uint_eq(fake_broker_place(world.broker, ROOM), 10);
}
END_TEST

START_TEST(test_unknown_keys_go_one_by_one) {
    struct client *a = world_connect(&world, 1); /* Follows nothing. */
    fake_broker_hold(world.broker, WIRE_SEND);
    client_say(a, "key 1_2 x");
    client_say(a, "key 1_2 y");
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_SEND), 1);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "sent x\nsent y\n");
}
END_TEST

/* --- Links ---------------------------------------------------------------- */

START_TEST(test_link_lost_in_every_phase) {
    static const enum wire_kind phases[] = {WIRE_CONNECT, WIRE_FEED,
                                            WIRE_SUBSCRIBE, WIRE_EVENTS};
    world_project(&world, ROOM, "tea");
    fake_broker_silence(world.broker, (int)phases[_i]);
    struct client *a = world_flow_only(&world, 1);
    world_say_as(&world, ROOM, 3, "1");
    client_say(a, "echo x");
    world_settle(&world);
    struct buf early = {0}; /* Events do not wait for the profile. */
    buf_append_slice(&early, slice_of(client_heard(a)));
    ck_assert(early.size == 0 || phases[_i] == WIRE_CONNECT);
    fake_broker_silence(world.broker, 0);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    world_until(&world, world_is_up);
    world_settle(&world);
    buf_append_slice(&early, slice_of(client_heard(a)));
    buf_append(&early, "", 1);
    ck_assert_str_eq(early.data, "tea 1\necho x\n");
    buf_finish(&early);
    world_say_as(&world, ROOM, 3, "2");
    world_settle(&world);
    client_expect(a, "tea 2\n");
    ck_assert_uint_eq(world.gateway.feeds.asks, 0);
}
END_TEST

/* Rooms entered and left, and messages, while there was no link: a broker with
 * other rooms than before. */
START_TEST(test_memberships_after_a_new_link) {
    world_project(&world, ROOM, "tea");
    world_project(&world, OTHER, "cake");
    struct client *a = world_flow(&world, 1);
    struct client *other = world_flow(&world, 2);
    fake_broker_hold(world.broker, WIRE_FEED);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    fake_broker_room(world.broker, ROOM, ROOM_PROJECT, "tea",
                     (uint64_t[]){2, 3, 4}, 3);
    world_project(&world, (room_id){7}, "milk");
    fake_broker_event(world.broker, (room_id){7}, EVENT_MESSAGE_CREATED,
                      (user_id){3}, "white");
    world_say_as(&world, OTHER, 3, "away");
    world_until(&world, world_is_up);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "cake away\nmilk white\n");
    world_say_as(&world, ROOM, 3, "not for 1");
    world_say_as(&world, OTHER, 3, "for both");
    world_settle(&world);
    client_expect(a, "cake for both\n");
    client_expect(other,
                  "cake away\nmilk white\ntea not for 1\ncake for both\n");
}
END_TEST

/* A broker that does not answer: the connection is sent away in time. */
START_TEST(test_patience) {
    world_project(&world, ROOM, "tea");
    world.gateway.config.patience_ms = 2000;
    fake_broker_silence(world.broker, WIRE_EVENTS);
    struct client *a = world_flow_only(&world, 1);
    world_say_as(&world, ROOM, 3, "1");
    world_pass(&world, 1000);
    ck_assert_uint_eq(a->close_code, 0);
    world_pass(&world, 3000);
    ck_assert_uint_eq(a->close_code, 1013);
}
END_TEST

/* --- Presence ------------------------------------------------------------- */

START_TEST(test_presence) {
    world_project(&world, ROOM, "tea");
    world_project(&world, OTHER, "cake");
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    struct client *again = world_flow(&world, 1);
    struct client *stranger = world_flow(&world, 9);
    struct client *plain = world_connect(&world, 2);
    client_say(plain, "sub 5");
    world_settle(&world);
    client_heard(plain);
    fake_broker_presence(world.broker, (user_id){1}, true);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    client_expect(a, ""); /* Never of oneself. */
    client_expect(again, "");
    client_expect(b, "online 1\n"); /* Once, for two rooms and two notices. */
    client_expect(stranger, "");
    client_expect(plain, "");
    fake_broker_presence(world.broker, (user_id){3}, true);
    fake_broker_presence(world.broker, (user_id){3}, false);
    fake_broker_presence(world.broker, (user_id){3}, false);
    world_settle(&world);
    client_expect(a, "online 3\noffline 3\n");
    client_expect(again, "online 3\noffline 3\n");
    client_expect(b, "online 3\noffline 3\n");
}
END_TEST

/* What changes before the rooms or their members are known is told when they
 * are: once, the last state, and only to those who were there already. */
START_TEST(test_presence_meanwhile) {
    world_project(&world, ROOM, "tea");
    world_project(&world, OTHER, "cake");
    fake_broker_hold(world.broker, WIRE_FEED);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){1}, true);
    fake_broker_presence(world.broker, (user_id){2}, true);
    fake_broker_presence(world.broker, (user_id){9}, true);
    world_settle(&world);
    client_expect(a, "");
    fake_broker_release(world.broker);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){3}, true);
    fake_broker_presence(world.broker, (user_id){3}, false);
    world_settle(&world);
    client_expect(a, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "online 2\noffline 3\n");
    /* The rooms are known by now, the feed is not. */
    fake_broker_hold(world.broker, WIRE_FEED);
    struct client *b = world_flow_only(&world, 2);
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){3}, true);
    world_settle(&world);
    client_expect(a, "online 3\n");
    client_expect(b, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(b, "online 3\n");
    /* A new link makes nothing new. */
    world_broker_down(&world);
    world_broker_up(&world, 2);
    world_settle(&world);
    client_expect(a, "");
    client_expect(b, "");
}
END_TEST

/* What is older than their sharing a room does not concern them. */
START_TEST(test_presence_before_the_room) {
    world_project(&world, ROOM, "tea");
    fake_broker_room(world.broker, OTHER, ROOM_PROJECT, "cake", (uint64_t[]){4},
                     1);
    struct client *a = world_flow(&world, 1);
    fake_broker_presence(world.broker, (user_id){4}, true);
    world_settle(&world);
    fake_broker_join(world.broker, OTHER, (user_id){1}, true);
    world_settle(&world);
    client_expect(a, "");
    fake_broker_presence(world.broker, (user_id){4}, false);
    world_settle(&world);
    client_expect(a, "offline 4\n");
}
END_TEST

/* Rooms in which there is nobody else come and go as others do. */
START_TEST(test_presence_follows_members) {
    world_project(&world, ROOM, "tea");
    world_dialog(&world, OTHER, "1_9", 1, 9);
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    struct client *far = world_flow(&world, 9);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    client_expect(b, "online 1\n");
    client_expect(far, "online 1\n");
    world_hang_up(far);
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){2},
                      "");
    fake_broker_presence(world.broker, (user_id){1}, false);
    world_settle(&world);
    client_expect(b, "");
    fake_broker_join(world.broker, OTHER, (user_id){2}, true);
    far = world_flow(&world, 9);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    client_expect(b, "online 1\n");
    client_expect(far, "online 1\n");
    client_expect(a, "");
}
END_TEST

/* A room that both just came to, and whose members are not known yet: told when
 * they are, once. */
START_TEST(test_presence_in_a_new_room) {
    world_dialog(&world, ROOM, "8_9", 8, 9);
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    fake_broker_join(world.broker, ROOM, (user_id){1}, true);
    fake_broker_join(world.broker, ROOM, (user_id){2}, true);
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(b, "online 1\n");
    client_expect(a, "");
}
END_TEST

/* Whom a new link does not name has gone, after the grace; a link that is lost
 * before says nothing. */
START_TEST(test_presence_after_a_new_link) {
    world.gateway.config.grace_ms = 200;
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1);
    fake_broker_presence(world.broker, (user_id){2}, true);
    fake_broker_presence(world.broker, (user_id){3}, true);
    world_settle(&world);
    client_expect(a, "online 2\nonline 3\n");
    world_broker_down(&world);
    int64_t lost_us = world.gateway.wall_us;
    world_pass(&world, 8000);
    world_broker_up(&world, 2);
    ck_assert_int_ge(lost_us, world.gateway.presence.lost_us);
    ck_assert_int_lt(lost_us - world.gateway.presence.lost_us, 1000000);
    fake_broker_presence(world.broker, (user_id){2}, true);
    world_pass(&world, 4000);
    client_expect(a, "");
    ck_assert(presence_is_online(&world.gateway.presence, (user_id){3}));
    world_pass(&world, 2000);
    client_expect(a, "offline 3\n");
    ck_assert(presence_is_online(&world.gateway.presence, (user_id){2}));
    ck_assert(!presence_is_online(&world.gateway.presence, (user_id){3}));
}
END_TEST

/* A new link on which the notice that user 1 is online comes ahead of the
 * answers to the CONNECTs. */
static void new_link(void) {
    fake_broker_hold(world.broker, WIRE_CONNECT);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    world_until(&world, world_is_up);
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
}

static void expect_connects(uint32_t again, uint32_t hiding) {
    ck_assert_uint_eq(fake_broker_connects(world.broker, CONNECT_AGAIN), again);
    ck_assert_uint_eq(fake_broker_connects(world.broker, CONNECT_HIDING),
                      hiding);
}

/* Who hides goes on to on a new link, as long as no new connection came. */
START_TEST(test_hiding_on_a_new_link) {
    static const uint32_t hiding[] = {2, 0, 0};
    struct client *a = world_flow(&world, 1);
    struct client *plain = world_connect(&world, 1);
    client_say(a, "hide");
    world_settle(&world);
    client_expect(a, "ok\n");
    if (_i == 1)
        client_say(plain, "show");
    else if (_i == 2)
        world_connect(&world, 1);
    world_settle(&world);
    uint32_t count = _i == 2 ? 3 : 2;
    for (uint32_t i = 1; i <= 2; i++) { /* Also on the one after that. */
        new_link();
        ck_assert_uint_eq(fake_broker_connects(world.broker, CONNECT_NEW),
                          count);
        expect_connects(i * (count - hiding[_i]), i * hiding[_i]);
    }
}
END_TEST

/* A connection to another gateway ends it, also soon after a link came up;
 * a notice that was on its way when the user hid does not. */
START_TEST(test_hiding_ends_elsewhere) {
    struct client *a = world_flow(&world, 1);
    client_say(a, "hide");
    world_settle(&world);
    new_link();
    expect_connects(0, 1);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    new_link();
    expect_connects(1, 1);
    fake_broker_hold(world.broker, WIRE_PRESENCE_SET);
    client_say(a, "hide");
    world_settle(&world);
    fake_broker_presence(world.broker, (user_id){1}, true);
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    new_link();
    expect_connects(1, 2);
}
END_TEST

/* --- Typing --------------------------------------------------------------- */

START_TEST(test_typing) {
    world_project(&world, ROOM, "tea");
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    struct client *again = world_flow(&world, 1);
    struct client *plain = world_connect(&world, 3);
    client_say(plain, "sub 5");
    world_settle(&world);
    client_heard(plain);
    world_say_as(&world, ROOM, 3, "x");
    fake_broker_typed(world.broker, ROOM, (user_id){1});
    world_say_as(&world, ROOM, 3, "y");
    fake_broker_typed(world.broker, OTHER, (user_id){1});
    world_settle(&world);
    client_expect(a, "tea x\ntea y\n"); /* Not what one types oneself. */
    client_expect(again, "tea x\ntea y\n");
    client_expect(b, "tea x\ntyping 1\ntea y\n");
    client_expect(plain, "said x\nsaid y\n");
}
END_TEST

/* Who types while a room is being entered is told behind what came before, if
 * what was typed has not come meanwhile. */
START_TEST(test_typing_while_entering) {
    bool said = _i == 1;
    fake_broker_room(world.broker, ROOM, ROOM_DIRECT, "1_2", (uint64_t[]){7, 8},
                     2);
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    fake_broker_hold(world.broker, WIRE_EVENTS);
    fake_broker_join(world.broker, ROOM, (user_id){1}, true);
    fake_broker_join(world.broker, ROOM, (user_id){2}, true);
    world_settle(&world);
    fake_broker_typed(world.broker, ROOM, (user_id){1});
    if (said)
        world_say_as(&world, ROOM, 1, "x");
    world_settle(&world);
    client_expect(b, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, said ? "1_2 x\n" : "");
    client_expect(b, said ? "1_2 x\n" : "typing 1\n");
}
END_TEST

/* --- What is unread ------------------------------------------------------- */

START_TEST(test_unread) {
    world_dialog(&world, ROOM, "1_2", 1, 2);
    world_dialog(&world, OTHER, "1_3", 1, 3);
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    client_say(b, "send 5 x");
    world_settle(&world);
    client_expect(b, "sent x\n"); /* Nothing for the author. */
    client_expect(a, "1_2 x\nunread 1\n");
    world_say_as(&world, ROOM, 2,
                 "y"); /* Told at every message, also if it is the same. */
    world_settle(&world);
    client_expect(a, "1_2 y\nunread 1\n");
    world_say_as(&world, OTHER, 3, "z");
    world_settle(&world);
    client_expect(a, "1_3 z\nunread 2\n");
    struct client *late = world_flow(&world, 1);
    ck_assert_uint_eq(late->connection->feed->unread_dialogs, 2);
    /* The asking connection has its answer instead of the event, the count
     * behind it. */
    client_heard(b);
    client_say(a, "mark 5");
    world_settle(&world);
    client_expect(a, "answered\nunread 1\n");
    client_expect(late, "marked\nunread 1\n");
    client_expect(b, "marked\n");
}
END_TEST

/* The feed may be in before the broker has registered the connection: what
 * happens then is told as ever. */
START_TEST(test_unread_while_opening) {
    world_dialog(&world, ROOM, "1_2", 1, 2);
    fake_broker_hold(world.broker, WIRE_CONNECT);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    world_say_as(&world, ROOM, 2, "hello");
    world_settle(&world);
    ck_assert_uint_eq(a->connection->state, CONNECTION_OPENING);
    client_expect(a, "1_2 hello\nunread 1\n");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "");
}
END_TEST

/* The count of the first answer, and a third member ends a dialog. */
START_TEST(test_unread_of_a_third_member) {
    world_dialog(&world, ROOM, "1_2", 1, 2);
    world_say_as(&world, ROOM, 2, "x");
    struct client *a = world_flow(&world, 1);
    ck_assert_uint_eq(a->connection->feed->unread_dialogs, 1);
    fake_broker_join(world.broker, ROOM, (user_id){3}, false);
    world_settle(&world);
    client_expect(a, "unread 0\n");
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){3},
                      "");
    world_settle(&world);
    client_expect(a, "unread 1\n");
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    world_settle(&world);
    client_expect(a, "unread 0\n");
}
END_TEST

/* Events that are read back do not say what is unread: it is asked for. */
START_TEST(test_unread_of_events_read_back) {
    world_dialog(&world, ROOM, "1_2", 1, 2);
    fake_broker_hold(world.broker, WIRE_SUBSCRIBE);
    struct client *a = world_flow_only(&world, 1);
    world_settle(&world);
    world_say_as(&world, ROOM, 2, "x");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "1_2 x\nunread 1\n");
    world_broker_down(&world);
    world_broker_up(&world, 2);
    world_settle(&world);
    client_expect(a, "");
}
END_TEST

/* Never ahead of the messages that it counts, and behind each of them,
 * whichever answer comes first. */
START_TEST(test_unread_while_entering) {
    fake_broker_room(world.broker, ROOM, ROOM_DIRECT, "1_2", (uint64_t[]){2},
                     1);
    struct client *a = world_flow(&world, 1);
    fake_broker_hold(world.broker, _i == 0 ? WIRE_EVENTS : WIRE_FEED);
    fake_broker_join(world.broker, ROOM, (user_id){1}, true);
    world_say_as(&world, ROOM, 2, "x");
    world_say_as(&world, ROOM, 2, "y");
    world_settle(&world);
    client_expect(a, "");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "1_2 x\nunread 1\n1_2 y\nunread 1\n");
    world_say_as(&world, ROOM, 2, "z");
    world_settle(&world);
    client_expect(a, "1_2 z\nunread 1\n");
}
END_TEST

/* --- The rest ------------------------------------------------------------- */

START_TEST(test_kick) {
    struct client *a = world_flow(&world, 1), *b = world_flow(&world, 2);
    struct client *c = world_connect(&world, 1);
    fake_broker_kick(world.broker, (user_id){1});
    world_settle(&world);
    ck_assert_uint_eq(a->close_code, 4401);
    ck_assert_uint_eq(c->close_code, 4401);
    ck_assert_uint_eq(b->close_code, 0);
}
END_TEST

/* Who does not read gets no events read for them. */
START_TEST(test_slow_reader_while_entering) {
    world.gateway.config.queue_bytes_max = 1000000;
    world_project(&world, ROOM, "tea");
    char text[20001] = {0};
    memset(text, 'x', 20000);
    fake_broker_hold(world.broker, WIRE_FEED);
    struct client *a = world_flow_only(&world, 1);
    a->stuck = true;
    world_settle(&world);
    for (int i = 0; i < 100; i++)
        world_say_as(&world, ROOM, 3, text);
    fake_broker_release(world.broker);
    world_settle(&world);
    ck_assert_uint_lt(fake_broker_count(world.broker, WIRE_EVENTS), 6);
    ck_assert_uint_eq(a->connection->state, CONNECTION_OPEN);
    for (int i = 0; i < 300 && a->messages < 100; i++) {
        client_unstick(a);
        a->stuck = true;
        world_settle(&world);
    }
    ck_assert_uint_eq(a->messages, 100);
}
END_TEST

START_TEST(test_paths) {
    uint32_t dialect = 9;
    ck_assert(gateway_dialect(&world.gateway, SLICE("/stream"), &dialect));
    ck_assert_uint_eq(dialect, 1);
    ck_assert(gateway_dialect(&world.gateway, SLICE("/flow/"), &dialect));
    ck_assert(!gateway_dialect(&world.gateway, SLICE("/brook/"), &dialect));
}
END_TEST

/* --- HTTP calls ----------------------------------------------------------- */

struct outcome {
    unsigned status; /* 0: not yet. */
    char body[64];
};

static void on_done(void *payload, unsigned status, struct slice body,
                    const char *allow) {
    struct outcome *outcome = payload;
    (void)allow;
    ck_assert_uint_eq(outcome->status, 0); /* Once. */
    outcome->status = status;
    snprintf(outcome->body, sizeof(outcome->body), "%.*s", (int)body.size,
             body.data);
}

static struct api_call *call(const char *method, uint64_t user,
                             struct outcome *outcome) {
    struct call_request request = {.method = slice_of(method),
                                   .path = SLICE("/flow-calls/x")};
    struct wire_profile claims = {.user = {user}, .username = SLICE("claimed")};
    *outcome = (struct outcome){0};
    return api_call_begin(
        &world.gateway, user_call_handler(&world.gateway, request.path),
        user_call_self(&world.gateway, &claims), &request, on_done, outcome);
}

START_TEST(test_http_calls) {
    struct outcome outcome;
    world_dialog(&world, ROOM, "1_2", 1, 2);
    struct client *a = world_flow(&world, 1);
    ck_assert_ptr_null(user_call_handler(&world.gateway, SLICE("/flow-call")));
    call("GET", 1, &outcome);
    world_settle(&world);
    ck_assert_uint_eq(outcome.status, 200);
    ck_assert_str_eq(outcome.body, "by 1 claimed"); /* No directory knows it. */
    client_expect(a, "1_2 /flow-calls/x\n"); /* A connection gets the event. */
    struct wire_profile known = {
        .user = {1}, .username = SLICE("known"), .from_directory = true};
    connection_profile_changed(a->connection, &known);
    call("GET", 1, &outcome);
    world_settle(&world);
    ck_assert_str_eq(outcome.body, "by 1 known");
    call("PUT", 1, &outcome);
    ck_assert_uint_eq(outcome.status, 405);
    fake_broker_hold(world.broker, WIRE_SEND);
    struct api_call *given_up = call("GET", 1, &outcome);
    world_settle(&world);
    api_call_cancel(given_up);
    fake_broker_release(world.broker);
    world_settle(&world);
    ck_assert_uint_eq(outcome.status, 0);
}
END_TEST

START_TEST(test_http_limits) {
    struct client *a = world_connect(&world, 1);
    world.gateway.config.rate = (struct rate_config){1, 2};
    user_id user = {1}, absent = {8};
    ck_assert_int_eq(user_call_check(&world.gateway, user), USER_CALL_OK);
    client_say(a, "echo x"); /* The same bucket. */
    ck_assert_int_eq(user_call_check(&world.gateway, user),
                     USER_CALL_THROTTLED);
    client_say(a, "echo x");
    world_settle(&world);
    client_expect(a, "echo x\nslower\n");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(user_call_check(&world.gateway, absent), USER_CALL_OK);
    ck_assert_int_eq(user_call_check(&world.gateway, absent),
                     USER_CALL_THROTTLED);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    ck_assert_int_eq(user_call_check(&world.gateway, (user_id){9}),
                     USER_CALL_AWAY);
}
END_TEST

START_TEST(test_incomplete_dialects) {
    const struct frontend *whole = world.config.frontends[1];
    struct frontend f = *whole;
    ck_assert_ptr_null(frontend_check(&f));
    f.abi = FRONTEND_ABI + 1;
    ck_assert_ptr_nonnull(frontend_check(&f));
    f = *whole;
    f.broadcast = NULL;
    ck_assert_str_eq(frontend_check(&f), "broadcast is missing");
    f = *whole;
    f.feed = false;
    ck_assert_ptr_nonnull(frontend_check(&f));
    f = *whole;
    f.http_paths = NULL;
    ck_assert_ptr_nonnull(frontend_check(&f));
}
END_TEST

int main(void) {
    const struct {
        const TTest *test;
        int rounds;
    } tests[] = {
        {test_all_rooms_without_asking, 1},
        {test_events_while_loading, 1},
        {test_second_connection, 1},
        {test_join, 4},
        {test_join_while_loading, 2},
        {test_room_deleted, 1},
        {test_hang_up_while_entering, 4},
        {test_first_message, 3},
        {test_first_messages_of_both, 3},
        {test_known_key, 1},
        {test_unknown_keys_go_one_by_one, 1},
        {test_link_lost_in_every_phase, 4},
        {test_memberships_after_a_new_link, 1},
        {test_patience, 1},
        {test_presence, 1},
        {test_presence_meanwhile, 1},
        {test_presence_before_the_room, 1},
        {test_presence_follows_members, 1},
        {test_presence_in_a_new_room, 1},
        {test_presence_after_a_new_link, 1},
        {test_hiding_on_a_new_link, 3},
        {test_hiding_ends_elsewhere, 1},
        {test_typing, 1},
        {test_typing_while_entering, 2},
        {test_unread, 1},
        {test_unread_while_opening, 1},
        {test_unread_of_a_third_member, 1},
        {test_unread_of_events_read_back, 1},
        {test_unread_while_entering, 2},
        {test_kick, 1},
        {test_slow_reader_while_entering, 1},
        {test_paths, 1},
        {test_http_calls, 1},
        {test_http_limits, 1},
        {test_incomplete_dialects, 1},
    };
    Suite *suite = suite_create("feed");
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
