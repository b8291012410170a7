/* numbers.c - see numbers.h. */
#include "persister/rocksdb/numbers.h"

void number_put(uint64_t number, struct buf *out) {
    char *at = buf_reserve(out, NUMBER_BYTES_MAX);
    out->size += (size_t)(number_write(at, number) - at);
}

void number_put_sized(struct slice bytes, struct buf *out) {
    number_put(bytes.size, out);
    if (bytes.size)
        buf_append_slice(out, bytes);
}

bool number_take(struct slice *row, uint64_t *out) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < NUMBER_BYTES_MAX; i++) {
        if (i == row->size)
            return false;
        uint8_t byte = (uint8_t)row->data[i];
        if (i == NUMBER_BYTES_MAX - 1 && byte > 1)
            return false; /* Over 64 bits. */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            row->data += i + 1;
            row->size -= i + 1;
            *out = value;
            return true;
        }
    }
    return false;
}

bool number_take_sized(struct slice *row, struct slice *out) {
    uint64_t size;
    if (!number_take(row, &size) || size > row->size)
        return false;
    *out = (struct slice){row->data, size};
    row->data += size;
    row->size -= size;
    return true;
}
