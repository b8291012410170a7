/* append.c - one group of batches, written at once: all or nothing. */
#include <stdlib.h>

#include "persister/rocksdb/internal.h"
#include "persister/rocksdb/keys.h"
#include "persister/rocksdb/rows.h"

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
        case PENDING_STATE:
            row_put_state(&row->as.state, value);
            break;
        case PENDING_MEMBER:
            row_put_member(&row->as.member, value);
            break;
        case PENDING_DEAD:
            row_put_number(row->as.dead, value);
            break;
        }
    }
}

void rocks_emit(struct store *store) {
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

static enum err apply_batch(struct store *store, const struct wire_batch *batch,
                            struct store_error *error) {
    buf_clear(&store->spots);
    for (uint32_t i = 0; i < batch->records_count; i++) {
        struct wire record;
        arena_reset(&store->arena);
        if (wire_decode(batch->records[i], &store->arena, &record, NULL) !=
            ERR_OK) {
            rocks_explain(error, "record %u of a batch does not decode", i);
            return ERR_CORRUPT;
        }
        enum err err = rocks_apply(store, &record, error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* The head, the digest and where the messages are. */
static void put_ends(struct store *store, const struct wire_batch *batch,
                     const struct digest_row *row, uint32_t slot) {
    struct changes *changes = &store->changes;
    struct key head = key_head(batch->partition);
    struct key digest = key_digest(batch->partition, slot);
    struct key spots = key_spots(batch->partition, batch->first_seq);
    row_put_number(row->first_seq + row->records_count - 1,
                   changes_put(changes, &head));
    row_put_digest(row, changes_put(changes, &digest));
    if (store->spots.size)
        row_put_spots((const struct spot *)store->spots.data,
                      (uint32_t)(store->spots.size / sizeof(struct spot)),
                      batch->first_seq, changes_put(changes, &spots));
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

/* Puts all batches together; nothing is written yet. |rows|: the digest of
 * each. */
static enum err gather(struct store *store, const struct wire_batch *batches,
                       uint32_t count, struct digest_row *rows,
                       struct store_error *error) {
    uint32_t slots[PARTITION_COUNT];
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        slots[i] = store->digests[i].next;
    for (uint32_t i = 0; i < count; i++) {
        const struct wire_batch *batch = &batches[i];
        uint32_t *slot = &slots[batch->partition];
        enum err err = apply_batch(store, batch, error);
        if (err != ERR_OK)
            return err;
        rows[i] = (struct digest_row){batch->first_seq, batch->records_count,
                                      store_batch_digest(batch)};
        put_ends(store, batch, &rows[i], *slot);
        *slot = (*slot + 1) % DIGESTS_MAX;
    }
    put_pending(store);
    rocks_emit(store);
    return ERR_OK;
}

enum err rocks_append(struct store *store, const struct wire_batch *batches,
                      uint32_t count, struct store_error *error) {
    if (store->failed) {
        *error = store->failure;
        return ERR_IO;
    }
    struct digest_row *rows = mem_alloc(count * sizeof *rows);
    rocksdb_writebatch_clear(store->batch);
    changes_clear(&store->changes);
    pending_clear(&store->pending);
    enum err err = gather(store, batches, count, rows, error);
    if (err == ERR_OK)
        err = write_batch(store, store->write_options, error);
    for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
        uint32_t partition = batches[i].partition;
        digests_add(&store->digests[partition], &rows[i]);
        store->heads.seq[partition] =
            rows[i].first_seq + rows[i].records_count - 1;
    }
    free(rows);
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
    rocksdb_writebatch_clear(store->batch);
    changes_clear(&store->changes);
    row_put_number(epoch, changes_put(&store->changes, &key));
    rocks_emit(store);
    enum err err = write_batch(store, store->sync_options, error);
    if (err == ERR_OK)
        store->heads.epoch = epoch;
    return err;
}
