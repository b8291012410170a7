/* test_link.c - sessions between clients and a server over real sockets: up,
 * down, order, windows, silence. */
#include "tests/unit/link_world.h"

#include <stdio.h>
#include <stdlib.h>

START_TEST(hello_and_welcome) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    view_check(&world.server_view, "hello 1 ann\n");
    view_check(&world.client_views[0], "up welcome ann\n");
    world_start_client(&world, 1);
    PUMP_UNTIL(&world, world_is_up(&world, 1));
    view_check(&world.server_view, "hello 1 ann\nhello 2 bob\n");
    ck_assert_uint_eq(link_server_peer_count(world.server), 2);
    /* A good-bye is heard at once, not after silence. */
    world_stop_client(&world, 0);
    PUMP_UNTIL(&world, link_server_peer_count(world.server) == 1);
    view_check(&world.server_view, "hello 1 ann\nhello 2 bob\n"
                                   "down 1 the client shuts down\n");
    world_stop_server(&world);
    PUMP_UNTIL(&world, view_has(&world.client_views[1], "down"));
    world_finish(&world);
}
END_TEST

/* The client begins long before the server exists. */
START_TEST(server_comes_late) {
    struct world world;
    world_init(&world);
    world_start_client(&world, 0);
    for (int i = 0; i < 10; i++)
        world_turn(&world);
    ck_assert(!world_is_up(&world, 0));
    ck_assert(!link_client_send(world.clients[0], SLICE("x")));
    world.extra_ms += 6000;
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "refused"));
    view_check(&world.client_views[0],
               "refused there is no connection to the server\n");
    world_start_server(&world);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_finish(&world);
}
END_TEST

/* 100,000 numbered messages there and, echoed, back; in both transports. */
START_TEST(ordered_delivery) {
    struct world world;
    world_init(&world);
    if (_i == 1)
        strcpy(world.endpoint, "tcp://127.0.0.1:*");
    else if (_i == 2)
        strcpy(world.endpoint, "inproc://ordered_delivery");
    world_start_server(&world);
    world.server_view.echo = true;
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    const uint64_t total = 100000;
    uint64_t sent = 0;
    char bytes[256];
    while (world.client_views[0].next_in[0] < total) {
        for (int i = 0; i < 1000 && sent < total; i++) {
            if (!link_client_send(world.clients[0],
                                  world_message(bytes, sent + 1)))
                break;
            sent++;
        }
        world_turn(&world);
        ck_assert(world_is_up(&world, 0));
    }
    ck_assert_uint_eq(world.server_view.next_in[1], total);
    const struct link_counters *counters = link_server_counters(world.server);
    ck_assert_uint_eq(counters->messages_in, total);
    ck_assert_uint_eq(counters->messages_out, total);
    ck_assert_uint_eq(counters->dropped_messages, 0);
    ck_assert_uint_eq(counters->gaps, 0);
    view_check(&world.server_view, "hello 1 ann\n");
    world_finish(&world);
}
END_TEST

/* The largest message passes; so do many that are nearly as large. */
START_TEST(large_messages) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    char small[256];
    struct slice first = world_message(small, 1);
    ck_assert(link_client_send(world.clients[0], first));
    struct link_session_config session = world.session;
    uint64_t room = session.window_bytes / LIMIT_WIRE_BYTES;
    char *large = calloc(1, LIMIT_WIRE_BYTES);
    world.server_frozen = true;
    uint64_t taken = 0;
    while (taken < 2 * room &&
           link_client_send(world.clients[0],
                            (struct slice){large, LIMIT_WIRE_BYTES}))
        taken++;
    /* The window took what fits, and pushed back. */
    ck_assert_uint_ge(taken, room - 1);
    ck_assert_uint_le(taken, room);
    ck_assert(!link_client_can_send(world.clients[0], LIMIT_WIRE_BYTES));
    ck_assert(world_is_up(&world, 0));
    free(large);
    world_finish(&world);
}
END_TEST

START_TEST(server_restart) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_stop_server(&world);
    buf_clear(&world.server_view.log);
    memset(world.server_view.next_in, 0, sizeof(world.server_view.next_in));
    world_start_server(&world);
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "down"));
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    /* Which reason it hears first is chance; that it hears one is not. */
    ck_assert(view_has(&world.client_views[0], "up welcome ann\ndown "));
    view_check(&world.server_view, "hello 1 ann\n");
    char bytes[256];
    ck_assert(link_client_send(world.clients[0], world_message(bytes, 1)));
    PUMP_UNTIL(&world, world.server_view.next_in[1] == 1);
    world_finish(&world);
}
END_TEST

/* A server that vanished without a word and was replaced: the client's next
 * packet is answered with "unknown session", or its connection is gone. */
START_TEST(server_replaced_silently) {
    struct world world;
    world_init(&world);
    strcpy(world.endpoint, "tcp://127.0.0.1:*");
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    /* End the session on the server only, as if its memory were gone: the
     * reset is what the successor would say. */
    link_server_reset(world.server, 1, "unknown session");
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "down"));
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    view_check(&world.client_views[0], "up welcome ann\ndown unknown session\n"
                                       "up welcome ann\n");
    view_check(&world.server_view,
               "hello 1 ann\ndown 1 unknown session\nhello 2 ann\n");
    world_finish(&world);
}
END_TEST

START_TEST(client_silent) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    world_start_client(&world, 1);
    PUMP_UNTIL(&world, world_is_up(&world, 0) && world_is_up(&world, 1));
    world.client_frozen[0] = true;
    /* Just under the limit nobody is given up. */
    for (int second = 0; second < 4; second++) {
        world.extra_ms += 1000;
        uint64_t before = link_server_counters(world.server)->packets_in;
        PUMP_UNTIL(&world, link_server_counters(world.server)->packets_in >
                               before); /* The other's heartbeat. */
    }
    ck_assert_uint_eq(link_server_peer_count(world.server), 2);
    for (int second = 0; second < 2; second++) {
        world.extra_ms += 1000;
        uint64_t before = link_server_counters(world.server)->packets_in;
        PUMP_UNTIL(&world,
                   link_server_counters(world.server)->packets_in > before);
    }
    PUMP_UNTIL(&world, link_server_peer_count(world.server) == 1);
    ck_assert_uint_eq(link_server_counters(world.server)->silences, 1);
    ck_assert(view_has(&world.server_view, "the peer is silent"));
    ck_assert(world_is_up(&world, 1));
    /* It wakes up, reads its reset, and comes back as a new peer. */
    world.client_frozen[0] = false;
    PUMP_UNTIL(&world, link_server_peer_count(world.server) == 2);
    ck_assert(view_has(&world.client_views[0], "down the peer is silent\n"));
    world_finish(&world);
}
END_TEST

START_TEST(server_silent) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world.server_frozen = true;
    world.extra_ms += 4000;
    world_turn(&world);
    world_turn(&world);
    ck_assert(world_is_up(&world, 0));
    world.extra_ms += 2000;
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "down"));
    view_check(&world.client_views[0],
               "up welcome ann\ndown the server is silent\n");
    world.server_frozen = false;
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_finish(&world);
}
END_TEST

/* A peer that does not read is ended alone, told so, and comes back. */
START_TEST(window_full) {
    struct world world;
    world_init(&world);
    world.session.window_packets = 16;
    world.session.ack_packets = 4;
    world_start_server(&world);
    world_start_client(&world, 0);
    world_start_client(&world, 1);
    PUMP_UNTIL(&world, world_is_up(&world, 0) && world_is_up(&world, 1));
    uint32_t slow = view_has(&world.server_view, "hello 1 ann") ? 1 : 2;
    uint32_t quick = 3 - slow;
    world.client_frozen[0] = true;
    char bytes[256];
    uint64_t sent = 0;
    while (link_server_counters(world.server)->windows_full == 0) {
        ck_assert_uint_lt(sent, 100);
        uint32_t peers[] = {slow, quick};
        link_server_send_many(world.server, peers, 2,
                              world_message(bytes, ++sent));
        PUMP_UNTIL(&world, world.client_views[1].next_in[0] == sent);
    }
    ck_assert_uint_eq(sent, 17); /* 16 packets were under way. */
    ck_assert(!link_server_send(world.server, slow, SLICE("late")));
    ck_assert_uint_eq(link_server_counters(world.server)->dropped_messages, 2);
    PUMP_UNTIL(&world, link_server_peer_count(world.server) == 1);
    char down[64];
    snprintf(down, sizeof(down), "down %u the peer does not keep up\n", slow);
    ck_assert(view_has(&world.server_view, down));
    world.client_frozen[0] = false;
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "down"));
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    view_check(&world.client_views[0], "up welcome ann\n"
                                       "down the peer does not keep up\n"
                                       "up welcome ann\n");
    ck_assert(link_server_send(world.server, 3, world_message(bytes, 1)));
    PUMP_UNTIL(&world, world.client_views[0].next_in[0] == 1);
    view_check(&world.client_views[1], "up welcome bob\n");
    world_finish(&world);
}
END_TEST

START_TEST(client_window_pushes_back) {
    struct world world;
    world_init(&world);
    world.session.window_packets = 4;
    world.session.ack_packets = 2;
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world.server_frozen = true;
    char bytes[256];
    uint64_t sent = 0;
    while (link_client_send(world.clients[0], world_message(bytes, sent + 1))) {
        sent++;
        link_client_flush(world.clients[0], world_now_ms(&world));
    }
    ck_assert_uint_eq(sent, 4);
    ck_assert(world_is_up(&world, 0));
    world.server_frozen = false;
    PUMP_UNTIL(&world, link_client_can_send(world.clients[0], 100));
    PUMP_UNTIL(&world, world.server_view.next_in[1] == sent);
    ck_assert(
        link_client_send(world.clients[0], world_message(bytes, sent + 1)));
    PUMP_UNTIL(&world, world.server_view.next_in[1] == sent + 1);
    world_finish(&world);
}
END_TEST

START_TEST(same_incarnation_replaces) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    /* Another client of the same incarnation, though with another name. */
    world.client_frozen[0] = true;
    world_start_client_as(&world, 1, 1000);
    PUMP_UNTIL(&world, world_is_up(&world, 1));
    view_check(&world.server_view, "hello 1 ann\n"
                                   "down 1 replaced by a newer session\n"
                                   "hello 2 bob\n");
    world_finish(&world);
}
END_TEST

/* The descriptor changes with the session, and the generation says so. */
START_TEST(descriptor_and_generation) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    ck_assert_int_eq(link_client_fd(world.clients[0]), -1);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    ck_assert_int_ge(link_client_fd(world.clients[0]), 0);
    uint64_t generation = link_client_generation(world.clients[0]);
    link_client_reset(world.clients[0], "a whim");
    ck_assert(link_client_pending(world.clients[0]));
    ck_assert_uint_eq(link_client_due_ms(world.clients[0]), 0);
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "down a whim"));
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    ck_assert_uint_gt(link_client_generation(world.clients[0]), generation);
    PUMP_UNTIL(&world, view_has(&world.server_view, "down 1 a whim"));
    world_finish(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("link");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, hello_and_welcome);
    tcase_add_test(tcase, server_comes_late);
    tcase_add_loop_test(tcase, ordered_delivery, 0, 3);
    tcase_add_test(tcase, large_messages);
    tcase_add_test(tcase, server_restart);
    tcase_add_test(tcase, server_replaced_silently);
    tcase_add_test(tcase, client_silent);
    tcase_add_test(tcase, server_silent);
    tcase_add_test(tcase, window_full);
    tcase_add_test(tcase, client_window_pushes_back);
    tcase_add_test(tcase, same_incarnation_replaces);
    tcase_add_test(tcase, descriptor_and_generation);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
