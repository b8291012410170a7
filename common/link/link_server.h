/* link_server.h - the side of a link that accepts: the broker towards the
 * gateways, the persister towards the shards of brokers.
 *
 * Every accepted session is a *peer* with a number of its own, 1, 2, 3, ...,
 * never used twice in the life of a server. While a peer is up, messages to
 * and from it arrive whole, in order and once, or the peer goes down and its
 * program resyncs with a new session, a new peer. Peers do not harm each
 * other: a peer that does not keep up (its window is full), that is gone or
 * that sends rubbish is ended alone, counted, and told why.
 *
 * One thread owns a server. Nothing blocks. |now_ms| is any clock in
 * milliseconds that does not go back. Call once a turn, in this order:
 *
 *     link_server_receive, link_server_tick,
 *     ... the program's work, with link_server_send ...
 *     link_server_flush
 *
 * then wait until link_server_due_ms() or until link_poll says that it is
 * ready. */
#ifndef COMMON_LINK_LINK_SERVER_H
#define COMMON_LINK_LINK_SERVER_H

#include "common/buf.h"
#include "common/link/link_counters.h"
#include "common/link/link_session.h"
#include "common/types.h"

struct link_server; /* Opaque. */

/* All slots are mandatory. Slices and reasons are borrowed for the call.
 * Handlers may call link_server_send, _send_many and _reset, nothing else of
 * this server. */
struct link_server_handler {
    /* A program asks for a session as |peer|. True: accepted; |welcome|, which
     * is empty, may be filled (at most LINK_GREETING_BYTES_MAX), and messages
     * may be sent to |peer| once this has returned. False: refused; put the
     * reason into |reason|, which is empty; the number is not heard again. */
    bool (*hello)(void *payload, uint32_t peer, struct slice hello,
                  struct buf *welcome, struct buf *reason);

    void (*message)(void *payload, uint32_t peer, struct slice message);

    /* Exactly one for each accepted hello, from receive or tick. Nothing of
     * or to |peer| passes any more. A program that comes back (the same
     * incarnation) gets the |down| of its old peer before its new |hello|. */
    void (*down)(void *payload, uint32_t peer, const char *reason);

    /* Somebody without a session was sent away. For logs. */
    void (*refused)(void *payload, const char *reason);
};

struct link_server_config {
    uint32_t peers_max; /* More are refused. 1 .. 65,536. */
    struct link_session_config session;
    const struct link_server_handler *handler; /* Borrowed for life. */
    void *payload;
};

/* The defaults (256 peers); fill in the rest. */
struct link_server_config link_server_config_default(void);

/* Never NULL. */
struct link_server *link_server_create(const struct link_server_config *config);

/* Says BYE to all peers, closes. Calls no handler. Accepts NULL. */
void link_server_destroy(struct link_server *server);

/* Listens on an endpoint too: ipc://, inproc://, or tcp:// on loopback
 * (127.0.0.0/8, [::1], localhost); port * or 0 takes a free one.
 * ERR_DENIED: an address that other hosts reach, while links are neither
 * encrypted nor authenticated. ERR_EXISTS: somebody else listens there.
 * ERR_MALFORMED: not an endpoint. ERR_IO: the system said no. On failure
 * |reason| (may be NULL) gets a sentence for the operator. */
enum err link_server_bind(struct link_server *server, const char *endpoint,
                          struct buf *reason) MUST_CHECK;

/* The endpoint bound last, with the port taken; "" before. Borrowed. */
const char *link_server_endpoint(const struct link_server *server);

/* Appends a message to the peer's packet; one memcpy. 0 < size <=
 * LIMIT_WIRE_BYTES. False: no such peer (any more), or it did not keep up and
 * is broken now; the message is dropped and counted, and |down| follows in
 * the next receive or tick. */
bool link_server_send(struct link_server *server, uint32_t peer,
                      struct slice message);

/* The same to each of |count| peers; returns how many took it. */
uint32_t link_server_send_many(struct link_server *server,
                               const uint32_t *peers, uint32_t count,
                               struct slice message);

/* Sends what was collected, heartbeats and acks that are due. */
void link_server_flush(struct link_server *server, uint64_t now_ms);

/* Hands over up to |budget| packets. True: more may wait, so do not sleep. */
bool link_server_receive(struct link_server *server, uint64_t now_ms,
                         unsigned budget);

void link_server_tick(struct link_server *server, uint64_t now_ms);

/* When tick and flush must be called at the latest; UINT64_MAX: never. */
uint64_t link_server_due_ms(const struct link_server *server);

/* Ends a peer and tells it why; |down| follows in the next receive or tick.
 * Does nothing if there is no such peer. */
void link_server_reset(struct link_server *server, uint32_t peer,
                       const char *reason);

/* Peers that are up. */
uint32_t link_server_peer_count(const struct link_server *server);

const struct link_counters *
link_server_counters(const struct link_server *server);

#endif
