/* digests.h - the newest 4,096 batches of one partition, by their first
 * sequence: a ring in memory, filled from the rows of groups at the start.
 * Pure. */
#ifndef PERSISTER_ROCKSDB_DIGESTS_H
#define PERSISTER_ROCKSDB_DIGESTS_H

#include "persister/rocksdb/rows.h"

#define DIGESTS_MAX 4096u

/* Zeroed is empty. */
struct digests {
    struct digest_row *rows; /* By slot; first_seq 0: empty. */
    uint32_t next;           /* The slot that is written next. */
};

void digests_finish(struct digests *digests);

/* A batch newer than all others. */
void digests_add(struct digests *digests, const struct digest_row *row);

/* NULL: not kept. */
const struct digest_row *digests_find(const struct digests *digests,
                                      uint64_t first_seq);

#endif
