/* load_typing.c - typing: in each round the speakers of the crowd type once in
 * each of their rooms, and everybody else there must see each of them once.
 *
 * One typing of a user and room passes in two seconds, so rounds begin that
 * far apart; the CPU is that of the rounds, not of the time between them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/chats.h"
#include "tests/bench/crowd.h"
#include "tests/bench/stats.h"

#define ROUND_US (2100u * 1000u)
#define STALL_US (20u * 1000000u)

/* Per connection and room: whom it saw typing there in this round, a bit a
 * member. */
typedef uint16_t seen_bits[CROWD_ROOMS];

struct typing {
    struct crowd crowd;
    seen_bits *seen;
    uint64_t heard; /* In this round. */
    uint64_t heard_all;
    bool is_started;
    struct proc_usage spent;
};

static bool is_speaker(const struct load *load, uint32_t member) {
    uint32_t absent = load->options.is_many ? 0 : 1;
    if (load->options.is_everybody)
        return member < CROWD_MEMBERS && member != absent;
    return member == 1 - absent;
}

static void see(struct load *load, struct conn *conn, struct slice text) {
    struct typing *typing = load->scenario;
    uint32_t room;
    if (!typing->is_started && !chats_is(text, "user_typing")) {
        typing->heard_all++;
        return; /* Somebody came. */
    }
    bool is_typing = chats_is(text, "user_typing") &&
                     chats_room(text, CROWD_NAME, &room) &&
                     room / CROWD_ROOMS == conn->room;
    uint64_t user = message_number(text, "user_id");
    uint32_t member = crowd_member(&typing->crowd, conn->room, user);
    if (!is_typing || !is_speaker(load, member) || user == conn->user) {
        fprintf(stderr, "bench_load: %.*s\n", (int)text.size, text.data);
        load_fail(load, conn, "not what was to be seen");
        return;
    }
    uint16_t *seen =
        &typing->seen[conn - typing->crowd.conns][room % CROWD_ROOMS];
    if (*seen & 1u << member)
        load_fail(load, conn, "one typing was seen twice");
    *seen |= (uint16_t)(1u << member);
    typing->heard++;
    typing->heard_all++;
}

/* Returns how many typings everybody together must see. */
static uint64_t type_all(struct load *load) {
    const struct crowd *crowd = &((struct typing *)load->scenario)->crowd;
    char frame[MESSAGE_FRAME_BYTES_MAX];
    uint64_t count = 0;
    for (uint32_t i = 0; i < crowd->conn_count; i++) {
        struct conn *conn = &crowd->conns[i];
        if (!is_speaker(load, crowd_member(crowd, conn->room, conn->user)))
            continue;
        for (uint32_t room = 0; room < CROWD_ROOMS; room++)
            client_send(load->client, conn,
                        chats_typing(frame, CROWD_NAME,
                                     conn->room * CROWD_ROOMS + room));
        count += CROWD_ROOMS;
    }
    return count;
}

/* One round; its typings are added to |events|. */
static bool run_round(struct load *load, uint64_t *events) {
    struct typing *typing = load->scenario;
    struct proc_usage before, after;
    uint64_t start_us = stats_now_us();
    memset(typing->seen, 0, typing->crowd.conn_count * sizeof(seen_bits));
    typing->heard = 0;
    procs_read(&load->procs, &before);
    uint64_t typed = type_all(load);
    while (typing->heard < typed * CROWD_LISTENERS) {
        if (!load_turn(load, 10))
            return false;
        if (stats_now_us() - start_us > STALL_US) {
            load_fail(load, NULL, "a typing was not seen for 20 s");
            return false;
        }
    }
    procs_read(&load->procs, &after);
    procs_add(&load->procs, &typing->spent, &before, &after);
    *events += typed;
    /* One too many would come late, into the time between the rounds. */
    while (stats_now_us() - start_us < ROUND_US) {
        if (!load_turn(load, 50))
            return false;
    }
    if (typing->heard != typed * CROWD_LISTENERS)
        load_fail(load, NULL, "a typing was seen twice");
    return !load->is_failed;
}

static bool measure(struct load *load) {
    struct typing *typing = load->scenario;
    uint64_t events = 0;
    if (!load_dial(load, typing->crowd.conns, typing->crowd.conn_count,
                   GREETING_FENCE) ||
        !crowd_calm(load, &typing->heard_all))
        return false;
    typing->is_started = true;
    if (!run_round(load, &events)) /* The first one warms up. */
        return false;
    procs_settle(&load->procs);
    typing->spent = (struct proc_usage){0};
    events = 0;
    for (uint64_t i = 0; i < load->options.count; i++) {
        if (!run_round(load, &events))
            return false;
    }
    static const struct proc_usage nothing;
    printf("{\"events\":%" PRIu64 ",\"deliveries\":%" PRIu64 ",", events,
           events * CROWD_LISTENERS);
    procs_print(&load->procs, &nothing, &typing->spent);
    printf("}\n");
    return true;
}

bool load_typing(struct load *load) {
    struct typing typing = {0};
    load->scenario = &typing;
    load->on_text = see;
    crowd_init(&typing.crowd, load);
    typing.seen = mem_zalloc(typing.crowd.conn_count * sizeof(seen_bits));
    bool is_ok = measure(load);
    crowd_finish(&typing.crowd, load);
    free(typing.seen);
    return is_ok;
}
