/* broker_metrics.h - what the broker counts. Any thread. */
#ifndef BROKER_SHARD_BROKER_METRICS_H
#define BROKER_SHARD_BROKER_METRICS_H

#include "broker/core/core.h"
#include "common/process/metrics.h"

enum broker_metric {
    BROKER_COMMANDS,
    BROKER_REPLIES,
    BROKER_EVENTS,
    BROKER_EVENT_COPIES,
    BROKER_RUBBISH,
    BROKER_GATEWAYS,
    BROKER_EPOCH,
    BROKER_ROOMS,
    BROKER_USERS,
    BROKER_KEYS,
    BROKER_WAITING,
    BROKER_PENDING,
    BROKER_PENDING_BYTES,
    BROKER_ACTIVATIONS,
    BROKER_PASSIVATIONS,
    BROKER_REFUSALS,
    BROKER_MESSAGES,
    BROKER_DUPLICATES,
    BROKER_ONLINE,
    BROKER_PRESENCE_CHANGES,
    BROKER_SEEN_LOST,
    BROKER_TYPING_PASSED,
    BROKER_TYPING_THROTTLED,
    BROKER_RECORDING,
    BROKER_RECORD_INPUTS,
    BROKER_RECORD_BYTES,
    BROKER_RECORD_FILES,
    BROKER_RECORD_REMOVED,
    BROKER_RECORD_MISSED,
    BROKER_LINK, /* By counter of common/link. */
    BROKER_METRIC_COUNT
};

struct metrics *broker_metrics_create(void);

/* Add what one core did between two reports. */
void broker_metrics_report(const struct metrics *metrics,
                           const struct core_stats *now,
                           const struct core_stats *last);

#endif
