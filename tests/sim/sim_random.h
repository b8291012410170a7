/* sim_random.h - choices from a seed. Two that begin with one seed go on
 * alike. */
#ifndef TESTS_SIM_SIM_RANDOM_H
#define TESTS_SIM_SIM_RANDOM_H

#include "common/types.h"

/* Any value is a valid beginning. */
struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random) {
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. count - 1; 0 if there is none. */
static inline uint32_t random_below(struct random *random, uint32_t count) {
    uint64_t value = random_next(random);
    return count ? (uint32_t)(value % count) : 0;
}

static inline bool random_chance(struct random *random, uint32_t percent) {
    return random_below(random, 100) < percent;
}

#endif
