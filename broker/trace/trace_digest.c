/* trace_digest.c - digests and checksums; the only user of xxhash. XXH3's
 * results are the same on every machine and fixed since xxhash 0.8.0. */
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

/* Of two numbers, one by one: what stands beside an effect's bytes. */
static uint64_t digest_numbers(char kind, uint32_t number, uint64_t seq) {
    char numbers[13];
    numbers[0] = kind;
    put_u32(numbers + 1, number);
    put_u64(numbers + 5, seq);
    return XXH3_64bits(numbers, sizeof numbers);
}

static uint64_t digest_gateways(uint64_t digest, const uint32_t *gateways,
                                uint32_t count) {
    char numbers[4 * GATEWAYS_AT_ONCE];
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

/* Of everything but the bytes. */
static uint64_t digest_address(const struct effects *effects,
                               const struct effect *effect) {
    switch (effect->kind) {
    case EFFECT_REPLY:
        return digest_numbers(DIGEST_REPLY, effect->gateway, 0);
    case EFFECT_EVENT:
        return digest_gateways(
            digest_numbers(DIGEST_EVENT, effect->gateway_count, 0),
            effect_gateways(effects, effect), effect->gateway_count);
    case EFFECT_APPEND:
        return digest_numbers(DIGEST_APPEND, effect->partition, effect->seq);
    case EFFECT_READ:
        return digest_numbers(DIGEST_READ, 0, 0);
    }
    INVARIANT(!"an effect of no kind");
    return 0;
}

uint64_t trace_effect_digest(const struct effects *effects,
                             const struct effect *effect) {
    struct slice bytes = effect_bytes(effects, effect);
    return XXH3_64bits_withSeed(bytes.data, bytes.size,
                                digest_address(effects, effect));
}
