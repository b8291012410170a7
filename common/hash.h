/* hash.h - seeded hashes for the tables of common. Keys come from outside
 * (user ids, client keys), so the seed keeps anyone from choosing keys that
 * collide; no result of ours may depend on a hash. Pure. */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include "common/types.h"

static inline uint64_t hash_u64(uint64_t seed, uint64_t value) {
    uint64_t hash = (value ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    hash = ((hash + seed) ^ (hash >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ (hash >> 32);
}

/* SipHash-1-3 keyed with |seed|. */
uint64_t hash_bytes(uint64_t seed, struct slice bytes);

#endif
