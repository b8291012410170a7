/* reading.h - one read: a moment of the database that stays as it is while
 * its rows are looked up, and an arena for what is found. */
#ifndef PERSISTER_ROCKSDB_READING_H
#define PERSISTER_ROCKSDB_READING_H

#include "persister/rocksdb/internal.h"
#include "persister/rocksdb/keys.h"
#include "persister/rocksdb/rows.h"

struct reading {
    struct store *store;
    struct arena *arena;
    struct store_error *error;
    const rocksdb_snapshot_t *snapshot; /* NULL: what is newest. */
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator; /* For short looks; made when first needed. */
    uint64_t as_of; /* So many groups were written before, or at, the moment. */
};

/* |whole|: all rows of one moment; else each row is the newest. */
void reading_begin(struct reading *reading, struct store *store,
                   struct arena *arena, struct store_error *error, bool whole);
void reading_end(struct reading *reading);

/* The value of |key|, in the arena. ERR_NOT_FOUND: none. */
enum err reading_get(struct reading *reading, const struct key *key,
                     struct slice *value) MUST_CHECK;

/* The first row at or after |first| that has its first |prefix| bytes, and the
 * one after that. ERR_NOT_FOUND: no more. Borrowed until the next call of
 * either, or of reading_standing. */
enum err reading_seek(struct reading *reading, const struct key *first,
                      size_t prefix, struct slice *key,
                      struct slice *value) MUST_CHECK;
enum err reading_step(struct reading *reading, const struct key *first,
                      size_t prefix, struct slice *key,
                      struct slice *value) MUST_CHECK;

/* One row each. ERR_NOT_FOUND: none. */
enum err reading_room(struct reading *reading, room_id room,
                      struct wire_room *out) MUST_CHECK;
enum err reading_standing(struct reading *reading, room_id room,
                          struct standing *out) MUST_CHECK;
enum err reading_state(struct reading *reading, room_id room,
                       struct wire_room_state *out) MUST_CHECK;
/* |fresh|: of the room's standing; NULL: the row as it is. */
enum err reading_member(struct reading *reading, room_id room,
                        const struct fresh *fresh, user_id user,
                        struct wire_member *out) MUST_CHECK;
enum err reading_message(struct reading *reading, room_id room,
                         uint64_t ordinal, struct wire_message *out) MUST_CHECK;
/* Also what is newer than the moment; see spots.h. */
enum err reading_spot(struct reading *reading, message_id message,
                      struct spot *out) MUST_CHECK;

/* The profile, or one with nothing but the id if none is stored. */
enum err reading_profile(struct reading *reading, user_id user,
                         struct wire_profile *out) MUST_CHECK;

/* A range of keys. Zeroed is closed. */
struct scan {
    rocksdb_iterator_t *iterator;
    rocksdb_readoptions_t *options;
    struct key bound;
    bool backwards;
    bool started;
};

/* From |first| up to, not including, |end|. */
void scan_open(struct scan *scan, struct reading *reading,
               const struct key *first, const struct key *end);

/* The same range, the last key first. |end| is no row's key. */
void scan_open_backwards(struct scan *scan, struct reading *reading,
                         const struct key *first, const struct key *end);
void scan_close(struct scan *scan);

/* The next row. ERR_NOT_FOUND: no more. |key| and |value| are borrowed until
 * the next call. */
enum err scan_next(struct scan *scan, struct reading *reading,
                   struct slice *key, struct slice *value) MUST_CHECK;

#endif
