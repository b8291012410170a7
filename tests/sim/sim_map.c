/* sim_map.c - see sim_map.h: open addressing, at most half full. */
#include "tests/sim/sim_map.h"

#include <stdlib.h>

#include "common/buf.h"

static uint32_t start_of(const struct map *map, uint64_t key) {
    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 33) &
           (map->capacity - 1);
}

uint32_t map_get(const struct map *map, uint64_t key) {
    if (map->capacity == 0 || key == 0)
        return UINT32_MAX;
    for (uint32_t i = start_of(map, key);; i = (i + 1) & (map->capacity - 1)) {
        if (map->keys[i] == key)
            return map->values[i];
        if (map->keys[i] == 0)
            return UINT32_MAX;
    }
}

static void grow(struct map *map) {
    struct map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : 64;
    map->count = 0;
    map->keys = mem_zalloc(map->capacity * sizeof(*map->keys));
    map->values = mem_zalloc(map->capacity * sizeof(*map->values));
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.keys[i])
            map_put(map, old.keys[i], old.values[i]);
    free(old.keys);
    free(old.values);
}

void map_put(struct map *map, uint64_t key, uint32_t value) {
    PRE(key != 0);
    if (map->count * 2 >= map->capacity)
        grow(map);
    uint32_t i = start_of(map, key);
    while (map->keys[i] && map->keys[i] != key)
        i = (i + 1) & (map->capacity - 1);
    map->count += map->keys[i] == 0;
    map->keys[i] = key;
    map->values[i] = value;
}

void map_finish(struct map *map) {
    free(map->keys);
    free(map->values);
    *map = (struct map){0};
}
