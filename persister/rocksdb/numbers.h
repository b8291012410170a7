/* numbers.h - LEB128 numbers, of which the rows of the disk format are made:
 * seven bits a byte, the lowest first, the high bit set in all but the last.
 * Pure. */
#ifndef PERSISTER_ROCKSDB_NUMBERS_H
#define PERSISTER_ROCKSDB_NUMBERS_H

#include "common/buf.h"

#define NUMBER_BYTES_MAX 10u

/* Writes at |at|, which has room for NUMBER_BYTES_MAX; returns the end. */
static inline char *number_write(char *at, uint64_t number) {
    for (; number >= 0x80; number >>= 7)
        *at++ = (char)(number | 0x80);
    *at++ = (char)number;
    return at;
}

void number_put(uint64_t number, struct buf *out);

/* The number's size, then the bytes. */
void number_put_sized(struct slice bytes, struct buf *out);

/* Each takes from the front of |row|; false: it is no such thing. */
bool number_take(struct slice *row, uint64_t *out) MUST_CHECK;
bool number_take_sized(struct slice *row, struct slice *out) MUST_CHECK;

#endif
