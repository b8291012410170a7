/* link_client.c - see link_client.h.
 *
 * The session (link_session) decides; here is the socket. A session that has
 * ended keeps its socket until the next receive or tick settles it, so that
 * handlers and link_client_send never pull the socket away under a caller. */
#include "common/link/link_client.h"

#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/link/link_backoff.h"
#include "common/link/link_internal.h"

/* While there is no connection yet: how often a loop that cannot wait for the
 * socket to become writable looks again. */
#define CONNECT_LOOK_MS 100

/* How often the library tries to connect within one session. */
#define RECONNECT_MS 50
#define RECONNECT_MS_MAX 1000

struct link_client {
    char *endpoint;
    char *name;
    struct link_client_config config;
    struct link_counters counters;
    uint64_t now_ms; /* Of the last call that told. */
    zsock_t *sock;   /* NULL between sessions. */
    void *handle;    /* The same for the raw calls. */
    struct link_session session;
    struct link_outgoing outgoing;
    struct buf scratch; /* Hello bytes. */
    bool was_up;        /* |up| was called, |down| was not yet. */
    char reason[LINK_REASON_BYTES_MAX + 1];
    uint64_t sessions; /* Number of the last one. */
    uint64_t generation;
    uint32_t failures; /* Attempts since the last |up|. */
    uint64_t next_attempt_ms;
    uint64_t drained_ms; /* When nothing more was to be read. */
    struct link_watch watch;
};

struct link_client_config link_client_config_default(void) {
    return (struct link_client_config){
        .session = link_session_config_default(),
        .backoff_min_ms = 100,
        .backoff_max_ms = 2000,
    };
}

static bool is_name(const char *name) {
    size_t size = strlen(name);
    return size >= 1 && size <= 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == size;
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

struct link_client *
link_client_create(const struct link_client_config *config) {
    const struct link_client_handler *handler = config->handler;
    PRE(is_name(config->name));
    PRE(link_session_config_valid(&config->session));
    PRE(config->backoff_min_ms >= 1);
    PRE(config->backoff_max_ms >= config->backoff_min_ms);
    PRE(handler->hello && handler->up && handler->message && handler->down &&
        handler->refused);
    struct link_client *client = mem_zalloc(sizeof(*client));
    client->config = *config;
    client->endpoint = copy_text(config->endpoint);
    client->name = copy_text(config->name);
    client->config.endpoint = client->endpoint;
    client->config.name = client->name;
    return client;
}

static void set_options(struct link_client *client) {
    char identity[128];
    snprintf(identity, sizeof(identity), "%s-%016llx-%llu", client->name,
             (unsigned long long)client->config.incarnation,
             (unsigned long long)client->sessions);
    int rc = zmq_setsockopt(client->handle, ZMQ_ROUTING_ID, identity,
                            strlen(identity));
    INVARIANT(rc == 0);
    link_socket_set_bounds(client->handle,
                           client->config.session.window_packets);
    /* Without a connection nothing is queued: sending fails, and we know. */
    link_socket_set(client->handle, ZMQ_IMMEDIATE, 1);
    link_socket_set(client->handle, ZMQ_LINGER, 0);
    link_socket_set(client->handle, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    link_socket_set(client->handle, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MS_MAX);
    if (strchr(client->endpoint, '['))
        link_socket_set(client->handle, ZMQ_IPV6, 1);
}

/* Forgets the session and its socket, if any. */
static void close_session(struct link_client *client) {
    if (!client->sock)
        return;
    if (client->config.handler->unwatch)
        client->config.handler->unwatch(client->config.payload);
    zsock_destroy(&client->sock);
    client->handle = NULL;
    client->generation++;
    link_session_finish(&client->session);
}

static void open_session(struct link_client *client) {
    client->sock = zsock_new(ZMQ_DEALER);
    INVARIANT(client->sock != NULL);
    client->handle = zsock_resolve(client->sock);
    client->sessions++;
    client->generation++;
    client->reason[0] = 0;
    client->drained_ms = client->now_ms;
    client->watch = (struct link_watch){0};
    set_options(client);
    link_session_init(&client->session, &client->config.session,
                      client->sessions, client->now_ms);
    if (zmq_connect(client->handle, client->endpoint) != 0) {
        snprintf(client->reason, sizeof(client->reason),
                 "cannot connect to %.128s: %s", client->endpoint,
                 zmq_strerror(errno));
        link_session_end(&client->session);
    }
}

static bool is_ended(const struct link_client *client) {
    return client->sock && client->session.state == LINK_SESSION_ENDED;
}

/* The session is over; settle() does the rest. */
static void end_session(struct link_client *client, const char *reason) {
    link_packet_reason(client->reason, slice_of(reason));
    client->counters.dropped_messages += link_outgoing_drop(&client->outgoing);
    link_session_end(&client->session);
}

static void end_unreachable(struct link_client *client) {
    client->counters.unreachable++;
    end_session(client, "the connection to the server is gone");
}

static bool send_msg(struct link_client *client, zmq_msg_t *msg) {
    size_t bytes = zmq_msg_size(msg);
    client->watch.clean = false;
    if (!link_socket_send(client->handle, NULL, msg))
        return false;
    client->counters.packets_out++;
    client->counters.bytes_out += bytes;
    return true;
}

static bool send_packet(struct link_client *client,
                        const struct link_packet *packet) {
    zmq_msg_t msg;
    link_msg_from_packet(&msg, packet);
    return send_msg(client, &msg);
}

/* Sends what was collected, or a heartbeat if that is nothing. */
static void transmit(struct link_client *client) {
    struct link_outgoing *outgoing = &client->outgoing;
    size_t bytes =
        outgoing->count > 0 ? outgoing->bytes.size : (size_t)LINK_HEADER_BYTES;
    struct link_packet header = link_session_send(
        &client->session, outgoing->count, bytes, client->now_ms);
    zmq_msg_t msg;
    link_outgoing_take(outgoing, &header, &msg);
    if (!send_msg(client, &msg))
        end_unreachable(client);
}

/* The high-water mark is never hit, so what cannot be written to is not there:
 * the loss of a connection is seen before the next heartbeat. */
static bool is_connected(const struct link_client *client) {
    return link_socket_events(client->handle) & ZMQ_POLLOUT;
}

/* A session is only opened once there is a connection. */
static void try_hello(struct link_client *client) {
    if (!is_connected(client))
        return;
    buf_clear(&client->scratch);
    client->config.handler->hello(client->config.payload, &client->scratch);
    PRE(client->scratch.size <= LINK_GREETING_BYTES_MAX);
    struct link_packet hello = {
        .kind = LINK_PACKET_HELLO,
        .session = client->session.number,
        .incarnation = client->config.incarnation,
        .body = buf_slice(&client->scratch),
    };
    if (send_packet(client, &hello))
        link_session_opened(&client->session, client->now_ms);
}

void link_client_reset(struct link_client *client, const char *reason) {
    if (!client->sock || is_ended(client))
        return;
    struct link_packet reset = {
        .kind = LINK_PACKET_RESET,
        .session = client->session.number,
        .body = slice_of(reason),
    };
    if (send_packet(client, &reset)) {
        client->counters.resets_out++;
        link_socket_set(client->handle, ZMQ_LINGER, LINK_LINGER_MS);
    }
    end_session(client, reason);
}

static void end_rubbish(struct link_client *client, const char *reason) {
    client->counters.rubbish++;
    link_client_reset(client, reason);
}

static void receive_welcome(struct link_client *client,
                            const struct link_packet *packet) {
    if (client->session.state != LINK_SESSION_OPENING ||
        packet->session != client->session.number) {
        end_rubbish(client, "a welcome out of place");
        return;
    }
    link_session_welcomed(&client->session, client->now_ms);
    client->was_up = true;
    client->failures = 0;
    client->counters.sessions_up++;
    client->config.handler->up(client->config.payload, packet->body);
}

static void deliver(struct link_client *client,
                    const struct link_packet *packet) {
    struct link_packet_iterator iterator = link_packet_iterate(packet->body);
    struct slice message;
    /* A handler may end the session; the rest is for nobody then. */
    while (link_session_is_up(&client->session) &&
           link_packet_next(&iterator, &message)) {
        client->counters.messages_in++;
        client->config.handler->message(client->config.payload, message);
    }
}

static void receive_data(struct link_client *client,
                         const struct link_packet *packet, size_t bytes) {
    if (!link_session_is_up(&client->session)) {
        end_rubbish(client, "data before a welcome");
        return;
    }
    switch (
        link_session_receive(&client->session, packet, bytes, client->now_ms)) {
    case LINK_SESSION_DELIVER:
        deliver(client, packet);
        return;
    case LINK_SESSION_HEARTBEAT:
        return;
    case LINK_SESSION_DUPLICATE:
        client->counters.duplicates++;
        return;
    case LINK_SESSION_GAP:
        client->counters.gaps++;
        link_client_reset(client, "a packet is missing");
        return;
    case LINK_SESSION_RUBBISH:
        end_rubbish(client, "numbers that do not fit this session");
        return;
    }
}

static void receive_end(struct link_client *client,
                        const struct link_packet *packet) {
    char reason[LINK_REASON_BYTES_MAX + 1];
    link_packet_reason(reason, packet->body);
    client->counters.resets_in++;
    end_session(client, reason[0] ? reason : "the server gave no reason");
}

static void receive_packet(struct link_client *client, struct slice bytes) {
    struct link_packet packet;
    unsigned version;
    client->counters.packets_in++;
    client->counters.bytes_in += bytes.size;
    enum err err = link_packet_decode(&packet, bytes, &version);
    if (err == ERR_VERSION) {
        char reason[LINK_REASON_BYTES_MAX + 1];
        snprintf(reason, sizeof(reason),
                 "the server speaks link version %u, this client %u", version,
                 LINK_VERSION);
        end_rubbish(client, reason);
        return;
    }
    if (err != ERR_OK) {
        end_rubbish(client, "a malformed packet");
        return;
    }
    switch (packet.kind) {
    case LINK_PACKET_WELCOME:
        receive_welcome(client, &packet);
        return;
    case LINK_PACKET_DATA:
        receive_data(client, &packet, bytes.size);
        return;
    case LINK_PACKET_RESET:
    case LINK_PACKET_BYE:
        receive_end(client, &packet);
        return;
    case LINK_PACKET_HELLO:
        end_rubbish(client, "a hello from a server");
        return;
    }
}

/* After a session's end: tells the program and waits before the next. */
static void settle(struct link_client *client) {
    if (!is_ended(client))
        return;
    close_session(client);
    client->next_attempt_ms =
        client->now_ms +
        link_backoff_ms(client->config.backoff_min_ms,
                        client->config.backoff_max_ms, client->failures,
                        client->config.incarnation + client->sessions);
    bool was_up = client->was_up;
    client->was_up = false;
    if (was_up) {
        client->counters.sessions_down++;
        client->config.handler->down(client->config.payload, client->reason);
    } else {
        client->failures++;
        client->counters.refused++;
        client->config.handler->refused(client->config.payload, client->reason);
    }
}

/* At the end of what was to be read: whether it still is the end, and the
 * connection there. */
static bool look_around(struct link_client *client) {
    int events = link_socket_events(client->handle);
    client->watch.clean = !(events & ZMQ_POLLIN);
    if (client->watch.clean && !(events & ZMQ_POLLOUT))
        end_unreachable(client);
    return client->watch.clean;
}

bool link_client_receive(struct link_client *client, uint64_t now_ms,
                         unsigned budget) {
    client->now_ms = now_ms;
    bool is_quiet = link_watch_take_quiet(&client->watch) &&
                    link_client_is_up(client) &&
                    now_ms - client->drained_ms < LINK_QUIET_MS;
    bool is_drained = is_quiet;
    client->watch.clean = is_quiet;
    for (unsigned i = 0;
         i < budget && client->sock && !is_ended(client) && !is_drained; i++) {
        zmq_msg_t msg;
        zmq_msg_init(&msg);
        int rc = zmq_msg_recv(&msg, client->handle, ZMQ_DONTWAIT);
        if (rc >= 0 && zmq_msg_more(&msg))
            end_rubbish(client, "a packet of several parts");
        else if (rc >= 0)
            receive_packet(
                client, (struct slice){zmq_msg_data(&msg), zmq_msg_size(&msg)});
        else
            is_drained = errno != EINTR;
        zmq_msg_close(&msg);
    }
    if (is_drained && !is_quiet) {
        client->drained_ms = now_ms;
        if (link_client_is_up(client))
            is_drained = look_around(client);
    }
    bool may_wait = client->sock && !is_ended(client) && !is_drained;
    settle(client);
    return may_wait;
}

void link_client_tick(struct link_client *client, uint64_t now_ms) {
    client->now_ms = now_ms;
    settle(client);
    if (!client->sock && now_ms >= client->next_attempt_ms)
        open_session(client);
    if (client->sock && client->session.state == LINK_SESSION_NEW)
        try_hello(client);
    if (client->sock &&
        link_session_silent(&client->session, client->drained_ms)) {
        bool never_came = client->session.state == LINK_SESSION_NEW;
        client->counters.silences += !never_came;
        link_client_reset(client, never_came ? "there is no connection to "
                                               "the server"
                                             : "the server is silent");
    }
    settle(client);
}

void link_client_flush(struct link_client *client, uint64_t now_ms) {
    client->now_ms = now_ms;
    if (link_client_is_up(client) &&
        (client->outgoing.count > 0 ||
         link_session_owes(&client->session, now_ms)))
        transmit(client);
}

bool link_client_is_up(const struct link_client *client) {
    return client->sock && link_session_is_up(&client->session);
}

bool link_client_can_send(const struct link_client *client, size_t bytes) {
    return client->sock && link_session_may_send(&client->session,
                                                 link_outgoing_bytes_with(
                                                     &client->outgoing, bytes));
}

bool link_client_send(struct link_client *client, struct slice message) {
    if (!link_client_can_send(client, message.size))
        return false;
    link_outgoing_append(&client->outgoing, message);
    client->counters.messages_out++;
    if (link_outgoing_is_closed(&client->outgoing))
        transmit(client);
    return true;
}

uint64_t link_client_due_ms(const struct link_client *client) {
    if (!client->sock)
        return client->next_attempt_ms;
    if (is_ended(client) || client->outgoing.count > 0)
        return 0;
    uint64_t due_ms = link_session_due_ms(&client->session);
    uint64_t look_ms = client->now_ms + CONNECT_LOOK_MS;
    if (client->session.state == LINK_SESSION_NEW && look_ms < due_ms)
        return look_ms;
    return due_ms;
}

void link_client_destroy(struct link_client *client) {
    if (!client)
        return;
    if (link_client_is_up(client)) {
        struct link_packet bye = {
            .kind = LINK_PACKET_BYE,
            .session = client->session.number,
            .body = SLICE("the client shuts down"),
        };
        if (send_packet(client, &bye))
            link_socket_set(client->handle, ZMQ_LINGER, LINK_LINGER_MS);
    }
    zsock_destroy(&client->sock);
    link_session_finish(&client->session);
    link_outgoing_finish(&client->outgoing);
    buf_finish(&client->scratch);
    free(client->endpoint);
    free(client->name);
    free(client);
}

void *link_client_socket(const struct link_client *client, bool *writable) {
    *writable = client->sock && client->session.state == LINK_SESSION_NEW;
    return client->handle;
}

int link_client_fd(const struct link_client *client) {
    return client->sock ? (int)zsock_fd(client->sock) : -1;
}

uint64_t link_client_generation(const struct link_client *client) {
    return client->generation;
}

void link_client_calm(struct link_client *client) {
    client->watch.quiet = client->watch.clean;
}

bool link_client_pending(struct link_client *client) {
    if (!client->sock)
        return false;
    if (is_ended(client))
        return true;
    if (client->watch.clean && link_client_is_up(client))
        return false;
    int events = link_socket_events(client->handle);
    client->watch.clean = !(events & ZMQ_POLLIN);
    bool connected = events & ZMQ_POLLOUT;
    return events & ZMQ_POLLIN ||
           (client->session.state == LINK_SESSION_NEW && connected) ||
           (link_client_is_up(client) && !connected);
}

struct link_watch *link_client_watch(struct link_client *client) {
    return &client->watch;
}

const struct link_counters *
link_client_counters(const struct link_client *client) {
    return &client->counters;
}
