/* shard.h - one shard: a thread around one core and one link to the persister.
 *
 * It only moves bytes: records from the router become inputs of the core, the
 * core's effects become records for the router, appends and reads for the
 * persister. What is decided is decided in broker/core.
 *
 * Bounds: a shard stops reading its pipe while what it has for the router is
 * over SHARD_OUT_BYTES_MAX (the pipe is bounded too, so the router then stops
 * reading the gateways); the core bounds everything that waits inside. */
#ifndef BROKER_SHARD_SHARD_H
#define BROKER_SHARD_SHARD_H

#include "broker/core/core.h"
#include "broker/shard/broker_metrics.h"
#include "common/link/link_pipe.h"

#define SHARD_OUT_BYTES_MAX (8u << 20)

/* Borrowed while the shard runs. */
struct shard_config {
    uint32_t index; /* It owns the partitions p with p % count == index. */
    uint32_t count;
    const char *persister; /* Endpoint. */
    uint64_t incarnation;  /* Of the broker. */
    struct core_config core;
    struct metrics *metrics;
};

static inline uint32_t shard_of_partition(uint32_t partition, uint32_t count) {
    return partition % count;
}

/* The body for link_actor_start; |args| is a struct shard_config. */
void shard_run(struct link_pipe *pipe, void *args);

#endif
