/* text_table.h - from a run of bytes to a pointer, iterated in order of
 * insertion. As table.h in everything else; keys are copied. */
#ifndef COMMON_TEXT_TABLE_H
#define COMMON_TEXT_TABLE_H

#include "common/table_index.h"

struct text_table_entry {
    char *key; /* Owned. */
    uint32_t key_size;
    void *value; /* NULL: removed. */
};

/* Zeroed is empty and valid, with seed 0. Fields are private. */
struct text_table {
    struct text_table_entry *entries;
    struct table_index index;
    uint32_t filled;
    uint32_t capacity;
    uint64_t seed;
};

void text_table_init(struct text_table *table, uint64_t seed);

/* Frees the table and its keys, not the values. */
void text_table_finish(struct text_table *table);

static inline size_t text_table_count(const struct text_table *table) {
    return table->index.used;
}

/* The value, or NULL. */
void *text_table_find(const struct text_table *table, struct slice key);

/* As table_put(); the key is copied when it is new. A key is at most 1 MiB. */
void *text_table_put(struct text_table *table, struct slice key, void *value);

/* As table_remove(). */
void *text_table_remove(struct text_table *table, struct slice key);

/* As table_next(); the key is borrowed until the next put or remove. */
void *text_table_next(const struct text_table *table, size_t *at,
                      struct slice *key);

#endif
