/* against_histogram.c - see against_histogram.h. */
#include "broker/replay/against_histogram.h"

#include "common/err.h"

/* Values below 2 * HALF are exact: each has a bucket of its own. */
#define HALF_BITS 5u
#define HALF (1u << HALF_BITS)

static uint32_t bucket_of(uint64_t value) {
    if (value < 2 * HALF)
        return (uint32_t)value;
    uint32_t shift = 63u - (uint32_t)__builtin_clzll(value) - HALF_BITS;
    uint64_t bucket = ((uint64_t)shift << HALF_BITS) + (value >> shift);
    return bucket < AGAINST_HISTOGRAM_BUCKETS ? (uint32_t)bucket
                                              : AGAINST_HISTOGRAM_BUCKETS - 1;
}

static uint64_t upper_end(uint32_t bucket) {
    if (bucket < 2 * HALF)
        return bucket;
    uint32_t shift = bucket / HALF - 1;
    uint64_t lead = bucket - (uint64_t)shift * HALF;
    return ((lead + 1) << shift) - 1;
}

void against_histogram_add(struct against_histogram *histogram,
                           uint64_t value_us) {
    histogram->count++;
    histogram->buckets[bucket_of(value_us)]++;
    if (value_us > histogram->max_us)
        histogram->max_us = value_us;
}

void against_histogram_merge(struct against_histogram *into,
                             const struct against_histogram *from) {
    into->count += from->count;
    for (uint32_t i = 0; i < AGAINST_HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    if (from->max_us > into->max_us)
        into->max_us = from->max_us;
}

uint64_t against_histogram_at(const struct against_histogram *histogram,
                              uint32_t per_100000) {
    PRE(per_100000 <= 100000);
    if (histogram->count == 0)
        return 0;
    /* Rounded up: of one value, every part is that value. */
    uint64_t wanted = (histogram->count * per_100000 + 99999) / 100000;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < AGAINST_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted && seen > 0) {
            uint64_t end = upper_end(i);
            if (i == AGAINST_HISTOGRAM_BUCKETS - 1)
                return histogram->max_us; /* All that is longer, too. */
            return end < histogram->max_us ? end : histogram->max_us;
        }
    }
    return histogram->max_us;
}
