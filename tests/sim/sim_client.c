/* sim_client.c - one client's socket, which is memory, and its connection,
 * which ends whenever the gateway, the client or chance wants it to. */
#include <stdlib.h>

#include "tests/sim/sim_crowd.h"

#define RETRY_MS_MAX 4000u
#define STALL_MS_MAX 15000u
#define LATE_MS 2000u /* Behind a stall. */

void client_init(struct people *people, uint32_t index) {
    struct client *client = &people->clients[index];
    client->people = people;
    client->index = index;
    client->person = index / CLIENTS_PER_USER;
    client->dialect = index % CLIENTS_PER_USER;
    client->random.state = people->config.seed * 7919 + index;
    client->retry_ms = 1 + random_below(&client->random, 2000);
}

void client_finish(struct client *client) {
    PRE(client->connection == NULL);
    buf_finish(&client->raw);
    buf_finish(&client->partial);
    free(client->followings);
}

/* --- What the gateway wrote ----------------------------------------------- */

static void bad_frame(struct client *client, const char *what) {
    history_broken(
        &client->people->history, "frames", "connection %llu of user %u: %s",
        (unsigned long long)client->number, client->person + 1, what);
}

static void take_close(struct client *client, struct slice payload) {
    if (payload.size < 2) {
        bad_frame(client, "a close frame without a code");
        return;
    }
    client->close_code = (unsigned)(unsigned char)payload.data[0] << 8 |
                         (unsigned char)payload.data[1];
    cover(client->people, COVER_closed_by_gateway);
}

static void take_frame(struct client *client, unsigned char first,
                       struct slice payload) {
    if (client->close_code != 0) {
        bad_frame(client, "a frame behind a close frame");
        return;
    }
    if (first == FRAME_PING) {
        cover(client->people, COVER_ping);
        return;
    }
    if (first == FRAME_CLOSE) {
        take_close(client, payload);
        return;
    }
    bool begins = (first & 0x0f) == 1;
    if (begins == (client->partial.size > 0) || (first & 0x70) != 0)
        bad_frame(client, "a part of a message out of its place");
    if (begins && !(first & FRAME_LAST))
        cover(client->people, COVER_message_in_parts);
    buf_append_slice(&client->partial, payload);
    if (!(first & FRAME_LAST))
        return;
    struct buf whole = client->partial;
    client->partial = (struct buf){0};
    hear(client, buf_slice(&whole));
    buf_clear(&whole);
    if (client->partial.capacity == 0)
        client->partial = whole;
    else
        buf_finish(&whole);
}

/* False: no whole frame is there. */
static bool cut_frame(struct client *client, size_t *at) {
    size_t have = client->raw.size - *at, header = 2;
    if (have < 2)
        return false;
    const unsigned char *bytes = (const unsigned char *)client->raw.data + *at;
    uint64_t size = bytes[1];
    if (size >= 126) {
        size_t length = size == 126 ? 2 : 8;
        header += length;
        size = 0;
        for (size_t i = 0; i < length && 2 + i < have; i++)
            size = size << 8 | bytes[2 + i];
    }
    if (bytes[1] >= 128 || have < header + size) {
        bad_frame(client, "a write that ends within a frame, or a masked one");
        return false;
    }
    *at += header + size;
    take_frame(client, bytes[0],
               (struct slice){(const char *)bytes + header, size});
    return true;
}

static void cut_up(struct client *client) {
    size_t at = 0;
    while (cut_frame(client, &at))
        ;
    buf_consume(&client->raw, at);
}

static enum err transport_write(void *socket, struct slice frames) {
    struct client *client = socket;
    if (client->is_busy)
        bad_frame(client, "written to while it is busy");
    if (client->is_cut)
        return ERR_IO;
    buf_append_slice(&client->raw, frames);
    if (client->is_stuck) {
        client->is_busy = true;
        cover(client->people, COVER_slow_socket);
    } else {
        cut_up(client);
    }
    return ERR_OK;
}

static bool transport_is_busy(void *socket) {
    return ((struct client *)socket)->is_busy;
}

static void transport_ask(void *socket) {
    ((struct client *)socket)->is_asked = true;
}

static void transport_pause(void *socket, bool paused) {
    struct client *client = socket;
    client->is_paused = paused;
    if (paused)
        cover(client->people, COVER_paused);
}

static void transport_cut(void *socket) {
    ((struct client *)socket)->is_cut = true;
}

const struct transport people_transport = {
    .write = transport_write,
    .is_busy = transport_is_busy,
    .ask_writeable = transport_ask,
    .pause = transport_pause,
    .cut = transport_cut,
};

/* --- Its life ------------------------------------------------------------- */

static bool stays_away(const struct client *client) {
    return client->people->phase != SETTLE_NOT &&
           client->people->persons[client->person].stays_away;
}

uint32_t client_target(const struct client *client) {
    const struct people *people = client->people;
    struct random random = {people->config.seed + client->index * 131 +
                            client->attempts * 7};
    return office_any_gateway(people, random_next(&random));
}

uint64_t client_due_ms(const struct client *client) {
    if (!client->connection)
        return stays_away(client) ? UINT64_MAX : client->retry_ms;
    if (client->is_cut || client->close_code != 0)
        return client->people->now_ms;
    if (client->is_stuck)
        return client->unstick_ms;
    return ask_may(client) ? client->people->now_ms : follow_due_ms(client);
}

void client_try(struct client *client, uint32_t index) {
    struct people *people = client->people;
    struct gateway *gateway = people->gateways[index];
    user_id user = {client->person + 1};
    char name[16] = {'u', (char)('0' + user.value / 10),
                     (char)('0' + user.value % 10)};
    if (client->connection || stays_away(client) ||
        people->now_ms < client->retry_ms || client_target(client) != index)
        return;
    client->attempts++;
    if (gateway_admit(gateway, user, 1 + client->person) != ADMISSION_OK) {
        client->retry_ms = people->now_ms + 200;
        return;
    }
    struct wire_profile claims = {.user = user, .username = slice_of(name)};
    bool short_lived =
        people->phase == SETTLE_NOT && random_chance(&client->random, 10);
    struct connection_config config = {
        .socket = client,
        .dialect = client->dialect,
        .claims = &claims,
        .expires_us = gateway->wall_us +
                      (short_lived ? INT64_C(20) : INT64_C(7200)) * 1000000,
        .address = 1 + client->person,
    };
    client->gateway = index;
    client->number = ++people->connections;
    client->open_ms = people->now_ms;
    client->connection = connection_create(gateway, &config);
    cover(people, COVER_connected);
    if (client->was_connected) {
        people->stats.reconnects++;
        cover(people, COVER_reconnected);
    }
    client->was_connected = true;
    follow_begin(client);
}

void client_end(struct client *client) {
    struct people *people = client->people;
    if (!client->connection)
        return;
    connection_destroy(client->connection);
    client->connection = NULL;
    follow_end(client);
    ask_lost(client);
    buf_clear(&client->raw);
    buf_clear(&client->partial);
    client->is_stuck = client->is_busy = client->is_asked = false;
    client->is_paused = client->is_cut = client->hangs_up = false;
    client->close_code = 0;
    client->unread_told = false;
    memset(client->presence, 0, sizeof(client->presence));
    client->retry_ms =
        people->now_ms + 1 + random_below(&client->random, RETRY_MS_MAX);
}

void client_stall(struct client *client, uint64_t ms) {
    if (!client->connection || client->people->phase != SETTLE_NOT)
        return;
    if (client->people->now_ms >= client->late_ms)
        client->late_seq = client->people->history.seq;
    client->is_stuck = true;
    client->unstick_ms = client->people->now_ms + ms % STALL_MS_MAX;
    client->late_ms = client->unstick_ms + LATE_MS;
    cover(client->people, COVER_stalled);
}

uint64_t client_hears_since(const struct client *client) {
    const struct people *people = client->people;
    return people->now_ms < client->late_ms ? client->late_seq
                                            : people->history.seq;
}

static void unstick(struct client *client) {
    client->is_stuck = false;
    client->is_busy = false;
    cut_up(client);
    if (client->is_asked) {
        client->is_asked = false;
        connection_writeable(client->connection);
    }
}

void client_turn(struct client *client) {
    struct people *people = client->people;
    if (client->is_stuck &&
        (people->now_ms >= client->unstick_ms || people->phase != SETTLE_NOT))
        unstick(client);
    if (client->is_cut && !client->hangs_up)
        cover(people, COVER_cut_by_gateway);
    if (client->is_cut || client->close_code != 0) {
        client_end(client);
        return;
    }
    if (stays_away(client)) {
        client_end(client);
        return;
    }
    if (!client->is_stuck && !client->is_asked)
        connection_heard(client->connection);
    follow_turn(client);
    ask_some(client);
}
