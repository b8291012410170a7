/* spots.c - see spots.h. */
#include "persister/rocksdb/spots.h"

void spots_init(struct spots *spots) {
    *spots = (struct spots){0};
    int status = pthread_rwlock_init(&spots->lock, NULL);
    INVARIANT(status == 0);
}

void spots_finish(struct spots *spots) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        buf_finish(&spots->lists[i]);
    pthread_rwlock_destroy(&spots->lock);
}

void spots_add(struct spots *spots, uint32_t partition, const struct spot *list,
               uint32_t count) {
    PRE(partition < PARTITION_COUNT);
    if (count == 0)
        return;
    pthread_rwlock_wrlock(&spots->lock);
    buf_append(&spots->lists[partition], list, count * sizeof *list);
    pthread_rwlock_unlock(&spots->lock);
}

void spots_drop(struct spots *spots, uint32_t partition, uint32_t count) {
    PRE(partition < PARTITION_COUNT);
    if (count == 0)
        return;
    pthread_rwlock_wrlock(&spots->lock);
    buf_consume(&spots->lists[partition], count * sizeof(struct spot));
    pthread_rwlock_unlock(&spots->lock);
}

const struct spot *spots_list(const struct spots *spots, uint32_t partition,
                              uint32_t *count) {
    PRE(partition < PARTITION_COUNT);
    const struct buf *list = &spots->lists[partition];
    *count = (uint32_t)(list->size / sizeof(struct spot));
    return (const struct spot *)list->data;
}

bool spots_find(struct spots *spots, uint32_t partition, uint64_t seq,
                struct spot *out) {
    uint32_t high;
    uint32_t low = 0;
    bool found = false;
    pthread_rwlock_rdlock(&spots->lock);
    const struct spot *list = spots_list(spots, partition, &high);
    while (low < high && !found) {
        uint32_t middle = low + (high - low) / 2;
        if (list[middle].seq < seq) {
            low = middle + 1;
        } else if (list[middle].seq > seq) {
            high = middle;
        } else {
            *out = list[middle];
            found = true;
        }
    }
    pthread_rwlock_unlock(&spots->lock);
    return found;
}
