/* group_row.h - the row of a group, one for each append: which records it took
 * of which partitions, and where its messages are; and the snapshot row, which
 * says how things stood before a group, so that opening reads few of them.
 *
 * All numbers are LEB128 (numbers.h).
 *   group      consolidated, number of batches, then for each batch:
 *              partition, first_seq, number of records, digest, number of
 *              spots, then for each spot: seq - the one before (first_seq at
 *              first), room, ordinal
 *   snapshot   group, then the 64 heads before it
 *
 * Every decoder takes hostile bytes and says ERR_CORRUPT. Pure. */
#ifndef PERSISTER_ROCKSDB_GROUP_ROW_H
#define PERSISTER_ROCKSDB_GROUP_ROW_H

#include "persister/rocksdb/digests.h"
#include "persister/rocksdb/rows.h"

/* One batch of a group. */
struct group_batch {
    uint32_t partition;
    struct digest_row digest;
    uint32_t spots_count; /* Of the messages that it made. */
};

/* |spots|: those of all batches, one batch after the other, by ascending seq.
 * |consolidated|: a bit for each partition whose earlier spots, all of them,
 * went into a spots row together with this group. */
void group_row_put(uint64_t consolidated, const struct group_batch *batches,
                   uint32_t count, const struct spot *spots, struct buf *out);

/* A row being read. Fields but |consolidated| are private. */
struct group_row {
    uint64_t consolidated;
    struct slice rest;
    uint64_t batches_left;
    uint64_t spots_left; /* Of the batch at hand. */
    uint64_t seq;        /* Of the spot before. */
    uint64_t last_seq;   /* Of the batch at hand. */
};

enum err group_row_open(struct slice row, struct group_row *out) MUST_CHECK;

/* The next batch; the spots of the one before must have been read.
 * ERR_NOT_FOUND: no more, and the row ends here. */
enum err group_row_batch(struct group_row *row,
                         struct group_batch *out) MUST_CHECK;

/* The next spot of the batch. ERR_NOT_FOUND: no more. */
enum err group_row_spot(struct group_row *row, struct spot *out) MUST_CHECK;

/* How things stood before the group |group|. */
struct snapshot_row {
    uint64_t group;
    uint64_t heads[PARTITION_COUNT];
};

void snapshot_row_put(const struct snapshot_row *snapshot, struct buf *out);
enum err snapshot_row_get(struct slice row,
                          struct snapshot_row *out) MUST_CHECK;

#endif
