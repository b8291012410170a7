/* changes.c - see changes.h. */
#include "persister/rocksdb/changes.h"

#include <stdlib.h>

void changes_finish(struct changes *changes) {
    buf_finish(&changes->bytes);
    free(changes->items);
    *changes = (struct changes){0};
}

void changes_clear(struct changes *changes) {
    buf_clear(&changes->bytes);
    changes->count = 0;
    changes->open = false;
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
