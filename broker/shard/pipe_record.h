/* pipe_record.h - what the router and its shards tell each other.
 *
 * A turn's worth of records to one shard (or back) travels as one batch
 * through a link_pipe. Layout of a record, little-endian: type u8, number
 * u32, count u32, size u32, then |count| gateway numbers (u32), then |size|
 * bytes. Both ends are threads of one program, so a malformed batch is a bug
 * and aborts. */
#ifndef BROKER_SHARD_PIPE_RECORD_H
#define BROKER_SHARD_PIPE_RECORD_H

#include "common/buf.h"

enum pipe_record_type {
    /* Router to shard. */
    PIPE_COMMAND = 1, /* |number| is the gateway, |bytes| the wire message. */
    PIPE_UP,          /* |number|: the gateway's link begins. */
    PIPE_GONE,        /* |number|: the gateway's link is over. */
    PIPE_EPOCH,       /* |bytes|: the epoch taken, 8 bytes. */

    /* Shard to router. */
    PIPE_REPLY,   /* |number| is the gateway, |bytes| the wire message. */
    PIPE_EVENT,   /* |gateways| get |bytes|. */
    PIPE_RUBBISH, /* |number| sent what does not decode; |bytes| says what. */
    PIPE_STATE,   /* |number|: 1 when the shard is attached to the log. */
    PIPE_FATAL    /* The shard cannot go on; |bytes| says why. */
};

struct pipe_record {
    enum pipe_record_type type;
    uint32_t number;
    const uint32_t *gateways; /* Unaligned bytes on reading: see below. */
    uint32_t gateways_count;
    struct slice bytes;
};

/* Append one record to a batch. */
void pipe_record_put(struct buf *batch, const struct pipe_record *record);

/* Take the next record off |batch|; false at its end. |gateways| is filled
 * with up to |gateways_max| numbers and must be large enough for the largest
 * event. |bytes| is borrowed from the batch. */
bool pipe_record_next(struct slice *batch, struct pipe_record *out,
                      uint32_t *gateways, uint32_t gateways_max);

#endif
