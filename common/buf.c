/* buf.c - see buf.h. */
#include "common/buf.h"

#include <stdlib.h>

void *mem_alloc(size_t size) {
    void *pointer = malloc(size ? size : 1);
    INVARIANT(pointer != NULL);
    return pointer;
}

void *mem_zalloc(size_t size) {
    void *pointer = calloc(1, size ? size : 1);
    INVARIANT(pointer != NULL);
    return pointer;
}

void *mem_realloc(void *pointer, size_t size) {
    void *moved = realloc(pointer, size ? size : 1);
    INVARIANT(moved != NULL);
    return moved;
}

void buf_finish(struct buf *buf) {
    free(buf->data);
    *buf = (struct buf){0};
}

char *buf_reserve(struct buf *buf, size_t more) {
    PRE(more <= SIZE_MAX / 4 && buf->size <= SIZE_MAX / 4);
    size_t needed = buf->size + more;
    if (needed > buf->capacity) {
        size_t capacity = buf->capacity ? buf->capacity : 256;
        while (capacity < needed)
            capacity *= 2;
        buf->data = mem_realloc(buf->data, capacity);
        buf->capacity = capacity;
    }
    return buf->data ? buf->data + buf->size : NULL;
}

void buf_append(struct buf *buf, const void *data, size_t size) {
    if (size == 0)
        return;
    memcpy(buf_reserve(buf, size), data, size);
    buf->size += size;
}

void buf_consume(struct buf *buf, size_t size) {
    PRE(size <= buf->size);
    if (size == 0)
        return;
    buf->size -= size;
    memmove(buf->data, buf->data + size, buf->size);
}
