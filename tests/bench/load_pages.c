/* load_pages.c - a page from the middle of a long history against a page from
 * its end: alternating requests, one at a time, each timed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/stats.h"

#define STALL_US (20u * 1000000u)

struct pages {
    struct conn conn;
    bool is_answered;
    uint64_t page_count;
    uint64_t empty_count;
};

static void take_page(struct load *load, struct conn *conn, struct slice text) {
    struct pages *pages = load->scenario;
    if (message_number(text, "response_status") != 200) {
        fprintf(stderr, "bench_load: %.*s\n",
                text.size < 300 ? (int)text.size : 300, text.data);
        load_fail(load, conn, "no page");
        return;
    }
    size_t at = 0;
    uint64_t seq;
    pages->empty_count += !message_seq(text, &at, &seq);
    pages->is_answered = true;
}

/* Asks for |page| and waits; returns the time it took, 0 if the run failed. */
static uint64_t ask(struct load *load, uint64_t page) {
    struct pages *pages = load->scenario;
    char frame[MESSAGE_FRAME_BYTES_MAX];
    uint64_t start_us = stats_now_us();
    pages->is_answered = false;
    client_send(load->client, &pages->conn,
                message_page(frame, load->world[0].pk, page));
    while (!pages->is_answered) {
        if (!load_turn(load, 1000))
            return 0;
        if (stats_now_us() - start_us > STALL_US) {
            load_fail(load, NULL, "no page for 20 s");
            return 0;
        }
    }
    return stats_now_us() - start_us;
}

/* |count| pages around |first|, one after the other, in one phase so that the
 * processes' CPU is this kind's alone. */
static bool ask_many(struct load *load, uint64_t first, const char *name) {
    struct stats latency;
    struct proc_usage before, after;
    stats_init(&latency);
    procs_settle(&load->procs);
    procs_read(&load->procs, &before);
    bool is_ok = true;
    for (uint64_t i = 0; is_ok && i < load->options.count; i++) {
        uint64_t took_us = ask(load, first + i % 64);
        is_ok = took_us != 0;
        stats_add(&latency, took_us);
    }
    procs_read(&load->procs, &after);
    if (is_ok) {
        printf("\"%s\":{\"pages\":%" PRIu64 ",", name, load->options.count);
        stats_print(&latency, "latency_us");
        printf(",");
        procs_print(&load->procs, &before, &after);
        printf("}");
    }
    stats_finish(&latency);
    return is_ok;
}

bool load_pages(struct load *load) {
    struct pages pages = {0};
    load->scenario = &pages;
    load->on_text = take_page;
    pages.conn = (struct conn){.fd = -1, .user = load->world[0].user_first};
    pages.page_count = load->options.connections;
    bool is_ok = load_dial(load, &pages.conn, 1, GREETING_NONE);
    /* Page 1 is the newest: the end of the history. */
    printf("{");
    is_ok = is_ok && ask_many(load, 1, "end");
    printf(",");
    is_ok = is_ok && ask_many(load, pages.page_count / 2, "middle");
    printf(",\"empty\":%" PRIu64 "}\n", pages.empty_count);
    if (is_ok && pages.empty_count > 0)
        load_fail(load, NULL, "a page without a message");
    load_hang_up(load, &pages.conn, 1);
    return is_ok && !load->is_failed;
}
