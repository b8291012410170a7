/* rows.h - the values of the disk format.
 *
 * Rows with texts are messages of common/wire (ROW_*): old rows stay readable
 * as wire.h adds fields. Rows of numbers alone are a byte that says how many
 * fields follow and the fields as LEB128 numbers (numbers.h); fields are only
 * ever added at the end, a reader takes those that are not there for 0 and
 * skips those that it does not know.
 *
 * What a row costs is its insertion, so a message is one row: it also says how
 * its room stands after it and under which keys it was sent.
 *   standing   the state as a row of numbers, number of fresh authors, then
 *              for each: user, own_total
 *   message    size and standing, size and request key, size and origin key,
 *              then a ROW_MESSAGE to the end of the row
 * A message that was changed since has no standing (size 0): the change put
 * the row of the room's own, table 11, which is later.
 *
 * Every decoder takes hostile bytes and says ERR_CORRUPT. Pure. */
#ifndef PERSISTER_ROCKSDB_ROWS_H
#define PERSISTER_ROCKSDB_ROWS_H

#include "common/wire/wire.h"
#include "persister/rocksdb/fresh.h"

/* Of keys and rows together; kept in the meta row "format". */
#define FORMAT_VERSION 1u

/* What happened at a place, unless a message was created there. */
struct event_row {
    uint8_t kind; /* enum event_kind */
    int64_t at_us;
    user_id actor;
    message_id message;
    user_id member;
    uint8_t role; /* enum member_role */
    uint64_t mark;
};

/* Where a message is. Its id is seq * PARTITION_COUNT + partition. */
struct spot {
    uint64_t seq;
    room_id room;
    uint64_t ordinal;
};

/* How a room stands: its state, and what goes before its member rows. The
 * latest by place counts, of the room's own row and the newest message's. */
struct standing {
    struct wire_room_state state;
    struct fresh fresh;
};

/* What a message was sent under; each may be empty. */
struct message_keys {
    struct slice request;
    struct slice origin;
};

/* What is kept of a batch. */
struct digest_row {
    uint64_t first_seq;
    uint32_t records_count;
    uint64_t digest;
};

/* In how many messages a file is; in none since |free_us|. */
struct file_use {
    uint64_t count;
    int64_t free_us;
};

/* What a sent key stands for. */
struct sent_row {
    message_id message;
    int64_t created_us;
};

/* A mail; when it is due and of which message stands in its key. */
struct mail_row {
    user_id to;
    int64_t created_us;
    uint32_t attempts;
};

/* Each appends to |out|. */
void row_put_number(uint64_t number, struct buf *out);
void row_put_standing(const struct standing *standing, struct buf *out);
void row_put_member(const struct wire_member *member, struct buf *out);
void row_put_event(const struct event_row *event, struct buf *out);
/* One row for many messages of a partition, by ascending |seq|, none below
 * |first_seq|: a row for each would double what a message costs. */
void row_put_spots(const struct spot *spots, uint32_t count, uint64_t first_seq,
                   struct buf *out);
void row_put_sent(const struct sent_row *sent, struct buf *out);
void row_put_mail(const struct mail_row *mail, struct buf *out);
void row_put_room(const struct wire_room *room, struct buf *out);
/* |standing|: NULL for a message that was changed. */
void row_put_message(const struct wire_message *message,
                     const struct standing *standing,
                     const struct message_keys *keys, struct buf *out);
void row_put_profile(const struct wire_profile *profile, struct buf *out);
void row_put_review(const struct wire_review *review, struct buf *out);
void row_put_file(const struct wire_file *file, struct buf *out);
void row_put_file_use(const struct file_use *use, struct buf *out);

/* Texts are borrowed from |row|. */
enum err row_get_number(struct slice row, uint64_t *out) MUST_CHECK;
enum err row_get_standing(struct slice row, struct standing *out) MUST_CHECK;
enum err row_get_member(struct slice row, struct wire_member *out) MUST_CHECK;
enum err row_get_event(struct slice row, struct event_row *out) MUST_CHECK;

/* The spot of |seq|. ERR_NOT_FOUND: not in this row. */
enum err row_find_spot(struct slice row, uint64_t first_seq, uint64_t seq,
                       struct spot *out) MUST_CHECK;

enum err row_get_sent(struct slice row, struct sent_row *out) MUST_CHECK;
enum err row_get_mail(struct slice row, struct mail_row *out) MUST_CHECK;
enum err row_get_room(struct slice row, struct wire_room *out) MUST_CHECK;
/* |arena|: for the list of files, if it has any. */
enum err row_get_message(struct slice row, struct arena *arena,
                         struct wire_message *out) MUST_CHECK;
/* ERR_NOT_FOUND: it has none. */
enum err row_get_message_standing(struct slice row,
                                  struct standing *out) MUST_CHECK;
enum err row_get_message_keys(struct slice row,
                              struct message_keys *out) MUST_CHECK;
enum err row_get_profile(struct slice row, struct wire_profile *out) MUST_CHECK;
enum err row_get_review(struct slice row, struct wire_review *out) MUST_CHECK;
enum err row_get_file(struct slice row, struct arena *arena,
                      struct wire_file *out) MUST_CHECK;
enum err row_get_file_use(struct slice row, struct file_use *out) MUST_CHECK;

/* Copies into |arena| what |message| borrows from its row. */
void row_keep_message(struct wire_message *message, struct arena *arena);

#endif
