/* trace_digest.c - digests of effects, checksums of frames. */
#include "broker/trace/trace_digest.h"

#include "broker/trace/trace.h"
#include "broker/trace/trace_hash.h"

/* Numbers of |kind|s in digests; core.h may order its enum as it likes. */
enum { DIGEST_REPLY = 1, DIGEST_EVENT, DIGEST_APPEND, DIGEST_READ };

uint32_t trace_checksum(struct slice bytes) {
    return (uint32_t)trace_hash(bytes);
}

/* Takes |value| into |digest|; each of its bits changes half of the result. */
static uint64_t mix(uint64_t digest, uint64_t value) {
    digest = (digest ^ value) * UINT64_C(0x9e3779b185ebca87);
    digest = (digest ^ digest >> 32) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return digest ^ digest >> 29;
}

static uint64_t digest_parts(uint64_t kind, uint64_t number, uint64_t more,
                             struct slice bytes) {
    uint64_t digest = trace_hash(bytes);
    return mix(mix(digest, kind << 32 | number), more);
}

static uint64_t digest_event(const struct effects *effects,
                             const struct effect *effect) {
    const uint32_t *gateways = effect_gateways(effects, effect);
    uint64_t digest = 0;
    for (uint32_t i = 0; i < effect->gateway_count; i++)
        digest = mix(digest, gateways[i]);
    return digest_parts(DIGEST_EVENT, effect->gateway_count, digest,
                        effect_bytes(effects, effect));
}

uint64_t trace_effect_digest(const struct effects *effects,
                             const struct effect *effect) {
    struct slice bytes = effect_bytes(effects, effect);
    switch (effect->kind) {
    case EFFECT_REPLY:
        return digest_parts(DIGEST_REPLY, effect->gateway, 0, bytes);
    case EFFECT_EVENT:
        return digest_event(effects, effect);
    case EFFECT_APPEND:
        return digest_parts(DIGEST_APPEND, effect->partition, effect->seq,
                            bytes);
    case EFFECT_READ:
        return digest_parts(DIGEST_READ, 0, 0, bytes);
    }
    INVARIANT(!"an effect of no kind");
    return 0;
}
