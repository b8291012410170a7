/* link_internal.h - what the files of common/link share with each other and
 * nobody else includes. Free of the library's headers. */
#ifndef COMMON_LINK_LINK_INTERNAL_H
#define COMMON_LINK_LINK_INTERNAL_H

#include "common/buf.h"
#include "common/err.h"
#include "common/link/link_packet.h"
#include "common/types.h"

struct link_client;
struct link_pipe;
struct link_server;
struct zmq_msg_t;

/* A packet that is being collected is closed when it passes this. */
#define LINK_PACKET_CLOSE_BYTES (64u << 10)

/* How long a closing socket goes on sending what it has (a BYE or a RESET),
 * in the background. */
#define LINK_LINGER_MS 200

/* What is known of a socket without asking it. Every question to a socket of
 * the library costs system calls, and a loop that asks all of its sockets each
 * time that one has something spends more on that than on its work. */
struct link_watch {
    bool clean; /* Nothing was there, and nothing was done with it since. */
    bool quiet; /* Clean, and link_poll saw no sign of anything new: the next
                   receive need not look. */
};

struct link_watch *link_client_watch(struct link_client *client);
struct link_watch *link_server_watch(struct link_server *server);
struct link_watch *link_pipe_watch(struct link_pipe *pipe);

/* True, once: there is nothing to look for. */
static inline bool link_watch_take_quiet(struct link_watch *watch) {
    bool quiet = watch->quiet;
    watch->quiet = false;
    return quiet;
}

/* A quiet socket is looked at all the same after so long: a process that was
 * stopped in between must not take what waits unread for silence. */
#define LINK_QUIET_MS 200u

/* What the socket is ready for (ZMQ_POLLIN, ZMQ_POLLOUT). */
int link_socket_events(void *handle);

/* The sockets to wait for; NULL: none now. |*writable|: wake up when it can
 * send as well. */
void *link_client_socket(const struct link_client *client, bool *writable);
void *link_server_socket(const struct link_server *server);
void *link_pipe_socket(const struct link_pipe *pipe);

/* Sets an option of an int; aborts if the library refuses it. */
void link_socket_set(void *handle, int option, int value);

/* What a server's socket needs. */
void link_socket_set_router(void *handle, uint32_t window_packets);

/* Bounds of queues and messages, safely above the session's. */
void link_socket_set_bounds(void *handle, uint32_t window_packets);

/* Sends |msg|, after |identity| if that is not NULL; the message is the
 * library's, or closed. Never waits. False: no such connection, or it takes
 * no more. */
bool link_socket_send(void *handle, const struct slice *identity,
                      struct zmq_msg_t *msg);

/* See link_server_bind. */
enum err link_socket_bind(void *handle, const char *endpoint,
                          struct buf *reason) MUST_CHECK;

/* Makes a message of the buffer's bytes and empties the buffer. Small ones
 * are copied; of large ones the memory is handed over and freed by whichever
 * thread is done with it. |msg| must be uninitialised. */
void link_msg_from_buf(struct zmq_msg_t *msg, struct buf *take_bytes);

/* The packet that is being collected for one peer. Zeroed is empty. The
 * header's place is kept free at the front. */
struct link_outgoing {
    struct buf bytes;
    uint32_t count;
};

/* The size of the packet if it had a message of |bytes| more. */
static inline size_t
link_outgoing_bytes_with(const struct link_outgoing *outgoing, size_t bytes) {
    size_t before =
        outgoing->bytes.size ? outgoing->bytes.size : LINK_HEADER_BYTES;
    return before + link_packet_frame_bytes(bytes);
}

void link_outgoing_append(struct link_outgoing *outgoing, struct slice message);

static inline bool link_outgoing_is_closed(const struct link_outgoing *o) {
    return o->bytes.size >= LINK_PACKET_CLOSE_BYTES;
}

/* Makes the message, with |header|; empties the packet. Also of a packet
 * without messages. |msg| must be uninitialised. */
void link_outgoing_take(struct link_outgoing *outgoing,
                        const struct link_packet *header,
                        struct zmq_msg_t *msg);

/* Forgets the messages collected; returns how many. */
uint32_t link_outgoing_drop(struct link_outgoing *outgoing);

void link_outgoing_finish(struct link_outgoing *outgoing);

/* A packet of another kind than DATA: header and body. */
void link_msg_from_packet(struct zmq_msg_t *msg,
                          const struct link_packet *packet);

/* What a bind endpoint is. */
struct link_endpoint {
    char text[256];       /* As the library wants it. */
    const char *ipc_path; /* Into |text|; NULL unless ipc:// with a path. */
    bool ipv6;
};

/* Checks that only this host reaches it. ERR_MALFORMED, ERR_DENIED; see
 * link_server_bind. Pure. */
enum err link_endpoint_parse(struct link_endpoint *out, const char *text,
                             struct buf *reason) MUST_CHECK;

#endif
