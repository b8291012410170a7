/* load_entry.c - what it costs a user of the crowd to come: from the dial to
 * the first answer, which a connection has when all its user's rooms are in.
 *
 * That they are is tried afterwards: a second device of each user sends a
 * message into every room, and the first must have all of them, once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/chats.h"
#include "tests/bench/crowd.h"
#include "tests/bench/stats.h"

#define ROOMS_MAX (CROWD_ROOMS + CROWD_FAR_ROOMS)
#define STALL_US (20u * 1000000u)

struct entry {
    uint32_t count; /* Users, and connections of each kind. */
    uint32_t rooms; /* Of each user. */
    struct conn *first;
    struct conn *second;
    uint8_t (*got)[ROOMS_MAX]; /* Messages of a first connection. */
    uint64_t heard;
    bool is_started;
};

/* Its room's number among the user's; ROOMS_MAX: none of them. */
static uint32_t room_of(const struct conn *conn, struct slice text) {
    uint32_t room;
    if (chats_room(text, CROWD_NAME, &room) && room / CROWD_ROOMS == conn->room)
        return room % CROWD_ROOMS;
    if (chats_room(text, CROWD_FAR_NAME, &room) &&
        room / CROWD_FAR_ROOMS == conn->room)
        return CROWD_ROOMS + room % CROWD_FAR_ROOMS;
    return ROOMS_MAX;
}

static void hear(struct load *load, struct conn *conn, struct slice text) {
    struct entry *entry = load->scenario;
    if (!entry->is_started) {
        load_fail(load, conn, "heard something before there was anything");
        return;
    }
    uint32_t room =
        chats_is(text, "new_message") ? room_of(conn, text) : ROOMS_MAX;
    if (room >= entry->rooms) {
        fprintf(stderr, "bench_load: %.*s\n",
                text.size < 300 ? (int)text.size : 300, text.data);
        load_fail(load, conn, "not what was to be heard");
        return;
    }
    if (conn->seq_next) /* The second device: these are its answers. */
        return;
    if (entry->got[conn - entry->first][room]++)
        load_fail(load, conn, "a message came twice");
    entry->heard++;
}

static struct conn *prepare(const struct load *load, struct crowd *crowd,
                            bool is_second) {
    struct conn *conns =
        mem_zalloc(crowd->group_count * sizeof(crowd->conns[0]));
    for (uint32_t i = 0; i < crowd->group_count; i++)
        conns[i] =
            (struct conn){.fd = -1,
                          .room = i,
                          .seq_next = is_second,
                          .user = crowd_user(crowd, i, load->options.is_many)};
    return conns;
}

static void send_all(struct load *load, struct conn *conn) {
    const struct entry *entry = load->scenario;
    char frame[MESSAGE_FRAME_BYTES_MAX];
    for (uint32_t i = 0; i < entry->rooms; i++) {
        bool is_far = i >= CROWD_ROOMS;
        uint32_t room = is_far ? conn->room * CROWD_FAR_ROOMS + i - CROWD_ROOMS
                               : conn->room * CROWD_ROOMS + i;
        client_send(
            load->client, conn,
            chats_new(frame, is_far ? CROWD_FAR_NAME : CROWD_NAME, room));
    }
}

/* Whether each hears all of their rooms. */
static bool check(struct load *load) {
    struct entry *entry = load->scenario;
    uint64_t wanted = (uint64_t)entry->count * entry->rooms;
    if (!load_dial(load, entry->second, entry->count, GREETING_FENCE))
        return false;
    entry->is_started = true;
    for (uint32_t i = 0; i < entry->count; i++)
        send_all(load, &entry->second[i]);
    uint64_t heard = 0, heard_us = stats_now_us();
    while (entry->heard < wanted) {
        if (!load_turn(load, 100))
            return false;
        if (entry->heard != heard) {
            heard = entry->heard;
            heard_us = stats_now_us();
        } else if (stats_now_us() - heard_us > STALL_US) {
            load_fail(load, NULL, "a message was not heard for 20 s");
            return false;
        }
    }
    return crowd_calm(load, &entry->heard);
}

static bool measure(struct load *load) {
    struct entry *entry = load->scenario;
    struct proc_usage before, after;
    procs_settle(&load->procs);
    procs_read(&load->procs, &before);
    uint64_t start_us = stats_now_us();
    if (!load_dial(load, entry->first, entry->count, GREETING_FENCE))
        return false;
    double wall_s = (double)(stats_now_us() - start_us) / 1e6;
    procs_read(&load->procs, &after);
    if (!check(load))
        return false;
    printf("{\"connections\":%u,\"rooms\":%u,\"wall_s\":%.3f,", entry->count,
           entry->rooms, wall_s);
    procs_print(&load->procs, &before, &after);
    printf("}\n");
    return true;
}

bool load_entry(struct load *load) {
    struct crowd crowd;
    struct entry entry = {0};
    load->scenario = &entry;
    load->on_text = hear;
    crowd_init(&crowd, load);
    entry.count = crowd.group_count;
    entry.rooms = load->options.is_many ? ROOMS_MAX : CROWD_ROOMS;
    entry.first = prepare(load, &crowd, false);
    entry.second = prepare(load, &crowd, true);
    entry.got = mem_zalloc(entry.count * sizeof(entry.got[0]));
    bool is_ok = measure(load);
    load_hang_up(load, entry.first, entry.count);
    load_hang_up(load, entry.second, entry.count);
    crowd_finish(&crowd, load);
    free(entry.first);
    free(entry.second);
    free(entry.got);
    return is_ok;
}
