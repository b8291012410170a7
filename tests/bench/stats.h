/* stats.h - time and percentiles. */
#ifndef TESTS_BENCH_STATS_H
#define TESTS_BENCH_STATS_H

#include <stdint.h>

/* Samples kept; later ones replace earlier ones, round and round. */
#define STATS_SAMPLES_MAX (1u << 20)

struct stats {
    uint32_t *samples_us;
    uint64_t count;
};

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t stats_now_us(void);

void stats_init(struct stats *stats);
void stats_finish(struct stats *stats);
void stats_clear(struct stats *stats);
void stats_add(struct stats *stats, uint64_t sample_us);

/* Prints p50, p90, p99 and max as the JSON object |name|, in microseconds. */
void stats_print(struct stats *stats, const char *name);

#endif
