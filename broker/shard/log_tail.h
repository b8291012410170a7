/* log_tail.h - the end of the log that is not on disk yet, and the reads that
 * are not answered yet. Pure: it decides what to send, and again what; the
 * shard moves the bytes.
 *
 * Batches are kept in order until the persister has them on disk. After a new
 * link everything that its heads do not cover is sent again, byte for byte the
 * same (the persister knows a batch by its sequence and digest), and every
 * read is asked again.
 *
 * Bounds: the core bounds what it has pending (core_config.pending_bytes_max,
 * .waiting_max), so the tail holds no bound of its own. */
#ifndef BROKER_SHARD_LOG_TAIL_H
#define BROKER_SHARD_LOG_TAIL_H

#include "common/table.h"
#include "common/wire/wire.h"

struct tail_batch;
struct tail_read;

/* So many appends are under way at once. What comes meanwhile waits here and
 * travels together, a wake-up for all of it; but what waits here misses the
 * group that the persister is gathering, so it must not wait long. */
#define LOG_TAIL_FLIGHTS_MAX 8u

/* The batches of one partition, oldest first. */
struct tail_partition {
    struct tail_batch *first;
    struct tail_batch *last;
    struct tail_batch *unsent; /* First that this link has not seen, or NULL. */
    bool open;                 /* |last| is of this turn and still grows. */
    uint32_t dead;             /* Sent, withdrawn, answer still to come. */
    uint64_t doubt; /* From here on something else may be on disk; 0: no. */
};

struct log_tail {
    uint64_t epoch;
    struct tail_partition partitions[PARTITION_COUNT];
    struct table reads; /* By correlation. */
    struct tail_read *reads_unsent;
    struct tail_read **reads_unsent_end;
    uint64_t unsent; /* Batches that this link has not seen. */
    uint64_t flight; /* Number of the last append sent. */
    uint32_t flying[LOG_TAIL_FLIGHTS_MAX]; /* Unanswered batches, by append. */
    uint64_t batches;
    uint64_t bytes;
};

void log_tail_init(struct log_tail *tail);
void log_tail_finish(struct log_tail *tail);

/* Appends one record of the partition's log. */
void log_tail_append(struct log_tail *tail, uint32_t partition, uint64_t seq,
                     struct slice record);

/* Asks a read: |message| is its encoding, |correlation| that of its head. */
void log_tail_read(struct log_tail *tail, uint64_t correlation,
                   struct slice message);

/* The answer to a read came. False: nobody asked (a second answer). */
bool log_tail_answered(struct log_tail *tail, uint64_t correlation);

/* A new link: everything is unsent again. */
void log_tail_restart(struct log_tail *tail);

/* The partition is on disk up to |seq|. */
void log_tail_committed(struct log_tail *tail, uint32_t partition,
                        uint64_t seq);

/* The batch that begins at |seq| was refused. True: it and all that follow it
 * in the partition are withdrawn, and the core must know; false: the answer to
 * a batch that was withdrawn before. */
bool log_tail_refused(struct log_tail *tail, uint32_t partition, uint64_t seq);

/* What was refused from |seq| on may have reached the disk all the same, and
 * come back with the persister's next start. */
void log_tail_doubt(struct log_tail *tail, uint32_t partition, uint64_t seq);

/* Whether the partition's head shows that it has: what is there now under
 * these sequences is not what this tail holds. */
bool log_tail_is_contradicted(const struct log_tail *tail, uint32_t partition,
                              uint64_t head);

/* The next message for the persister (an append of one batch a partition at
 * most, or a read) into |out|, which is emptied; false: nothing to send now.
 * Ends the growth of what it looks at. log_tail_sent() counts it as sent;
 * nothing else of |tail| may be called in between. */
bool log_tail_next(struct log_tail *tail, struct buf *out);
void log_tail_sent(struct log_tail *tail);

#endif
