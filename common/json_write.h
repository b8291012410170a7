/* json_write.h - append JSON to a buffer. What goes out is written by hand,
 * because a tree that is dumped costs ten times as much. Pure. */
#ifndef COMMON_JSON_WRITE_H
#define COMMON_JSON_WRITE_H

#include "common/buf.h"
#include "common/types.h"

/* Text as it is (punctuation, names). */
void json_put(struct buf *out, const char *text);

static inline void json_put_slice(struct buf *out, struct slice text) {
    buf_append_slice(out, text);
}

/* A string with its quotes. |text| is UTF-8; bytes that are not become U+FFFD,
 * so that what leaves is always valid. */
void json_put_text(struct buf *out, struct slice text);

void json_put_uint(struct buf *out, uint64_t value);
void json_put_int(struct buf *out, int64_t value);
void json_put_bool(struct buf *out, bool value);

/* A number, or null for 0. */
void json_put_id_or_null(struct buf *out, uint64_t id);

#endif
