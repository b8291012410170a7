/* against_histogram.h - how long things took, in bounded memory: 32 buckets
 * for each power of two, so a value is known to 3 %, up to 19 hours. Pure. */
#ifndef BROKER_REPLAY_AGAINST_HISTOGRAM_H
#define BROKER_REPLAY_AGAINST_HISTOGRAM_H

#include "common/types.h"

#define AGAINST_HISTOGRAM_BUCKETS 1024u

/* Zeroed is empty. */
struct against_histogram {
    uint64_t count;
    uint64_t max_us;
    uint64_t buckets[AGAINST_HISTOGRAM_BUCKETS];
};

void against_histogram_add(struct against_histogram *histogram,
                           uint64_t value_us);

void against_histogram_merge(struct against_histogram *into,
                             const struct against_histogram *from);

/* The value that |per_100000| of 100,000 do not pass (p99.9 is 99900): the
 * upper end of its bucket, and never more than the largest value. 0 when
 * empty. */
uint64_t against_histogram_at(const struct against_histogram *histogram,
                              uint32_t per_100000);

#endif
