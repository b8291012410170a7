/* link_client.h - the side of a link that connects: the gateway towards the
 * broker, a broker's shard towards the persister.
 *
 * It keeps one session after another with the server. While a session is up,
 * messages arrive whole, in order and once, or the session ends: after |down|
 * nothing is known about what was sent and not answered, and the program
 * resyncs after the next |up|. What the server sent last before it closed may
 * be lost, its good-bye included: the library forgets what waits unread when
 * it sees the connection gone. Each session has a socket of its own, so
 * nothing of an old one can leak into a new one.
 *
 * One thread owns a client. Nothing blocks. |now_ms| is any clock in
 * milliseconds that does not go back. Call once a turn, in this order:
 *
 *     link_client_receive    hands over what came
 *     link_client_tick       ends silent sessions, connects again
 *     ... the program's work, with link_client_send ...
 *     link_client_flush      sends what was collected, heartbeats, acks
 *
 * then wait until link_client_due_ms() or until link_poll says that it is
 * ready. A loop that waits on link_client_fd() must first call
 * link_client_pending(), since the descriptor is edge-triggered and any call
 * may have eaten the edge: pending means do not wait. */
#ifndef COMMON_LINK_LINK_CLIENT_H
#define COMMON_LINK_LINK_CLIENT_H

#include "common/buf.h"
#include "common/link/link_counters.h"
#include "common/link/link_session.h"
#include "common/types.h"

struct link_client; /* Opaque. */

/* Slots are mandatory unless marked. Slices and reasons are borrowed for the
 * call. Handlers may call link_client_send and link_client_reset, nothing
 * else of this client. */
struct link_client_handler {
    /* A new session begins: write the bytes that the server's program shall
     * see (at most LINK_GREETING_BYTES_MAX) into |out|, which is empty. */
    void (*hello)(void *payload, struct buf *out);

    /* The server accepted; |welcome| is what its program said. To refuse it
     * (a lower epoch, say) call link_client_reset here. */
    void (*up)(void *payload, struct slice welcome);

    void (*message)(void *payload, struct slice message);

    /* Exactly one for each |up|, from receive or tick. |reason| is text. */
    void (*down)(void *payload, const char *reason);

    /* An attempt ended before it was up (the server refused, or did not
     * answer). For logs; attempts go on. */
    void (*refused)(void *payload, const char *reason);

    /* The descriptor of link_client_fd is about to be closed: stop watching
     * it. Optional. */
    void (*unwatch)(void *payload);
};

struct link_client_config {
    const char *endpoint; /* ipc://, tcp:// or inproc://. */
    const char *name;     /* Of this program, for identities; 1..32 chars of
                             [A-Za-z0-9_.-]. */
    uint64_t incarnation; /* Random, drawn once by the program. */
    struct link_session_config session;
    uint32_t backoff_min_ms; /* Wait before connecting again: doubles from */
    uint32_t backoff_max_ms; /* min to max, with jitter; back at min by |up|. */
    const struct link_client_handler *handler; /* Borrowed for life. */
    void *payload;
};

/* The defaults (backoff 100 ms to 2 s); fill in the rest. */
struct link_client_config link_client_config_default(void);

/* Copies |config| with its texts. The first session begins at the first tick.
 * Never NULL. */
struct link_client *link_client_create(const struct link_client_config *config);

/* Says BYE if up (best effort: waits for no one), closes. Calls no handler.
 * Accepts NULL. */
void link_client_destroy(struct link_client *client);

/* Whether a session is up. */
bool link_client_is_up(const struct link_client *client);

/* Whether a message of |bytes| would be taken now. */
bool link_client_can_send(const struct link_client *client, size_t bytes);

/* Appends a message to the packet that is being collected; one memcpy.
 * 0 < size <= LIMIT_WIRE_BYTES. False: not up, or the window is full; the
 * caller keeps the message and tries again after acks came (see |up|, or the
 * next turn that received anything). */
bool link_client_send(struct link_client *client,
                      struct slice message) MUST_CHECK;

/* Sends what was collected, or a heartbeat or ack when one is due. */
void link_client_flush(struct link_client *client, uint64_t now_ms);

/* Hands over up to |budget| packets. True: more may wait, so do not sleep. */
bool link_client_receive(struct link_client *client, uint64_t now_ms,
                         unsigned budget);

void link_client_tick(struct link_client *client, uint64_t now_ms);

/* When tick and flush must be called at the latest. */
uint64_t link_client_due_ms(const struct link_client *client);

/* Ends the session (or the attempt) and tells the server why; |down| follows
 * in the next receive or tick. */
void link_client_reset(struct link_client *client, const char *reason);

/* The descriptor that becomes readable when the client wants a turn; -1
 * between sessions. Each session has another one: |unwatch| is called before
 * it is closed, and link_client_generation() grows when there is a new one. */
int link_client_fd(const struct link_client *client);
uint64_t link_client_generation(const struct link_client *client);

/* Whether receive or tick has work now. */
bool link_client_pending(struct link_client *client);

/* The descriptor gave no sign since link_client_pending() was false: the next
 * receive need not look, which saves its system calls. */
void link_client_calm(struct link_client *client);

const struct link_counters *
link_client_counters(const struct link_client *client);

#endif
