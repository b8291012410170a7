/* little_endian.h - numbers as bytes, the same on every machine. Pure. */
#ifndef COMMON_LITTLE_ENDIAN_H
#define COMMON_LITTLE_ENDIAN_H

#include "common/types.h"

static inline uint32_t get_u32(const char *bytes) {
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
           (uint32_t)b[3] << 24;
}

static inline uint64_t get_u64(const char *bytes) {
    return (uint64_t)get_u32(bytes) | (uint64_t)get_u32(bytes + 4) << 32;
}

/* Compilers make one store of it. */
static inline void put_u32(char *out, uint32_t value) {
    out[0] = (char)value;
    out[1] = (char)(value >> 8);
    out[2] = (char)(value >> 16);
    out[3] = (char)(value >> 24);
}

static inline void put_u64(char *out, uint64_t value) {
    put_u32(out, (uint32_t)value);
    put_u32(out + 4, (uint32_t)(value >> 32));
}

#endif
