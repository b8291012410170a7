/* against_report.c - a play in numbers, for people and as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "broker/replay/against_play.h"
#include "common/json_write.h"

static const uint32_t quantiles[] = {50000, 90000, 99000, 99900, 100000};
static const char *const quantile_names[] = {"p50", "p90", "p99", "p99.9",
                                             "max"};
#define QUANTILES (sizeof quantiles / sizeof *quantiles)

__attribute__((format(printf, 2, 3))) static void put(struct buf *out,
                                                      const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_append_slice(out, slice_of(text));
}

static double seconds(const struct against_totals *totals) {
    return (double)totals->busy_us / 1e6;
}

static double per_second(const struct against_totals *totals) {
    return seconds(totals) > 0 ? (double)totals->answered / seconds(totals) : 0;
}

static void sum(const struct against_totals *totals,
                struct against_histogram *out) {
    *out = (struct against_histogram){0};
    for (size_t i = 0; i < WIRE_REPLY_OK; i++)
        against_histogram_merge(out, &totals->latencies[i]);
}

/* --- For people
 * --------------------------------------------------------------- */

static void put_latency(struct buf *out, const char *name,
                        const struct against_histogram *histogram) {
    put(out, "    %-16s %9" PRIu64, name, histogram->count);
    for (size_t i = 0; i < QUANTILES; i++)
        put(out, " %9.3f",
            (double)against_histogram_at(histogram, quantiles[i]) / 1e3);
    put(out, "\n");
}

static void put_latencies(struct buf *out,
                          const struct against_totals *totals) {
    struct against_histogram all;
    put(out, "  latency, ms       %9s", "count");
    for (size_t i = 0; i < QUANTILES; i++)
        put(out, " %9s", quantile_names[i]);
    put(out, "\n");
    sum(totals, &all);
    put_latency(out, "all", &all);
    for (size_t i = 0; i < WIRE_REPLY_OK; i++)
        if (totals->latencies[i].count)
            put_latency(out, wire_kind_name((enum wire_kind)i),
                        &totals->latencies[i]);
}

/* A text of a message, on one line. */
static void put_shown(struct buf *out, const char *when,
                      const struct buf *text) {
    put(out, "        %s \"", when);
    for (size_t i = 0; i < text->size; i++) {
        char at = text->data[i];
        if ((unsigned char)at < 0x20)
            at = ' ';
        buf_append(out, &at, 1);
    }
    put(out, "\"\n");
}

static void put_differences(struct buf *out,
                            const struct against_differences *differences) {
    put(out, "  differences       %9" PRIu64 "\n", differences->count);
    for (size_t i = 0; i < differences->kinds_count; i++) {
        const struct against_difference *kind = &differences->kinds[i];
        put(out, "    %s: %" PRIu64 "\n", kind->what, kind->count);
        for (size_t j = 0; j < kind->count && j < AGAINST_EXAMPLES_MAX; j++) {
            const struct against_example *example = &kind->examples[j];
            if (example->place.file)
                put(out, "      %s: at %" PRIu64 "\n", example->place.file,
                    example->place.offset);
            else
                put(out, "      not in the trace\n");
            put_shown(out, "recorded", &example->recorded);
            put_shown(out, "live    ", &example->live);
        }
    }
}

static void report_text(const struct against_totals *totals, struct buf *out) {
    put(out, "played against %s", totals->options->endpoint);
    if (totals->options->rounds > 1)
        put(out, ", %" PRIu32 " times in a row", totals->options->rounds);
    if (totals->options->speed)
        put(out, ", %" PRIu32 " times as fast as recorded\n",
            totals->options->speed);
    else
        put(out, ", as fast as it takes it\n");
    put(out,
        "  commands          %9" PRIu64 " sent, %" PRIu64 " answered, %" PRIu64
        " not playable\n",
        totals->commands, totals->answered, totals->left_out);
    put(out, "  events            %9" PRIu64 " heard, %" PRIu64 " recorded\n",
        totals->heard[AGAINST_LIVE], totals->heard[AGAINST_RECORDED]);
    put(out,
        "  not compared      %9" PRIu64 " heard, %" PRIu64
        " recorded about presence; %" PRIu64 " and %" PRIu64 " about typing\n",
        totals->presence[AGAINST_LIVE], totals->presence[AGAINST_RECORDED],
        totals->typing[AGAINST_LIVE], totals->typing[AGAINST_RECORDED]);
    put(out,
        "                    %9" PRIu64 " after the recording's end, %" PRIu64
        " of others\n",
        totals->unrecorded, totals->foreign);
    put(out,
        "                    %9" PRIu64
        " other answers to what was changing when it was asked\n",
        totals->raced);
    put(out, "  time              %9.3f s, %.0f commands/s", seconds(totals),
        per_second(totals));
    if (totals->options->speed)
        put(out, ", at most %.1f ms late", (double)totals->late_max_us / 1e3);
    put(out, "\n");
    put_latencies(out, totals);
    put_differences(out, &totals->differences);
}

/* --- JSON
 * ------------------------------------------------------------------------ */

static void put_member(struct buf *out, const char *name, uint64_t value) {
    put(out, ",\"%s\":%" PRIu64, name, value);
}

static void put_json_latency(struct buf *out, const char *name,
                             const struct against_histogram *histogram) {
    put(out, "\"%s\":{\"count\":%" PRIu64, name, histogram->count);
    for (size_t i = 0; i < QUANTILES; i++)
        put_member(out, quantile_names[i],
                   against_histogram_at(histogram, quantiles[i]));
    put(out, "}");
}

static void put_json_example(struct buf *out,
                             const struct against_example *example) {
    json_put(out, "{");
    if (example->place.file) {
        json_put(out, "\"file\":");
        json_put_text(out, slice_of(example->place.file));
        put(out, ",\"offset\":%" PRIu64 ",", example->place.offset);
    }
    json_put(out, "\"recorded\":");
    json_put_text(out, buf_slice(&example->recorded));
    json_put(out, ",\"live\":");
    json_put_text(out, buf_slice(&example->live));
    json_put(out, "}");
}

static void put_json_difference(struct buf *out,
                                const struct against_difference *kind) {
    json_put(out, "{\"what\":");
    json_put_text(out, slice_of(kind->what));
    put_member(out, "count", kind->count);
    json_put(out, ",\"examples\":[");
    for (size_t i = 0; i < kind->count && i < AGAINST_EXAMPLES_MAX; i++) {
        if (i)
            json_put(out, ",");
        put_json_example(out, &kind->examples[i]);
    }
    json_put(out, "]}");
}

static void report_json(const struct against_totals *totals, struct buf *out) {
    struct against_histogram all;
    json_put(out, "{\"against\":");
    json_put_text(out, slice_of(totals->options->endpoint));
    put_member(out, "speed", totals->options->speed);
    put_member(out, "play", totals->play);
    put_member(out, "rounds", totals->options->rounds);
    put_member(out, "commands", totals->commands);
    put_member(out, "answered", totals->answered);
    put_member(out, "not_playable", totals->left_out);
    put_member(out, "events", totals->heard[AGAINST_LIVE]);
    put_member(out, "events_recorded", totals->heard[AGAINST_RECORDED]);
    put_member(out, "presence", totals->presence[AGAINST_LIVE]);
    put_member(out, "presence_recorded", totals->presence[AGAINST_RECORDED]);
    put_member(out, "typing", totals->typing[AGAINST_LIVE]);
    put_member(out, "typing_recorded", totals->typing[AGAINST_RECORDED]);
    put_member(out, "unrecorded", totals->unrecorded);
    put_member(out, "foreign", totals->foreign);
    put_member(out, "raced", totals->raced);
    put(out, ",\"seconds\":%.6f,\"commands_per_second\":%.1f", seconds(totals),
        per_second(totals));
    put_member(out, "late_max_us", totals->late_max_us);
    json_put(out, ",\"latency_us\":{");
    sum(totals, &all);
    put_json_latency(out, "all", &all);
    for (size_t i = 0; i < WIRE_REPLY_OK; i++) {
        if (totals->latencies[i].count == 0)
            continue;
        json_put(out, ",");
        put_json_latency(out, wire_kind_name((enum wire_kind)i),
                         &totals->latencies[i]);
    }
    json_put(out, "}");
    put_member(out, "differences_count", totals->differences.count);
    json_put(out, ",\"differences\":[");
    for (size_t i = 0; i < totals->differences.kinds_count; i++) {
        if (i)
            json_put(out, ",");
        put_json_difference(out, &totals->differences.kinds[i]);
    }
    json_put(out, "]}\n");
}

void against_report(const struct against_totals *totals, struct buf *out) {
    if (totals->options->json)
        report_json(totals, out);
    else
        report_text(totals, out);
}
