/* fresh_cache.h - the lists of fresh authors of the rooms that changed lately,
 * so that a message needs no read. What it says is always as the rows are
 * after the last record applied, written or not. One thread; pure. */
#ifndef PERSISTER_ROCKSDB_FRESH_CACHE_H
#define PERSISTER_ROCKSDB_FRESH_CACHE_H

#include "common/table.h"
#include "persister/rocksdb/fresh.h"

/* Some 3 MB; a room that fell out costs one read. */
#define FRESH_CACHE_ROOMS 16384u

struct fresh_cache_entry;

/* Zeroed is empty. */
struct fresh_cache {
    struct table rooms; /* Of struct fresh_cache_entry, by room id. */
    struct fresh_cache_entry *newest;
    struct fresh_cache_entry *oldest;
};

void fresh_cache_finish(struct fresh_cache *cache);

/* The room's list, or NULL. Lists stay where they are until trim, drop, clear
 * or finish. */
struct fresh *fresh_cache_find(struct fresh_cache *cache, room_id room);

/* The list of a room that is not there, empty. */
struct fresh *fresh_cache_add(struct fresh_cache *cache, room_id room);

void fresh_cache_drop(struct fresh_cache *cache, room_id room);
void fresh_cache_clear(struct fresh_cache *cache);

/* Down to FRESH_CACHE_ROOMS, those used least recently first. Only between
 * groups: of a room that changes in the group at hand the rows know less. */
void fresh_cache_trim(struct fresh_cache *cache);

#endif
