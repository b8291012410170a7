/* link_session.h - one side of one link session, as a decider. Pure.
 *
 * A session numbers what it sends, checks the numbers of what it receives,
 * bounds what is unacknowledged, and knows when a heartbeat or an ack is due
 * and when the peer has been silent too long. It has no socket and no clock:
 * |now_ms| is any clock that does not go back (milliseconds).
 *
 *      init        opened            welcomed           end
 *   ---------> NEW -------> OPENING ----------> UP ------------> ENDED
 *               |              |                ^                  ^
 *               |              +----------------|------------------+
 *               +------------- accepted --------+                  |
 *               +--------------------------------------- end ------+
 *
 * The client side goes by OPENING (HELLO sent, WELCOME awaited), the server
 * side from NEW straight to UP. An ended session stays so. */
#ifndef COMMON_LINK_LINK_SESSION_H
#define COMMON_LINK_LINK_SESSION_H

#include "common/err.h"
#include "common/link/link_packet.h"
#include "common/types.h"

/* Bounds of the bounds: what an operator may choose at most. */
#define LINK_WINDOW_PACKETS_MAX 65536u
#define LINK_WINDOW_BYTES_MAX (UINT64_C(1) << 32)

struct link_session_config {
    uint32_t window_packets; /* Unacknowledged packets at most; >= 2. */
    uint64_t window_bytes;   /* And their bytes; >= LIMIT_PACKET_BYTES. */
    uint32_t heartbeat_ms;   /* Something is sent at least this often. */
    uint32_t silence_ms;     /* Nothing heard for so long: over. */
    uint32_t ack_delay_ms;   /* An ack waits so long for data to ride on. */
    uint32_t ack_packets;    /* Or for so many packets; < window_packets. */
    uint32_t ack_bytes;      /* Or for so many bytes; < window_bytes. */
};

/* What both ends use outside of tests: 4,096 packets, 64 MiB, heartbeat every
 * second, silence 5 s, acks after 10 ms, 64 packets or 4 MiB. */
struct link_session_config link_session_config_default(void);

/* Whether both ends can work with it; the program checks its options by it. */
bool link_session_config_valid(const struct link_session_config *config);

enum link_session_state {
    LINK_SESSION_NEW,
    LINK_SESSION_OPENING,
    LINK_SESSION_UP,
    LINK_SESSION_ENDED,
};

/* What to do with a packet of the peer. */
enum link_session_verdict {
    LINK_SESSION_DELIVER,   /* It is next: hand its messages over. */
    LINK_SESSION_HEARTBEAT, /* Nothing in it, nothing missing. */
    LINK_SESSION_DUPLICATE, /* Came before: ignore. */
    LINK_SESSION_GAP,       /* A packet is missing: end the session. */
    LINK_SESSION_RUBBISH,   /* No correct peer sends it: end the session. */
};

/* Fields are the module's own; read with the functions below. */
struct link_session {
    struct link_session_config config;
    enum link_session_state state;
    uint64_t number;
    uint64_t sent_seq;     /* Last number used for sending. */
    uint64_t acked_seq;    /* Last of those that the peer has. */
    uint64_t received_seq; /* Last number received. */
    uint64_t told_seq;     /* Last of those that we acknowledged. */
    uint64_t untold_bytes; /* Bytes received since. */
    uint64_t untold_ms;    /* When the first of them came. */
    uint64_t unacked_bytes;
    uint64_t sent_ms;  /* When anything was sent last. */
    uint64_t heard_ms; /* When anything was heard last. */
    uint32_t *sizes;   /* Ring of window_packets: bytes by seq. */
};

/* |number| > 0. The config is copied and must be valid. */
void link_session_init(struct link_session *session,
                       const struct link_session_config *config,
                       uint64_t number, uint64_t now_ms);

/* Accepts zeroed. */
void link_session_finish(struct link_session *session);

/* The edges; an edge that is not in the diagram aborts. */
void link_session_opened(struct link_session *session, uint64_t now_ms);
void link_session_welcomed(struct link_session *session, uint64_t now_ms);
void link_session_accepted(struct link_session *session, uint64_t now_ms);
void link_session_end(struct link_session *session);

static inline bool link_session_is_up(const struct link_session *session) {
    return session->state == LINK_SESSION_UP;
}

/* Up, and the window has room for one more packet of |bytes|. */
bool link_session_may_send(const struct link_session *session, size_t bytes);

/* Fills the header of the next DATA packet and counts it as sent. |count| 0
 * makes a heartbeat, which needs no room in the window; otherwise
 * link_session_may_send(|bytes|) must hold. |bytes|: the whole packet. */
struct link_packet link_session_send(struct link_session *session,
                                     uint32_t count, size_t bytes,
                                     uint64_t now_ms);

/* Takes note of a DATA packet of the peer; |bytes|: the whole packet. Up
 * only. On GAP and RUBBISH the caller ends the session. */
enum link_session_verdict link_session_receive(struct link_session *session,
                                               const struct link_packet *packet,
                                               size_t bytes,
                                               uint64_t now_ms) MUST_CHECK;

/* Whether an empty packet should go out now (heartbeat or ack). */
bool link_session_owes(const struct link_session *session, uint64_t now_ms);

/* From when on link_session_owes holds; UINT64_MAX: not up. */
uint64_t link_session_owes_at_ms(const struct link_session *session);

/* Whether the peer is gone, or never came. |drained_ms| is when the caller last
 * found nothing more to read: what waits unread is not silence. */
bool link_session_silent(const struct link_session *session,
                         uint64_t drained_ms);

/* When to look again (link_session_owes, link_session_silent); UINT64_MAX:
 * never. */
uint64_t link_session_due_ms(const struct link_session *session);

/* Aborts unless all fields agree; for tests, and cheap enough to be called at
 * every change of state. */
void link_session_check(const struct link_session *session);

#endif
