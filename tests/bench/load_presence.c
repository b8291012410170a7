/* load_presence.c - online and offline: in each group of the crowd the subject
 * changes, and every listener must hear of it once, though they share ten
 * rooms; then it changes back.
 *
 * The subject is there all the time and says what it wants to be, or it comes
 * (as a client of `messenger`, which follows no rooms by itself) and goes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/chats.h"
#include "tests/bench/crowd.h"
#include "tests/bench/stats.h"

#define STALL_US (20u * 1000000u)
#define ALL_LISTENERS ((1u << CROWD_LISTENERS) - 1)

struct change {
    bool is_online; /* What the subject is, or is becoming. */
    bool is_under_way;
    uint16_t heard; /* A bit a listener. */
};

struct presence {
    struct crowd crowd;
    struct change *changes; /* One a group. */
    uint64_t heard;
    uint64_t changed;
    uint32_t under_way;
    bool is_started;
};

static void hear(struct load *load, struct conn *conn, struct slice text) {
    struct presence *presence = load->scenario;
    presence->heard++;
    if (!presence->is_started)
        return;
    struct change *change = &presence->changes[conn->room];
    uint32_t place = crowd_place(&presence->crowd, conn);
    uint64_t subject = crowd_subject(&presence->crowd, conn->room)->user;
    if (place == 0 || !change->is_under_way ||
        !chats_is(text, change->is_online ? "set_online" : "set_offline") ||
        message_number(text, "user_id") != subject) {
        fprintf(stderr, "bench_load: %.*s\n", (int)text.size, text.data);
        load_fail(load, conn, "not what was to be heard");
        return;
    }
    uint16_t bit = (uint16_t)(1u << (place - 1));
    if (change->heard & bit)
        load_fail(load, conn, "one change was heard twice");
    change->heard |= bit;
    if (change->heard != ALL_LISTENERS)
        return;
    change->is_under_way = false;
    presence->changed++;
    presence->under_way--;
}

static void come_or_go(struct load *load, struct conn *conn, bool comes) {
    struct conn again = {.fd = -1, .room = conn->room, .user = conn->user};
    if (comes) {
        load_dial_one(load, conn);
        return;
    }
    client_close(load->client, conn);
    *conn = again;
}

static void begin(struct load *load, uint32_t group) {
    struct presence *presence = load->scenario;
    struct change *change = &presence->changes[group];
    struct conn *subject = crowd_subject(&presence->crowd, group);
    char frame[MESSAGE_FRAME_BYTES_MAX];
    change->is_online = !change->is_online;
    change->is_under_way = true;
    change->heard = 0;
    presence->under_way++;
    if (load->options.is_coming)
        come_or_go(load, subject, change->is_online);
    else
        client_send(load->client, subject,
                    chats_presence(frame, change->is_online));
}

/* A subject that came may be heard of before its handshake is through. */
static bool may_begin(const struct load *load, uint32_t group) {
    const struct presence *presence = load->scenario;
    const struct conn *subject = crowd_subject(&presence->crowd, group);
    return !presence->changes[group].is_under_way &&
           (subject->state == CONN_OPEN || subject->state == CONN_CLOSED) &&
           !subject->is_dirty;
}

/* Changes for |seconds|, and then each until it is what it was. */
static bool run_phase(struct load *load, double seconds) {
    struct presence *presence = load->scenario;
    bool was_online = !load->options.is_coming;
    uint64_t end_us = stats_now_us() + (uint64_t)(seconds * 1e6);
    uint64_t heard = presence->heard, heard_us = stats_now_us();
    for (;;) {
        uint64_t now_us = stats_now_us();
        bool is_resting = true;
        for (uint32_t i = 0; i < presence->crowd.group_count; i++) {
            bool is_back = presence->changes[i].is_online == was_online;
            if (may_begin(load, i) && (now_us < end_us || !is_back))
                begin(load, i);
            is_resting = is_resting && is_back;
        }
        if (is_resting && presence->under_way == 0)
            return true;
        if (!load_turn(load, 100))
            return false;
        if (heard != presence->heard) {
            heard = presence->heard;
            heard_us = now_us;
        } else if (now_us - heard_us > STALL_US) {
            load_fail(load, NULL, "a change was not heard for 20 s");
            return false;
        }
    }
}

/* Who comes and goes is not there yet. */
static bool dial(struct load *load) {
    struct presence *presence = load->scenario;
    for (uint32_t i = 0; i < presence->crowd.group_count; i++) {
        struct conn *first = crowd_subject(&presence->crowd, i);
        uint32_t count = CROWD_CONNS;
        if (load->options.is_coming) {
            first++;
            count--;
        }
        presence->changes[i].is_online = !load->options.is_coming;
        if (!load_dial(load, first, count, GREETING_FENCE))
            return false;
    }
    load->greeting = GREETING_NONE;
    load->options.path = "/messenger/chat/";
    return crowd_calm(load, &presence->heard);
}

static bool measure(struct load *load) {
    struct presence *presence = load->scenario;
    struct proc_usage before, after;
    if (!dial(load))
        return false;
    presence->is_started = true;
    if (!run_phase(load, load->options.warmup_s))
        return false;
    procs_settle(&load->procs);
    uint64_t changed = presence->changed;
    procs_read(&load->procs, &before);
    if (!run_phase(load, load->options.seconds))
        return false;
    procs_read(&load->procs, &after);
    /* One too many would come late, and find no change under way. */
    if (!crowd_calm(load, &presence->heard))
        return false;
    changed = presence->changed - changed;
    printf("{\"events\":%" PRIu64 ",\"deliveries\":%" PRIu64 ",", changed,
           changed * CROWD_LISTENERS);
    procs_print(&load->procs, &before, &after);
    printf("}\n");
    return true;
}

bool load_presence(struct load *load) {
    struct presence presence = {0};
    load->scenario = &presence;
    load->on_text = hear;
    crowd_init(&presence.crowd, load);
    presence.changes =
        mem_zalloc(presence.crowd.group_count * sizeof(presence.changes[0]));
    bool is_ok = measure(load);
    crowd_finish(&presence.crowd, load);
    free(presence.changes);
    return is_ok;
}
