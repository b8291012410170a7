/* groups.c - see groups.h. */
#include "persister/rocksdb/groups.h"

/* --- Writing -------------------------------------------------------------- */

static void put_spots(struct store *store, uint32_t partition,
                      const struct spot *list, uint32_t count) {
    while (count > 0) {
        uint32_t some = count < SPOTS_IN_ROW_MAX ? count : SPOTS_IN_ROW_MAX;
        struct key key = key_spots(partition, list->seq);
        row_put_spots(list, some, list->seq,
                      changes_put(&store->changes, &key));
        list += some;
        count -= some;
    }
}

/* Puts what came together into rows; returns the partitions, a bit each. */
static uint64_t consolidate(struct store *store, struct group *group,
                            bool all) {
    uint64_t partitions = 0;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        uint32_t count;
        const struct spot *list = spots_list(&store->spots, i, &count);
        group->consolidated[i] = 0;
        if (count < (all ? 1 : SPOTS_TOGETHER))
            continue;
        put_spots(store, i, list, count);
        group->consolidated[i] = count;
        partitions |= UINT64_C(1) << i;
    }
    return partitions;
}

/* The groups that no snapshot to come will read. Each is in one range only:
 * what is deleted by overlapping ranges is slow to read past. */
static void prune(struct store *store) {
    if (store->group < GROUPS_KEPT + GROUPS_IN_SNAPSHOT)
        return;
    uint64_t kept_from = store->group - GROUPS_KEPT;
    struct key first = key_group(kept_from - GROUPS_IN_SNAPSHOT);
    struct key end = key_group(kept_from);
    rocksdb_writebatch_delete_range(store->batch, first.bytes, first.size,
                                    end.bytes, end.size);
}

static void put_snapshot(struct store *store) {
    struct key key = key_snapshot();
    struct snapshot_row snapshot = {.group = store->group};
    memcpy(snapshot.heads, store->heads.seq, sizeof snapshot.heads);
    snapshot_row_put(&snapshot, changes_put(&store->changes, &key));
}

void groups_put(struct store *store, struct group *group) {
    struct key key = key_group(store->group);
    bool is_snapshot = store->group % GROUPS_IN_SNAPSHOT == 0;
    uint64_t consolidated = consolidate(store, group, is_snapshot);
    group_row_put(consolidated, group->batches, group->count,
                  (const struct spot *)store->made.data,
                  changes_put(&store->changes, &key));
    if (is_snapshot) {
        put_snapshot(store);
        prune(store);
    }
}

void groups_publish(struct store *store, const struct group *group) {
    const struct spot *made = (const struct spot *)store->made.data;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct group_batch *batch = &group->batches[i];
        if (batch->spots_count == 0)
            continue;
        spots_add(&store->spots, batch->partition, made, batch->spots_count);
        made += batch->spots_count;
    }
}

static void count_batch(struct store *store, const struct group_batch *batch) {
    store->heads.seq[batch->partition] =
        batch->digest.first_seq + batch->digest.records_count - 1;
    digests_add(&store->digests[batch->partition], &batch->digest);
}

void groups_written(struct store *store, const struct group *group) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        spots_drop(&store->spots, i, group->consolidated[i]);
    for (uint32_t i = 0; i < group->count; i++)
        count_batch(store, &group->batches[i]);
    store->group++;
    atomic_store(&store->written, store->group);
}

/* --- Loading -------------------------------------------------------------- */

static void forget_consolidated(struct store *store, uint64_t partitions) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        uint32_t count;
        if ((partitions >> i & 1) == 0)
            continue;
        spots_list(&store->spots, i, &count);
        spots_drop(&store->spots, i, count);
    }
}

/* |in_snapshot|: its heads and spots are known; only the digest is not. */
static enum err load_batch(struct store *store, struct group_row *row,
                           const struct group_batch *batch, bool in_snapshot) {
    struct spot spot;
    enum err err;
    uint64_t head = store->heads.seq[batch->partition];
    if (!in_snapshot && batch->digest.first_seq != head + 1)
        return ERR_CORRUPT;
    if (in_snapshot)
        digests_add(&store->digests[batch->partition], &batch->digest);
    else
        count_batch(store, batch);
    while ((err = group_row_spot(row, &spot)) == ERR_OK) {
        if (!in_snapshot)
            spots_add(&store->spots, batch->partition, &spot, 1);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err load_group(struct store *store, struct slice value,
                           bool in_snapshot) {
    struct group_row row;
    struct group_batch batch;
    enum err err = group_row_open(value, &row);
    if (err == ERR_OK && !in_snapshot)
        forget_consolidated(store, row.consolidated);
    while (err == ERR_OK && (err = group_row_batch(&row, &batch)) == ERR_OK)
        err = load_batch(store, &row, &batch, in_snapshot);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Reads the groups from store->group on; those before |snapshot| are in it. */
static enum err load_groups(struct reading *reading, uint64_t snapshot) {
    struct store *store = reading->store;
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_group(store->group);
    struct key end = {.size = 1, .bytes = {KEY_GROUP + 1}};
    enum err err;
    scan_open(&scan, reading, &first, &end);
    while ((err = scan_next(&scan, reading, &key, &value)) == ERR_OK) {
        if (key.size != first.size || key_last_number(key) != store->group ||
            load_group(store, value, store->group < snapshot) != ERR_OK) {
            err = rocks_corrupt_row("group", reading->error);
            break;
        }
        store->group++;
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err groups_load(struct reading *reading) {
    struct store *store = reading->store;
    struct key key = key_snapshot();
    struct snapshot_row snapshot = {.group = 0};
    struct slice value;
    enum err err = reading_get(reading, &key, &value);
    bool is_new = err == ERR_NOT_FOUND; /* The first group has a snapshot. */
    if (err == ERR_OK && snapshot_row_get(value, &snapshot) != ERR_OK)
        return rocks_corrupt_row("snapshot", reading->error);
    if (err != ERR_OK && !is_new)
        return err;
    memcpy(store->heads.seq, snapshot.heads, sizeof snapshot.heads);
    store->group =
        snapshot.group > GROUPS_KEPT ? snapshot.group - GROUPS_KEPT : 0;
    err = load_groups(reading, snapshot.group);
    atomic_store(&store->written, store->group);
    /* The snapshot was written together with the group after it. */
    if (err == ERR_OK && is_new != (store->group <= snapshot.group))
        return rocks_corrupt_row("group", reading->error);
    return err;
}
