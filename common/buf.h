/* buf.h - a growing byte buffer with a bound. */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include "common/err.h"
#include "common/types.h"

/* Zeroed is empty and valid. |size| may be read; |data| is owned. */
struct buf {
    char *data;
    size_t size;
    size_t capacity;
};

/* Frees the bytes; the buffer is empty and usable again. Accepts zeroed. */
void buf_finish(struct buf *buf);

/* Forgets the content, keeps the memory. */
static inline void buf_clear(struct buf *buf) {
    buf->size = 0;
}

/* Makes room for |more| bytes after |size|; aborts when out of memory.
 * Callers bound what they append. Returns where to write. */
char *buf_reserve(struct buf *buf, size_t more);

void buf_append(struct buf *buf, const void *data, size_t size);

static inline void buf_append_slice(struct buf *buf, struct slice slice) {
    buf_append(buf, slice.data, slice.size);
}

static inline struct slice buf_slice(const struct buf *buf) {
    return (struct slice){buf->data, buf->size};
}

/* Drops the first |size| bytes. */
void buf_consume(struct buf *buf, size_t size);

/* malloc and friends that abort when memory is out: limits are checked before
 * and out of memory is the backstop. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *pointer, size_t size);

#endif
