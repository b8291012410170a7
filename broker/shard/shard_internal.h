/* shard_internal.h - what the files of one shard share. */
#ifndef BROKER_SHARD_SHARD_INTERNAL_H
#define BROKER_SHARD_SHARD_INTERNAL_H

#include "broker/shard/log_tail.h"
#include "broker/shard/pipe_record.h"
#include "broker/shard/shard.h"
#include "common/link/link_client.h"

struct shard {
    const struct shard_config *config;
    struct core *core;
    struct recorder *recorder; /* NULL: nothing is recorded. */
    struct effects effects;
    struct link_client *link; /* To the persister. */
    struct log_tail tail;
    struct arena arena; /* Of the message being looked at. */
    struct buf out;     /* Records for the router. */
    struct buf message; /* Being built for the persister. */
    bool owner;         /* The core knows its partitions. */
    bool attached;      /* The persister told this link the heads. */
    bool stopping;
    uint64_t now_ms;    /* Of the turn. */
    int64_t now_us;     /* Of the turn or a command; never back. */
    uint64_t steady_us; /* The same by the clock that nobody sets. */
    struct core_stats reported;
    uint64_t report_ms; /* When to report again. */
};

/* Give the core one input (its now_us is filled in) and carry out what it
 * says. */
void shard_step(struct shard *shard, struct core_input *input);

/* Something is wrong that ends the broker. */
void shard_fatal(struct shard *shard, const char *reason);

/* What the persister's link calls; payload is the shard. */
extern const struct link_client_handler shard_log_handler;

/* Ask for the heads, now that link and epoch are there. */
void shard_attach(struct shard *shard);

/* Hand the tail to the link as far as it takes it. */
void shard_send_tail(struct shard *shard);

#endif
