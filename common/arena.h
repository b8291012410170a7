/* arena.h - memory that is freed all at once, for one message's decoding. */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include "common/types.h"

struct arena_chunk;

/* Zeroed is empty and valid. */
struct arena {
    struct arena_chunk *chunks;
};

/* Zeroed memory, aligned for any type, valid until reset or finish. Aborts
 * when out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of |slice| that lives as long as the arena. */
struct slice arena_copy(struct arena *arena, struct slice slice);

/* Forgets everything; keeps one chunk for reuse. */
void arena_reset(struct arena *arena);

void arena_finish(struct arena *arena);

#endif
