/* append.c - one group of batches, written at once: all or nothing. */
#include <stdlib.h>

#include "persister/rocksdb/files.h"
#include "persister/rocksdb/groups.h"

/* The rows that waited for the last word about them. */
static void put_pending(struct store *store) {
    struct pending_row *row;
    for (size_t at = 0; (row = pending_next(&store->pending, &at));) {
        if (row->removed) {
            changes_remove(&store->changes, &row->key);
            continue;
        }
        struct buf *value = changes_put(&store->changes, &row->key);
        switch (row->kind) {
        case PENDING_STANDING:
            row_put_standing(&row->as.standing, value);
            break;
        case PENDING_MEMBER:
            row_put_member(&row->as.member, value);
            break;
        case PENDING_DEAD:
            row_put_number(row->as.dead, value);
            break;
        case PENDING_FILE:
            row_put_file_use(&row->as.use, value);
            break;
        case PENDING_ROOM_FILE:
            row_put_number(row->as.count, value);
            break;
        }
    }
}

/* Moves store->changes into store->batch. */
static void emit(struct store *store) {
    struct changes *changes = &store->changes;
    changes_sort(changes);
    for (uint32_t i = 0; i < changes->count; i++) {
        struct slice key = changes_key(changes, &changes->items[i]);
        struct slice value = changes_value(changes, &changes->items[i]);
        if (changes->items[i].removed)
            rocksdb_writebatch_delete(store->batch, key.data, key.size);
        else
            rocksdb_writebatch_put(store->batch, key.data, key.size, value.data,
                                   value.size);
    }
    changes_clear(changes);
}

static enum err apply_batch(struct store *store,
                            const struct store_batch *batch,
                            struct store_error *error) {
    for (uint32_t i = 0; i < batch->batch->records_count; i++) {
        arena_reset(&store->arena);
        enum err err = rocks_apply(store, &batch->records[i], error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* A write or a sync that failed is never tried again: nobody knows what of it
 * is on disk (RELIABILITY.md, finding 3). */
static enum err fail(struct store *store, char *take_text,
                     struct store_error *error) {
    enum err err = rocks_error(take_text, &store->failure);
    store->failed = true;
    *error = store->failure;
    return err;
}

static enum err write_batch(struct store *store,
                            const rocksdb_writeoptions_t *options,
                            struct store_error *error) {
    char *text = NULL;
    rocksdb_write(store->db, options, store->batch, &text);
    return text ? fail(store, text, error) : ERR_OK;
}

/* Puts all batches together; nothing is written yet. */
static enum err gather(struct store *store, const struct store_batch *batches,
                       struct group *group, struct store_error *error) {
    for (uint32_t i = 0; i < group->count; i++) {
        const struct wire_batch *batch = batches[i].batch;
        size_t before = store->made.size;
        enum err err = apply_batch(store, &batches[i], error);
        if (err != ERR_OK)
            return err;
        group->batches[i] = (struct group_batch){
            .partition = batch->partition,
            .digest = {batch->first_seq, batch->records_count,
                       batches[i].digest},
            .spots_count =
                (uint32_t)((store->made.size - before) / sizeof(struct spot))};
    }
    put_pending(store);
    groups_put(store, group);
    emit(store);
    return ERR_OK;
}

static void begin(struct store *store) {
    rocksdb_writebatch_clear(store->batch);
    changes_clear(&store->changes);
    pending_clear(&store->pending);
    buf_clear(&store->made);
}

enum err rocks_append(struct store *store, const struct store_batch *batches,
                      uint32_t count, struct store_error *error) {
    struct group group = {.count = count};
    if (store->failed) {
        *error = store->failure;
        return ERR_IO;
    }
    if (count == 0)
        return ERR_OK;
    group.batches = mem_alloc(count * sizeof *group.batches);
    begin(store);
    enum err err = gather(store, batches, &group, error);
    if (err == ERR_OK) {
        groups_publish(store, &group);
        err = write_batch(store, store->write_options, error);
    }
    if (err == ERR_OK) {
        groups_written(store, &group);
        fresh_cache_trim(&store->fresh);
    } else {
        /* They may be ahead of what is stored. */
        fresh_cache_clear(&store->fresh);
        briefs_clear(&store->briefs);
    }
    free(group.batches);
    return err;
}

/* Not synced: what a crash undoes is collected again. */
enum err rocks_collect(struct store *store, int64_t before_us, uint32_t limit,
                       uint32_t *count, struct store_error *error) {
    rocksdb_writeoptions_t *options;
    *count = 0;
    if (store->failed) {
        *error = store->failure;
        return ERR_IO;
    }
    begin(store);
    enum err err = files_collect(store, before_us, limit, count, error);
    emit(store);
    if (err != ERR_OK || *count == 0)
        return err;
    options = rocksdb_writeoptions_create();
    err = write_batch(store, options, error);
    rocksdb_writeoptions_destroy(options);
    return err;
}

enum err rocks_claim(struct store *store, uint64_t epoch,
                     struct store_error *error) {
    struct key key = key_meta(SLICE("epoch"));
    PRE(epoch > store->heads.epoch);
    if (store->failed) {
        *error = store->failure;
        return ERR_IO;
    }
    begin(store);
    row_put_number(epoch, changes_put(&store->changes, &key));
    emit(store);
    enum err err = write_batch(store, store->sync_options, error);
    if (err == ERR_OK)
        store->heads.epoch = epoch;
    return err;
}
