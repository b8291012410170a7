/* table.h - from a number to a pointer, iterated in order of insertion.
 *
 * The order is a property of the calls alone, never of addresses or of the
 * hash seed: what the deterministic core does by iterating is the same in
 * every run. find, put and remove take O(1) on average (put O(1) amortised);
 * iteration takes O(entries). An entry costs 16 to 24 bytes and its share of
 * the index, 11 to 21 more; memory is reused, and given back by finish. At most
 * 2^29 entries. Pure; one thread at a time. */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include "common/table_index.h"

struct table_entry {
    uint64_t key;
    void *value; /* NULL: removed, not reused until the table is packed. */
};

/* Zeroed is empty and valid, with seed 0. Fields are private. */
struct table {
    struct table_entry *entries;
    struct table_index index;
    uint32_t filled; /* Entries in use or removed. */
    uint32_t capacity;
    uint64_t seed;
};

/* |seed| guards against chosen keys and changes nothing else. */
void table_init(struct table *table, uint64_t seed);

/* Frees the table, not the values. */
void table_finish(struct table *table);

static inline size_t table_count(const struct table *table) {
    return table->index.used;
}

/* The value, or NULL. */
void *table_find(const struct table *table, uint64_t key);

/* Sets the value, which is not NULL; a new key goes to the end of the order,
 * a known one keeps its place. Returns the value that was replaced, or NULL.
 * Ends all iterations. */
void *table_put(struct table *table, uint64_t key, void *value);

/* Returns the value that was removed, or NULL. Allowed while iterating; put
 * again, the key is at the end of the order. */
void *table_remove(struct table *table, uint64_t key);

/* Steps through the entries:
 *
 *   uint64_t key;
 *   void *value;
 *   for (size_t at = 0; (value = table_next(table, &at, &key));)
 *
 * |key| may be NULL. */
void *table_next(const struct table *table, size_t *at, uint64_t *key);

#endif
