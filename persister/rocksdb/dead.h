/* dead.h - ranks among the live messages of a room, at the same price
 * anywhere in a room of millions, however many of them were deleted.
 *
 * Every ordinal has a row, so a room without deleted messages needs nothing:
 * rank r (from 0, oldest first) is ordinal r + 1. Deleted messages are counted
 * in a sparse tree: at level n, bucket b counts the deleted ones among the
 * positions (ordinal - 1) from b * 256^n to (b + 1) * 256^n - 1. Buckets
 * without any have no row; level 0 has one row for each deleted message.
 *
 *   level 2   |            0: 3            |  1: 1  |   65,536 each
 *   level 1   | 0: 2 | 3: 1 |               256: 1      256 each
 *   level 0   7: 1  9: 1  800: 1           65,540: 1    1 each
 *
 * Finding a rank goes down the levels and reads at most 256 rows of each; so
 * does counting up to an ordinal. The writer adds one at each level. */
#ifndef PERSISTER_ROCKSDB_DEAD_H
#define PERSISTER_ROCKSDB_DEAD_H

#include "persister/rocksdb/reading.h"

/* Levels 0 to 4: a room of 2^32 messages has one bucket at the top. Beyond
 * that the top level has more, and reading them is linear. */
#define DEAD_LEVELS 5u

/* Counts one more deleted message, once however often it is told. Writer
 * thread; goes to store->pending. */
enum err dead_add(struct reading *reading, room_id room,
                  uint64_t ordinal) MUST_CHECK;

/* Live messages of the room with an ordinal up to |ordinal|, which exists or
 * is 0. */
enum err dead_live_up_to(struct reading *reading, room_id room,
                         const struct wire_room_state *state, uint64_t ordinal,
                         uint64_t *out) MUST_CHECK;

/* The ordinal of the live message of |rank|. ERR_CORRUPT also when there are
 * not so many. */
enum err dead_find_live(struct reading *reading, room_id room,
                        const struct wire_room_state *state, uint64_t rank,
                        uint64_t *ordinal) MUST_CHECK;

#endif
