/* test_sim_net.c - the simulator's network: what common/link relies on holds,
 * and what is to go wrong goes wrong. */
#include <check.h>
#include <stdio.h>

#include "tests/unit/sim_fixture.h"

#define ENDPOINT "tcp://127.0.0.1:9"

static struct sim sim;
static struct sim_process *broker;
static struct sim_process *gateway;
static struct sim_socket *router;
static struct sim_socket *dealer;

static struct sim_socket *make_dealer(const char *identity) {
    struct sim_socket *socket = sim_socket_create(gateway, false);
    socket->identity_size = strlen(identity);
    memcpy(socket->identity, identity, socket->identity_size);
    sim_socket_connect(socket, ENDPOINT);
    return socket;
}

static void listen_there(void) {
    router = sim_socket_create(broker, true);
    ck_assert(sim_socket_bind(router, ENDPOINT));
}

static void setup(void) {
    fixture_begin(&sim);
    broker = &sim.processes[IDLE_BROKER];
    gateway = &sim.processes[IDLE_GATEWAY];
    listen_there();
    dealer = make_dealer("one");
}

static void teardown(void) {
    fixture_end(&sim);
}

static bool send_number(uint32_t number) {
    return sim_socket_send(dealer, (struct slice){0},
                           (struct slice){(char *)&number, sizeof number});
}

/* The numbers that arrived at |socket|, as text. */
static const char *heard(struct sim_socket *socket) {
    static char text[4096];
    size_t size = 0;
    struct sim_packet *packet;
    text[0] = 0;
    while ((packet = sim_socket_receive(socket))) {
        uint32_t number;
        memcpy(&number, sim_packet_bytes(packet).data, sizeof number);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%u",
                                 size ? " " : "", number);
        sim_packet_free(packet);
    }
    return text;
}

static void connect_now(void) {
    fixture_pass(&sim, 10 * SIM_MS);
    ck_assert(sim_socket_is_connected(dealer));
}

START_TEST(packets_come_in_order_after_a_while) {
    connect_now();
    for (uint32_t i = 0; i < 5; i++)
        ck_assert(send_number(i));
    ck_assert_str_eq(heard(router), "");
    ck_assert(!router->signalled);
    fixture_pass(&sim, 2 * SIM_MS);
    ck_assert(router->signalled);
    ck_assert_str_eq(heard(router), "0 1 2 3 4");
}
END_TEST

START_TEST(nothing_is_sent_before_there_is_a_connection) {
    ck_assert(!sim_socket_is_connected(dealer));
    ck_assert(!send_number(1));
    connect_now();
    ck_assert(send_number(2));
    fixture_pass(&sim, SIM_SECOND);
    ck_assert_str_eq(heard(router), "2");
}
END_TEST

START_TEST(it_connects_once_somebody_listens) {
    sim_socket_close(router);
    fixture_pass(&sim, 5 * SIM_SECOND);
    ck_assert(!sim_socket_is_connected(dealer));
    listen_there();
    fixture_pass(&sim, 2 * SIM_SECOND);
    ck_assert(sim_socket_is_connected(dealer));
}
END_TEST

START_TEST(only_one_listens_at_an_address) {
    struct sim_socket *other = sim_socket_create(gateway, true);
    ck_assert(!sim_socket_bind(other, ENDPOINT));
    sim_socket_close(router);
    ck_assert(sim_socket_bind(other, ENDPOINT));
}
END_TEST

START_TEST(a_router_knows_who_is_there) {
    const uint32_t number = 7;
    struct slice bytes = {(const char *)&number, sizeof number};
    ck_assert(!sim_socket_reaches(router, SLICE("one")));
    connect_now();
    ck_assert(sim_socket_reaches(router, SLICE("one")));
    ck_assert(!sim_socket_send(router, SLICE("two"), bytes));
    ck_assert(sim_socket_send(router, SLICE("one"), bytes));
    fixture_pass(&sim, 2 * SIM_MS);
    ck_assert_str_eq(heard(dealer), "7");
    sim_socket_close(dealer);
    fixture_pass(&sim, SIM_SECOND);
    ck_assert(!sim_socket_reaches(router, SLICE("one")));
}
END_TEST

/* Both ends learn of it, each in its time, and the library connects again. */
START_TEST(a_cut_ends_a_connection_and_another_comes) {
    connect_now();
    router->signalled = dealer->signalled = false;
    ck_assert_uint_eq(sim_net_cut(&sim.net, broker->place, gateway->place), 1);
    ck_assert_uint_eq(sim_net_cut(&sim.net, broker->place, gateway->place), 0);
    send_number(1);
    fixture_pass(&sim, 49 * SIM_MS);
    ck_assert(!sim_socket_is_connected(dealer));
    ck_assert(router->signalled && dealer->signalled);
    ck_assert_str_eq(heard(router), "");
    fixture_pass(&sim, SIM_SECOND);
    ck_assert(sim_socket_is_connected(dealer));
    ck_assert(sim_socket_reaches(router, SLICE("one")));
    send_number(2);
    fixture_pass(&sim, SIM_SECOND);
    ck_assert_str_eq(heard(router), "2");
}
END_TEST

START_TEST(what_was_said_before_a_close_arrives_if_it_lingers) {
    dealer->linger_ms = 200;
    connect_now();
    send_number(1);
    sim_socket_close(dealer);
    fixture_pass(&sim, SIM_SECOND);
    char text[16];
    snprintf(text, sizeof text, "%s", heard(router));
    /* Unless the router forgot it unread. */
    ck_assert(strcmp(text, "1") == 0 || text[0] == 0);
    ck_assert(!sim_socket_reaches(router, SLICE("one")));
}
END_TEST

START_TEST(who_is_killed_says_nothing_more) {
    connect_now();
    sim_process_crash(gateway, SIM_NEVER);
    ck_assert(!gateway->up && !gateway->sockets);
    fixture_pass(&sim, SIM_SECOND);
    ck_assert(!sim_socket_reaches(router, SLICE("one")));
    ck_assert_str_eq(heard(router), "");
}
END_TEST

START_TEST(who_vanishes_is_not_missed) {
    connect_now();
    sim_net_hush(gateway);
    sim_process_crash(gateway, SIM_NEVER);
    fixture_pass(&sim, 100 * SIM_SECOND);
    ck_assert(!gateway->up);
    ck_assert(sim_socket_reaches(router, SLICE("one")));
    ck_assert_str_eq(heard(router), "");
}
END_TEST

START_TEST(a_partition_holds_packets_back) {
    connect_now();
    sim_net_part(&sim.net, broker->place, gateway->place,
                 sim_time_us() + 10 * SIM_SECOND);
    send_number(1);
    send_number(2);
    fixture_pass(&sim, 9 * SIM_SECOND);
    ck_assert_str_eq(heard(router), "");
    send_number(3);
    fixture_pass(&sim, 2 * SIM_SECOND);
    ck_assert_str_eq(heard(router), "1 2 3");
}
END_TEST

static void weather(enum sim_weather_kind kind, uint32_t ppm) {
    struct sim_weather weather = {
        .kind = kind,
        .key = 5,
        .until_us = sim_time_us() + SIM_SECOND,
        .ppm = ppm,
        .delay_us = 20 * SIM_MS,
        .places = {SIM_PROCESSES_MAX, SIM_PROCESSES_MAX}};
    sim_net_weather(&sim.net, &weather);
}

static uint32_t send_hundred(void) {
    uint32_t count = 0;
    connect_now();
    for (uint32_t i = 0; i < 100; i++)
        ck_assert(send_number(i));
    fixture_pass(&sim, 500 * SIM_MS);
    struct sim_packet *packet;
    while ((packet = sim_socket_receive(router))) {
        sim_packet_free(packet);
        count++;
    }
    return count;
}

START_TEST(some_are_lost) {
    weather(SIM_WEATHER_LOSS, 300000);
    uint32_t count = send_hundred();
    ck_assert_uint_lt(count, 90);
    ck_assert_uint_gt(count, 50);
    ck_assert_uint_eq(count + sim.faults[SIM_FAULT_LOSS], 100);
}
END_TEST

START_TEST(some_come_twice) {
    weather(SIM_WEATHER_DUPLICATE, 300000);
    uint32_t count = send_hundred();
    ck_assert_uint_gt(count, 110);
    ck_assert_uint_eq(count, 100 + sim.faults[SIM_FAULT_DUPLICATE]);
}
END_TEST

START_TEST(some_are_overtaken) {
    weather(SIM_WEATHER_REORDER, 500000);
    connect_now();
    for (uint32_t i = 0; i < 8; i++)
        ck_assert(send_number(i));
    fixture_pass(&sim, 500 * SIM_MS);
    const char *text = heard(router);
    ck_assert_uint_eq(strlen(text), strlen("0 1 2 3 4 5 6 7"));
    ck_assert_str_ne(text, "0 1 2 3 4 5 6 7");
}
END_TEST

START_TEST(delay_keeps_the_order) {
    weather(SIM_WEATHER_DELAY, 500000);
    connect_now();
    for (uint32_t i = 0; i < 8; i++)
        ck_assert(send_number(i));
    fixture_pass(&sim, 500 * SIM_MS);
    ck_assert_str_eq(heard(router), "0 1 2 3 4 5 6 7");
}
END_TEST

START_TEST(bad_weather_passes) {
    weather(SIM_WEATHER_LOSS, 1000000);
    fixture_pass(&sim, 2 * SIM_SECOND);
    ck_assert_uint_eq(send_hundred(), 100);
    weather(SIM_WEATHER_LOSS, 1000000);
    sim_net_heal(&sim.net);
    ck_assert(send_number(1));
    fixture_pass(&sim, SIM_SECOND);
    ck_assert_str_eq(heard(router), "1");
}
END_TEST

/* Nobody shakes hands with a process that stands still. */
START_TEST(who_is_paused_is_not_connected_to) {
    sim_process_pause(broker, 3 * SIM_SECOND);
    fixture_pass(&sim, 2 * SIM_SECOND);
    ck_assert(!sim_socket_is_connected(dealer));
    fixture_pass(&sim, 2 * SIM_SECOND);
    ck_assert(sim_socket_is_connected(dealer));
}
END_TEST

static void append(void *payload, uint64_t letter) {
    char *text = payload;
    size_t size = strlen(text);
    text[size] = (char)letter;
    text[size + 1] = 0;
}

START_TEST(events_of_one_moment_keep_their_order) {
    char text[16] = "";
    struct sim_loop loop = {0};
    struct sim_event event = {.fire = append, .payload = text};
    const struct {
        uint64_t at_us;
        char letter;
    } events[] = {{5, 'd'}, {3, 'a'}, {5, 'e'}, {3, 'b'}, {4, 'c'}, {9, 'f'}};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        event.at_us = events[i].at_us;
        event.argument = (uint64_t)events[i].letter;
        sim_loop_put(&loop, &event);
    }
    sim_loop_run(&loop, 8, NULL);
    ck_assert_str_eq(text, "abcde");
    ck_assert_uint_eq(loop.now_us, 8);
    sim_loop_finish(&loop);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        packets_come_in_order_after_a_while,
        nothing_is_sent_before_there_is_a_connection,
        it_connects_once_somebody_listens,
        only_one_listens_at_an_address,
        a_router_knows_who_is_there,
        a_cut_ends_a_connection_and_another_comes,
        what_was_said_before_a_close_arrives_if_it_lingers,
        who_is_killed_says_nothing_more,
        who_vanishes_is_not_missed,
        a_partition_holds_packets_back,
        some_are_lost,
        some_come_twice,
        some_are_overtaken,
        delay_keeps_the_order,
        bad_weather_passes,
        who_is_paused_is_not_connected_to,
        events_of_one_moment_keep_their_order,
    };
    return fixture_run_tests("sim_net", tests, sizeof tests / sizeof *tests,
                             setup, teardown);
}
