/* groups.h - what is kept of every append besides what its records say: heads,
 * digests, and where messages are, in one row for all of it.
 *
 * Opening must not read all groups that ever were. So before every 256th group
 * all spots in memory go into rows (table 20) and the heads into the snapshot
 * row, in the same write: the groups from there on say the rest. Older ones
 * are kept for their digests alone, 8,192 of them. */
#ifndef PERSISTER_ROCKSDB_GROUPS_H
#define PERSISTER_ROCKSDB_GROUPS_H

#include "persister/rocksdb/group_row.h"
#include "persister/rocksdb/reading.h"

#define GROUPS_IN_SNAPSHOT 256u
#define GROUPS_KEPT 8192u

/* So many spots of a partition are worth a row. */
#define SPOTS_TOGETHER 64u

/* A spots row is searched from its front. */
#define SPOTS_IN_ROW_MAX 256u

/* A group being written. */
struct group {
    struct group_batch *batches;
    uint32_t count;
    /* How many spots of each partition go from memory into rows. */
    uint32_t consolidated[PARTITION_COUNT];
};

/* Puts the group's rows into store->changes, when its records are applied:
 * store->made are its messages. */
void groups_put(struct store *store, struct group *group);

/* Shows its messages to readers: before it is written. */
void groups_publish(struct store *store, const struct group *group);

/* After it was written. */
void groups_written(struct store *store, const struct group *group);

/* Loads heads, digests and spots into a store that has none. */
enum err groups_load(struct reading *reading) MUST_CHECK;

#endif
