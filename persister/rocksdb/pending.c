/* pending.c - see pending.h. */
#include "persister/rocksdb/pending.h"

void pending_finish(struct pending *pending) {
    text_table_finish(&pending->rows);
    arena_finish(&pending->arena);
}

void pending_clear(struct pending *pending) {
    /* An empty table is cheap to make, and its keys are of no use again. */
    text_table_finish(&pending->rows);
    text_table_init(&pending->rows, 0);
    arena_reset(&pending->arena);
}

struct pending_row *pending_find(const struct pending *pending,
                                 const struct key *key) {
    return text_table_find(&pending->rows, key_slice(key));
}

struct pending_row *pending_put(struct pending *pending, enum pending_kind kind,
                                room_id room, const struct key *key) {
    struct pending_row *row = pending_find(pending, key);
    if (!row) {
        row = arena_alloc(&pending->arena, sizeof *row);
        row->kind = kind;
        row->room = room;
        row->key = *key;
        text_table_put(&pending->rows, key_slice(key), row);
    }
    row->removed = false;
    return row;
}

struct pending_row *pending_next(const struct pending *pending, size_t *at) {
    struct slice key;
    return text_table_next(&pending->rows, at, &key);
}

void pending_drop(struct pending *pending, const struct pending_row *row) {
    text_table_remove(&pending->rows, key_slice(&row->key));
}
