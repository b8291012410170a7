/* ring.h - a growing queue of equal items, taken from either end. The core's
 * lists of what waits for its commit are such: appended at the tail, released
 * at the head, and cut at the tail when the persister refuses. */
#ifndef BROKER_CORE_RING_H
#define BROKER_CORE_RING_H

#include "common/types.h"

/* Set |item_size|, zero the rest. */
struct ring {
    char *items;
    size_t item_size;
    uint32_t head;
    uint32_t count;
    uint32_t capacity; /* A power of two. */
};

void ring_finish(struct ring *ring);

/* Appends a zeroed item; valid until the next push. Callers bound |count|. */
void *ring_push(struct ring *ring);

/* The item at |index| from the head, index < count. */
static inline void *ring_at(const struct ring *ring, uint32_t index) {
    return ring->items +
           ((ring->head + index) & (ring->capacity - 1)) * ring->item_size;
}

/* Drop the first or the last item; count > 0. */
static inline void ring_drop_first(struct ring *ring) {
    ring->head = (ring->head + 1) & (ring->capacity - 1);
    ring->count--;
}

static inline void ring_drop_last(struct ring *ring) {
    ring->count--;
}

#endif
