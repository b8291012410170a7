/* trace_hash.h - XXH3, 64 bits. Private to broker/trace.
 *
 * With AVX2, where the processor has it: a broker that records costs 1.09 times
 * the CPU of one that does not then, else 1.11. Not with AVX-512, nor by
 * xxhash's own dispatch, which takes it: for bytes as few as these it is a
 * third faster in a loop, and half as much CPU again in a broker. */
#ifndef BROKER_TRACE_TRACE_HASH_H
#define BROKER_TRACE_TRACE_HASH_H

#include "common/types.h"

/* The same function, for any processor and for one with AVX2. */
uint64_t trace_hash_plain(struct slice bytes);
uint64_t trace_hash_wide(struct slice bytes);

static inline bool trace_hash_is_wide(void) {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx2") != 0;
#else
    return false;
#endif
}

static inline uint64_t trace_hash(struct slice bytes) {
#ifdef __x86_64__
    if (trace_hash_is_wide())
        return trace_hash_wide(bytes);
#endif
    return trace_hash_plain(bytes);
}

#endif
