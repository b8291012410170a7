/* client.h - many WebSocket client connections on one epoll loop.
 *
 * The load client must be cheap, or it measures itself: reads go through one
 * shared buffer, writes of one turn to one socket leave in one send(), and an
 * idle connection holds no buffer. */
#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

#include "common/buf.h"

enum conn_state {
    CONN_CLOSED = 0,
    CONN_CONNECTING,
    CONN_UPGRADING,
    CONN_OPEN,
};

/* One connection; the caller owns the array and may use the last fields. */
struct conn {
    int fd;
    enum conn_state state;
    bool is_dirty;    /* In the client's list of sockets to write to. */
    bool wants_write; /* EPOLLOUT is armed. */
    struct buf in;    /* An incomplete response or frame. */
    struct buf parts; /* Fragments of an incomplete message. */
    struct buf out;
    /* The scenario's. */
    uint32_t room; /* Index of its room in the scenario. */
    bool is_sender;
    bool is_ready; /* Its greeting was answered. */
    uint64_t user;
    uint64_t seq_next; /* Next sequence number expected. */
};

/* What the scenario is told. All Mandatory. */
struct client_events {
    /* 101 came. */
    void (*opened)(void *context, struct conn *conn);
    /* One whole text message; |text| is borrowed. */
    void (*text)(void *context, struct conn *conn, struct slice text);
};

struct client;

/* |path_prefix| and tokens are the scenario's; see client_connect().
 * |events| and |context| are borrowed. Aborts when out of memory or files. */
struct client *client_create(uint16_t port, const struct client_events *events,
                             void *context);

/* Connections must be closed first (client_close). */
void client_destroy(struct client *client);

/* Starts connecting |conn| (closed) to ws://127.0.0.1:PORT|target|. */
void client_connect(struct client *client, struct conn *conn,
                    const char *target);

/* Sends one text message at the end of the turn. */
void client_send(struct client *client, struct conn *conn, struct slice text);

/* Waits up to |timeout_ms| for something to happen, handles it, writes.
 * Returns false once any connection was lost or refused: the reason has been
 * printed to stderr and the run is void. */
bool client_turn(struct client *client, int timeout_ms) MUST_CHECK;

/* Closes with a close frame; at once, nothing is waited for. */
void client_close(struct client *client, struct conn *conn);

#endif
