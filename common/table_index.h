/* table_index.h - the part that both tables share: from a hash to positions
 * in an array that the table keeps. Open addressing with linear probing, at
 * most 3/4 full; removal shifts the rest of the run back, so there are no
 * markers that make lookups slower with time. A slot holds 32 bits of hash
 * beside the position, so a lookup reads an entry only when it almost surely
 * matches, and growing reads no entry at all. Private to common/. */
#ifndef COMMON_TABLE_INDEX_H
#define COMMON_TABLE_INDEX_H

#include "common/types.h"

/* |position| is one more than the entry's; 0 is an empty slot. */
struct table_slot {
    uint32_t hash;
    uint32_t position;
};

/* Zeroed is empty and valid. */
struct table_index {
    struct table_slot *slots;
    uint32_t mask; /* Slots less one; a power of two less one. */
    uint32_t used;
};

/* Walks the positions that may hold a key of this hash:
 *
 *   for (uint32_t slot = table_index_home(index, hash);
 *        table_index_seek(index, hash, &slot, &position); slot++) */
static inline uint32_t table_index_home(const struct table_index *index,
                                        uint32_t hash) {
    return hash & index->mask;
}

static inline bool table_index_seek(const struct table_index *index,
                                    uint32_t hash, uint32_t *slot,
                                    uint32_t *position) {
    if (!index->slots)
        return false;
    for (*slot &= index->mask; index->slots[*slot].position != 0;
         *slot = (*slot + 1) & index->mask) {
        if (index->slots[*slot].hash == hash) {
            *position = index->slots[*slot].position - 1;
            return true;
        }
    }
    return false;
}

/* Adds a position; the caller has looked that the key is not there. */
void table_index_add(struct table_index *index, uint32_t hash,
                     uint32_t position);

/* Empties |slot|, which a seek found. */
void table_index_remove(struct table_index *index, uint32_t slot);

/* After entries moved: |moved_to[old position]| is where each is now. */
void table_index_renumber(struct table_index *index, const uint32_t *moved_to);

void table_index_finish(struct table_index *index);

#endif
