/* pending.h - rows of the batch being put together that its next record may
 * change again. A busy room's state changes with every message; kept here, it
 * is written once a group instead of once a message.
 *
 * A row is found by its key. Some kinds change so often: how rooms stand,
 * members, counts of deleted messages and of messages with a file. Pure. */
#ifndef PERSISTER_ROCKSDB_PENDING_H
#define PERSISTER_ROCKSDB_PENDING_H

#include "common/arena.h"
#include "common/text_table.h"
#include "common/wire/wire.h"
#include "persister/rocksdb/keys.h"
#include "persister/rocksdb/rows.h"

enum pending_kind {
    PENDING_STANDING,
    PENDING_MEMBER,
    PENDING_DEAD,
    PENDING_FILE, /* Of no room. */
    PENDING_ROOM_FILE
};

struct pending_row {
    enum pending_kind kind;
    bool removed; /* To be deleted. */
    room_id room;
    struct key key;
    union {
        struct standing standing;
        struct wire_member member;
        uint64_t dead;
        struct file_use use;
        uint64_t count;
    } as;
};

/* Zeroed is empty. */
struct pending {
    struct text_table rows; /* By key, of struct pending_row. */
    struct arena arena;
};

void pending_finish(struct pending *pending);

/* Forgets all rows. */
void pending_clear(struct pending *pending);

/* The row of |key|, or NULL. */
struct pending_row *pending_find(const struct pending *pending,
                                 const struct key *key);

/* The row of |key|, made if it is not there; the caller fills |as| and
 * |removed|. Valid until clear. */
struct pending_row *pending_put(struct pending *pending, enum pending_kind kind,
                                room_id room, const struct key *key);

/* Steps through the rows: start with |*at| 0; NULL at the end. */
struct pending_row *pending_next(const struct pending *pending, size_t *at);

/* Takes out the row. Allowed while stepping. */
void pending_drop(struct pending *pending, const struct pending_row *row);

#endif
