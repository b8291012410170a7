/* load.c - see load.h. */
#include "tests/bench/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/chats.h"
#include "tests/bench/message.h"
#include "tests/bench/stats.h"
#include "tests/bench/token.h"

#define WORLD_ROOMS_MAX 65536u
#define SECRET_BYTES_MAX 4096u
#define TARGET_BYTES_MAX 1024u
#define DIAL_STALL_US (20u * 1000000u)

void load_read_world(struct load *load, const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "bench_load: cannot read %s\n", path);
        exit(1);
    }
    load->world = mem_zalloc(WORLD_ROOMS_MAX * sizeof(load->world[0]));
    while (load->world_count < WORLD_ROOMS_MAX) {
        struct world_room *room = &load->world[load->world_count];
        int got = fscanf(file, "%" SCNu64 " %" SCNu64 " %" SCNu32, &room->pk,
                         &room->user_first, &room->member_count);
        if (got == EOF)
            break;
        if (got != 3 || room->member_count == 0) {
            fprintf(stderr, "bench_load: %s: malformed\n", path);
            exit(1);
        }
        load->world_count++;
    }
    fclose(file);
    if (load->options.rooms == 0 || load->options.rooms > load->world_count)
        load->options.rooms = load->world_count;
}

void load_read_secret(struct load *load, const char *path) {
    FILE *file = fopen(path, "re");
    char *secret = mem_alloc(SECRET_BYTES_MAX);
    size_t size = file ? fread(secret, 1, SECRET_BYTES_MAX, file) : 0;
    if (size == 0) {
        fprintf(stderr, "bench_load: cannot read %s\n", path);
        exit(1);
    }
    fclose(file);
    if (secret[size - 1] == '\n')
        size--;
    load->secret = (struct slice){secret, size};
}

void load_member(const struct load *load, uint32_t index, struct conn *out) {
    uint32_t room = 0;
    while (index >= load->world[room].member_count) {
        index -= load->world[room].member_count;
        room = (room + 1) % load->world_count;
    }
    *out = (struct conn){
        .fd = -1, .room = room, .user = load->world[room].user_first + index};
}

void load_fail(struct load *load, const struct conn *conn, const char *what) {
    if (!load->is_failed)
        fprintf(stderr, "bench_load: user %" PRIu64 ": %s\n",
                conn ? conn->user : 0, what);
    load->is_failed = true;
}

static void get_ready(struct load *load, struct conn *conn) {
    conn->is_ready = true;
    load->ready_count++;
}

static void opened(void *context, struct conn *conn) {
    struct load *load = context;
    char frame[MESSAGE_FRAME_BYTES_MAX];
    if (load->greeting == GREETING_NONE)
        get_ready(load, conn);
    else if (load->greeting == GREETING_SUBSCRIBE)
        client_send(load->client, conn,
                    message_subscribe(frame, load->world[conn->room].pk));
    else if (load->greeting == GREETING_FENCE)
        client_send(load->client, conn, chats_fence(frame));
    else
        client_send(load->client, conn, message_list(frame));
}

static void text(void *context, struct conn *conn, struct slice text) {
    struct load *load = context;
    if (conn->is_ready) {
        load->on_text(load, conn, text);
        return;
    }
    if (load->greeting == GREETING_FENCE) {
        /* Others come meanwhile, and are heard of. */
        if (chats_is_fence(text))
            get_ready(load, conn);
        else if (!chats_is(text, "set_online") &&
                 !chats_is(text, "set_offline"))
            load_fail(load, conn, "unexpected frame before the first answer");
        return;
    }
    uint64_t status = message_number(text, "response_status");
    if (status == (load->greeting == GREETING_SUBSCRIBE ? 201 : 200)) {
        get_ready(load, conn);
        return;
    }
    fprintf(stderr, "bench_load: unexpected answer: %.*s\n",
            text.size < 300 ? (int)text.size : 300, text.data);
    load_fail(load, conn, "greeting refused");
}

const struct client_events load_events = {.opened = opened, .text = text};

void load_dial_one(struct load *load, struct conn *conn) {
    char target[TARGET_BYTES_MAX];
    char token[TOKEN_BYTES_MAX] = "";
    if (load->options.dialect == DIALECT_NCHAN) {
        snprintf(target, sizeof(target), "/%s/%" PRIu64,
                 conn->is_sender ? "pub" : "sub", load->world[conn->room].pk);
    } else if (load->secret.size == 0) {
        snprintf(target, sizeof(target), "%s", load->options.path);
    } else {
        token_sign(load->secret, conn->user, token);
        snprintf(target, sizeof(target), "%s?token=%s", load->options.path,
                 token);
    }
    client_connect(load->client, conn, target);
}

bool load_dial(struct load *load, struct conn *conns, uint32_t count,
               enum greeting greeting) {
    load->greeting = greeting;
    uint32_t ready_before = load->ready_count;
    uint32_t dialled = 0;
    uint64_t last_us = stats_now_us();
    for (;;) {
        uint32_t ready = load->ready_count - ready_before;
        if (ready == count)
            return true;
        while (dialled < count &&
               dialled - ready < load->options.handshakes_max)
            load_dial_one(load, &conns[dialled++]);
        if (!load_turn(load, 100))
            return false;
        if (load->ready_count - ready_before != ready)
            last_us = stats_now_us();
        else if (stats_now_us() - last_us > DIAL_STALL_US) {
            fprintf(stderr, "bench_load: %u of %u connections ready\n", ready,
                    count);
            load_fail(load, NULL, "no connection got ready for 20 s");
            return false;
        }
    }
}

bool load_turn(struct load *load, int timeout_ms) {
    if (!client_turn(load->client, timeout_ms))
        load->is_failed = true;
    return !load->is_failed;
}

void load_hang_up(struct load *load, struct conn *conns, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        client_close(load->client, &conns[i]);
}
