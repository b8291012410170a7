/* shard.h - one shard: one core and one link to the persister.
 *
 * It only moves bytes: records from the router become inputs of the core, the
 * core's effects become records for the router, appends and reads for the
 * persister. What is decided is decided in broker/core. It knows no thread:
 * seat.h gives it one.
 *
 * Call once a turn, from the thread that owns it:
 *
 *     shard_begin       looks at the clocks
 *     shard_take        for each batch of records that the router sent
 *     shard_end         hears the persister, tells it what there is to tell
 *     shard_out         records for the router: hand them over, empty it
 *
 * then wait for shard_link(), shard_wait_ms() at most.
 *
 * Bounds: a shard that is full (SHARD_OUT_BYTES_MAX for the router) must be
 * given no more; the core bounds everything that waits inside. */
#ifndef BROKER_SHARD_SHARD_H
#define BROKER_SHARD_SHARD_H

#include "broker/core/core.h"
#include "broker/shard/broker_metrics.h"
#include "broker/shard/recorder.h"
#include "common/link/link_client.h"

#define SHARD_OUT_BYTES_MAX (8u << 20)

/* Borrowed while the shard runs. */
struct shard_config {
    uint32_t index; /* It owns the partitions p with p % count == index. */
    uint32_t count;
    const char *persister; /* Endpoint. */
    uint64_t incarnation;  /* Of the broker. */
    struct core_config core;
    const struct recorder_options *record; /* NULL: nothing is recorded. */
    struct metrics *metrics;
};

static inline uint32_t shard_of_partition(uint32_t partition, uint32_t count) {
    return partition % count;
}

struct shard; /* Opaque. */

/* |config| is borrowed for life. Never NULL. */
struct shard *shard_create(const struct shard_config *config);

/* Accepts NULL. */
void shard_destroy(struct shard *shard);

void shard_begin(struct shard *shard);

/* |batch|: records of the router (pipe_record.h), borrowed. */
void shard_take(struct shard *shard, struct slice batch);

/* True: the persister may have said more, so do not sleep. */
bool shard_end(struct shard *shard);

/* Records for the router; the shard's, but the caller takes them away. */
struct buf *shard_out(struct shard *shard);

bool shard_is_full(const struct shard *shard);

/* It cannot go on; the last record for the router says why. */
bool shard_is_stopping(const struct shard *shard);

/* How long the next turn has time, in milliseconds. */
int64_t shard_wait_ms(const struct shard *shard);

struct link_client *shard_link(struct shard *shard);

#endif
