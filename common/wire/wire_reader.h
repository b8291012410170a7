/* wire_reader.h - reads msgpack from hostile bytes, one value at a time.
 *
 * Why not msgpack-c's unpacker: it allocates what a header claims before it
 * has seen the bytes (8 bytes ask it for 34 GB). This reader allocates nothing
 * and checks every count against what is left. Tests hold it against
 * msgpack-c's own packer and unpacker. Private to common/wire. */
#ifndef COMMON_WIRE_WIRE_READER_H
#define COMMON_WIRE_WIRE_READER_H

#include "common/types.h"

struct wire_reader {
    const uint8_t *at;
    const uint8_t *end;
};

/* Each returns false, and leaves the reader where it was or at a place that
 * must not be used, when the next value is of another type or cut off. */
bool reader_uint(struct wire_reader *reader, uint64_t *out);
bool reader_int(struct wire_reader *reader, int64_t *out);
bool reader_bool(struct wire_reader *reader, bool *out);
bool reader_nil(struct wire_reader *reader);

/* str or bin; borrowed. */
bool reader_bytes(struct wire_reader *reader, struct slice *out);

/* The header of an array whose elements can be there: each takes a byte. */
bool reader_array(struct wire_reader *reader, uint32_t *count);

/* Any one value, nested at most |depth| deep. */
bool reader_skip(struct wire_reader *reader, uint32_t depth);

static inline size_t reader_left(const struct wire_reader *reader) {
    return (size_t)(reader->end - reader->at);
}

#endif
