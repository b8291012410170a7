/* sim_draw.h - choices of a simulated run.
 *
 * There is no stream of random numbers: each choice is a hash of what it is
 * about (the seed, the connection, the number of the message). So leaving one
 * action out of a schedule leaves the other choices what they were. Pure. */
#ifndef TESTS_SIM_SIM_DRAW_H
#define TESTS_SIM_SIM_DRAW_H

#include "common/hash.h"

/* A key for the choices about |what|, below the key |above|. */
static inline uint64_t sim_key(uint64_t above, uint64_t what) {
    return hash_u64(above ^ UINT64_C(0x5851f42d4c957f2d), what);
}

/* A number of 0 .. |count| - 1; |count| > 0. */
static inline uint64_t sim_draw(uint64_t key, uint64_t what, uint64_t count) {
    return sim_key(key, what) % count;
}

/* A number of |low| .. |high|. */
static inline uint64_t sim_between(uint64_t key, uint64_t what, uint64_t low,
                                   uint64_t high) {
    return low + sim_draw(key, what, high - low + 1);
}

/* True in |per_million| of a million cases. */
static inline bool sim_happens(uint64_t key, uint64_t what,
                               uint64_t per_million) {
    return sim_draw(key, what, 1000000) < per_million;
}

/* Mostly small, now and then large: half of all are below |low| + 1/16 of the
 * range. */
static inline uint64_t sim_skewed(uint64_t key, uint64_t what, uint64_t low,
                                  uint64_t high) {
    unsigned shift = (unsigned)sim_draw(key, what ^ 0x736b6577, 8);
    return low + (sim_between(key, what, 0, high - low) >> shift);
}

#endif
