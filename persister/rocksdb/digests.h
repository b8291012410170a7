/* digests.h - the newest 4,096 batches of one partition, by their first
 * sequence. On disk they lie in as many slots that are written round and
 * round, so nothing is ever deleted; in memory they are all there. Pure. */
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

/* A row found on disk, in any order of slots. |slot| < DIGESTS_MAX. */
void digests_load(struct digests *digests, uint32_t slot,
                  const struct digest_row *row);

/* A new batch; returns the slot that it takes. */
uint32_t digests_add(struct digests *digests, const struct digest_row *row);

/* NULL: not kept. */
const struct digest_row *digests_find(const struct digests *digests,
                                      uint64_t first_seq);

#endif
