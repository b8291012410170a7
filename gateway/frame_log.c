/* Chunks are counted by references; a message larger than a chunk gets one of
 * its own. */
#include "gateway/frame_log.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/err.h"

struct chunk {
    uint32_t references;
    uint32_t size;
    uint32_t capacity;
    char data[];
};

static struct chunk *chunk_create(size_t capacity) {
    PRE(capacity <= UINT32_MAX);
    struct chunk *chunk = mem_alloc(sizeof(*chunk) + capacity);
    chunk->references = 1;
    chunk->size = 0;
    chunk->capacity = (uint32_t)capacity;
    return chunk;
}

static void chunk_drop(struct chunk *chunk) {
    INVARIANT(chunk->references > 0);
    if (--chunk->references == 0)
        free(chunk);
}

void span_hold(const struct span *span) {
    PRE(span->chunk != NULL);
    INVARIANT(span->chunk->references < UINT32_MAX);
    span->chunk->references++;
}

void span_drop(struct span *span) {
    if (span->chunk)
        chunk_drop(span->chunk);
    *span = (struct span){0};
}

struct slice span_bytes(const struct span *span) {
    if (!span->chunk)
        return (struct slice){0};
    return (struct slice){span->chunk->data + span->offset, span->size};
}

struct span span_create(size_t size, char **bytes) {
    struct chunk *chunk = chunk_create(size);
    chunk->size = (uint32_t)size;
    *bytes = chunk->data;
    return (struct span){chunk, 0, (uint32_t)size};
}

static size_t put_header(char *out, unsigned char first_byte, size_t size) {
    out[0] = (char)first_byte;
    if (size < 126) {
        out[1] = (char)size;
        return 2;
    }
    size_t length_bytes = size <= UINT16_MAX ? 2 : 8;
    out[1] = length_bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < length_bytes; i++)
        out[2 + i] = (char)((uint64_t)size >> (8 * (length_bytes - 1 - i)));
    return 2 + length_bytes;
}

struct span frame_log_append(struct frame_log *log, unsigned char first_byte,
                             struct slice text) {
    size_t needed = text.size + FRAME_HEADER_BYTES_MAX;
    if (!log->open || log->open->capacity - log->open->size < needed) {
        if (log->open)
            chunk_drop(log->open);
        log->open = chunk_create(
            needed > FRAME_CHUNK_BYTES ? needed : (size_t)FRAME_CHUNK_BYTES);
    }
    struct chunk *chunk = log->open;
    uint32_t offset = chunk->size;
    size_t header = put_header(chunk->data + offset, first_byte, text.size);
    if (text.size)
        memcpy(chunk->data + offset + header, text.data, text.size);
    chunk->size += (uint32_t)(header + text.size);
    return (struct span){chunk, offset, chunk->size - offset};
}

void frame_log_recycle(struct frame_log *log) {
    if (!log->open || log->open->references != 1)
        return;
    if (log->open->capacity == FRAME_CHUNK_BYTES) {
        log->open->size = 0;
    } else {
        chunk_drop(log->open);
        log->open = NULL;
    }
}

void frame_log_finish(struct frame_log *log) {
    if (log->open)
        chunk_drop(log->open);
    log->open = NULL;
}
