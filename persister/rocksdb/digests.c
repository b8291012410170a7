/* digests.c - see digests.h. */
#include "persister/rocksdb/digests.h"

#include <stdlib.h>

void digests_finish(struct digests *digests) {
    free(digests->rows);
    *digests = (struct digests){0};
}

static void put(struct digests *digests, uint32_t slot,
                const struct digest_row *row) {
    PRE(slot < DIGESTS_MAX);
    if (!digests->rows)
        digests->rows = mem_zalloc(DIGESTS_MAX * sizeof *digests->rows);
    digests->rows[slot] = *row;
}

static uint32_t before(uint32_t slot) {
    return (slot + DIGESTS_MAX - 1) % DIGESTS_MAX;
}

void digests_load(struct digests *digests, uint32_t slot,
                  const struct digest_row *row) {
    bool first = digests->rows == NULL;
    put(digests, slot, row);
    /* The newest batch has the highest sequence; the next slot follows it. */
    if (first ||
        row->first_seq > digests->rows[before(digests->next)].first_seq)
        digests->next = (slot + 1) % DIGESTS_MAX;
}

uint32_t digests_add(struct digests *digests, const struct digest_row *row) {
    uint32_t slot = digests->next;
    put(digests, slot, row);
    digests->next = (slot + 1) % DIGESTS_MAX;
    return slot;
}

const struct digest_row *digests_find(const struct digests *digests,
                                      uint64_t first_seq) {
    if (!digests->rows)
        return NULL;
    /* Newest first: what is sent again was sent lately. */
    uint32_t slot = digests->next;
    for (uint32_t i = 0; i < DIGESTS_MAX; i++) {
        slot = before(slot);
        const struct digest_row *row = &digests->rows[slot];
        if (row->first_seq == 0 || row->first_seq < first_seq)
            return NULL;
        if (row->first_seq == first_seq)
            return row;
    }
    return NULL;
}
