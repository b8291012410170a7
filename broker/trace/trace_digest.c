/* trace_digest.c - digests and checksums; the only user of xxhash. XXH3's
 * results are the same on every machine and fixed since xxhash 0.8.0.
 *
 * Not by xxh_x86dispatch.h: for bytes as few as these the widest registers take
 * a third less time in a loop, and half as much CPU again in a broker. */
#include "broker/trace/trace_digest.h"

#include <xxhash.h>

#include "broker/trace/trace.h"
#include "common/little_endian.h"

/* So many numbers of gateways are digested at once. */
#define GATEWAYS_AT_ONCE 64u

/* Numbers of |kind|s in digests; core.h may order its enum as it likes. */
enum { DIGEST_REPLY = 1, DIGEST_EVENT, DIGEST_APPEND, DIGEST_READ };

uint32_t trace_checksum(struct slice bytes) {
    return (uint32_t)XXH3_64bits(bytes.data, bytes.size);
}

static uint64_t digest_gateways(const uint32_t *gateways, uint32_t count) {
    char numbers[4 * GATEWAYS_AT_ONCE];
    uint64_t digest = 0;
    while (count > 0) {
        uint32_t some = count < GATEWAYS_AT_ONCE ? count : GATEWAYS_AT_ONCE;
        for (uint32_t i = 0; i < some; i++)
            put_u32(numbers + 4 * (size_t)i, gateways[i]);
        digest = XXH3_64bits_withSeed(numbers, 4 * (size_t)some, digest);
        gateways += some;
        count -= some;
    }
    return digest;
}

/* The bytes first, without a seed: with one, xxhash prepares itself anew for
 * each of them. */
static uint64_t digest_parts(char kind, uint32_t number, uint64_t more,
                             struct slice bytes) {
    char parts[21];
    parts[0] = kind;
    put_u32(parts + 1, number);
    put_u64(parts + 5, more);
    put_u64(parts + 13, XXH3_64bits(bytes.data, bytes.size));
    return XXH3_64bits(parts, sizeof parts);
}

uint64_t trace_effect_digest(const struct effects *effects,
                             const struct effect *effect) {
    struct slice bytes = effect_bytes(effects, effect);
    switch (effect->kind) {
    case EFFECT_REPLY:
        return digest_parts(DIGEST_REPLY, effect->gateway, 0, bytes);
    case EFFECT_EVENT:
        return digest_parts(DIGEST_EVENT, effect->gateway_count,
                            digest_gateways(effect_gateways(effects, effect),
                                            effect->gateway_count),
                            bytes);
    case EFFECT_APPEND:
        return digest_parts(DIGEST_APPEND, effect->partition, effect->seq,
                            bytes);
    case EFFECT_READ:
        return digest_parts(DIGEST_READ, 0, 0, bytes);
    }
    INVARIANT(!"an effect of no kind");
    return 0;
}
