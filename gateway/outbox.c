/* Most outboxes are empty, and most others hold one span (a turn's run of one
 * room), so that one needs no memory of its own. */
#include "gateway/outbox.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/err.h"

static struct span *at(struct outbox *outbox, uint32_t index) {
    if (!outbox->ring)
        return &outbox->first;
    return &outbox->ring[(outbox->head + index) & (outbox->capacity - 1)];
}

static const struct span *at_const(const struct outbox *outbox,
                                   uint32_t index) {
    if (!outbox->ring)
        return &outbox->first;
    return &outbox->ring[(outbox->head + index) & (outbox->capacity - 1)];
}

static void grow(struct outbox *outbox) {
    uint32_t capacity = outbox->ring ? outbox->capacity * 2 : 4;
    struct span *ring = mem_alloc(capacity * sizeof(*ring));
    for (uint32_t i = 0; i < outbox->count; i++)
        ring[i] = *at(outbox, i);
    free(outbox->ring);
    outbox->ring = ring;
    outbox->capacity = capacity;
    outbox->head = 0;
}

/* Takes over the caller's hold. */
static void append(struct outbox *outbox, struct span span) {
    if (outbox->count == (outbox->ring ? outbox->capacity : 1))
        grow(outbox);
    *at(outbox, outbox->count) = span;
    outbox->count++;
}

/* A connection that is not keeping up would pin a chunk of 64 KiB with every
 * short span; copies of the spans pin nothing. */
static void copy_loose(struct outbox *outbox) {
    uint32_t from = outbox->count - outbox->loose;
    size_t size = 0;
    for (uint32_t i = from; i < outbox->count; i++)
        size += at(outbox, i)->size;
    char *bytes;
    struct span copy = span_create(size, &bytes);
    for (uint32_t i = from; i < outbox->count; i++) {
        struct slice part = span_bytes(at(outbox, i));
        memcpy(bytes, part.data, part.size);
        bytes += part.size;
        span_drop(at(outbox, i));
    }
    outbox->count = from;
    outbox->loose = 0;
    append(outbox, copy);
}

static void push(struct outbox *outbox, const struct span *span) {
    PRE(span->size > 0);
    outbox->bytes += span->size;
    if (outbox->count > 0) {
        struct span *last = at(outbox, outbox->count - 1);
        if (span_goes_on(last, span)) {
            last->size += span->size;
            return;
        }
    }
    span_hold(span);
    append(outbox, *span);
    if (++outbox->loose == OUTBOX_LOOSE_MAX)
        copy_loose(outbox);
}

void outbox_push(struct outbox *outbox, const struct span *span) {
    push(outbox->aside ? outbox->aside : outbox, span);
}

void outbox_push_part(struct outbox *outbox, const struct span *span,
                      bool last) {
    push(outbox, span);
    if (!last) {
        if (!outbox->aside)
            outbox->aside = mem_zalloc(sizeof(*outbox->aside));
        return;
    }
    struct outbox *aside = outbox->aside;
    if (!aside)
        return;
    outbox->aside = NULL;
    for (uint32_t i = 0; i < aside->count; i++)
        push(outbox, at(aside, i));
    outbox_finish(aside);
    free(aside);
}

void outbox_push_control(struct outbox *outbox, const struct span *span) {
    push(outbox, span);
}

uint64_t outbox_bytes(const struct outbox *outbox) {
    return outbox->bytes + (outbox->aside ? outbox->aside->bytes : 0);
}

struct slice outbox_peek(const struct outbox *outbox, char *scratch,
                         size_t max) {
    if (outbox->count == 0)
        return (struct slice){0};
    struct slice first = span_bytes(at_const(outbox, 0));
    if (outbox->count == 1 || first.size + at_const(outbox, 1)->size > max)
        return first;
    size_t size = 0;
    for (uint32_t i = 0; i < outbox->count; i++) {
        struct slice part = span_bytes(at_const(outbox, i));
        if (part.size > max - size)
            break;
        memcpy(scratch + size, part.data, part.size);
        size += part.size;
    }
    return (struct slice){scratch, size};
}

void outbox_consume(struct outbox *outbox, size_t size) {
    PRE(size <= outbox->bytes);
    outbox->bytes -= size;
    while (size > 0) {
        struct span *first = at(outbox, 0);
        INVARIANT(first->size <= size); /* Whole spans only; see peek. */
        size -= first->size;
        span_drop(first);
        outbox->count--;
        if (outbox->ring)
            outbox->head = (outbox->head + 1) & (outbox->capacity - 1);
        if (outbox->loose > outbox->count)
            outbox->loose = outbox->count;
    }
    if (outbox->count == 0 && outbox->ring) {
        free(outbox->ring);
        outbox->ring = NULL;
        outbox->capacity = outbox->head = 0;
    }
}

void outbox_finish(struct outbox *outbox) {
    for (uint32_t i = 0; i < outbox->count; i++)
        span_drop(at(outbox, i));
    free(outbox->ring);
    if (outbox->aside) {
        outbox_finish(outbox->aside);
        free(outbox->aside);
    }
    *outbox = (struct outbox){0};
}
