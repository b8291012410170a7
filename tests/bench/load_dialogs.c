/* load_dialogs.c - `dialogs.load` of a user with few dialogs and of one with
 * many: requests one at a time, in turned blocks, each answer counted. The
 * world's two lines are the two users, with how many dialogs they have. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/stats.h"

#define STALL_US (20u * 1000000u)
#define BLOCKS 4u
#define SHOWN 20u

struct user {
    struct conn conn;
    uint64_t dialogs;
    uint64_t asked;
    struct stats latency;
    struct proc_usage spent;
};

struct dialogs {
    struct user users[2]; /* By conn.room. */
    bool is_answered;
};

/* How often |key| is in the text. */
static uint32_t occurrences(struct slice text, const char *key) {
    uint32_t count = 0;
    size_t size = strlen(key);
    const char *end = text.data + text.size;
    const char *at = text.data;
    while ((at = memmem(at, (size_t)(end - at), key, size)) != NULL) {
        count++;
        at += size;
    }
    return count;
}

static void take_answer(struct load *load, struct conn *conn,
                        struct slice text) {
    struct dialogs *dialogs = load->scenario;
    const struct user *user = &dialogs->users[conn->room];
    if (message_has(text, "exception") || !message_has(text, "meta") ||
        message_number(text, "total") != user->dialogs ||
        message_number(text, "request_id") != user->asked ||
        occurrences(text, "\"unread_count\":1") != SHOWN ||
        occurrences(text, "Welcome.") != SHOWN) {
        fprintf(stderr, "bench_load: %.*s\n",
                text.size < 600 ? (int)text.size : 600, text.data);
        load_fail(load, conn, "not the first page of the user's dialogs");
        return;
    }
    dialogs->is_answered = true;
}

static bool ask(struct load *load, struct user *user) {
    struct dialogs *dialogs = load->scenario;
    char frame[MESSAGE_FRAME_BYTES_MAX];
    uint64_t start_us = stats_now_us();
    int size = snprintf(frame, sizeof(frame),
                        "{\"event\":\"dialogs.load\",\"limit\":%u,"
                        "\"request_id\":%" PRIu64 "}",
                        SHOWN, ++user->asked);
    dialogs->is_answered = false;
    client_send(load->client, &user->conn, (struct slice){frame, (size_t)size});
    while (!dialogs->is_answered) {
        if (!load_turn(load, 1000))
            return false;
        if (stats_now_us() - start_us > STALL_US) {
            load_fail(load, &user->conn, "no answer for 20 s");
            return false;
        }
    }
    stats_add(&user->latency, stats_now_us() - start_us);
    return true;
}

static bool ask_block(struct load *load, struct user *user) {
    struct proc_usage before, after;
    procs_read(&load->procs, &before);
    for (uint64_t i = 0; i < load->options.count / BLOCKS; i++) {
        if (!ask(load, user))
            return false;
    }
    procs_read(&load->procs, &after);
    procs_add(&load->procs, &user->spent, &before, &after);
    return true;
}

static bool measure(struct load *load) {
    struct dialogs *dialogs = load->scenario;
    for (uint32_t i = 0; i < 2; i++) {
        struct user *user = &dialogs->users[i];
        /* The first answer comes when the user's rooms are in. */
        if (!load_dial(load, &user->conn, 1, GREETING_NONE) || !ask(load, user))
            return false;
        stats_clear(&user->latency);
    }
    procs_settle(&load->procs);
    for (uint32_t i = 0; i < 2 * BLOCKS; i++) {
        if (!ask_block(load, &dialogs->users[i % 2]))
            return false;
    }
    return true;
}

static void print(const struct load *load, struct user *user) {
    static const struct proc_usage nothing;
    printf("{\"dialogs\":%" PRIu64 ",\"requests\":%" PRIu64 ",", user->dialogs,
           load->options.count / BLOCKS * BLOCKS);
    stats_print(&user->latency, "latency_us");
    printf(",");
    procs_print(&load->procs, &nothing, &user->spent);
    printf("}");
}

bool load_dialogs(struct load *load) {
    struct dialogs dialogs = {0};
    load->scenario = &dialogs;
    load->on_text = take_answer;
    for (uint32_t i = 0; i < 2; i++) {
        struct user *user = &dialogs.users[i];
        const struct world_room *line = &load->world[i % load->world_count];
        user->conn =
            (struct conn){.fd = -1, .room = i, .user = line->user_first};
        user->dialogs = line->member_count;
        stats_init(&user->latency);
    }
    bool is_ok = measure(load);
    if (is_ok) {
        printf("{\"few\":");
        print(load, &dialogs.users[0]);
        printf(",\"many\":");
        print(load, &dialogs.users[1]);
        printf("}\n");
    }
    for (uint32_t i = 0; i < 2; i++) {
        load_hang_up(load, &dialogs.users[i].conn, 1);
        stats_finish(&dialogs.users[i].latency);
    }
    return is_ok;
}
