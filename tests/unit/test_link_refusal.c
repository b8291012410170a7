/* test_link_refusal.c - what a server and a client do not put up with: rubbish,
 * strangers, programs that they refuse, addresses that others reach. */
#include <czmq.h>
#include <sys/un.h>

#include "tests/unit/link_world.h"

#include <stdio.h>
#include <stdlib.h>

static void send_raw(zsock_t *sock, const void *bytes, size_t size, int flags) {
    int rc = zmq_send(zsock_resolve(sock), bytes, size, flags);
    ck_assert_int_eq(rc, (int)size);
}

static void send_header(zsock_t *sock, struct link_packet header) {
    char bytes[LINK_HEADER_BYTES];
    link_packet_header(&header, bytes);
    send_raw(sock, bytes, sizeof(bytes), 0);
}

/* What the server answers a stranger. */
static void expect_reset(struct world *world, zsock_t *sock,
                         const char *reason) {
    PUMP_UNTIL(world, zsock_events(sock) & ZMQ_POLLIN);
    char bytes[512];
    int size = zmq_recv(zsock_resolve(sock), bytes, sizeof(bytes), 0);
    ck_assert_int_ge(size, LINK_HEADER_BYTES);
    struct link_packet packet;
    enum err err =
        link_packet_decode(&packet, (struct slice){bytes, (size_t)size}, NULL);
    ck_assert_int_eq(err, ERR_OK);
    ck_assert_int_eq(packet.kind, LINK_PACKET_RESET);
    ck_assert_msg(slice_equal(packet.body, slice_of(reason)), "got %.*s",
                  (int)packet.body.size, packet.body.data);
}

START_TEST(refusals_by_programs) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world.server_view.refuse = "go away\n";
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "refused go away?\n"));
    ck_assert_uint_eq(link_server_peer_count(world.server), 0);
    ck_assert(!view_has(&world.server_view, "down"));
    world.server_view.refuse = NULL;
    world.client_views[0].refuse = "an older epoch";
    PUMP_UNTIL(&world, view_has(&world.server_view, "an older epoch\n"));
    ck_assert(view_has(&world.client_views[0], "up welcome ann\n"
                                               "down an older epoch\n"));
    world.client_views[0].refuse = NULL;
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_finish(&world);
}
END_TEST

START_TEST(too_many_peers) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    zsock_t *strangers[4];
    for (int i = 0; i < 4; i++) {
        strangers[i] = zsock_new_dealer(world.endpoint);
        struct link_packet hello = {.kind = LINK_PACKET_HELLO, .session = 1};
        char bytes[LINK_HEADER_BYTES + LINK_INCARNATION_BYTES];
        link_packet_header(&hello, bytes);
        link_packet_incarnation(bytes + LINK_HEADER_BYTES, (uint64_t)i + 1);
        zmq_send(zsock_resolve(strangers[i]), bytes, sizeof(bytes), 0);
    }
    PUMP_UNTIL(&world, link_server_peer_count(world.server) == 4);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, view_has(&world.client_views[0], "too many peers"));
    ck_assert(view_has(&world.server_view, "refused too many peers\n"));
    for (int i = 0; i < 4; i++)
        zsock_destroy(&strangers[i]);
    /* The places are free again once the strangers are given up. */
    for (int second = 0; second < 7; second++) {
        world.extra_ms += 1000;
        world_turn(&world);
    }
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_finish(&world);
}
END_TEST

START_TEST(rubbish) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    zsock_t *stranger = zsock_new_dealer(world.endpoint);
    send_raw(stranger, "GET / HTTP/1.1", 14, 0);
    expect_reset(&world, stranger, "a malformed packet");
    send_raw(stranger, "", 0, 0);
    expect_reset(&world, stranger, "a malformed packet");
    send_raw(stranger, "a", 1, ZMQ_SNDMORE);
    send_raw(stranger, "b", 1, ZMQ_SNDMORE);
    send_raw(stranger, "c", 1, 0);
    expect_reset(&world, stranger, "a packet of several parts");
    char future[LINK_HEADER_BYTES] = "PL\x09\x01";
    send_raw(stranger, future, sizeof(future), 0);
    expect_reset(&world, stranger,
                 "the client speaks link version 9, this server 1");
    send_header(stranger, (struct link_packet){.kind = LINK_PACKET_WELCOME});
    expect_reset(&world, stranger, "a welcome from a client");
    ck_assert_uint_eq(link_server_counters(world.server)->rubbish, 5);
    send_header(stranger,
                (struct link_packet){.kind = LINK_PACKET_DATA, .session = 3});
    expect_reset(&world, stranger, "unknown session");
    ck_assert_uint_eq(link_server_counters(world.server)->rubbish, 5);
    ck_assert_uint_eq(link_server_counters(world.server)->refused, 6);
    zsock_destroy(&stranger);
    /* Nobody else noticed. */
    char bytes[256];
    ck_assert(link_client_send(world.clients[0], world_message(bytes, 1)));
    PUMP_UNTIL(&world, world.server_view.next_in[1] == 1);
    view_check(&world.client_views[0], "up welcome ann\n");
    world_finish(&world);
}
END_TEST

/* A peer that was accepted and then misbehaves loses its session. */
START_TEST(rubbish_inside_a_session) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    static const struct {
        struct link_packet packet;
        const char *reason;
    } cases[] = {
        {{.kind = LINK_PACKET_DATA, .session = 1, .seq = 2},
         "a packet is missing"},
        {{.kind = LINK_PACKET_DATA, .session = 1, .ack = 1},
         "numbers that do not fit this session"},
        {{.kind = LINK_PACKET_DATA, .session = 2},
         "numbers that do not fit this session"},
        {{.kind = LINK_PACKET_WELCOME, .session = 1},
         "a greeting inside a session"},
        {{.kind = LINK_PACKET_DATA, .session = 1, .seq = 1, .count = 1},
         "a malformed packet"},
    };
    uint32_t count = sizeof(cases) / sizeof(*cases);
    for (uint32_t i = 0; i < count; i++) {
        zsock_t *stranger = zsock_new_dealer(world.endpoint);
        char hello[LINK_HEADER_BYTES + LINK_INCARNATION_BYTES];
        link_packet_header(
            &(struct link_packet){.kind = LINK_PACKET_HELLO, .session = 1},
            hello);
        link_packet_incarnation(hello + LINK_HEADER_BYTES, i + 1);
        send_raw(stranger, hello, sizeof(hello), 0);
        PUMP_UNTIL(&world, zsock_events(stranger) & ZMQ_POLLIN);
        zmq_recv(zsock_resolve(stranger), hello, sizeof(hello), 0);
        send_header(stranger, cases[i].packet);
        expect_reset(&world, stranger, cases[i].reason);
        char down[128];
        snprintf(down, sizeof(down), "down %u %s\n", i + 1, cases[i].reason);
        PUMP_UNTIL(&world, view_has(&world.server_view, down));
        zsock_destroy(&stranger);
    }
    ck_assert_uint_eq(link_server_counters(world.server)->gaps, 1);
    ck_assert_uint_eq(link_server_counters(world.server)->rubbish, count - 1);
    ck_assert_uint_eq(link_server_peer_count(world.server), 0);
    world_finish(&world);
}
END_TEST

/* A false server: what a client makes of rubbish. */
START_TEST(client_meets_rubbish) {
    struct world world;
    world_init(&world);
    zsock_t *router = zsock_new_router(world.endpoint);
    world_start_client(&world, 0);
    static const struct {
        const char *bytes;
        size_t size;
        const char *reason;
    } cases[] = {
        {"nonsense", 8, "refused a malformed packet\n"},
        {"PL\x02\x02"
         "0123456789012345678901234567",
         32, "refused the server speaks link version 2, this client 1\n"},
        {"PL\x01\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
         32, "refused data before a welcome\n"},
        {"PL\x63\x04"
         "0123456789012345678901234567too old",
         39, "refused too old\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        buf_clear(&world.client_views[0].log);
        while (!view_has(&world.client_views[0], cases[i].reason)) {
            PUMP_UNTIL(&world,
                       zsock_events(router) & ZMQ_POLLIN ||
                           view_has(&world.client_views[0], cases[i].reason));
            if (!(zsock_events(router) & ZMQ_POLLIN))
                break;
            char identity[64], packet[512];
            void *handle = zsock_resolve(router);
            int size = zmq_recv(handle, identity, sizeof(identity), 0);
            int body = zmq_recv(handle, packet, sizeof(packet), 0);
            if (body < 4 || packet[3] != LINK_PACKET_HELLO)
                continue; /* Its reset. */
            zmq_send(handle, identity, (size_t)size, ZMQ_SNDMORE);
            zmq_send(handle, cases[i].bytes, cases[i].size, 0);
        }
    }
    ck_assert(!view_has(&world.client_views[0], "up"));
    ck_assert_uint_ge(link_client_counters(world.clients[0])->rubbish, 3);
    zsock_destroy(&router);
    world_finish(&world);
}
END_TEST

START_TEST(bind_refusals) {
    struct world world;
    world_init(&world);
    world_start_server(&world);
    static const struct {
        const char *endpoint;
        enum err err;
    } cases[] = {
        {"tcp://*:0", ERR_DENIED},
        {"tcp://0.0.0.0:0", ERR_DENIED},
        {"tcp://192.168.1.1:5555", ERR_DENIED},
        {"tcp://128.0.0.1:0", ERR_DENIED},
        {"tcp://127.0.0.1.example:0", ERR_DENIED},
        {"tcp://eth0:5555", ERR_DENIED},
        {"tcp://[::]:0", ERR_DENIED},
        {"tcp://[::ffff:10.0.0.1]:0", ERR_DENIED},
        {"tcp://127.0.0.1", ERR_MALFORMED},
        {"tcp://127.0.0.1:99999", ERR_MALFORMED},
        {"tcp://127.0.0.1:1x", ERR_MALFORMED},
        {"udp://127.0.0.1:1", ERR_MALFORMED},
        {"ipc://", ERR_MALFORMED},
        {"", ERR_MALFORMED},
        {"ipc:///nonexistent/directory/socket", ERR_IO},
    };
    struct buf reason = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        buf_clear(&reason);
        enum err err =
            link_server_bind(world.server, cases[i].endpoint, &reason);
        ck_assert_msg(err == cases[i].err, "%s: %s", cases[i].endpoint,
                      err_text(err));
        ck_assert_uint_gt(reason.size, 10);
    }
    /* Somebody's place is not taken, be it a path or a port. */
    struct link_server *other = world_create_server(&world);
    ck_assert_int_eq(link_server_bind(other, world.endpoint, &reason),
                     ERR_EXISTS);
    ck_assert_int_eq(link_server_bind(other, "tcp://localhost:*", NULL),
                     ERR_OK);
    ck_assert_int_eq(
        link_server_bind(world.server, link_server_endpoint(other), &reason),
        ERR_EXISTS);
    link_server_destroy(other);
    buf_finish(&reason);
    /* It still serves. */
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_finish(&world);
}
END_TEST

/* A path left behind by a killed server is no obstacle. */
START_TEST(bind_over_a_dead_path) {
    struct world world;
    world_init(&world);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
             world.dir);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    world_start_server(&world);
    world_start_client(&world, 0);
    PUMP_UNTIL(&world, world_is_up(&world, 0));
    world_finish(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("link_refusal");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, refusals_by_programs);
    tcase_add_test(tcase, too_many_peers);
    tcase_add_test(tcase, rubbish);
    tcase_add_test(tcase, rubbish_inside_a_session);
    tcase_add_test(tcase, client_meets_rubbish);
    tcase_add_test(tcase, bind_refusals);
    tcase_add_test(tcase, bind_over_a_dead_path);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
