/* stats.c - see stats.h. */
#include "tests/bench/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/buf.h"

uint64_t stats_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void stats_init(struct stats *stats) {
    stats->samples_us =
        mem_alloc(STATS_SAMPLES_MAX * sizeof(stats->samples_us[0]));
    stats->count = 0;
}

void stats_finish(struct stats *stats) {
    free(stats->samples_us);
    *stats = (struct stats){0};
}

void stats_clear(struct stats *stats) {
    stats->count = 0;
}

void stats_add(struct stats *stats, uint64_t sample_us) {
    stats->samples_us[stats->count++ % STATS_SAMPLES_MAX] =
        sample_us < UINT32_MAX ? (uint32_t)sample_us : UINT32_MAX;
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

void stats_print(struct stats *stats, const char *name) {
    uint64_t count =
        stats->count < STATS_SAMPLES_MAX ? stats->count : STATS_SAMPLES_MAX;
    qsort(stats->samples_us, count, sizeof(stats->samples_us[0]), compare);
    const uint32_t none = 0;
    const uint32_t *at = count ? stats->samples_us : &none;
    uint64_t last = count ? count - 1 : 0;
    printf("\"%s\":{\"p50\":%u,\"p90\":%u,\"p99\":%u,\"max\":%u}", name,
           at[last * 50 / 100], at[last * 90 / 100], at[last * 99 / 100],
           at[last]);
}
