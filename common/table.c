/* table.c - see table.h. Entries stand in an array in the order in which they
 * came; the index leads into it. */
#include "common/table.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/hash.h"

#define CAPACITY_MIN 8u

void table_init(struct table *table, uint64_t seed) {
    *table = (struct table){.seed = seed};
}

void table_finish(struct table *table) {
    free(table->entries);
    table_index_finish(&table->index);
    *table = (struct table){.seed = table->seed};
}

/* Finds the slot and the position of |key|. */
static bool seek(const struct table *table, uint64_t key, uint32_t *slot,
                 uint32_t *position) {
    uint32_t hash = (uint32_t)hash_u64(table->seed, key);
    *slot = table_index_home(&table->index, hash);
    for (; table_index_seek(&table->index, hash, slot, position); (*slot)++) {
        if (table->entries[*position].key == key)
            return true;
    }
    return false;
}

void *table_find(const struct table *table, uint64_t key) {
    uint32_t slot, position;
    return seek(table, key, &slot, &position) ? table->entries[position].value
                                              : NULL;
}

/* Closes the gaps that removals left, keeping the order. */
static void pack(struct table *table) {
    uint32_t *moved_to = mem_alloc(table->filled * sizeof *moved_to);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < table->filled; i++) {
        moved_to[i] = kept;
        if (table->entries[i].value)
            table->entries[kept++] = table->entries[i];
    }
    table_index_renumber(&table->index, moved_to);
    free(moved_to);
    table->filled = kept;
    POST(kept == table->index.used);
}

/* Makes room for one entry more: by packing if at least a quarter are gaps,
 * so that each packing is paid for by as many removals. */
static void make_room(struct table *table) {
    if (table->filled < table->capacity)
        return;
    uint32_t gaps = table->filled - table->index.used;
    if (gaps > table->capacity / 4) {
        pack(table);
        return;
    }
    uint32_t more = table->capacity / 2;
    table->capacity += more > CAPACITY_MIN ? more : CAPACITY_MIN;
    table->entries =
        mem_realloc(table->entries, table->capacity * sizeof *table->entries);
}

void *table_put(struct table *table, uint64_t key, void *value) {
    PRE(value != NULL);
    uint32_t slot, position;
    if (seek(table, key, &slot, &position)) {
        void *old = table->entries[position].value;
        table->entries[position].value = value;
        return old;
    }
    make_room(table);
    table->entries[table->filled] = (struct table_entry){key, value};
    table_index_add(&table->index, (uint32_t)hash_u64(table->seed, key),
                    table->filled);
    table->filled++;
    return NULL;
}

void *table_remove(struct table *table, uint64_t key) {
    uint32_t slot, position;
    if (!seek(table, key, &slot, &position))
        return NULL;
    void *value = table->entries[position].value;
    table_index_remove(&table->index, slot);
    table->entries[position].value = NULL;
    /* A stack's pattern (put, remove, put) leaves no gaps behind. */
    while (table->filled > 0 && !table->entries[table->filled - 1].value)
        table->filled--;
    return value;
}

void *table_next(const struct table *table, size_t *at, uint64_t *key) {
    while (*at < table->filled) {
        const struct table_entry *entry = &table->entries[(*at)++];
        if (entry->value) {
            if (key)
                *key = entry->key;
            return entry->value;
        }
    }
    return NULL;
}
