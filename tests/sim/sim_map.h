/* sim_map.h - from an id to an index, for the checkers, which share no code
 * with what they check. Nothing is ever taken out. */
#ifndef TESTS_SIM_SIM_MAP_H
#define TESTS_SIM_SIM_MAP_H

#include <stdint.h>

/* Zeroed is empty. */
struct map {
    uint64_t *keys; /* 0: free. */
    uint32_t *values;
    uint32_t capacity; /* A power of two. */
    uint32_t count;
};

/* |key| is not 0. UINT32_MAX: it is not there. */
uint32_t map_get(const struct map *map, uint64_t key);
void map_put(struct map *map, uint64_t key, uint32_t value);
void map_finish(struct map *map);

#endif
