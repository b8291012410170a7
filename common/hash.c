/* hash.c - see hash.h. SipHash: Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF", with 1 round per word and 3 at the end. */
#include "common/hash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t value, unsigned bits) {
    return value << bits | value >> (64 - bits);
}

static inline void sip_round(struct sip *sip) {
    sip->v0 += sip->v1;
    sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
    sip->v0 = rotate(sip->v0, 32);
    sip->v2 += sip->v3;
    sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
    sip->v0 += sip->v3;
    sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
    sip->v2 += sip->v1;
    sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
    sip->v2 = rotate(sip->v2, 32);
}

uint64_t hash_bytes(uint64_t seed, struct slice bytes) {
    uint64_t key = ~seed;
    struct sip sip = {seed ^ UINT64_C(0x736f6d6570736575),
                      key ^ UINT64_C(0x646f72616e646f6d),
                      seed ^ UINT64_C(0x6c7967656e657261),
                      key ^ UINT64_C(0x7465646279746573)};
    size_t done = 0;
    for (; bytes.size - done >= 8; done += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + done, sizeof word);
        sip.v3 ^= word;
        sip_round(&sip);
        sip.v0 ^= word;
    }
    uint64_t last = (uint64_t)bytes.size << 56;
    if (bytes.size > done)
        memcpy(&last, bytes.data + done, bytes.size - done);
    sip.v3 ^= last;
    sip_round(&sip);
    sip.v0 ^= last;
    sip.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&sip);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}
