/* metrics.h - what a program counts, in the text format of Prometheus 0.0.4.
 *
 * A program lists its metrics once and names them by index:
 *
 *   enum { METRIC_MESSAGES, METRIC_REFUSED, METRIC_COMMIT, METRIC_COUNT };
 *   static const char *const reasons[] = {"denied", "limit", NULL};
 *   static const struct metric table[METRIC_COUNT] = {
 *       [METRIC_MESSAGES] = METRIC_COUNTER("x_messages_total", "..."),
 *       [METRIC_REFUSED] = METRIC_COUNTER_BY("x_refused_total", "...",
 *                                            "reason", reasons),
 *       [METRIC_COMMIT] = METRIC_HISTOGRAM("x_commit_seconds", "..."),
 *   };
 *
 * Counting is one relaxed atomic addition, from any thread (two for a
 * histogram). A reader sees each number whole, but not all of one moment. */
#ifndef COMMON_PROCESS_METRICS_H
#define COMMON_PROCESS_METRICS_H

#include <stdatomic.h>

#include "common/buf.h"
#include "common/types.h"

#define METRIC_LABEL_VALUES_MAX 64u

enum metric_type {
    METRIC_TYPE_COUNTER,
    METRIC_TYPE_GAUGE,
    METRIC_TYPE_HISTOGRAM,
};

struct metric {
    const char *name; /* A counter's ends with _total, a time's with _seconds */
    const char *help;
    enum metric_type type;
    const char *label; /* NULL: one number; else one for each value. */
    const char *const *label_values; /* Ends with NULL. */
};

#define METRIC_COUNTER(name_, help_)                                           \
    { .name = (name_), .help = (help_), .type = METRIC_TYPE_COUNTER }
#define METRIC_COUNTER_BY(name_, help_, label_, values_)                       \
    {                                                                          \
        .name = (name_), .help = (help_), .type = METRIC_TYPE_COUNTER,         \
        .label = (label_), .label_values = (values_)                           \
    }
#define METRIC_GAUGE(name_, help_)                                             \
    { .name = (name_), .help = (help_), .type = METRIC_TYPE_GAUGE }
#define METRIC_GAUGE_BY(name_, help_, label_, values_)                         \
    {                                                                          \
        .name = (name_), .help = (help_), .type = METRIC_TYPE_GAUGE,           \
        .label = (label_), .label_values = (values_)                           \
    }
/* Of durations, in buckets from 100 microseconds to 10 seconds. */
#define METRIC_HISTOGRAM(name_, help_)                                         \
    { .name = (name_), .help = (help_), .type = METRIC_TYPE_HISTOGRAM }

typedef _Atomic(uint64_t) metric_cell;

/* Fields are private. */
struct metrics {
    const struct metric *table;
    size_t count;
    const char *program;
    uint32_t *first_cells; /* By metric; |count| + 1 of them. */
    metric_cell *cells;
};

/* All numbers start at 0. |program| and |table| are borrowed; a mistake in
 * the table aborts. */
struct metrics *metrics_create(const char *program, const struct metric *table,
                               size_t count);

/* Accepts NULL. */
void metrics_destroy(struct metrics *metrics);

/* The number of a metric, for the hot path; |label| is an index of
 * label_values, 0 without a label. Valid until destroy. Not of a histogram. */
static inline metric_cell *metrics_cell(const struct metrics *metrics,
                                        size_t metric, size_t label) {
    return &metrics->cells[metrics->first_cells[metric] + label];
}

static inline void metric_add(metric_cell *cell, uint64_t more) {
    atomic_fetch_add_explicit(cell, more, memory_order_relaxed);
}

/* A counter up, or a gauge. */
static inline void metrics_add(const struct metrics *metrics, size_t metric,
                               uint64_t more) {
    metric_add(metrics_cell(metrics, metric, 0), more);
}

static inline void metrics_add_by(const struct metrics *metrics, size_t metric,
                                  size_t label, uint64_t more) {
    metric_add(metrics_cell(metrics, metric, label), more);
}

/* A gauge down. */
static inline void metrics_subtract(const struct metrics *metrics,
                                    size_t metric, uint64_t less) {
    metric_add(metrics_cell(metrics, metric, 0), UINT64_C(0) - less);
}

/* A gauge. */
static inline void metrics_set_by(const struct metrics *metrics, size_t metric,
                                  size_t label, uint64_t value) {
    atomic_store_explicit(metrics_cell(metrics, metric, label), value,
                          memory_order_relaxed);
}

static inline void metrics_set(const struct metrics *metrics, size_t metric,
                               uint64_t value) {
    metrics_set_by(metrics, metric, 0, value);
}

static inline uint64_t metrics_get(const struct metrics *metrics, size_t metric,
                                   size_t label) {
    return atomic_load_explicit(metrics_cell(metrics, metric, label),
                                memory_order_relaxed);
}

/* One duration of a histogram. */
void metrics_observe_us(const struct metrics *metrics, size_t metric,
                        uint64_t duration_us);

/* Appends the table's metrics. */
void metrics_render(const struct metrics *metrics, struct buf *out);

/* Appends those of every program: parlance_build_info and process_*, read
 * from the system at this moment. */
void metrics_render_process(const struct metrics *metrics, struct buf *out);

#endif
