/* sim_standin.c - the simplest people: one client a gateway that says things
 * to a direct room, for trying the cluster alone. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/sink.h"
#include "tests/sim/sim_people.h"

struct people_client {
    struct people *people;
    struct connection *connection;
    struct gateway *gateway;
    uint32_t pending;
    bool cut;
};

struct people {
    struct people_config config;
    struct people_client clients[PEOPLE_GATEWAYS_MAX];
    struct people_stats stats;
};

static void words_receive(void *state, const struct frontend_config *config,
                          const struct wire_profile *self, struct slice text,
                          struct sink *sink) {
    struct wire command = {.kind = WIRE_SEND};
    (void)state;
    (void)config;
    command.as.send.kind = ROOM_DIRECT;
    command.as.send.key = SLICE("1_2");
    command.as.send.text = text;
    (void)self;
    sink_command(sink, &command, SLICE("send"));
}

static void words_reply(void *state, const struct frontend_config *config,
                        const struct wire_profile *self, struct slice memo,
                        const struct wire *reply, struct sink *sink) {
    (void)state;
    (void)config;
    (void)self;
    (void)memo;
    sink_text(sink, reply->kind == WIRE_REPLY_MESSAGE ? SLICE("sent")
                                                      : SLICE("error"));
}

static void words_broadcast(const struct frontend_config *config,
                            const struct wire_room *room,
                            const struct wire_event *event, struct buf *text) {
    (void)config;
    (void)room;
    (void)event;
    buf_append_slice(text, SLICE("event"));
}

static void words_refuse(void *state, const struct frontend_config *config,
                         struct slice text,
                         const struct wire_reply_error *error, bool throttled,
                         struct sink *sink) {
    (void)state;
    (void)config;
    (void)text;
    (void)error;
    (void)throttled;
    sink_text(sink, SLICE("error"));
}

static const struct frontend words = {.abi = FRONTEND_ABI,
                                      .name = "words",
                                      .path = "/words/",
                                      .state_size = 8,
                                      .receive = words_receive,
                                      .reply = words_reply,
                                      .broadcast = words_broadcast,
                                      .refuse = words_refuse};

const struct frontend *const people_dialects[] = {&words, NULL};

static enum err take(void *socket, struct slice frames) {
    struct people_client *client = socket;
    struct people_stats *stats = &client->people->stats;
    for (size_t i = 0; i + 2 <= frames.size;
         i += 2 + (unsigned char)frames.data[i + 1]) {
        const char *text = frames.data + i + 2;
        if (memcmp(text, "sent", 4) == 0)
            stats->acknowledged++;
        else if (memcmp(text, "error", 5) == 0)
            stats->refused++;
        else
            stats->events++;
    }
    return ERR_OK;
}
static bool busy(void *socket) {
    (void)socket;
    return false;
}
static void ask(void *socket) {
    (void)socket;
}
static void pause_it(void *socket, bool paused) {
    (void)socket;
    (void)paused;
}
static void cut(void *socket) {
    ((struct people_client *)socket)->cut = true;
}
const struct transport people_transport = {take, busy, ask, pause_it, cut};

struct people *people_create(const struct people_config *config) {
    struct people *people = mem_zalloc(sizeof *people);
    people->config = *config;
    return people;
}
void people_destroy(struct people *people) {
    free(people);
}
void people_gateway_up(struct people *people, uint32_t index,
                       struct gateway *gateway) {
    people->clients[index] =
        (struct people_client){.people = people, .gateway = gateway};
}
void people_gateway_down(struct people *people, uint32_t index) {
    if (people->clients[index].connection)
        connection_destroy(people->clients[index].connection);
    people->clients[index] = (struct people_client){.people = people};
}
void people_act(struct people *people, uint64_t choice, uint64_t now_ms) {
    (void)now_ms;
    people->stats.actions++;
    people->clients[choice % people->config.gateways].pending++;
}
void people_turn(struct people *people, uint32_t index, uint64_t now_ms) {
    struct people_client *client = &people->clients[index];
    struct gateway *gateway = client->gateway;
    (void)now_ms;
    if (client->connection &&
        (client->cut || client->connection->state == CONNECTION_CLOSING)) {
        connection_destroy(client->connection);
        client->connection = NULL;
        client->cut = false;
    }
    if (!client->connection && !gateway->draining) {
        struct wire_profile claims = {.user = {1 + index % 2},
                                      .username = SLICE("name")};
        struct connection_config config = {.socket = client,
                                           .claims = &claims,
                                           .expires_us = INT64_MAX,
                                           .address = 1};
        client->connection = connection_create(gateway, &config);
        people->stats.reconnects++;
    }
    while (client->pending && client->connection &&
           client->connection->state == CONNECTION_OPEN) {
        client->pending--;
        people->stats.sent++;
        connection_receive(client->connection, SLICE("hello"), true, true,
                           false);
    }
}
uint64_t people_due_ms(const struct people *people, uint32_t gateway) {
    return people->clients[gateway].pending ? 1 : UINT64_MAX;
}
void people_come_back(struct people *people, uint64_t now_ms) {
    (void)people;
    (void)now_ms;
}
bool people_is_settled(const struct people *people) {
    for (uint32_t i = 0; i < people->config.gateways; i++)
        if (people->clients[i].pending)
            return false;
    return true;
}
void people_check_end(struct people *people, const struct store_ops *ops,
                      struct store *store) {
    (void)people;
    (void)ops;
    (void)store;
}
void people_explain(const struct people *people, struct buf *out) {
    (void)people;
    buf_append_slice(out, SLICE("something waits"));
}
struct people_stats people_stats(const struct people *people) {
    return people->stats;
}
