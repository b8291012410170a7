/* digests.c - see digests.h. */
#include "persister/rocksdb/digests.h"

#include <stdlib.h>

void digests_finish(struct digests *digests) {
    free(digests->rows);
    *digests = (struct digests){0};
}

static uint32_t before(uint32_t slot) {
    return (slot + DIGESTS_MAX - 1) % DIGESTS_MAX;
}

void digests_add(struct digests *digests, const struct digest_row *row) {
    if (!digests->rows)
        digests->rows = mem_zalloc(DIGESTS_MAX * sizeof *digests->rows);
    digests->rows[digests->next] = *row;
    digests->next = (digests->next + 1) % DIGESTS_MAX;
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
