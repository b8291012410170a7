/* link_server.c - see link_server.h.
 *
 * The sessions (link_session) decide; here is the socket. A peer that has
 * ended stays in the table until the next receive or tick settles it, so that
 * its program hears |down| at a quiet moment and never inside a send. */
#include "common/link/link_server.h"

#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/link/link_internal.h"
#include "common/link/link_peers.h"

struct link_server {
    struct link_server_config config;
    struct link_counters counters;
    uint64_t now_ms; /* Of the last call that told. */
    zsock_t *sock;
    void *handle; /* The same for the raw calls. */
    char endpoint[256];
    struct link_peers peers;
    uint32_t last_number;
    uint32_t ended_count; /* Peers waiting to be settled. */
    bool is_unflushed;    /* Some peer has a packet being collected. */
    uint64_t drained_ms;  /* When nothing more was to be read. */
    struct link_watch watch;
    struct buf scratch; /* Welcome bytes. */
    struct buf refusal; /* Reason of a refused hello. */
};

struct link_server_config link_server_config_default(void) {
    return (struct link_server_config){
        .peers_max = 256,
        .session = link_session_config_default(),
    };
}

struct link_server *
link_server_create(const struct link_server_config *config) {
    const struct link_server_handler *handler = config->handler;
    PRE(link_session_config_valid(&config->session));
    PRE(handler->hello && handler->message && handler->down &&
        handler->refused);
    struct link_server *server = mem_zalloc(sizeof(*server));
    server->config = *config;
    link_peers_init(&server->peers, config->peers_max);
    server->sock = zsock_new(ZMQ_ROUTER);
    INVARIANT(server->sock != NULL);
    server->handle = zsock_resolve(server->sock);
    link_socket_set_router(server->handle, config->session.window_packets);
    return server;
}

enum err link_server_bind(struct link_server *server, const char *endpoint,
                          struct buf *reason) {
    enum err err = link_socket_bind(server->handle, endpoint, reason);
    if (err != ERR_OK)
        return err;
    size_t size = sizeof(server->endpoint);
    int rc = zmq_getsockopt(server->handle, ZMQ_LAST_ENDPOINT, server->endpoint,
                            &size);
    INVARIANT(rc == 0);
    return ERR_OK;
}

const char *link_server_endpoint(const struct link_server *server) {
    return server->endpoint;
}

static bool send_msg(struct link_server *server, struct slice identity,
                     zmq_msg_t *msg) {
    size_t bytes = zmq_msg_size(msg);
    server->watch.clean = false;
    if (!link_socket_send(server->handle, &identity, msg))
        return false;
    server->counters.packets_out++;
    server->counters.bytes_out += bytes;
    return true;
}

static bool send_packet(struct link_server *server, struct slice identity,
                        enum link_packet_kind kind, uint64_t session,
                        struct slice body) {
    struct link_packet packet = {
        .kind = kind, .session = session, .body = body};
    zmq_msg_t msg;
    link_msg_from_packet(&msg, &packet);
    return send_msg(server, identity, &msg);
}

static struct slice identity_of(const struct link_peer *peer) {
    return (struct slice){peer->identity, peer->identity_size};
}

/* The peer's session is over; settle() does the rest. */
static void end_peer(struct link_server *server, struct link_peer *peer,
                     const char *reason) {
    link_packet_reason(peer->reason, slice_of(reason));
    server->counters.dropped_messages += link_outgoing_drop(&peer->outgoing);
    link_session_end(&peer->session);
    server->ended_count++;
}

static void send_reset(struct link_server *server, struct slice identity,
                       uint64_t session, const char *reason) {
    if (send_packet(server, identity, LINK_PACKET_RESET, session,
                    slice_of(reason)))
        server->counters.resets_out++;
}

/* The same, and the peer is told. */
static void reset_peer(struct link_server *server, struct link_peer *peer,
                       const char *reason) {
    send_reset(server, identity_of(peer), peer->session.number, reason);
    end_peer(server, peer, reason);
}

static void end_unreachable(struct link_server *server,
                            struct link_peer *peer) {
    server->counters.unreachable++;
    end_peer(server, peer, "the connection to the peer is gone");
}

/* Sends what was collected, or a heartbeat if that is nothing. */
static void transmit(struct link_server *server, struct link_peer *peer) {
    struct link_outgoing *outgoing = &peer->outgoing;
    size_t bytes =
        outgoing->count > 0 ? outgoing->bytes.size : (size_t)LINK_HEADER_BYTES;
    struct link_packet header = link_session_send(
        &peer->session, outgoing->count, bytes, server->now_ms);
    zmq_msg_t msg;
    link_outgoing_take(outgoing, &header, &msg);
    if (!send_msg(server, identity_of(peer), &msg))
        end_unreachable(server, peer);
}

/* Tells the program of peers that ended, and forgets them. A |down| may end
 * others; each round removes one, so this ends. */
static void settle(struct link_server *server) {
    while (server->ended_count > 0) {
        uint32_t i = 0;
        while (link_session_is_up(&server->peers.all[i]->session))
            i++;
        struct link_peer *peer = server->peers.all[i];
        uint32_t number = peer->number;
        char reason[LINK_REASON_BYTES_MAX + 1];
        memcpy(reason, peer->reason, sizeof(reason));
        link_peers_remove(&server->peers, peer);
        server->ended_count--;
        server->counters.sessions_down++;
        server->config.handler->down(server->config.payload, number, reason);
    }
}

/* Sends away somebody who has no session. */
static void refuse(struct link_server *server, struct slice identity,
                   uint64_t session, const char *reason) {
    send_reset(server, identity, session, reason);
    server->counters.refused++;
    server->config.handler->refused(server->config.payload, reason);
}

/* A program that comes back has lost its old session. */
static void end_replaced(struct link_server *server, uint64_t incarnation) {
    for (uint32_t i = 0; i < server->peers.count; i++) {
        struct link_peer *peer = server->peers.all[i];
        if (peer->incarnation == incarnation &&
            link_session_is_up(&peer->session))
            reset_peer(server, peer, "replaced by a newer session");
    }
    settle(server);
}

static void accept_peer(struct link_server *server, struct slice identity,
                        const struct link_packet *hello, uint32_t number) {
    struct link_peer *peer = link_peers_add(&server->peers, number, identity);
    peer->incarnation = hello->incarnation;
    link_session_init(&peer->session, &server->config.session, hello->session,
                      server->now_ms);
    link_session_accepted(&peer->session, server->now_ms);
    server->counters.sessions_up++;
    if (!send_packet(server, identity, LINK_PACKET_WELCOME, hello->session,
                     buf_slice(&server->scratch)))
        end_unreachable(server, peer);
}

static void receive_hello(struct link_server *server, struct slice identity,
                          const struct link_packet *hello) {
    if (hello->session == 0) {
        server->counters.rubbish++;
        refuse(server, identity, 0, "a hello without a session number");
        return;
    }
    end_replaced(server, hello->incarnation);
    if (server->peers.count >= server->peers.max ||
        server->last_number == UINT32_MAX) {
        refuse(server, identity, hello->session, "too many peers");
        return;
    }
    uint32_t number = ++server->last_number;
    buf_clear(&server->scratch);
    buf_clear(&server->refusal);
    if (server->config.handler->hello(server->config.payload, number,
                                      hello->body, &server->scratch,
                                      &server->refusal)) {
        PRE(server->scratch.size <= LINK_GREETING_BYTES_MAX);
        accept_peer(server, identity, hello, number);
        return;
    }
    char reason[LINK_REASON_BYTES_MAX + 1];
    link_packet_reason(reason, buf_slice(&server->refusal));
    send_reset(server, identity, hello->session, reason);
    server->counters.refused++;
}

static void deliver(struct link_server *server, struct link_peer *peer,
                    const struct link_packet *packet) {
    struct link_packet_iterator iterator = link_packet_iterate(packet->body);
    struct slice message;
    /* A handler may end the peer; the rest is for nobody then. */
    while (link_session_is_up(&peer->session) &&
           link_packet_next(&iterator, &message)) {
        server->counters.messages_in++;
        server->config.handler->message(server->config.payload, peer->number,
                                        message);
    }
}

static void receive_data(struct link_server *server, struct link_peer *peer,
                         const struct link_packet *packet, size_t bytes) {
    switch (
        link_session_receive(&peer->session, packet, bytes, server->now_ms)) {
    case LINK_SESSION_DELIVER:
        deliver(server, peer, packet);
        return;
    case LINK_SESSION_HEARTBEAT:
        return;
    case LINK_SESSION_DUPLICATE:
        server->counters.duplicates++;
        return;
    case LINK_SESSION_GAP:
        server->counters.gaps++;
        reset_peer(server, peer, "a packet is missing");
        return;
    case LINK_SESSION_RUBBISH:
        server->counters.rubbish++;
        reset_peer(server, peer, "numbers that do not fit this session");
        return;
    }
}

static void receive_from_peer(struct link_server *server,
                              struct link_peer *peer,
                              const struct link_packet *packet, size_t bytes) {
    char reason[LINK_REASON_BYTES_MAX + 1];
    switch (packet->kind) {
    case LINK_PACKET_DATA:
        receive_data(server, peer, packet, bytes);
        return;
    case LINK_PACKET_RESET:
    case LINK_PACKET_BYE:
        server->counters.resets_in++;
        link_packet_reason(reason, packet->body);
        end_peer(server, peer, reason[0] ? reason : "the peer gave no reason");
        return;
    case LINK_PACKET_HELLO:
    case LINK_PACKET_WELCOME:
        server->counters.rubbish++;
        reset_peer(server, peer, "a greeting inside a session");
        return;
    }
}

static void receive_from_stranger(struct link_server *server,
                                  struct slice identity,
                                  const struct link_packet *packet) {
    switch (packet->kind) {
    case LINK_PACKET_HELLO:
        receive_hello(server, identity, packet);
        return;
    case LINK_PACKET_DATA:
        refuse(server, identity, packet->session, "unknown session");
        return;
    case LINK_PACKET_WELCOME:
        server->counters.rubbish++;
        refuse(server, identity, packet->session, "a welcome from a client");
        return;
    case LINK_PACKET_RESET:
    case LINK_PACKET_BYE:
        return; /* Of a session that is over here as well. */
    }
}

static void receive_rubbish(struct link_server *server, struct slice identity,
                            const char *reason) {
    server->counters.rubbish++;
    struct link_peer *peer = link_peers_by_identity(&server->peers, identity);
    if (!peer)
        refuse(server, identity, 0, reason);
    else if (link_session_is_up(&peer->session))
        reset_peer(server, peer, reason);
}

static void receive_packet(struct link_server *server, struct slice identity,
                           struct slice bytes) {
    struct link_packet packet;
    unsigned version;
    server->counters.packets_in++;
    server->counters.bytes_in += bytes.size;
    enum err err = link_packet_decode(&packet, bytes, &version);
    if (err == ERR_VERSION) {
        char reason[LINK_REASON_BYTES_MAX + 1];
        snprintf(reason, sizeof(reason),
                 "the client speaks link version %u, this server %u", version,
                 LINK_VERSION);
        receive_rubbish(server, identity, reason);
        return;
    }
    if (err != ERR_OK) {
        receive_rubbish(server, identity, "a malformed packet");
        return;
    }
    struct link_peer *peer = link_peers_by_identity(&server->peers, identity);
    if (!peer)
        receive_from_stranger(server, identity, &packet);
    else if (link_session_is_up(&peer->session))
        receive_from_peer(server, peer, &packet, bytes.size);
}

/* Reads on to the end of a message; false if there was nothing to skip. */
static bool skip_parts(struct link_server *server, zmq_msg_t *part) {
    bool skipped = false;
    while (zmq_msg_more(part)) { /* All parts are here already. */
        skipped = true;
        if (zmq_msg_recv(part, server->handle, ZMQ_DONTWAIT) < 0)
            break;
    }
    return skipped;
}

static struct slice slice_of_msg(zmq_msg_t *msg) {
    return (struct slice){zmq_msg_data(msg), zmq_msg_size(msg)};
}

/* False: nothing more to be read. */
static bool receive_one(struct link_server *server) {
    zmq_msg_t identity, body;
    zmq_msg_init(&identity);
    int rc = zmq_msg_recv(&identity, server->handle, ZMQ_DONTWAIT);
    bool is_drained = rc < 0 && errno != EINTR;
    server->watch.clean = is_drained;
    if (rc >= 0) {
        zmq_msg_init(&body);
        if (!zmq_msg_more(&identity) ||
            zmq_msg_recv(&body, server->handle, ZMQ_DONTWAIT) < 0)
            receive_rubbish(server, slice_of_msg(&identity),
                            "a message without a body");
        else if (!zmq_msg_more(&body))
            receive_packet(server, slice_of_msg(&identity),
                           slice_of_msg(&body));
        else if (skip_parts(server, &body))
            receive_rubbish(server, slice_of_msg(&identity),
                            "a packet of several parts");
        zmq_msg_close(&body);
    }
    zmq_msg_close(&identity);
    return !is_drained;
}

bool link_server_receive(struct link_server *server, uint64_t now_ms,
                         unsigned budget) {
    server->now_ms = now_ms;
    bool is_quiet = link_watch_take_quiet(&server->watch) &&
                    now_ms - server->drained_ms < LINK_QUIET_MS;
    bool may_wait = !is_quiet;
    for (unsigned i = 0; i < budget && may_wait; i++)
        may_wait = receive_one(server);
    if (!may_wait && !is_quiet)
        server->drained_ms = now_ms;
    settle(server);
    return may_wait;
}

void link_server_tick(struct link_server *server, uint64_t now_ms) {
    server->now_ms = now_ms;
    for (uint32_t i = 0; i < server->peers.count; i++) {
        struct link_peer *peer = server->peers.all[i];
        if (!link_session_silent(&peer->session, server->drained_ms))
            continue;
        server->counters.silences++;
        reset_peer(server, peer, "the peer is silent");
    }
    settle(server);
}

/* The peer's packet has a message of |bytes| more, or it is ended. */
static bool has_room(struct link_server *server, struct link_peer *peer,
                     size_t bytes) {
    if (!link_session_is_up(&peer->session))
        return false;
    if (link_session_may_send(&peer->session,
                              link_outgoing_bytes_with(&peer->outgoing, bytes)))
        return true;
    server->counters.windows_full++;
    reset_peer(server, peer, "the peer does not keep up");
    return false;
}

bool link_server_send(struct link_server *server, uint32_t number,
                      struct slice message) {
    struct link_peer *peer = link_peers_by_number(&server->peers, number);
    if (!peer || !has_room(server, peer, message.size)) {
        server->counters.dropped_messages++;
        return false;
    }
    link_outgoing_append(&peer->outgoing, message);
    server->counters.messages_out++;
    server->is_unflushed = true;
    if (link_outgoing_is_closed(&peer->outgoing))
        transmit(server, peer);
    return true;
}

uint32_t link_server_send_many(struct link_server *server,
                               const uint32_t *peers, uint32_t count,
                               struct slice message) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++)
        taken += link_server_send(server, peers[i], message);
    return taken;
}

void link_server_flush(struct link_server *server, uint64_t now_ms) {
    server->now_ms = now_ms;
    server->is_unflushed = false;
    for (uint32_t i = 0; i < server->peers.count; i++) {
        struct link_peer *peer = server->peers.all[i];
        if (link_session_is_up(&peer->session) &&
            (peer->outgoing.count > 0 ||
             link_session_owes(&peer->session, now_ms)))
            transmit(server, peer);
    }
}

uint64_t link_server_due_ms(const struct link_server *server) {
    if (server->is_unflushed || server->ended_count > 0)
        return 0;
    uint64_t due_ms = UINT64_MAX;
    for (uint32_t i = 0; i < server->peers.count; i++) {
        uint64_t peer_ms = link_session_due_ms(&server->peers.all[i]->session);
        due_ms = peer_ms < due_ms ? peer_ms : due_ms;
    }
    return due_ms;
}

void link_server_reset(struct link_server *server, uint32_t number,
                       const char *reason) {
    struct link_peer *peer = link_peers_by_number(&server->peers, number);
    if (peer && link_session_is_up(&peer->session))
        reset_peer(server, peer, reason);
}

uint32_t link_server_peer_count(const struct link_server *server) {
    return server->peers.count - server->ended_count;
}

const struct link_counters *
link_server_counters(const struct link_server *server) {
    return &server->counters;
}

void link_server_destroy(struct link_server *server) {
    if (!server)
        return;
    for (uint32_t i = 0; i < server->peers.count; i++) {
        const struct link_peer *peer = server->peers.all[i];
        if (link_session_is_up(&peer->session))
            send_packet(server, identity_of(peer), LINK_PACKET_BYE,
                        peer->session.number, SLICE("the server shuts down"));
    }
    zsock_destroy(&server->sock);
    link_peers_finish(&server->peers);
    buf_finish(&server->scratch);
    buf_finish(&server->refusal);
    free(server);
}

void *link_server_socket(const struct link_server *server) {
    return server->handle;
}

struct link_watch *link_server_watch(struct link_server *server) {
    return &server->watch;
}
