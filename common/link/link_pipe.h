/* link_pipe.h - two threads of one process that pass each other batches of
 * bytes, and the life cycle of the second thread.
 *
 * A pipe has two ends, each owned by one thread; both directions are bounded
 * in batches and bytes. A batch arrives whole, in order, once; it is never
 * dropped, a full pipe says so instead. Large batches change hands without
 * being copied. Both ends can be waited for with link_poll: ready means that
 * a batch is there, the other end closed, or a pipe that was full has room. */
#ifndef COMMON_LINK_LINK_PIPE_H
#define COMMON_LINK_LINK_PIPE_H

#include "common/buf.h"
#include "common/err.h"
#include "common/types.h"

struct link_actor; /* Opaque. */
struct link_pipe;  /* Opaque; one end. */

/* Of each direction. A batch larger than bytes_max passes alone. */
struct link_pipe_limits {
    uint32_t batches_max; /* >= 1. */
    uint64_t bytes_max;   /* >= 1. */
};

enum link_pipe_result {
    LINK_PIPE_EMPTY, /* Nothing now. */
    LINK_PIPE_BATCH, /* A batch. */
    LINK_PIPE_STOP,  /* The other end closed, and all it sent was received. */
};

/* Two ends; give one to another thread before either is used. */
void link_pipe_create_pair(const struct link_pipe_limits *limits,
                           struct link_pipe **one, struct link_pipe **other);

/* Closes this end, from the thread that owns it. The other end gets what was
 * sent, then STOP. Accepts NULL. */
void link_pipe_destroy(struct link_pipe *pipe);

/* Passes a batch of at least one byte. True: the bytes are the other side's,
 * |take_batch| is empty (its memory may have gone with them or not) and
 * usable. False: full, or the other end is closed (link_pipe_is_closed);
 * |take_batch| is unchanged. Full: when room comes the pipe becomes ready. */
bool link_pipe_send(struct link_pipe *pipe, struct buf *take_batch) MUST_CHECK;

/* On BATCH, |out| is borrowed until the next receive or destroy. */
enum link_pipe_result link_pipe_receive(struct link_pipe *pipe,
                                        struct slice *out) MUST_CHECK;

/* Whether the other end is closed; there may still be batches to receive. */
bool link_pipe_is_closed(const struct link_pipe *pipe);

/* Starts a thread that runs |run| with its end of a new pipe. |run| returns
 * when link_pipe_receive says STOP, or earlier by itself (then the pipe says
 * STOP here). |args| must live until link_actor_stop. The pipe's end in the
 * thread is closed when |run| returns; |run| must not destroy it. */
struct link_actor *
link_actor_start(void (*run)(struct link_pipe *pipe, void *args), void *args,
                 const struct link_pipe_limits *limits);

/* The caller's end; owned by the actor. */
struct link_pipe *link_actor_pipe(struct link_actor *actor);

/* Closes the caller's end, waits until |run| has returned, frees, sets
 * |*actor| to NULL. Works however full the pipe is. What |run| sent and was
 * not received is lost. Accepts NULL and pointer to NULL. */
void link_actor_stop(struct link_actor **actor);

#endif
