/* seeds.h - a test that is done with many seeds, a slice of them in each of
 * Check's loops. Which one it was that aborted is printed: PARLANCE_SEED=N in
 * the environment runs that one alone. */
#ifndef TESTS_LIB_SEEDS_H
#define TESTS_LIB_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

#define SEEDS_SLICES 8

/* Calls |run| for each seed of |slice|, 0 .. SEEDS_SLICES - 1, among those
 * below |count|. False: only the one that PARLANCE_SEED chose was run. */
bool seeds_run(int slice, uint64_t count, void (*run)(uint64_t seed));

#endif
