/* load_connect.c - what connections cost by being there (idle) and by coming
 * (connects). */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/load.h"
#include "tests/bench/stats.h"

/* The first connections grow tables and pools that all later ones share. */
#define IDLE_WARMUP_CONNECTIONS 100u
#define IDLE_REST_US (2u * 1000000u)

static void ignore_text(struct load *load, struct conn *conn,
                        struct slice text) {
    (void)load;
    (void)conn;
    (void)text;
}

static struct conn *prepare(struct load *load, uint32_t first, uint32_t count) {
    struct conn *conns = mem_zalloc(count * sizeof(conns[0]));
    for (uint32_t i = 0; i < count; i++)
        load_member(load, first + i, &conns[i]);
    return conns;
}

/* Lets time pass with the loop running. */
static bool rest(struct load *load) {
    uint64_t end_us = stats_now_us() + IDLE_REST_US;
    while (stats_now_us() < end_us) {
        if (!load_turn(load, 50))
            return false;
    }
    return true;
}

bool load_idle(struct load *load) {
    load->on_text = ignore_text;
    uint32_t count = load->options.connections;
    struct conn *first = prepare(load, 0, IDLE_WARMUP_CONNECTIONS);
    struct conn *conns = prepare(load, IDLE_WARMUP_CONNECTIONS, count);
    enum greeting greeting =
        load->options.is_subscribed ? GREETING_SUBSCRIBE : GREETING_NONE;
    struct proc_usage before, after;
    bool is_ok =
        load_dial(load, first, IDLE_WARMUP_CONNECTIONS, greeting) && rest(load);
    procs_read(&load->procs, &before);
    is_ok = is_ok && load_dial(load, conns, count, greeting) && rest(load);
    procs_read(&load->procs, &after);
    if (is_ok) {
        printf("{\"connections\":%u,", count);
        procs_print(&load->procs, &before, &after);
        printf("}\n");
    }
    load_hang_up(load, first, IDLE_WARMUP_CONNECTIONS);
    load_hang_up(load, conns, count);
    free(first);
    free(conns);
    return is_ok;
}

bool load_connects(struct load *load) {
    load->on_text = ignore_text;
    uint32_t count = load->options.connections;
    struct conn *conns = prepare(load, 0, count);
    struct proc_usage before, after;
    procs_settle(&load->procs);
    procs_read(&load->procs, &before);
    uint64_t start_us = stats_now_us();
    bool is_ok = load_dial(load, conns, count, GREETING_LIST);
    double wall_s = (double)(stats_now_us() - start_us) / 1e6;
    procs_read(&load->procs, &after);
    if (is_ok) {
        printf("{\"connections\":%u,\"wall_s\":%.3f,", count, wall_s);
        procs_print(&load->procs, &before, &after);
        printf("}\n");
    }
    load_hang_up(load, conns, count);
    free(conns);
    return is_ok;
}
