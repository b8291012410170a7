/* fresh_cache.c - see fresh_cache.h. */
#include "persister/rocksdb/fresh_cache.h"

#include <stdlib.h>

#include "common/buf.h"

struct fresh_cache_entry {
    room_id room;
    struct fresh_cache_entry *newer;
    struct fresh_cache_entry *older;
    struct fresh fresh;
};

static void unlink_entry(struct fresh_cache *cache,
                         struct fresh_cache_entry *entry) {
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        cache->newest = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        cache->oldest = entry->newer;
}

static void link_newest(struct fresh_cache *cache,
                        struct fresh_cache_entry *entry) {
    entry->newer = NULL;
    entry->older = cache->newest;
    if (cache->newest)
        cache->newest->newer = entry;
    else
        cache->oldest = entry;
    cache->newest = entry;
}

struct fresh *fresh_cache_find(struct fresh_cache *cache, room_id room) {
    struct fresh_cache_entry *entry = table_find(&cache->rooms, room.value);
    if (!entry)
        return NULL;
    unlink_entry(cache, entry);
    link_newest(cache, entry);
    return &entry->fresh;
}

struct fresh *fresh_cache_add(struct fresh_cache *cache, room_id room) {
    struct fresh_cache_entry *entry = mem_zalloc(sizeof *entry);
    entry->room = room;
    link_newest(cache, entry);
    void *replaced = table_put(&cache->rooms, room.value, entry);
    INVARIANT(replaced == NULL);
    return &entry->fresh;
}

void fresh_cache_drop(struct fresh_cache *cache, room_id room) {
    struct fresh_cache_entry *entry = table_remove(&cache->rooms, room.value);
    if (!entry)
        return;
    unlink_entry(cache, entry);
    free(entry);
}

void fresh_cache_clear(struct fresh_cache *cache) {
    while (cache->oldest)
        fresh_cache_drop(cache, cache->oldest->room);
}

void fresh_cache_trim(struct fresh_cache *cache) {
    while (table_count(&cache->rooms) > FRESH_CACHE_ROOMS)
        fresh_cache_drop(cache, cache->oldest->room);
}

void fresh_cache_finish(struct fresh_cache *cache) {
    fresh_cache_clear(cache);
    table_finish(&cache->rooms);
}
