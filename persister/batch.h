/* batch.h - the writer's decisions about batches, without doing anything.
 *
 * A *group* is what is written with one fsync: the batches of all appends that
 * waited. The writer judges each batch, fetches the digest of those that came
 * before, gives the accepted ones to the store at once, and then tells each
 * append what became of it:
 *
 *     batch_group_begin
 *     for each append that waits:
 *         batch_group_append             (judges; OLD ones: batch_group_recall)
 *     store->append(batch_group_accepted) and batch_group_end
 *     for each append: batch_group_answer
 *
 * A batch is accepted when it is of the epoch in force, follows on its
 * partition's head (with the batches before it in the group) and each record
 * decodes and is sound (record.h). One that was accepted before is acknowledged
 * again if its digest is the same. All others are refused by name; one refused
 * batch refuses those that follow it in the partition, since they leave a gap.
 *
 * Bounds: BATCH_GROUP_APPENDS_MAX appends of at most PARTITION_COUNT batches,
 * and no further append from BATCH_GROUP_RECORDS_MAX records on, since each is
 * held decoded; a full group is written, and the rest goes into the next one.
 * Pure. */
#ifndef PERSISTER_BATCH_H
#define PERSISTER_BATCH_H

#include "common/arena.h"
#include "persister/store.h"

#define BATCH_GROUP_APPENDS_MAX 256u
#define BATCH_GROUP_RECORDS_MAX 16384u
#define BATCH_GROUP_BATCHES_MAX (BATCH_GROUP_APPENDS_MAX * PARTITION_COUNT)

enum batch_verdict {
    BATCH_ACCEPTED, /* Part of what the group writes. */
    BATCH_OLD,      /* At or below the head; undecided until recalled. */
    BATCH_KNOWN,    /* It was stored before: acknowledge it again. */
    BATCH_REFUSED,
};

struct batch_case {
    const struct wire_batch *batch; /* Borrowed. */
    enum batch_verdict verdict;
    bool in_group;      /* KNOWN, by a batch of this very group. */
    uint8_t refusal;    /* enum wire_refusal; REFUSED only. */
    const char *detail; /* Static, or the arena's. */
    uint64_t digest;    /* Of ACCEPTED and OLD ones. */
};

/* One APPEND message. */
struct batch_append {
    uint32_t peer;
    uint64_t correlation;
    struct batch_case *cases;
    uint32_t cases_count;
};

struct batch_group {
    uint64_t epoch;                /* In force. */
    uint64_t seq[PARTITION_COUNT]; /* Heads if the group is written. */
    struct store_batch *accepted;  /* Their records are |arena|'s. */
    uint32_t accepted_count;
    uint64_t records_count; /* In the accepted batches. */
    struct batch_append *appends;
    uint32_t appends_count;
    struct arena arena;
};

void batch_group_create(struct batch_group *group);
void batch_group_finish(struct batch_group *group);

/* Empties |group| for a new turn on top of |heads|. */
void batch_group_begin(struct batch_group *group,
                       const struct store_heads *heads);

static inline bool batch_group_is_full(const struct batch_group *group) {
    return group->appends_count == BATCH_GROUP_APPENDS_MAX ||
           group->records_count >= BATCH_GROUP_RECORDS_MAX;
}

/* Judges the batches of |append|, which lives as long as the group's turn; so
 * does |arena|. Returns it with its cases. The group must not be full. */
struct batch_append *batch_group_append(struct batch_group *group,
                                        uint32_t peer, uint64_t correlation,
                                        const struct wire_append *append,
                                        struct arena *arena);

/* Decides an OLD case by what the store has kept about the batch that began at
 * the same sequence; |found|: it has kept something. */
void batch_case_recall(struct batch_case *old, bool found,
                       uint32_t records_count, uint64_t digest);

/* The store took the group (|refusal| 0), or nothing of it is acknowledged for
 * |refusal|, with |detail| for a person (borrowed). */
void batch_group_end(struct batch_group *group, uint8_t refusal,
                     const char *detail);

/* Writes the heads that |append| reached into |heads|, of PARTITION_COUNT;
 * returns their number. After batch_group_end. */
uint32_t batch_append_heads(const struct batch_append *append,
                            struct wire_head *heads);

#endif
