/* connection.h - one client's connection, from the first byte after the
 * handshake to the end of its socket.
 *
 *   OPENING ---------> OPEN ---------> CLOSING ---------> (destroyed)
 *      |  the broker's  |  connection_close   the socket's
 *      |  profile       |                     end
 *      +----------------+--> CLOSING
 *
 * Requests are translated one at a time and in order, except that SENDs to
 * one room may be under way together. A request that comes behind such SENDs
 * is translated ahead of time; if it turns out to be anything else, what came
 * of it is held until they are answered. The client that does not read is not
 * read from. One thread. */
#ifndef GATEWAY_CONNECTION_H
#define GATEWAY_CONNECTION_H

#include "common/wire/wire.h"
#include "gateway/frontend.h"
#include "gateway/interest.h"
#include "gateway/outbox.h"
#include "gateway/pump.h"
#include "gateway/users.h"
#include "gateway/wheel.h"

struct gateway;
struct pending;

/* SENDs of one connection that are under way together. */
#define CONNECTION_WINDOW 1024u

/* Above this, no request of the connection is taken on. */
#define CONNECTION_BUSY_BYTES (64u << 10)

/* Frames in a row that were no JSON object: 1008. */
#define CONNECTION_BAD_FRAMES_MAX 5u

/* Pings in a row without a sign of life: 4408. */
#define CONNECTION_PINGS_MISSED_MAX 2u

/* So long a client has to take what is left and to say goodbye. */
#define CONNECTION_CLOSE_MS 5000u

/* Close codes (RFC 6455; DIALECTS.md). X(code, label, reason). */
#define CLOSE_TABLE(X)                                                         \
    X(1001, GOING_AWAY, "going away")                                          \
    X(1003, BINARY, "text frames only")                                        \
    X(1007, UTF8, "invalid UTF-8")                                             \
    X(1008, NO_OBJECT, "frames must be JSON objects")                          \
    X(1009, TOO_BIG, "message too big")                                        \
    X(1013, TRY_LATER, "try again later")                                      \
    X(4401, TOKEN, "token expired")                                            \
    X(4408, SILENT, "no answer to pings")                                      \
    X(4429, RATE, "rate limit")                                                \
    X(4430, SLOW, "reading too slowly")

enum close_code {
#define CLOSE_ENUM(code, label, reason) CLOSE_##label = code,
    CLOSE_TABLE(CLOSE_ENUM)
#undef CLOSE_ENUM
};

const char *close_reason(enum close_code code);

enum connection_state {
    CONNECTION_OPENING,
    CONNECTION_OPEN,
    CONNECTION_CLOSING,
};

/* Fields are for the gateway's own files. */
struct connection {
    struct gateway *gateway;
    void *socket;
    struct user *user;
    struct wire_profile *profile; /* The claims; later what the broker says. */
    struct pending *connect;      /* The CONNECT under way, or NULL. */
    struct list of_user;          /* In user.connections. */
    struct list all;              /* In gateway.connections. */
    struct list dirty;            /* In gateway.dirty: has output. */
    struct list waiting;          /* In gateway.waiting: for the broker. */
    struct list under_way;        /* struct pending, by sibling. */
    struct list deferred;         /* Answers that wait until it has entered
                                     their room so far (pending, by order). */
    struct feed *feed;            /* NULL: its dialect wants none. */
    struct list of_feed;          /* In feed.connections. */
    struct list entries;          /* struct entry: rooms on the way in. */
    struct buf *told;             /* struct told, or NULL. */
    uint64_t outside_ms;          /* Since when it waits to be in its feed. */
    struct wheel_timer timer;     /* Pings and expiry; at last, the cut. */
    struct pump pump;
    struct outbox outbox;
    struct follows follows;
    struct buf *partial; /* The beginning of a message in fragments. */
    struct buf *held;    /* What came of a request ahead of its time. */
    uint64_t number;
    uint64_t address;
    uint64_t ping_ms;   /* When the next is due. */
    int64_t expires_us; /* Wall clock. */
    room_id window;     /* The room of all SENDs under way; 0: not SENDs. */
    uint32_t under_way_count;
    uint16_t code; /* CLOSING: with which close code. */
    uint8_t state; /* enum connection_state */
    uint8_t dialect;
    uint8_t pings_missed;
    uint8_t bad_frames;
    bool heard;  /* Since the last ping. */
    bool paused; /* Not read from. */
    bool asked;  /* For connection_writeable. */
    bool pumping;
    bool goes_without;   /* Of the frame that is being given to its room. */
    bool unread_due;     /* Is to be told the number of unread dialogs. */
    bool entering;       /* In entering_connection(), ... */
    bool entering_again; /* ... which was called meanwhile. */
    bool close_after_held;
    _Alignas(8) char frontend_state[];
};

/* What a handshake found out. */
struct connection_config {
    void *socket;
    uint32_t dialect; /* Index of gateway.dialects. */
    const struct wire_profile *claims;
    int64_t expires_us;
    uint64_t address;
};

/* Registers with the broker. Never NULL. */
struct connection *connection_create(struct gateway *gateway,
                                     const struct connection_config *config);

/* When the socket has ended; nothing of it is used any more. */
void connection_destroy(struct connection *connection);

/* A piece of a message came; |first| and |final| tell its edges, |binary| its
 * kind. Size and kind are checked here, UTF-8 by the server. */
void connection_receive(struct connection *connection, struct slice piece,
                        bool first, bool final, bool binary);

/* Any sign of life. */
void connection_heard(struct connection *connection);

/* The socket takes bytes again, after transport.ask_writeable. */
void connection_writeable(struct connection *connection);

/* Ends it, once: nothing more is taken in or queued, and a close frame goes
 * out behind what is queued (instead of it, when the client does not read
 * anyway). The socket ends when the client answers that, or is cut. */
void connection_close(struct connection *connection, enum close_code code);

/* The same with another reason than the code's usual one; static. */
void connection_close_as(struct connection *connection, enum close_code code,
                         const char *reason);

/* Queues one message for this connection alone, behind what it is to have of
 * its rooms so far. Copies. */
void connection_tell(struct connection *connection, struct slice text);

/* Queues whole messages and marks the connection dirty; holds the span. A
 * client whose queue is full loses the connection. */
void connection_push(struct connection *connection, const struct span *span);

/* Half of what may wait for the client does. */
bool connection_is_slow(const struct connection *connection);

/* Has output: connection_write() comes at the end of the turn. */
void connection_dirty(struct connection *connection);

/* Writes what is queued as far as the socket takes it. */
void connection_write(struct connection *connection);

/* Goes on with waiting requests. */
void connection_pump(struct connection *connection);

/* The broker's answer to |pending|, which is one of the connection's. Answers
 * ahead of their turn are kept unless |now| is set (an event that is an
 * answer has its place). Frees |pending| once it is handed over. */
void connection_answer(struct connection *connection, struct pending *pending,
                       const struct wire *reply, bool now);

/* Tells the broker of the connection, once for each link. */
void connection_register(struct connection *connection);

/* The broker registered it. */
void connection_opened(struct connection *connection,
                       const struct wire_profile *profile);

void connection_profile_changed(struct connection *connection,
                                const struct wire_profile *profile);

/* The wheel's timer is due. */
void connection_timer(struct connection *connection);

static inline uint32_t connection_dialect(const struct connection *connection) {
    return connection->dialect;
}

static inline const struct follows *
connection_follows(const struct connection *connection) {
    return &connection->follows;
}

static inline struct follows *
connection_follows_mutable(struct connection *connection) {
    return &connection->follows;
}

#endif
