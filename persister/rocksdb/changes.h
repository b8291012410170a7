/* changes.h - the rows that a group puts or removes, in the order of their
 * keys.
 *
 * Why not straight into the library's batch: a row that lies just behind the
 * one inserted before costs it next to nothing, a row anywhere else a search
 * of the whole memtable, which is most of what a message costs. Sorted, the
 * messages of a room lie side by side. Of several changes of one key only the
 * last is left. Pure. */
#ifndef PERSISTER_ROCKSDB_CHANGES_H
#define PERSISTER_ROCKSDB_CHANGES_H

#include "common/buf.h"
#include "common/text_table.h"
#include "persister/rocksdb/keys.h"

struct change {
    uint64_t prefix; /* First bytes of the key, as a number, to sort by. */
    size_t key_at;   /* In |bytes|. */
    uint32_t key_size;
    uint32_t value_size;
    uint32_t order; /* Of the call. */
    bool removed;
    bool dropped; /* As if it had never been. */
};

/* Zeroed is empty. */
struct changes {
    struct buf bytes; /* Key, value, key, value, ... */
    struct change *items;
    uint32_t count;
    uint32_t capacity;
    bool open;               /* The last one's value is being written. */
    struct text_table index; /* By key; of the first |indexed| items. */
    uint32_t indexed;
};

void changes_finish(struct changes *changes);
void changes_clear(struct changes *changes);

/* Puts a row: the caller appends its value to the buffer returned, before any
 * other call. */
struct buf *changes_put(struct changes *changes, const struct key *key);

void changes_remove(struct changes *changes, const struct key *key);

/* The latest change of |key|, valid until the next call, or NULL. For the few
 * that must know: the first call of a group makes an index. */
const struct change *changes_find(struct changes *changes,
                                  const struct key *key);

/* Drops all changes of keys from |first| up to, not including, |end|. */
void changes_drop_range(struct changes *changes, const struct key *first,
                        const struct key *end);

/* Sorts by key and drops what was changed again later; then |items| may be
 * read. Nothing may be added until clear. */
void changes_sort(struct changes *changes);

static inline struct slice changes_key(const struct changes *changes,
                                       const struct change *change) {
    return (struct slice){changes->bytes.data + change->key_at,
                          change->key_size};
}

static inline struct slice changes_value(const struct changes *changes,
                                         const struct change *change) {
    return (struct slice){changes->bytes.data + change->key_at +
                              change->key_size,
                          change->value_size};
}

#endif
