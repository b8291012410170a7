/* outbox.h - what one connection still has to be sent: a queue of spans.
 *
 * It only queues; its owner bounds it (outbox_bytes) and writes. Memory is
 * what is queued and nothing while it is empty. An answer in parts is one
 * message to the client: what comes meanwhile waits aside until its last
 * part. Pure; one thread. */
#ifndef GATEWAY_OUTBOX_H
#define GATEWAY_OUTBOX_H

#include "gateway/frame_log.h"

/* So many spans in a row may pin chunks that others are done with; more are
 * copied together. */
#define OUTBOX_LOOSE_MAX 32u

/* Zeroed is empty and valid. Fields are private. */
struct outbox {
    struct span first; /* The only span, while |ring| is NULL. */
    struct span *ring; /* Or all of them. */
    uint32_t capacity; /* Of the ring, a power of two. */
    uint32_t head;     /* In the ring. */
    uint32_t count;
    uint32_t loose; /* Of the last spans, those not copied together. */
    uint64_t bytes;
    struct outbox *aside; /* While an answer in parts is open. */
};

/* Drops everything; the outbox is empty and usable again. */
void outbox_finish(struct outbox *outbox);

/* Queues one or more whole messages; holds the span. */
void outbox_push(struct outbox *outbox, const struct span *span);

/* Queues a part of an answer; the first opens it, |last| closes it. */
void outbox_push_part(struct outbox *outbox, const struct span *span,
                      bool last);

/* Queues a control frame, which may stand between the parts of a message. */
void outbox_push_control(struct outbox *outbox, const struct span *span);

/* Whether an answer in parts is open. */
static inline bool outbox_is_parting(const struct outbox *outbox) {
    return outbox->aside != NULL;
}

/* Everything queued, what waits aside included. */
uint64_t outbox_bytes(const struct outbox *outbox);

/* Whether there is nothing that may be written now. */
static inline bool outbox_is_empty(const struct outbox *outbox) {
    return outbox->count == 0;
}

/* The next frames to be written: straight out of the log where that is one
 * span, else copied to |scratch|, which holds |max| bytes; more than |max|
 * only if one span is. Never ends within a frame: between two writes the
 * server may send a frame of its own. Valid until the outbox changes. */
struct slice outbox_peek(const struct outbox *outbox, char *scratch,
                         size_t max);

/* Drops the first |size| bytes, which were written: what peek returned. */
void outbox_consume(struct outbox *outbox, size_t size);

#endif
