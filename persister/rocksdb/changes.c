/* changes.c - see changes.h. */
#include "persister/rocksdb/changes.h"

#include <stdlib.h>

void changes_finish(struct changes *changes) {
    buf_finish(&changes->bytes);
    free(changes->items);
    text_table_finish(&changes->index);
    *changes = (struct changes){0};
}

void changes_clear(struct changes *changes) {
    buf_clear(&changes->bytes);
    changes->count = 0;
    changes->open = false;
    if (changes->indexed) {
        text_table_finish(&changes->index);
        changes->indexed = 0;
    }
}

/* The value of the last change ends where the next key begins. */
static void seal(struct changes *changes) {
    if (!changes->open)
        return;
    struct change *last = &changes->items[changes->count - 1];
    last->value_size =
        (uint32_t)(changes->bytes.size - last->key_at - last->key_size);
    changes->open = false;
}

/* Equal prefixes say nothing; unequal ones are in the order of their keys. */
static uint64_t prefix_of(const struct key *key) {
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof prefix; i++)
        prefix = prefix << 8 | (i < key->size ? (uint8_t)key->bytes[i] : 0);
    return prefix;
}

static void add(struct changes *changes, const struct key *key, bool removed) {
    seal(changes);
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity ? 2 * changes->capacity : 1024;
        changes->items = mem_realloc(
            changes->items, changes->capacity * sizeof *changes->items);
    }
    changes->items[changes->count] =
        (struct change){.prefix = prefix_of(key),
                        .key_at = changes->bytes.size,
                        .key_size = (uint32_t)key->size,
                        .order = changes->count,
                        .removed = removed};
    changes->count++;
    buf_append_slice(&changes->bytes, key_slice(key));
}

struct buf *changes_put(struct changes *changes, const struct key *key) {
    add(changes, key, false);
    changes->open = true;
    return &changes->bytes;
}

void changes_remove(struct changes *changes, const struct key *key) {
    add(changes, key, true);
}

static int compare_keys(struct slice a, struct slice b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

const struct change *changes_find(struct changes *changes,
                                  const struct key *key) {
    seal(changes);
    for (; changes->indexed < changes->count; changes->indexed++) {
        /* Items move when they grow in number: the index holds the position,
         * and 1 more, since it cannot hold NULL. */
        uintptr_t position = (uintptr_t)changes->indexed + 1;
        text_table_put(&changes->index,
                       changes_key(changes, &changes->items[changes->indexed]),
                       (void *)position);
    }
    uintptr_t found =
        (uintptr_t)text_table_find(&changes->index, key_slice(key));
    if (found == 0 || changes->items[found - 1].dropped)
        return NULL;
    return &changes->items[found - 1];
}

void changes_drop_range(struct changes *changes, const struct key *first,
                        const struct key *end) {
    for (uint32_t i = 0; i < changes->count; i++) {
        struct slice key = changes_key(changes, &changes->items[i]);
        if (compare_keys(key, key_slice(first)) >= 0 &&
            compare_keys(key, key_slice(end)) < 0)
            changes->items[i].dropped = true;
    }
}

static int by_key(const void *left, const void *right, void *payload) {
    const struct changes *changes = payload;
    const struct change *a = left;
    const struct change *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    int order = compare_keys(changes_key(changes, a), changes_key(changes, b));
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

void changes_sort(struct changes *changes) {
    uint32_t kept = 0;
    seal(changes);
    for (uint32_t i = 0; i < changes->count; i++) {
        if (!changes->items[i].dropped)
            changes->items[kept++] = changes->items[i];
    }
    changes->count = kept;
    kept = 0;
    if (changes->count == 0)
        return;
    qsort_r(changes->items, changes->count, sizeof *changes->items, by_key,
            changes);
    for (uint32_t i = 0; i < changes->count; i++) {
        const struct change *item = &changes->items[i];
        if (i + 1 < changes->count &&
            compare_keys(changes_key(changes, item),
                         changes_key(changes, item + 1)) == 0)
            continue;
        changes->items[kept++] = *item;
    }
    changes->count = kept;
}
