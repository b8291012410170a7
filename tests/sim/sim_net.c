/* sim_net.c - see sim_net.h.
 *
 * Sockets and connections stay in memory until the run ends, so what is under
 * way may point to them. */
#include <stdlib.h>

#include "tests/sim/sim.h"

/* What a choice about a connection is about. */
enum { DRAW_CONNECT, DRAW_RETRY, DRAW_LOSES, DRAW_NOTICE, DRAW_UNREAD };

enum { TO_SERVER, TO_CLIENT };

#define RETRY_MS_MIN 50u
#define RETRY_MS_MAX 1000u

struct sim_conn {
    struct sim_conn *made_before;
    struct sim_conn *next; /* Of the server's socket. */
    uint64_t key;
    struct sim_socket *client;
    struct sim_socket *server;
    bool here[2];        /* Whether the end that receives knows it as open:
                            TO_SERVER is the server's end. */
    bool cut;            /* No more is sent. */
    bool hushed;         /* Once it is cut nobody learns of it. */
    bool loses[2];       /* And what is under way is lost. */
    uint64_t numbers[2]; /* Packets sent. */
    uint64_t last_due_us[2];
};

struct sim_packet {
    struct sim_packet *next;
    struct sim_conn *conn;
    int way;
    size_t size;
    char bytes[];
};

static struct sim_net *net_now(void) {
    return &sim_now->net;
}

static void put_event(uint64_t at_us, void (*fire)(void *, uint64_t),
                      void (*drop)(void *), void *payload, uint64_t argument) {
    struct sim_event event = {.at_us = at_us,
                              .fire = fire,
                              .drop = drop,
                              .payload = payload,
                              .argument = argument};
    sim_loop_put(&sim_now->loop, &event);
}

static void signal_owner(struct sim_socket *socket) {
    if (socket->closed || socket->owner->dead)
        return;
    socket->signalled = true;
    sim_process_wake(socket->owner, sim_time_us());
}

static bool is_gone(const struct sim_socket *socket) {
    return socket->closed || socket->owner->dead;
}

/* Until when the two are apart; now or before: they are not. */
static uint64_t apart_until_us(const struct sim_socket *one,
                               const struct sim_socket *other) {
    return net_now()->apart_until_us[one->owner->place][other->owner->place];
}

/* --- Packets -------------------------------------------------------------- */

void sim_packet_free(struct sim_packet *packet) {
    free(packet);
}

static void drop_packet(void *packet) {
    sim_packet_free(packet);
}

struct slice sim_packet_bytes(const struct sim_packet *packet) {
    return (struct slice){packet->bytes, packet->size};
}

struct slice sim_packet_identity(const struct sim_packet *packet) {
    const struct sim_socket *client = packet->conn->client;
    return (struct slice){client->identity, client->identity_size};
}

static struct sim_socket *receiver(const struct sim_packet *packet) {
    return packet->way == TO_SERVER ? packet->conn->server
                                    : packet->conn->client;
}

static void arrive(void *payload, uint64_t argument) {
    struct sim_packet *packet = payload;
    struct sim_conn *conn = packet->conn;
    struct sim_socket *socket = receiver(packet);
    uint64_t apart_us = apart_until_us(conn->client, conn->server);
    (void)argument;
    if ((conn->cut && conn->loses[packet->way]) || is_gone(socket) ||
        !conn->here[packet->way]) {
        sim_packet_free(packet);
        return;
    }
    if (apart_us > sim_time_us()) {
        sim_count(sim_now, SIM_FAULT_PARTITION);
        put_event(apart_us, arrive, drop_packet, packet, 0);
        return;
    }
    packet->next = NULL;
    if (socket->last)
        socket->last->next = packet;
    else
        socket->first = packet;
    socket->last = packet;
    sim_now->packets++;
    sim_note(sim_now, sim_time_us());
    sim_note(sim_now, conn->key + (uint64_t)packet->way);
    sim_note(sim_now, hash_bytes(packet->size, sim_packet_bytes(packet)));
    signal_owner(socket);
}

static bool is_between(const struct sim_weather *weather,
                       const struct sim_conn *conn) {
    uint32_t client = conn->client->owner->place;
    uint32_t server = conn->server->owner->place;
    const uint32_t *places = weather->places;
    bool any = places[0] == SIM_PROCESSES_MAX;
    return any || (places[0] == client && places[1] == server) ||
           (places[1] == client && places[0] == server);
}

/* What the weather makes of a packet. */
struct fate {
    uint64_t delay_us;
    uint64_t overtaken_us; /* So much later than in its turn. */
    uint64_t again_us;     /* Comes once more so much later. */
    bool lost;
};

static struct fate fate_of(const struct sim_conn *conn, int way) {
    const struct sim_net *net = net_now();
    const struct sim_net_config *config = &net->config;
    uint64_t number = conn->numbers[way] * 2 + (uint64_t)way;
    struct fate fate = {.delay_us = config->delay_us +
                                    sim_skewed(conn->key, number ^ 0xd1, 0,
                                               config->delay_more_us)};
    if (sim_happens(conn->key, number ^ 0xd2 << 8, config->late_ppm))
        fate.delay_us += sim_between(conn->key, number, 0, config->late_us);
    for (uint32_t i = 0; i < net->weathers_count; i++) {
        const struct sim_weather *weather = &net->weathers[i];
        uint64_t key = sim_key(weather->key, conn->key);
        if (weather->until_us <= sim_time_us() || !is_between(weather, conn) ||
            !sim_happens(key, number, weather->ppm))
            continue;
        uint64_t more_us =
            sim_between(key, number ^ 0xd3 << 8, 1, weather->delay_us + 1);
        switch (weather->kind) {
        case SIM_WEATHER_LOSS:
            fate.lost = true;
            break;
        case SIM_WEATHER_DUPLICATE:
            fate.again_us = more_us;
            break;
        case SIM_WEATHER_REORDER:
            fate.overtaken_us = more_us;
            break;
        case SIM_WEATHER_DELAY:
            fate.delay_us += more_us;
            sim_count(sim_now, SIM_FAULT_DELAY);
            break;
        }
    }
    return fate;
}

static struct sim_packet *make_packet(struct sim_conn *conn, int way,
                                      struct slice bytes) {
    struct sim_packet *packet = mem_alloc(sizeof *packet + bytes.size);
    *packet = (struct sim_packet){.conn = conn, .way = way, .size = bytes.size};
    if (bytes.size)
        memcpy(packet->bytes, bytes.data, bytes.size);
    return packet;
}

static void send_packet(struct sim_conn *conn, int way, struct slice bytes) {
    conn->numbers[way]++;
    struct fate fate = fate_of(conn, way);
    uint64_t due_us = sim_time_us() + fate.delay_us;
    if (due_us < conn->last_due_us[way])
        due_us = conn->last_due_us[way];
    if (fate.lost) {
        sim_count(sim_now, SIM_FAULT_LOSS);
        return;
    }
    if (fate.overtaken_us) {
        due_us += fate.overtaken_us;
        sim_count(sim_now, SIM_FAULT_REORDER);
    } else {
        conn->last_due_us[way] = due_us;
    }
    put_event(due_us, arrive, drop_packet, make_packet(conn, way, bytes), 0);
    if (fate.again_us) {
        sim_count(sim_now, SIM_FAULT_DUPLICATE);
        put_event(due_us + fate.again_us, arrive, drop_packet,
                  make_packet(conn, way, bytes), 0);
    }
}

/* --- Connections ---------------------------------------------------------- */

static void attempt(void *payload, uint64_t argument);

static void try_later(struct sim_socket *socket) {
    uint64_t wait_ms = socket->retry_ms;
    uint64_t jitter_us = sim_draw(sim_key(socket->key, DRAW_RETRY),
                                  socket->attempts, 10 * SIM_MS);
    socket->retry_ms = wait_ms * 2 > RETRY_MS_MAX ? RETRY_MS_MAX : wait_ms * 2;
    put_event(sim_time_us() + wait_ms * SIM_MS + jitter_us, attempt, NULL,
              socket, 0);
}

/* The library forgets what waits unread when a connection ends, or not, as far
 * as it has got. */
static void forget_unread(struct sim_conn *conn, struct sim_socket *socket) {
    struct sim_packet **at = &socket->first;
    struct sim_packet *last = NULL;
    while (*at) {
        struct sim_packet *packet = *at;
        if (packet->conn == conn) {
            *at = packet->next;
            sim_packet_free(packet);
        } else {
            last = packet;
            at = &packet->next;
        }
    }
    socket->last = last;
}

/* One end learns that the connection is gone; |way| is that towards it. */
static void notice(void *payload, uint64_t way) {
    struct sim_conn *conn = payload;
    struct sim_socket *socket = way == TO_SERVER ? conn->server : conn->client;
    uint64_t apart_us = apart_until_us(conn->client, conn->server);
    if (is_gone(socket) || !conn->here[way])
        return;
    if (apart_us > sim_time_us()) {
        put_event(apart_us, notice, NULL, conn, way);
        return;
    }
    conn->here[way] = false;
    if (sim_draw(sim_key(conn->key, DRAW_UNREAD), way, 2))
        forget_unread(conn, socket);
    if (way == TO_CLIENT) {
        socket->conn = NULL;
        try_later(socket);
    }
    signal_owner(socket);
}

/* Ends it. What is under way on |certain| (a way, or -1) still arrives. */
static void cut(struct sim_conn *conn, int certain) {
    if (conn->cut)
        return;
    conn->cut = true;
    if (conn->hushed) {
        conn->loses[TO_SERVER] = conn->loses[TO_CLIENT] = true;
        return;
    }
    for (int way = TO_SERVER; way <= TO_CLIENT; way++) {
        uint64_t at_us =
            sim_time_us() + sim_skewed(sim_key(conn->key, DRAW_NOTICE),
                                       (uint64_t)way, 10, 50 * SIM_MS);
        conn->loses[way] =
            way != certain &&
            sim_draw(sim_key(conn->key, DRAW_LOSES), (uint64_t)way, 2);
        if (!conn->loses[way] && conn->last_due_us[way] > at_us)
            at_us = conn->last_due_us[way];
        put_event(at_us, notice, NULL, conn, (uint64_t)way);
    }
}

static struct sim_socket *find_listener(const struct sim_socket *client) {
    struct sim *sim = client->owner->sim;
    const char *endpoint = client->endpoint;
    if (client->owner->role == SIM_GATEWAY &&
        sim->net.broker_of[client->owner->index] == 1)
        endpoint = SIM_BROKER_2_ENDPOINT;
    for (uint32_t i = 0; i < sim->processes_count; i++) {
        struct sim_process *process = &sim->processes[i];
        for (struct sim_socket *at = process->sockets; at; at = at->next)
            if (at->is_router && !is_gone(at) &&
                strcmp(at->endpoint, endpoint) == 0)
                return at;
    }
    return NULL;
}

/* A newcomer with a known identity takes its place. */
static void hand_over(struct sim_socket *server,
                      const struct sim_socket *client) {
    for (struct sim_conn *at = server->conns; at; at = at->next)
        if (at->client == client && at->here[TO_SERVER]) {
            at->here[TO_SERVER] = false;
            forget_unread(at, server);
        }
}

static void establish(struct sim_socket *client, struct sim_socket *server) {
    struct sim_conn *conn = mem_zalloc(sizeof *conn);
    hand_over(server, client);
    *conn = (struct sim_conn){.made_before = net_now()->conns,
                              .next = server->conns,
                              .key = sim_key(client->key, client->attempts),
                              .client = client,
                              .server = server,
                              .here = {true, true}};
    net_now()->conns = conn;
    server->conns = conn;
    client->conn = conn;
    client->retry_ms = RETRY_MS_MIN;
    sim_note(sim_now, conn->key);
    signal_owner(client);
}

/* The later of the times until which one of them is paused, or now. */
static uint64_t awake_us(const struct sim_socket *one,
                         const struct sim_socket *other) {
    uint64_t at_us = sim_time_us();
    if (one->owner->paused_until_us > at_us)
        at_us = one->owner->paused_until_us;
    if (other && other->owner->paused_until_us > at_us)
        at_us = other->owner->paused_until_us;
    return at_us;
}

static void attempt(void *payload, uint64_t argument) {
    struct sim_socket *client = payload;
    (void)argument;
    if (is_gone(client) || client->conn)
        return;
    struct sim_socket *server = find_listener(client);
    uint64_t ready_us = awake_us(client, server);
    client->attempts++;
    if (ready_us > sim_time_us())
        put_event(ready_us + SIM_MS, attempt, NULL, client, 0);
    else if (server && apart_until_us(client, server) <= sim_time_us())
        establish(client, server);
    else
        try_later(client);
}

/* --- Sockets -------------------------------------------------------------- */

struct sim_socket *sim_socket_create(struct sim_process *owner,
                                     bool is_router) {
    struct sim_socket *socket = mem_zalloc(sizeof *socket);
    owner->sockets_made++;
    *socket = (struct sim_socket){
        .owner = owner,
        .next = owner->sockets,
        .number = owner->sockets_made,
        .key = sim_key(owner->incarnation, owner->sockets_made),
        .is_router = is_router,
        .retry_ms = RETRY_MS_MIN,
        .made_before = net_now()->sockets};
    owner->sockets = socket;
    net_now()->sockets = socket;
    return socket;
}

static void free_received(struct sim_socket *socket) {
    while (socket->first) {
        struct sim_packet *packet = socket->first;
        socket->first = packet->next;
        sim_packet_free(packet);
    }
    socket->last = NULL;
}

static void cut_all(struct sim_socket *socket, bool lingers) {
    if (socket->conn)
        cut(socket->conn, lingers ? TO_SERVER : -1);
    for (struct sim_conn *at = socket->conns; at; at = at->next)
        cut(at, lingers ? TO_CLIENT : -1);
}

void sim_socket_close(struct sim_socket *socket) {
    struct sim_socket **at = &socket->owner->sockets;
    while (*at != socket)
        at = &(*at)->next;
    *at = socket->next;
    if (!socket->owner->dead)
        cut_all(socket, socket->linger_ms > 0);
    free_received(socket);
    socket->closed = true;
}

void sim_net_hush(struct sim_process *process) {
    for (struct sim_socket *at = process->sockets; at; at = at->next) {
        if (at->conn)
            at->conn->hushed = true;
        for (struct sim_conn *conn = at->conns; conn; conn = conn->next)
            conn->hushed = true;
    }
}

void sim_net_vanish(struct sim_process *process) {
    for (struct sim_socket *at = process->sockets; at; at = at->next) {
        cut_all(at, false);
        free_received(at);
    }
    process->dead = true;
}

bool sim_socket_bind(struct sim_socket *socket, const char *endpoint) {
    struct sim *sim = socket->owner->sim;
    PRE(strlen(endpoint) < sizeof socket->endpoint);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        for (struct sim_socket *at = sim->processes[i].sockets; at;
             at = at->next)
            if (at->is_router && !is_gone(at) &&
                strcmp(at->endpoint, endpoint) == 0)
                return false;
    memcpy(socket->endpoint, endpoint, strlen(endpoint) + 1);
    return true;
}

void sim_socket_connect(struct sim_socket *socket, const char *endpoint) {
    PRE(strlen(endpoint) < sizeof socket->endpoint);
    memcpy(socket->endpoint, endpoint, strlen(endpoint) + 1);
    put_event(sim_time_us() + sim_between(socket->key, DRAW_CONNECT, 50, 1500),
              attempt, NULL, socket, 0);
}

bool sim_socket_is_connected(const struct sim_socket *socket) {
    return !is_gone(socket) && (socket->is_router || socket->conn);
}

static struct sim_conn *conn_to(const struct sim_socket *socket,
                                struct slice identity) {
    struct sim_conn *conn = socket->conn;
    if (!socket->is_router)
        return conn;
    for (conn = socket->conns; conn; conn = conn->next) {
        const struct sim_socket *client = conn->client;
        struct slice theirs = {client->identity, client->identity_size};
        if (conn->here[TO_SERVER] && slice_equal(theirs, identity))
            return conn;
    }
    return NULL;
}

bool sim_socket_reaches(const struct sim_socket *socket,
                        struct slice identity) {
    return !is_gone(socket) && conn_to(socket, identity);
}

bool sim_process_signalled(const struct sim_process *process, uint64_t number) {
    for (const struct sim_socket *at = process->sockets; at; at = at->next)
        if (at->number == number)
            return at->signalled;
    return false;
}

bool sim_socket_send(struct sim_socket *socket, struct slice identity,
                     struct slice bytes) {
    struct sim_conn *conn = is_gone(socket) ? NULL : conn_to(socket, identity);
    if (!conn)
        return false;
    if (!conn->cut)
        send_packet(conn, socket->is_router ? TO_CLIENT : TO_SERVER, bytes);
    return true;
}

struct sim_packet *sim_socket_receive(struct sim_socket *socket) {
    struct sim_packet *packet = socket->first;
    if (!packet)
        return NULL;
    socket->first = packet->next;
    if (!socket->first)
        socket->last = NULL;
    return packet;
}

/* --- Faults --------------------------------------------------------------- */

uint32_t sim_net_cut(struct sim_net *net, uint32_t one, uint32_t other) {
    uint32_t count = 0;
    for (struct sim_conn *at = net->conns; at; at = at->made_before) {
        uint32_t client = at->client->owner->place;
        uint32_t server = at->server->owner->place;
        if (at->cut || !((client == one && server == other) ||
                         (client == other && server == one)))
            continue;
        cut(at, -1);
        count++;
    }
    return count;
}

void sim_net_part(struct sim_net *net, uint32_t one, uint32_t other,
                  uint64_t until_us) {
    uint64_t *there = &net->apart_until_us[one][other];
    if (*there < until_us)
        *there = net->apart_until_us[other][one] = until_us;
}

void sim_net_weather(struct sim_net *net, const struct sim_weather *weather) {
    uint32_t at = 0;
    while (at < net->weathers_count &&
           net->weathers[at].until_us > sim_time_us())
        at++;
    if (at == SIM_WEATHERS_MAX)
        return; /* It is bad enough. */
    net->weathers[at] = *weather;
    if (at == net->weathers_count)
        net->weathers_count++;
}

void sim_net_heal(struct sim_net *net) {
    net->weathers_count = 0;
    memset(net->apart_until_us, 0, sizeof net->apart_until_us);
    memset(net->broker_of, 0, sizeof net->broker_of);
}

void sim_net_finish(struct sim_net *net) {
    while (net->sockets) {
        struct sim_socket *socket = net->sockets;
        net->sockets = socket->made_before;
        free_received(socket);
        free(socket);
    }
    while (net->conns) {
        struct sim_conn *conn = net->conns;
        net->conns = conn->made_before;
        free(conn);
    }
    *net = (struct sim_net){0};
}
