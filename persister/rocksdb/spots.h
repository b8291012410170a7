/* spots.h - where the messages of the latest groups are, until enough of them
 * came together for a row (rows.h, row_put_spots).
 *
 * The writer adds the spots of a group before it writes the group and drops
 * those that it put into rows after it wrote these. A reader looks here first
 * and then at the newest rows, so there is no moment when it finds a spot in
 * neither; and a spot that comes too early leads to a message row that its
 * moment of the database does not have. */
#ifndef PERSISTER_ROCKSDB_SPOTS_H
#define PERSISTER_ROCKSDB_SPOTS_H

#include <pthread.h>

#include "persister/rocksdb/rows.h"

struct spots {
    pthread_rwlock_t lock;             /* Against readers: the writer changes
                                          under it and reads without. */
    struct buf lists[PARTITION_COUNT]; /* Of struct spot, by seq. */
};

void spots_init(struct spots *spots);
void spots_finish(struct spots *spots);

/* Writer thread. |list| goes on, by seq, where the partition's list ends. */
void spots_add(struct spots *spots, uint32_t partition, const struct spot *list,
               uint32_t count);

/* Writer thread. Takes out the first |count|. */
void spots_drop(struct spots *spots, uint32_t partition, uint32_t count);

/* Writer thread. The partition's list, valid until it changes. */
const struct spot *spots_list(const struct spots *spots, uint32_t partition,
                              uint32_t *count);

/* Any thread. False: not here. */
bool spots_find(struct spots *spots, uint32_t partition, uint64_t seq,
                struct spot *out);

#endif
