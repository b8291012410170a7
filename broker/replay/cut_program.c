/* cut_program.c - see cut_program.h. */
#include "broker/replay/cut_program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "broker/replay/cut.h"
#include "broker/replay/shrink.h"
#include "broker/replay/verify.h"

bool cut_is_wanted(const struct cut_settings *settings) {
    return settings->room || settings->user || settings->from || settings->to ||
           settings->shrink;
}

/* Digits behind a point, as microseconds; what is finer is left out. */
static int64_t take_fraction(const char **at) {
    int64_t fraction_us = 0, unit_us = 100000;
    if (**at != '.')
        return 0;
    for (++*at; **at >= '0' && **at <= '9'; ++*at) {
        fraction_us += (**at - '0') * unit_us;
        unit_us /= 10;
    }
    return fraction_us;
}

bool cut_time_parse(const char *text, int64_t *out) {
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0)
        return true;
    struct tm parts = {0};
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!at)
        return false;
    int64_t fraction_us = take_fraction(&at);
    if (strcmp(at, "Z") != 0)
        return false;
    *out = (int64_t)timegm(&parts) * 1000000 + fraction_us;
    return true;
}

/* False: a time is none. */
static bool take_span(const struct cut_settings *settings,
                      struct tape_span *out) {
    *out = (struct tape_span){INT64_MIN, INT64_MAX};
    return (!settings->from || cut_time_parse(settings->from, &out->from_us)) &&
           (!settings->to || cut_time_parse(settings->to, &out->to_us));
}

const char *cut_settings_fault(const struct cut_settings *settings) {
    struct tape_span span;
    if (!take_span(settings, &span))
        return "--from, --to: a time looks like 2026-11-25T21:58:01.5Z, or is "
               "microseconds since 1970";
    if (span.from_us > span.to_us)
        return "--from comes after --to";
    if (settings->shrink && (settings->room || settings->user))
        return "--shrink finds the rooms and users by itself; cut before, if "
               "the trace is too large";
    return NULL;
}

static void on_progress(void *payload, const struct shrink_counts *counts) {
    (void)payload;
    fprintf(stderr, "%" PRIu32 " commands -> %" PRIu32 " (%" PRIu32 " runs)\n",
            counts->commands_before, counts->commands, counts->runs);
}

static enum err shrink_group(const struct trace_set *set, uint32_t group,
                             const struct cut_settings *settings,
                             const struct tape_span *span, int descriptor,
                             struct trace_error *error) {
    struct shrink_wish wish = {.span = *span,
                               .command = settings->shrink,
                               .runs_max = (uint32_t)settings->shrink_runs,
                               .progress = on_progress};
    struct shrink_counts counts;
    return shrink_write(set, group, &wish, descriptor, &counts, error);
}

static enum err cut_group(const struct trace_set *set, uint32_t group,
                          const struct cut_settings *settings,
                          const struct tape_span *span, int descriptor,
                          struct trace_error *error) {
    struct cut_wish wish = {
        .room = settings->room, .user = settings->user, .span = *span};
    struct cut_counts counts;
    enum err err = cut_write(set, group, &wish, descriptor, &counts, error);
    if (err != ERR_OK)
        return err;
    fprintf(stderr,
            "%" PRIu32 " commands, %" PRIu32 " inputs, %" PRIu32
            " pieces of state\n",
            counts.commands, counts.inputs, counts.states);
    if (counts.delays)
        fprintf(stderr,
                "%" PRIu32 " commands that were refused for want of room are "
                "left out; what waited behind them may come earlier here\n",
                counts.delays);
    return ERR_OK;
}

static int run_groups(const struct trace_set *set,
                      const struct cut_settings *settings, int descriptor) {
    struct tape_span span;
    struct trace_error error = {0};
    uint32_t written = 0;
    if (!take_span(settings, &span))
        return REPLAY_UNREADABLE;
    for (uint32_t i = 0; i < trace_set_groups(set); i++) {
        enum err err =
            settings->shrink
                ? shrink_group(set, i, settings, &span, descriptor, &error)
                : cut_group(set, i, settings, &span, descriptor, &error);
        /* One core of several knows the room, or fails. */
        if (err != ERR_OK && err != ERR_NOT_FOUND) {
            fprintf(stderr, "parlance-replay: %s\n", error.text);
            return REPLAY_UNREADABLE;
        }
        written += err == ERR_OK;
    }
    if (written == 0) {
        fprintf(stderr, "parlance-replay: %s\n", error.text);
        return REPLAY_DIFFERENT;
    }
    return REPLAY_SAME;
}

int cut_program_run(const struct trace_set *set,
                    const struct cut_settings *settings, const char *output) {
    int descriptor = STDOUT_FILENO;
    if (output)
        descriptor =
            open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        fprintf(stderr, "parlance-replay: --output %s: %s\n", output,
                strerror(errno));
        return REPLAY_UNREADABLE;
    }
    int status = run_groups(set, settings, descriptor);
    if (output && close(descriptor) != 0) {
        fprintf(stderr, "parlance-replay: --output %s: %s\n", output,
                strerror(errno));
        status = REPLAY_UNREADABLE;
    }
    return status;
}
