/* metrics.c - see metrics.h. */
#include "common/process/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The upper bounds of the buckets; what is above is in one more. */
static const uint64_t bounds_us[] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

#define BOUND_COUNT (sizeof bounds_us / sizeof *bounds_us)

/* A histogram's cells: one a bucket, one above all bounds, the sum. */
#define HISTOGRAM_CELLS (BOUND_COUNT + 2)
#define SUM_CELL (BOUND_COUNT + 1)

static uint32_t cell_count(const struct metric *metric) {
    switch (metric->type) {
    case METRIC_TYPE_HISTOGRAM:
        PRE(metric->label == NULL);
        return HISTOGRAM_CELLS;
    case METRIC_TYPE_COUNTER:
    case METRIC_TYPE_GAUGE:
        break;
    }
    if (!metric->label)
        return 1;
    uint32_t values = 0;
    while (metric->label_values[values])
        values++;
    PRE(values > 0 && values <= METRIC_LABEL_VALUES_MAX);
    return values;
}

/* Whether |name| ends as its type demands. */
static bool name_fits(const struct metric *metric) {
    size_t size = strlen(metric->name);
    const char *end = "_total";
    bool total =
        size > strlen(end) && !strcmp(metric->name + size - strlen(end), end);
    return total == (metric->type == METRIC_TYPE_COUNTER);
}

struct metrics *metrics_create(const char *program, const struct metric *table,
                               size_t count) {
    struct metrics *metrics = mem_alloc(sizeof *metrics);
    *metrics = (struct metrics){
        .table = table,
        .count = count,
        .program = program,
        .first_cells = mem_alloc((count + 1) * sizeof *metrics->first_cells)};
    uint32_t cells = 0;
    for (size_t i = 0; i < count; i++) {
        PRE(table[i].name != NULL && table[i].help != NULL);
        PRE(name_fits(&table[i]));
        metrics->first_cells[i] = cells;
        cells += cell_count(&table[i]);
    }
    metrics->first_cells[count] = cells;
    metrics->cells = mem_zalloc(cells * sizeof *metrics->cells);
    return metrics;
}

void metrics_destroy(struct metrics *metrics) {
    if (!metrics)
        return;
    free(metrics->cells);
    free(metrics->first_cells);
    free(metrics);
}

void metrics_observe_us(const struct metrics *metrics, size_t metric,
                        uint64_t duration_us) {
    PRE(metrics->table[metric].type == METRIC_TYPE_HISTOGRAM);
    size_t bucket = 0;
    while (bucket < BOUND_COUNT && duration_us > bounds_us[bucket])
        bucket++;
    metric_add(metrics_cell(metrics, metric, bucket), 1);
    metric_add(metrics_cell(metrics, metric, SUM_CELL), duration_us);
}

__attribute__((format(printf, 2, 3))) static void
append(struct buf *out, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    INVARIANT(size >= 0 && (size_t)size < sizeof line);
    buf_append(out, line, (size_t)size);
}

static void append_head(struct buf *out, const char *name, const char *help,
                        const char *type) {
    append(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Microseconds as seconds, without trailing zeros. */
static void append_seconds(struct buf *out, uint64_t value_us) {
    char text[40];
    int size = snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64,
                        value_us / 1000000, value_us % 1000000);
    while (text[size - 1] == '0')
        size--;
    if (text[size - 1] == '.')
        size--;
    buf_append(out, text, (size_t)size);
}

static void render_histogram(const struct metrics *metrics, size_t index,
                             struct buf *out) {
    const char *name = metrics->table[index].name;
    uint64_t count = 0;
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        count += metrics_get(metrics, index, i);
        append(out, "%s_bucket{le=\"", name);
        append_seconds(out, bounds_us[i]);
        append(out, "\"} %" PRIu64 "\n", count);
    }
    count += metrics_get(metrics, index, BOUND_COUNT);
    append(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, count,
           name);
    append_seconds(out, metrics_get(metrics, index, SUM_CELL));
    append(out, "\n%s_count %" PRIu64 "\n", name, count);
}

/* The lines of a counter or a gauge; a gauge may have gone below zero. */
static void render_numbers(const struct metrics *metrics, size_t index,
                           struct buf *out) {
    const struct metric *metric = &metrics->table[index];
    for (uint32_t i = 0; i < cell_count(metric); i++) {
        append(out, "%s", metric->name);
        if (metric->label)
            append(out, "{%s=\"%s\"}", metric->label, metric->label_values[i]);
        uint64_t value = metrics_get(metrics, index, i);
        if (metric->type == METRIC_TYPE_COUNTER)
            append(out, " %" PRIu64 "\n", value);
        else
            append(out, " %" PRId64 "\n", (int64_t)value);
    }
}

void metrics_render(const struct metrics *metrics, struct buf *out) {
    static const char *const types[] = {
        [METRIC_TYPE_COUNTER] = "counter",
        [METRIC_TYPE_GAUGE] = "gauge",
        [METRIC_TYPE_HISTOGRAM] = "histogram",
    };
    for (size_t i = 0; i < metrics->count; i++) {
        const struct metric *metric = &metrics->table[i];
        append_head(out, metric->name, metric->help, types[metric->type]);
        switch (metric->type) {
        case METRIC_TYPE_HISTOGRAM:
            render_histogram(metrics, i, out);
            break;
        case METRIC_TYPE_COUNTER:
        case METRIC_TYPE_GAUGE:
            render_numbers(metrics, i, out);
            break;
        }
    }
}
