/* text_table.c - see text_table.h; the twin of table.c. */
#include "common/text_table.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/hash.h"

#define CAPACITY_MIN 8u
#define KEY_BYTES_MAX (1u << 20)

void text_table_init(struct text_table *table, uint64_t seed) {
    *table = (struct text_table){.seed = seed};
}

void text_table_finish(struct text_table *table) {
    for (uint32_t i = 0; i < table->filled; i++)
        free(table->entries[i].key);
    free(table->entries);
    table_index_finish(&table->index);
    *table = (struct text_table){.seed = table->seed};
}

static struct slice entry_key(const struct text_table_entry *entry) {
    return (struct slice){entry->key, entry->key_size};
}

/* Finds the slot and the position of |key|. */
static bool seek(const struct text_table *table, struct slice key,
                 uint32_t hash, uint32_t *slot, uint32_t *position) {
    *slot = table_index_home(&table->index, hash);
    for (; table_index_seek(&table->index, hash, slot, position); (*slot)++) {
        if (slice_equal(entry_key(&table->entries[*position]), key))
            return true;
    }
    return false;
}

void *text_table_find(const struct text_table *table, struct slice key) {
    uint32_t slot, position;
    uint32_t hash = (uint32_t)hash_bytes(table->seed, key);
    return seek(table, key, hash, &slot, &position)
               ? table->entries[position].value
               : NULL;
}

/* Closes the gaps that removals left, keeping the order. */
static void pack(struct text_table *table) {
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

static void make_room(struct text_table *table) {
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

void *text_table_put(struct text_table *table, struct slice key, void *value) {
    PRE(value != NULL);
    PRE(key.size <= KEY_BYTES_MAX);
    uint32_t slot, position;
    uint32_t hash = (uint32_t)hash_bytes(table->seed, key);
    if (seek(table, key, hash, &slot, &position)) {
        void *old = table->entries[position].value;
        table->entries[position].value = value;
        return old;
    }
    make_room(table);
    struct text_table_entry *entry = &table->entries[table->filled];
    *entry = (struct text_table_entry){.key = mem_alloc(key.size),
                                       .key_size = (uint32_t)key.size,
                                       .value = value};
    if (key.size > 0)
        memcpy(entry->key, key.data, key.size);
    table_index_add(&table->index, hash, table->filled);
    table->filled++;
    return NULL;
}

void *text_table_remove(struct text_table *table, struct slice key) {
    uint32_t slot, position;
    uint32_t hash = (uint32_t)hash_bytes(table->seed, key);
    if (!seek(table, key, hash, &slot, &position))
        return NULL;
    struct text_table_entry *entry = &table->entries[position];
    void *value = entry->value;
    table_index_remove(&table->index, slot);
    free(entry->key);
    *entry = (struct text_table_entry){0};
    while (table->filled > 0 && !table->entries[table->filled - 1].value)
        table->filled--;
    return value;
}

void *text_table_next(const struct text_table *table, size_t *at,
                      struct slice *key) {
    while (*at < table->filled) {
        const struct text_table_entry *entry = &table->entries[(*at)++];
        if (entry->value) {
            if (key)
                *key = entry_key(entry);
            return entry->value;
        }
    }
    return NULL;
}
