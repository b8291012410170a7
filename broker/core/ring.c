/* ring.c - see ring.h. */
#include "broker/core/ring.h"

#include <stdlib.h>

#include "common/buf.h"

#define CAPACITY_MIN 16u

void ring_finish(struct ring *ring) {
    free(ring->items);
    *ring = (struct ring){.item_size = ring->item_size};
}

/* Doubles the memory and lays the items out from its beginning. */
static void grow(struct ring *ring) {
    uint32_t capacity = ring->capacity ? ring->capacity * 2 : CAPACITY_MIN;
    char *items = mem_alloc(capacity * ring->item_size);
    for (uint32_t i = 0; i < ring->count; i++)
        memcpy(items + i * ring->item_size, ring_at(ring, i), ring->item_size);
    free(ring->items);
    ring->items = items;
    ring->capacity = capacity;
    ring->head = 0;
}

void *ring_push(struct ring *ring) {
    PRE(ring->item_size != 0);
    PRE(ring->count < UINT32_MAX / 2);
    if (ring->count == ring->capacity)
        grow(ring);
    ring->count++;
    return memset(ring_at(ring, ring->count - 1), 0, ring->item_size);
}
