/* load_fanout.c - scenarios A to D: rooms in which one member speaks and all
 * members must hear every message, once, in order.
 *
 * Each room has a bounded number of messages in flight: a message is in flight
 * until its last member has it, and only then may the next one be sent. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/stats.h"

#define STALL_US (20u * 1000000u)

/* A message in flight. */
struct flight {
    uint32_t received; /* Members that have it. */
    uint64_t sent_us;
};

struct fan_room {
    struct conn *speaker;
    uint64_t seq_sent; /* Messages sent. */
    uint64_t seq_done; /* Messages that everybody has. */
    struct flight *flights;
    uint32_t members;
};

struct fanout {
    struct fan_room *rooms;
    uint32_t room_count;
    struct conn *conns;
    uint32_t conn_count;
    uint32_t subscriber_count;
    uint64_t deliveries;
    uint64_t in_flight; /* Messages, over all rooms. */
    bool is_sending;
    size_t seq_at;
    struct stats latency;
};

static void send_next(struct load *load, struct fanout *fanout,
                      uint32_t index) {
    struct fan_room *room = &fanout->rooms[index];
    char frame[MESSAGE_FRAME_BYTES_MAX];
    while (room->seq_sent - room->seq_done < load->options.window) {
        uint64_t seq = room->seq_sent++;
        room->flights[seq % load->options.window] =
            (struct flight){.sent_us = stats_now_us()};
        fanout->in_flight++;
        uint64_t pk = load->world[index].pk;
        client_send(load->client, room->speaker,
                    load->options.dialect == DIALECT_NCHAN
                        ? message_event(frame, pk, seq)
                        : message_create(frame, pk, seq));
    }
}

static void hear(struct load *load, struct conn *conn, struct slice text) {
    struct fanout *fanout = load->scenario;
    if (load->options.dialect == DIALECT_NCHAN && conn->is_sender)
        return; /* Nchan's receipt for the publisher. */
    uint64_t seq;
    if (!message_seq(text, &fanout->seq_at, &seq)) {
        fprintf(stderr, "bench_load: %.*s\n",
                text.size < 300 ? (int)text.size : 300, text.data);
        load_fail(load, conn, "a text that is no message");
        return;
    }
    if (seq != conn->seq_next) {
        fprintf(stderr,
                "bench_load: room %u: got %" PRIu64 ", expected %" PRIu64 "\n",
                conn->room, seq, conn->seq_next);
        load_fail(load, conn, "messages lost, doubled or out of order");
        return;
    }
    conn->seq_next++;
    fanout->deliveries++;
    struct fan_room *room = &fanout->rooms[conn->room];
    struct flight *flight = &room->flights[seq % load->options.window];
    if (++flight->received < room->members)
        return;
    stats_add(&fanout->latency, stats_now_us() - flight->sent_us);
    room->seq_done++;
    fanout->in_flight--;
    if (fanout->is_sending)
        send_next(load, fanout, conn->room);
}

/* Sends for |seconds|, then waits until everybody has everything. */
static bool run_phase(struct load *load, double seconds) {
    struct fanout *fanout = load->scenario;
    fanout->is_sending = true;
    uint64_t end_us = stats_now_us() + (uint64_t)(seconds * 1e6);
    for (uint32_t i = 0; i < fanout->room_count; i++)
        send_next(load, fanout, i);
    uint64_t heard = fanout->deliveries;
    uint64_t heard_us = stats_now_us();
    while (fanout->in_flight > 0) {
        if (!load_turn(load, 100))
            return false;
        uint64_t now_us = stats_now_us();
        if (now_us >= end_us)
            fanout->is_sending = false;
        if (fanout->deliveries != heard) {
            heard = fanout->deliveries;
            heard_us = now_us;
        } else if (now_us - heard_us > STALL_US) {
            load_fail(load, NULL, "nothing was delivered for 20 s");
            return false;
        }
    }
    return true;
}

/* Each subscriber must have all that its room's speaker said, no more. */
static bool check_all(struct load *load) {
    struct fanout *fanout = load->scenario;
    for (uint32_t i = 0; i < fanout->subscriber_count; i++) {
        struct conn *conn = &fanout->conns[i];
        if (conn->seq_next != fanout->rooms[conn->room].seq_sent)
            load_fail(load, conn, "did not hear everything");
    }
    return !load->is_failed;
}

static bool measure(struct load *load) {
    struct fanout *fanout = load->scenario;
    struct proc_usage before, after;
    if (!load_dial(load, fanout->conns, fanout->conn_count,
                   load->options.dialect == DIALECT_NCHAN
                       ? GREETING_NONE
                       : GREETING_SUBSCRIBE) ||
        !run_phase(load, load->options.warmup_s))
        return false;
    procs_settle(&load->procs);
    stats_clear(&fanout->latency);
    uint64_t deliveries = fanout->deliveries;
    uint64_t start_us = stats_now_us();
    procs_read(&load->procs, &before);
    if (!run_phase(load, load->options.seconds))
        return false;
    procs_read(&load->procs, &after);
    double wall_s = (double)(stats_now_us() - start_us) / 1e6;
    /* A message too many would come late: give it the time. */
    if (!load_turn(load, 200) || !check_all(load))
        return false;
    printf("{\"deliveries\":%" PRIu64 ",\"subscribers\":%u,\"wall_s\":%.3f,",
           fanout->deliveries - deliveries, fanout->subscriber_count, wall_s);
    stats_print(&fanout->latency, "latency_us");
    printf(",");
    procs_print(&load->procs, &before, &after);
    printf("}\n");
    return true;
}

/* Members first, then Nchan's publishers, one a room. */
static void prepare(struct load *load, struct fanout *fanout) {
    fanout->room_count = load->options.rooms;
    fanout->rooms = mem_zalloc(fanout->room_count * sizeof(fanout->rooms[0]));
    for (uint32_t i = 0; i < fanout->room_count; i++)
        fanout->subscriber_count += load->world[i].member_count;
    bool is_nchan = load->options.dialect == DIALECT_NCHAN;
    fanout->conn_count =
        fanout->subscriber_count + (is_nchan ? fanout->room_count : 0);
    fanout->conns = mem_zalloc(fanout->conn_count * sizeof(fanout->conns[0]));
    uint32_t at = 0;
    for (uint32_t i = 0; i < fanout->room_count; i++) {
        const struct world_room *world = &load->world[i];
        struct fan_room *room = &fanout->rooms[i];
        room->members = world->member_count;
        room->flights =
            mem_zalloc(load->options.window * sizeof(room->flights[0]));
        room->speaker = is_nchan ? &fanout->conns[fanout->subscriber_count + i]
                                 : &fanout->conns[at];
        for (uint32_t m = 0; m < world->member_count; m++)
            fanout->conns[at++] = (struct conn){
                .fd = -1, .room = i, .user = world->user_first + m};
        if (is_nchan)
            *room->speaker =
                (struct conn){.fd = -1, .room = i, .is_sender = true};
    }
    stats_init(&fanout->latency);
}

bool load_fanout(struct load *load) {
    struct fanout fanout = {0};
    load->scenario = &fanout;
    load->on_text = hear;
    prepare(load, &fanout);
    bool is_ok = measure(load);
    load_hang_up(load, fanout.conns, fanout.conn_count);
    for (uint32_t i = 0; i < fanout.room_count; i++)
        free(fanout.rooms[i].flights);
    free(fanout.rooms);
    free(fanout.conns);
    stats_finish(&fanout.latency);
    return is_ok;
}
