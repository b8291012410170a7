/* seat.h - where a shard sits, as the router sees it: with the router in its
 * thread, or in a thread of its own behind a pipe. A hand-over between two
 * threads costs two wake-ups a message, more than the shard's work on it: so a
 * single shard sits with the router, and several have threads. What the shard
 * does is the same (shard.h).
 *
 * Bounds: in a thread those of the pipe, PIPE_LIMITS; the router must not add
 * to |in| what seat_send() left there beyond its own bound. With the router
 * nothing waits from one turn to the next.
 *
 * One thread, the router's, calls. */
#ifndef BROKER_SHARD_SEAT_H
#define BROKER_SHARD_SEAT_H

#include "broker/shard/shard.h"
#include "common/link/link_pipe.h"
#include "common/link/link_poll.h"

struct seat {
    struct shard_config config; /* Filled in by the router. */
    struct buf in;              /* Records for the shard, by the router. */
    struct link_actor *actor;   /* In a thread of its own; or: */
    struct shard *shard;        /* With the router. */
    struct buf lent;            /* What the last seat_receive lent. */
};

/* |config| is filled in. */
void seat_start(struct seat *seat, bool own_thread);

/* Accepts zeroed. */
void seat_finish(struct seat *seat);

/* Hands |in| to the shard, as far as it takes it. With the router: a turn of
 * the shard. True: more is to be done, so do not sleep. */
bool seat_turn(struct seat *seat);

/* What the shard said since; on BATCH |out| is borrowed until the next call.
 * STOP: the shard ended by itself. */
enum link_pipe_result seat_receive(struct seat *seat,
                                   struct slice *out) MUST_CHECK;

/* Adds what the shard waits for; returns how long, in milliseconds. */
int64_t seat_add_poll(struct seat *seat, struct link_poll *poll);

#endif
