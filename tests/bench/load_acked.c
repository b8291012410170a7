/* load_acked.c - how many messages a second are acknowledged, with a bounded
 * number outstanding over all senders.
 *
 * The acknowledgement is the sender's own copy of the create event: it comes
 * after the message is on disk. Senders do not subscribe, so nobody else hears
 * and fan-out is not in the figure. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/stats.h"

#define STALL_US (20u * 1000000u)

struct sender {
    uint64_t seq_sent;
    uint32_t window;   /* How many this one may have outstanding. */
    uint64_t *sent_us; /* By sequence number, round and round. */
};

struct acked {
    struct sender *senders;
    struct conn *conns;
    uint32_t count;
    uint64_t acks;
    uint64_t outstanding;
    uint64_t left; /* Messages still to be sent; UINT64_MAX: by time. */
    bool is_sending;
    size_t seq_at;
    struct stats latency;
};

static void send_next(struct load *load, struct acked *acked,
                      struct conn *conn) {
    struct sender *sender = &acked->senders[conn - acked->conns];
    char frame[MESSAGE_FRAME_BYTES_MAX];
    while (acked->left > 0 &&
           sender->seq_sent - conn->seq_next < sender->window) {
        uint64_t seq = sender->seq_sent++;
        sender->sent_us[seq % sender->window] = stats_now_us();
        acked->outstanding++;
        acked->left -= acked->left != UINT64_MAX;
        client_send(load->client, conn,
                    message_create(frame, load->world[conn->room].pk, seq));
    }
}

static void take_ack(struct load *load, struct conn *conn, struct slice text) {
    struct acked *acked = load->scenario;
    struct sender *sender = &acked->senders[conn - acked->conns];
    uint64_t seq;
    if (!message_seq(text, &acked->seq_at, &seq) || seq != conn->seq_next ||
        message_number(text, "response_status") != 201 ||
        !message_has(text, "request_id")) {
        fprintf(stderr, "bench_load: expected %" PRIu64 ", got %.*s\n",
                conn->seq_next, text.size < 300 ? (int)text.size : 300,
                text.data);
        load_fail(load, conn, "no acknowledgement, or out of order");
        return;
    }
    stats_add(&acked->latency,
              stats_now_us() - sender->sent_us[seq % sender->window]);
    conn->seq_next++;
    acked->acks++;
    acked->outstanding--;
    if (acked->is_sending)
        send_next(load, acked, conn);
}

/* Sends for |seconds|, or all that is |left|; then waits for every answer. */
static bool run_phase(struct load *load, double seconds) {
    struct acked *acked = load->scenario;
    bool is_timed = acked->left == UINT64_MAX;
    acked->is_sending = true;
    uint64_t end_us = stats_now_us() + (uint64_t)(seconds * 1e6);
    for (uint32_t i = 0; i < acked->count; i++)
        send_next(load, acked, &acked->conns[i]);
    uint64_t acks = acked->acks;
    uint64_t ack_us = stats_now_us();
    while (acked->outstanding > 0) {
        if (!load_turn(load, 100))
            return false;
        uint64_t now_us = stats_now_us();
        if (is_timed && now_us >= end_us)
            acked->is_sending = false;
        if (acked->acks != acks) {
            acks = acked->acks;
            ack_us = now_us;
        } else if (now_us - ack_us > STALL_US) {
            load_fail(load, NULL, "nothing was acknowledged for 20 s");
            return false;
        }
    }
    return true;
}

static bool measure(struct load *load) {
    struct acked *acked = load->scenario;
    struct proc_usage before, after;
    if (!load_dial(load, acked->conns, acked->count, GREETING_NONE))
        return false;
    acked->left = UINT64_MAX;
    if (!run_phase(load, load->options.warmup_s))
        return false;
    procs_settle(&load->procs);
    stats_clear(&acked->latency);
    if (load->options.count > 0)
        acked->left = load->options.count;
    uint64_t acks = acked->acks;
    uint64_t start_us = stats_now_us();
    procs_read(&load->procs, &before);
    if (!run_phase(load, load->options.seconds))
        return false;
    procs_read(&load->procs, &after);
    double wall_s = (double)(stats_now_us() - start_us) / 1e6;
    printf("{\"acks\":%" PRIu64 ",\"acks_all\":%" PRIu64
           ",\"wall_s\":%.3f,\"per_s\":%.0f,",
           acked->acks - acks, acked->acks, wall_s,
           (double)(acked->acks - acks) / wall_s);
    stats_print(&acked->latency, "latency_us");
    printf(",");
    procs_print(&load->procs, &before, &after);
    printf("}\n");
    return true;
}

/* One sender a room, or all of them in the first room. */
static void prepare(struct load *load, struct acked *acked) {
    uint32_t count = load->options.senders;
    acked->count = count;
    acked->senders = mem_zalloc(count * sizeof(acked->senders[0]));
    acked->conns = mem_zalloc(count * sizeof(acked->conns[0]));
    for (uint32_t i = 0; i < count; i++) {
        struct sender *sender = &acked->senders[i];
        sender->window =
            load->options.window / count + (i < load->options.window % count);
        sender->sent_us =
            mem_zalloc((sender->window + 1) * sizeof(sender->sent_us[0]));
        uint32_t room = load->options.is_one_room ? 0 : i % load->world_count;
        uint64_t user =
            load->world[room].user_first +
            (load->options.is_one_room ? i % load->world[0].member_count : 0);
        acked->conns[i] = (struct conn){.fd = -1, .room = room, .user = user};
    }
    stats_init(&acked->latency);
}

bool load_acked(struct load *load) {
    struct acked acked = {0};
    load->scenario = &acked;
    load->on_text = take_ack;
    prepare(load, &acked);
    bool is_ok = measure(load);
    load_hang_up(load, acked.conns, acked.count);
    for (uint32_t i = 0; i < acked.count; i++)
        free(acked.senders[i].sent_us);
    free(acked.senders);
    free(acked.conns);
    stats_finish(&acked.latency);
    return is_ok;
}
