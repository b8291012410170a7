/* arena.c - see arena.h. */
#include "common/arena.h"

#include <stdlib.h>

#include "common/buf.h"

#define CHUNK_BYTES 8192u
#define ALIGNMENT 16u

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t capacity;
    _Alignas(ALIGNMENT) char bytes[];
};

void *arena_alloc(struct arena *arena, size_t size) {
    PRE(size <= SIZE_MAX / 4);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->capacity - chunk->used < size) {
        size_t capacity = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        chunk = mem_alloc(sizeof *chunk + capacity);
        chunk->next = arena->chunks;
        chunk->used = 0;
        chunk->capacity = capacity;
        arena->chunks = chunk;
    }
    void *pointer = chunk->bytes + chunk->used;
    chunk->used += size;
    return memset(pointer, 0, size);
}

struct slice arena_copy(struct arena *arena, struct slice slice) {
    if (slice.size == 0)
        return (struct slice){0};
    char *copy = arena_alloc(arena, slice.size);
    memcpy(copy, slice.data, slice.size);
    return (struct slice){copy, slice.size};
}

/* Frees all chunks from |chunk| on. */
static void chunks_free(struct arena_chunk *chunk) {
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void arena_reset(struct arena *arena) {
    struct arena_chunk *chunk = arena->chunks;
    if (!chunk)
        return;
    if (chunk->capacity > CHUNK_BYTES) {
        chunks_free(chunk);
        arena->chunks = NULL;
        return;
    }
    chunks_free(chunk->next);
    chunk->next = NULL;
    chunk->used = 0;
}

void arena_finish(struct arena *arena) {
    chunks_free(arena->chunks);
    arena->chunks = NULL;
}
