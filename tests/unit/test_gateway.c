/* Tests of a whole gateway but its sockets, against a fake broker. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/gateway_world.h"

static struct world world;
static struct gateway_config config;

static void setup(void) {
    config = (struct gateway_config){0};
}

static void teardown(void) {
    world_finish(&world);
}

#define ROOM ((room_id){5})

START_TEST(test_two_clients_talk) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    client_expect(a, "subscribed\n");
    client_expect(b, "subscribed\n");
    client_say(a, "send 5 hi");
    world_settle(&world);
    client_expect(a, "sent hi\n"); /* Once, as the answer. */
    client_expect(b, "said hi\n");
}
END_TEST

START_TEST(test_requests_wait_for_the_registration) {
    world_init(&world, NULL);
    struct client *a = world_connect_only(&world, 1);
    client_say(a, "echo 1");
    client_say(a, "send 5 hi");
    client_say(a, "echo 2");
    world_settle(&world);
    client_expect(a, "echo 1\nsent hi\necho 2\n");
}
END_TEST

/* Whatever is pipelined, answers come in the order of the requests. */
START_TEST(test_answers_in_order) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    struct buf expected = {0};
    char line[64];
    client_say(a, "sub 5");
    buf_append_slice(&expected, SLICE("subscribed\n"));
    for (int i = 0; i < 500; i++) {
        int kind = i % 7;
        const char *form = kind == 3   ? "echo %d"
                           : kind == 5 ? "send 99 %d" /* Refused. */
                                       : "send 5 %d";
        snprintf(line, sizeof(line), form, i);
        client_say(a, line);
        form = kind == 3   ? "echo %d\n"
               : kind == 5 ? "error not_found\n"
                           : "sent %d\n";
        snprintf(line, sizeof(line), form, i);
        buf_append_slice(&expected, slice_of(line));
    }
    world_settle(&world);
    buf_append(&expected, "", 1);
    client_expect(a, expected.data);
    buf_finish(&expected);
}
END_TEST

START_TEST(test_sends_to_one_room_go_together) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    fake_broker_silence(world.broker, WIRE_SEND);
    for (int i = 0; i < 32; i++)
        client_say(a, "send 5 x");
    client_say(a, "send 6 y"); /* Another room: waits. */
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_SEND), 32);
}
END_TEST

/* A room's order holds for its senders too, each with its own copies. */
START_TEST(test_order_among_senders) {
    world_init(&world, NULL);
    struct client *clients[4];
    char line[32];
    for (uint64_t i = 0; i < 4; i++) {
        clients[i] = world_connect(&world, i + 1);
        client_say(clients[i], "sub 5");
    }
    world_settle(&world);
    for (size_t i = 0; i < 4; i++)
        client_expect(clients[i], "subscribed\n");
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof(line), "send 5 %d", i);
        client_say(clients[i % 4], line);
    }
    world_settle(&world);
    for (size_t c = 0; c < 4; c++) {
        struct buf expected = {0};
        for (size_t i = 0; i < 100; i++) {
            snprintf(line, sizeof(line), "%s %zu\n",
                     i % 4 == c ? "sent" : "said", i);
            buf_append_slice(&expected, slice_of(line));
        }
        buf_append(&expected, "", 1);
        client_expect(clients[c], expected.data);
        buf_finish(&expected);
        ck_assert_uint_lt(clients[c]->writes, 50); /* Coalesced. */
    }
}
END_TEST

START_TEST(test_unsubscribe_ends_the_interest) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    ck_assert(fake_broker_interest(world.broker, ROOM));
    client_say(a, "unsub 5");
    world_settle(&world);
    ck_assert(fake_broker_interest(world.broker, ROOM));
    world_hang_up(b);
    world_settle(&world);
    ck_assert(!fake_broker_interest(world.broker, ROOM));
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_DISCONNECT), 1);
    client_expect(a, "subscribed\nunsubscribed\n");
}
END_TEST

/* A client that goes away while its SUBSCRIBE is under way leaves nothing. */
START_TEST(test_hang_up_while_subscribing) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    client_say(a, "sub 5");
    gateway_end_turn(&world.gateway);
    world_hang_up(a);
    world_settle(&world);
    ck_assert(!fake_broker_interest(world.broker, ROOM));
    ck_assert_uint_eq(table_count(&world.gateway.interest.rooms), 0);
    ck_assert_uint_eq(table_count(&world.gateway.broker.pending), 0);
}
END_TEST

START_TEST(test_removed_member_hears_nothing_more) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    client_heard(a);
    client_heard(b);
    user_id other = {9};
    fake_broker_event(world.broker, ROOM, EVENT_MESSAGE_CREATED, other, "1");
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    fake_broker_event(world.broker, ROOM, EVENT_MESSAGE_CREATED, other, "2");
    world_settle(&world);
    client_expect(a, "said 1\n");
    client_expect(b, "said 1\nsaid 2\n");
    fake_broker_event(world.broker, ROOM, EVENT_ROOM_DELETED, other, "");
    world_settle(&world);
    ck_assert_uint_eq(table_count(&world.gateway.interest.rooms), 0);
}
END_TEST

/* --- Links ---------------------------------------------------------------- */

/* A new link: nothing is missed, nothing comes twice, and what was under way
 * is answered once. */
START_TEST(test_broker_restart) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    client_say(a, "send 5 before");
    world_settle(&world);
    client_expect(a, "subscribed\nsent before\n");
    client_expect(b, "subscribed\nsaid before\n");
    fake_broker_silence(world.broker, WIRE_SEND);
    client_say(a, "send 5 lost1"); /* Stored, but nobody is told. */
    client_say(a, "send 5 lost2");
    client_say(b, "send 5 lost3");
    world_settle(&world);
    client_expect(a, "");
    ck_assert_uint_eq(fake_broker_place(world.broker, ROOM), 4);
    world_broker_down(&world);
    client_say(a, "send 5 meanwhile");
    client_say(b, "list");
    world_broker_up(&world, 2);
    world_settle(&world);
    client_expect(a, "sent lost1\nsent lost2\nsaid lost3\nsent meanwhile\n");
    client_expect(
        b, "said lost1\nsaid lost2\nsent lost3\nsaid meanwhile\nlisted\n");
    ck_assert_uint_eq(fake_broker_place(world.broker, ROOM), 5);
    ck_assert_uint_eq(fake_broker_count(world.broker, WIRE_CONNECT), 2);
    client_say(b, "send 5 after");
    world_settle(&world);
    client_expect(a, "said after\n");
    client_expect(b, "sent after\n");
}
END_TEST

/* What is deleted meanwhile leaves a hole in what is read back: nothing else is
 * lost for it. (The last event of all is never left out: the deletion comes
 * behind it.) */
START_TEST(test_holes_in_what_is_read_back) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    client_say(a, "send 5 before");
    world_settle(&world);
    client_heard(a);
    client_heard(b);
    fake_broker_silence(world.broker, WIRE_SEND);
    for (int i = 0; i < 5; i++)
        client_say(a, "send 5 lost");
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_place(world.broker, ROOM), 6);
    fake_broker_leave_out(world.broker, ROOM, 2 + (uint64_t)_i);
    world_broker_down(&world);
    world_hang_up(a);
    world_broker_up(&world, 2);
    world_settle(&world);
    client_expect(b, "said lost\nsaid lost\nsaid lost\nsaid lost\n");
    client_say(b, "send 5 after");
    world_settle(&world);
    client_expect(b, "sent after\n");
}
END_TEST

/* An event as it happens comes ahead of what is read back, and leaves nobody in
 * the room: it is not taken for one that is read back. */
START_TEST(test_the_last_member_goes_while_resuming) {
    world_init(&world, NULL);
    fake_broker_room(world.broker, ROOM, ROOM_PROJECT, "tea",
                     (uint64_t[]){1, 2}, 2);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    struct client *again = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    fake_broker_hold(world.broker, WIRE_RESUME);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    world_until(&world, world_is_up);
    client_say(again, "sub 5");
    world_settle(&world);
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){2},
                      "");
    world_settle(&world);
    fake_broker_release(world.broker);
    world_settle(&world);
    client_heard(a);
    client_heard(b);
    client_heard(again);
    world_say_as(&world, ROOM, 3, "secret");
    world_settle(&world);
    client_expect(a, "");
    client_expect(b, "");
    client_expect(again, "");
}
END_TEST

/* A refusal of what was sent before the link was lost does not say that it was
 * not done then. */
START_TEST(test_refused_when_sent_again) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    fake_broker_silence(world.broker, WIRE_SEND);
    client_say(a, "send 5 x"); /* Stored, but nobody is told. */
    world_settle(&world);
    ck_assert_uint_eq(fake_broker_place(world.broker, ROOM), 1);
    fake_broker_refuse(world.broker, WIRE_SEND);
    world_broker_down(&world);
    client_say(a, "send 5 y"); /* Not sent before. */
    world_broker_up(&world, 2);
    world_settle(&world);
    client_expect(a, "error unknown_outcome\nerror try_again\n");
}
END_TEST

/* A client's own question that is dropped is none of the feeds' questions. */
START_TEST(test_events_asked_by_a_client) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    client_say(a, "send 5 x");
    client_say(a, "events 5");
    world_settle(&world);
    client_expect(a, "sent x\nwhat\n");
    world_broker_down(&world);
    client_say(a, "events 5");
    world_hang_up(a);
    ck_assert_uint_eq(world.gateway.feeds.asks, 0);
    world_broker_up(&world, 2);
}
END_TEST

/* Who comes into a room in which the gateway itself is behind is told how far
 * that is, and has all that follows. */
START_TEST(test_place_of_a_gateway_that_is_behind) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "one");
    world_settle(&world);
    fake_broker_hold(world.broker, WIRE_RESUME);
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    world_say_as(&world, ROOM, 3, "two");
    world_until(&world, world_is_up);
    client_say(b, "place 5");
    world_settle(&world);
    client_expect(b, "place 1\n");
    fake_broker_release(world.broker);
    world_settle(&world);
    client_expect(a, "subscribed\nsaid one\nsaid two\n");
    client_expect(b, "said two\n");
}
END_TEST

/* Who left and came back while the link was away is in the room again, and has
 * all that was said since. */
START_TEST(test_left_and_back_before_a_new_link) {
    world_init(&world, NULL);
    fake_broker_room(world.broker, ROOM, ROOM_PROJECT, "tea",
                     (uint64_t[]){1, 2, 3, 4}, 4);
    struct client *a = world_flow(&world, 1);
    struct client *other = _i ? world_flow(&world, 2) : NULL;
    world_say_as(&world, ROOM, 3, "before");
    world_settle(&world);
    client_expect(a, "tea before\n");
    fake_broker_cut(world.broker);
    world_until(&world, world_is_down);
    fake_broker_event(world.broker, ROOM, EVENT_MEMBER_REMOVED, (user_id){1},
                      "");
    world_say_as(&world, ROOM, 3, "not for 1");
    fake_broker_join(world.broker, ROOM, (user_id){1}, true);
    world_say_as(&world, ROOM, 3, "meanwhile");
    world_until(&world, world_is_up);
    world_settle(&world);
    world_say_as(&world, ROOM, 3, "after");
    world_settle(&world);
    client_expect(a, "tea meanwhile\ntea after\n");
    if (other)
        client_expect(other,
                      "tea before\ntea not for 1\ntea meanwhile\ntea after\n");
}
END_TEST

/* The same when the broker lives and only the link is lost. */
START_TEST(test_link_cut) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    client_heard(a);
    client_heard(b);
    for (int round = 0; round < 5; round++) {
        fake_broker_silence(world.broker, WIRE_SEND);
        client_say(a, "send 5 x");
        world_settle(&world);
        fake_broker_silence(world.broker, 0);
        fake_broker_cut(world.broker);
        world_until(&world, world_is_down);
        world_until(&world, world_is_up);
        world_settle(&world);
        client_expect(a, "sent x\n");
        client_expect(b, "said x\n");
    }
}
END_TEST

START_TEST(test_lower_epoch_is_refused) {
    world_init(&world, NULL);
    world_connect(&world, 1);
    world_broker_down(&world);
    world_broker_up(&world, 7);
    world_settle(&world);
    world_broker_down(&world);
    struct fake_broker *old = fake_broker_create(world.endpoint, 6);
    world.broker = old;
    world_pass(&world, 1000);
    ck_assert_uint_ne(world.gateway.broker.down_ms, 0);
    ck_assert_uint_eq(fake_broker_count(old, WIRE_CONNECT), 0);
    fake_broker_destroy(old);
    world_broker_up(&world, 7);
}
END_TEST

START_TEST(test_patience) {
    config.patience_ms = 3000;
    world_init(&world, &config);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    fake_broker_silence(world.broker, WIRE_SEND);
    client_say(a, "send 5 x");
    world_settle(&world);
    fake_broker_silence(world.broker, WIRE_LIST);
    client_say(b, "list");
    client_say(b, "echo next");
    world_pass(&world, 2000);
    client_expect(a, "");
    world_pass(&world, 2500);
    client_expect(a, "error unknown_outcome\n"); /* It was stored, in fact. */
    client_expect(b, "error try_again\necho next\n");
    ck_assert_uint_eq(a->close_code, 0);
}
END_TEST

START_TEST(test_broker_away_too_long) {
    config.patience_ms = 1000;
    world_init(&world, &config);
    struct client *a = world_connect(&world, 1);
    world_broker_down(&world);
    client_say(a, "list");
    world_pass(&world, 500);
    ck_assert_uint_eq(a->close_code, 0);
    ck_assert_int_eq(gateway_admit(&world.gateway, (user_id){3}, 1),
                     ADMISSION_OK);
    world_pass(&world, 3000);
    ck_assert_uint_eq(a->close_code, 1013);
    ck_assert_int_eq(gateway_admit(&world.gateway, (user_id){3}, 1),
                     ADMISSION_BROKER);
    world_broker_up(&world, 2);
    ck_assert_int_eq(gateway_admit(&world.gateway, (user_id){3}, 1),
                     ADMISSION_OK);
}
END_TEST

/* --- Limits --------------------------------------------------------------- */

START_TEST(test_rate) {
    config.rate = (struct rate_config){10, 3};
    world_init(&world, &config);
    struct client *a = world_connect(&world, 1);
    for (int i = 0; i < 5; i++)
        client_say(a, "echo x");
    world_settle(&world);
    client_expect(a, "echo x\necho x\necho x\nslower\nslower\n");
    struct client *b = world_connect(&world, 1); /* The same bucket. */
    client_say(b, "echo x");
    client_say(b, "echo x");
    client_say(b, "echo x");
    client_say(b, "echo x");
    world_settle(&world);
    ck_assert_ptr_nonnull(strstr(client_heard(b), "slower\n"));
    for (int i = 0; i < 110 && a->close_code == 0; i++) {
        for (int n = 0; n < 4; n++)
            client_say(a, "echo x");
        world_pass(&world, 100);
    }
    ck_assert_uint_eq(a->close_code, 4429);
}
END_TEST

START_TEST(test_pings_and_expiry) {
    config.ping_interval_ms = 2000;
    world_init(&world, &config);
    struct client *silent = world_connect(&world, 1);
    struct client *alive = world_connect(&world, 2);
    for (int i = 0; i < 5; i++) {
        world_pass(&world, 1500);
        connection_heard(alive->connection);
    }
    ck_assert_uint_eq(silent->pings, 2);
    ck_assert_uint_eq(silent->close_code, 4408);
    ck_assert_uint_eq(alive->close_code, 0);
    ck_assert_uint_ge(alive->pings, 3);
    alive->connection->expires_us = world.gateway.wall_us + 1000000;
    world_pass(&world, 2500);
    ck_assert_uint_eq(alive->close_code, 4401);
    world_pass(&world, 6000);
    ck_assert(silent->cut); /* It never answered the close frame. */
}
END_TEST

START_TEST(test_rubbish_and_size) {
    config.message_bytes_max = 100;
    world_init(&world, &config);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2),
                  *c = world_connect(&world, 3);
    for (int i = 0; i < 4; i++)
        client_say(a, "what");
    client_say(a, "echo x");
    for (int i = 0; i < 5; i++)
        client_say(a, "what");
    world_settle(&world);
    client_expect(a, "rubbish\nrubbish\nrubbish\nrubbish\necho x\n"
                     "rubbish\nrubbish\nrubbish\nrubbish\nrubbish\n");
    ck_assert_uint_eq(a->close_code, 1008);
    char piece[60];
    memset(piece, 'x', sizeof(piece));
    struct slice half = {piece, sizeof(piece)};
    connection_receive(b->connection, half, true, false, false);
    connection_receive(b->connection, half, false, true, false);
    connection_receive(c->connection, half, true, true, true);
    world_settle(&world);
    ck_assert_uint_eq(b->close_code, 1009);
    ck_assert_uint_eq(c->close_code, 1003);
    struct client *d = world_connect(&world, 4);
    connection_receive(d->connection, SLICE("ec"), true, false, false);
    connection_receive(d->connection, SLICE("ho "), false, false, false);
    connection_receive(d->connection, SLICE("y"), false, true, false);
    world_settle(&world);
    client_expect(d, "echo y\n");
}
END_TEST

/* Five frames of rubbish behind a message under way: the answers come first. */
START_TEST(test_rubbish_waits_for_its_turn) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    for (int i = 0; i < 4; i++)
        client_say(a, "what");
    client_say(a, "send 5 x");
    for (int i = 0; i < 5; i++)
        client_say(a, "what");
    world_settle(&world);
    client_expect(a, "rubbish\nrubbish\nrubbish\nrubbish\nsent x\n"
                     "rubbish\nrubbish\nrubbish\nrubbish\nrubbish\n");
    ck_assert_uint_eq(a->close_code, 1008);
}
END_TEST

static void flood(int count, const char *text) {
    for (int i = 0; i < count; i++) {
        fake_broker_event(world.broker, ROOM, EVENT_MESSAGE_CREATED,
                          (user_id){9}, text);
        if (i % 50 == 49)
            world_settle(&world);
    }
    world_settle(&world);
}

START_TEST(test_slow_reader) {
    config.queue_bytes_max = 100000;
    world_init(&world, &config);
    struct client *a = world_connect(&world, 1), *b = world_connect(&world, 2);
    client_say(a, "sub 5");
    client_say(b, "sub 5");
    world_settle(&world);
    char text[1001] = {0};
    memset(text, 'x', 1000);
    a->stuck = true;
    flood(300, text);
    ck_assert_int_eq(a->connection->state, CONNECTION_CLOSING);
    ck_assert_uint_eq(a->connection->code, 4430);
    ck_assert_uint_lt(outbox_bytes(&a->connection->outbox), 100);
    ck_assert_uint_eq(b->messages, 301);
    client_unstick(a);
    world_settle(&world);
    ck_assert_uint_eq(a->close_code, 4430);
}
END_TEST

/* Who does not read its answers is not read from. */
START_TEST(test_stuck_client_is_not_served) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    char text[2001] = "echo ";
    memset(text + 5, 'x', 1990);
    a->stuck = true;
    int said = 0;
    while (!a->paused && said < 1000) {
        client_say(a, text);
        world_settle(&world);
        said++;
    }
    ck_assert(a->paused);
    ck_assert_uint_lt(outbox_bytes(&a->connection->outbox), 70000);
    for (int i = 0; i < 100 && (a->busy || a->asked || i < 5); i++) {
        client_unstick(a);
        world_settle(&world);
    }
    ck_assert(!a->paused);
    ck_assert_uint_eq(a->messages, said);
}
END_TEST

/* --- Answers in parts ----------------------------------------------------- */

START_TEST(test_parts_with_events_in_between) {
    world_init(&world, NULL);
    struct client *a = world_connect(&world, 1);
    char text[1001] = {0};
    memset(text, 'x', 1000);
    flood(2000, text);
    client_say(a, "sub 5");
    world_settle(&world);
    client_heard(a);
    a->stuck = true;
    client_say(a, "pages 5");
    client_say(a, "echo later");
    world_settle(&world);
    uint32_t asked = fake_broker_count(world.broker, WIRE_HISTORY);
    ck_assert_uint_le(asked, 3); /* It does not read. */
    ck_assert_uint_lt(outbox_bytes(&a->connection->outbox), 300000);
    fake_broker_event(world.broker, ROOM, EVENT_MESSAGE_CREATED, (user_id){9},
                      "event");
    world_settle(&world);
    for (int i = 0; i < 200 && a->messages < 3; i++) {
        client_unstick(a);
        a->stuck = true;
        world_settle(&world);
    }
    client_unstick(a);
    world_settle(&world);
    ck_assert_uint_eq(a->messages, 3);
    const char *heard = client_heard(a);
    const char *end = strchr(heard, '\n');
    ck_assert_uint_eq((size_t)(end - heard), 2000 * 1001 + 6);
    ck_assert_str_eq(end, "\nsaid event\necho later\n");
}
END_TEST

/* --- The end -------------------------------------------------------------- */

START_TEST(test_drain) {
    world_init(&world, NULL);
    for (uint64_t i = 1; i <= 5; i++)
        world_connect(&world, i);
    ck_assert_uint_eq(gateway_drain(&world.gateway, 3), 5);
    world_settle(&world);
    uint32_t closed = 0;
    for (uint32_t i = 0; i < 5; i++)
        closed += world.clients[i].close_code == 1001;
    ck_assert_uint_eq(closed, 3);
    gateway_drain(&world.gateway, 3);
    world_settle(&world);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(world.clients[i].close_code, 1001);
    ck_assert_int_eq(gateway_admit(&world.gateway, (user_id){3}, 1),
                     ADMISSION_DRAINING);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        test_two_clients_talk,
        test_requests_wait_for_the_registration,
        test_answers_in_order,
        test_sends_to_one_room_go_together,
        test_order_among_senders,
        test_unsubscribe_ends_the_interest,
        test_hang_up_while_subscribing,
        test_removed_member_hears_nothing_more,
        test_broker_restart,
        test_events_asked_by_a_client,
        test_place_of_a_gateway_that_is_behind,
        test_refused_when_sent_again,
        test_link_cut,
        test_lower_epoch_is_refused,
        test_patience,
        test_broker_away_too_long,
        test_rate,
        test_pings_and_expiry,
        test_rubbish_and_size,
        test_rubbish_waits_for_its_turn,
        test_slow_reader,
        test_stuck_client_is_not_served,
        test_parts_with_events_in_between,
        test_drain,
    };
    Suite *suite = suite_create("gateway");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, test_holes_in_what_is_read_back, 0, 4);
    tcase_add_test(tcase, test_the_last_member_goes_while_resuming);
    tcase_add_loop_test(tcase, test_left_and_back_before_a_new_link, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
