/* link_pipe.c - see link_pipe.h.
 *
 * The batches travel over an inproc pair of sockets without a high-water mark;
 * the bound is ours, a count of what is under way in each direction, so that
 * it is exact and in bytes as well. An empty message is a nudge: "look again"
 * (there is room, or this end closed). A nudge is never counted, but there is
 * one at most for each time that an end found the pipe full.
 *
 * The counts order the threads too: a sender adds before it sends, a receiver
 * subtracts after it received. */
#include "common/link/link_pipe.h"

#include <czmq.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/link/link_internal.h"

/* One direction, by the end that sends. */
struct flow {
    atomic_uint_least32_t batches; /* Under way. */
    atomic_uint_least64_t bytes;
    atomic_bool starved; /* The sender found it full. */
    atomic_bool closed;  /* The sender is gone. */
};

/* What both ends see; freed by the last. */
struct shared {
    struct link_pipe_limits limits;
    struct flow flows[2];
    atomic_uint ends;
};

struct link_pipe {
    struct shared *shared;
    struct flow *out;
    struct flow *in;
    zsock_t *sock;
    void *handle;
    struct link_watch watch;
    zmq_msg_t current; /* What the last receive lent. */
};

static struct link_pipe *create_end(struct shared *shared, zsock_t *sock,
                                    unsigned side) {
    struct link_pipe *pipe = mem_zalloc(sizeof(*pipe));
    *pipe = (struct link_pipe){
        .shared = shared,
        .out = &shared->flows[side],
        .in = &shared->flows[1 - side],
        .sock = sock,
        .handle = zsock_resolve(sock),
    };
    zmq_msg_init(&pipe->current);
    return pipe;
}

void link_pipe_create_pair(const struct link_pipe_limits *limits,
                           struct link_pipe **one, struct link_pipe **other) {
    PRE(limits->batches_max >= 1 && limits->bytes_max >= 1);
    zsock_t *back = NULL;
    zsock_t *front = zsys_create_pipe(&back);
    INVARIANT(front && back);
    zsock_t *socks[2] = {front, back};
    for (int i = 0; i < 2; i++) {
        void *handle = zsock_resolve(socks[i]);
        link_socket_set(handle, ZMQ_SNDHWM, 0);
        link_socket_set(handle, ZMQ_RCVHWM, 0);
        link_socket_set(handle, ZMQ_LINGER, 0);
    }
    struct shared *shared = mem_zalloc(sizeof(*shared));
    shared->limits = *limits;
    atomic_init(&shared->ends, 2);
    *one = create_end(shared, front, 0);
    *other = create_end(shared, back, 1);
}

/* An empty message; if the other end is gone there is nobody to wake. */
static void nudge(struct link_pipe *pipe) {
    zmq_msg_t msg;
    zmq_msg_init(&msg);
    pipe->watch.clean = false;
    (void)link_socket_send(pipe->handle, NULL, &msg);
}

void link_pipe_destroy(struct link_pipe *pipe) {
    if (!pipe)
        return;
    atomic_store(&pipe->out->closed, true);
    nudge(pipe);
    zmq_msg_close(&pipe->current);
    zsock_destroy(&pipe->sock);
    if (atomic_fetch_sub(&pipe->shared->ends, 1) == 1)
        free(pipe->shared);
    free(pipe);
}

static bool is_full(const struct link_pipe *pipe, uint64_t bytes) {
    uint32_t batches = atomic_load(&pipe->out->batches);
    uint64_t under_way = atomic_load(&pipe->out->bytes);
    const struct link_pipe_limits *limits = &pipe->shared->limits;
    return batches >= limits->batches_max ||
           (under_way > 0 && under_way + bytes > limits->bytes_max);
}

bool link_pipe_send(struct link_pipe *pipe, struct buf *take_batch) {
    uint64_t bytes = take_batch->size;
    PRE(bytes > 0);
    if (link_pipe_is_closed(pipe))
        return false;
    if (is_full(pipe, bytes)) {
        /* Look again after saying that we wait: the last batch may have been
         * received in between, by somebody who did not see us waiting. */
        atomic_store(&pipe->out->starved, true);
        if (is_full(pipe, bytes))
            return false;
        atomic_store(&pipe->out->starved, false);
    }
    atomic_fetch_add(&pipe->out->bytes, bytes);
    atomic_fetch_add(&pipe->out->batches, 1);
    zmq_msg_t msg;
    pipe->watch.clean = false;
    link_msg_from_buf(&msg, take_batch);
    /* Without a mark it fails only if the other end closed just now; then the
     * batch is lost as it would be a moment later. */
    bool sent = link_socket_send(pipe->handle, NULL, &msg);
    INVARIANT(sent || link_pipe_is_closed(pipe));
    return true;
}

/* Takes the next message into |current|. False: there is none. */
static bool receive_one(struct link_pipe *pipe) {
    int rc;
    do {
        rc = zmq_msg_recv(&pipe->current, pipe->handle, ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    pipe->watch.clean = rc < 0;
    return rc >= 0;
}

static void count_received(struct link_pipe *pipe, uint64_t bytes) {
    atomic_fetch_sub(&pipe->in->bytes, bytes);
    atomic_fetch_sub(&pipe->in->batches, 1);
    if (atomic_load(&pipe->in->starved) &&
        atomic_exchange(&pipe->in->starved, false))
        nudge(pipe);
}

enum link_pipe_result link_pipe_receive(struct link_pipe *pipe,
                                        struct slice *out) {
    *out = (struct slice){NULL, 0};
    if (link_watch_take_quiet(&pipe->watch) && !link_pipe_is_closed(pipe))
        return LINK_PIPE_EMPTY;
    for (;;) {
        if (receive_one(pipe)) {
            size_t bytes = zmq_msg_size(&pipe->current);
            if (bytes == 0)
                continue; /* A nudge: bounded by the times of being full. */
            count_received(pipe, bytes);
            *out = (struct slice){zmq_msg_data(&pipe->current), bytes};
            return LINK_PIPE_BATCH;
        }
        if (!link_pipe_is_closed(pipe))
            return LINK_PIPE_EMPTY;
        /* Closed after the look, perhaps with batches sent before. */
        if (atomic_load(&pipe->in->batches) == 0)
            return LINK_PIPE_STOP;
    }
}

bool link_pipe_is_closed(const struct link_pipe *pipe) {
    return atomic_load(&pipe->in->closed);
}

void *link_pipe_socket(const struct link_pipe *pipe) {
    return pipe->handle;
}

struct link_watch *link_pipe_watch(struct link_pipe *pipe) {
    return &pipe->watch;
}
