/* cut_program.c - see cut_program.h. */
#include "broker/replay/cut_program.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "broker/replay/cut.h"
#include "broker/replay/output.h"
#include "broker/replay/shrink.h"
#include "broker/replay/verify.h"

#define COPY_BYTES (256u << 10)

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

/* What keeps |path| from being written, as errno; 0: nothing that can be seen
 * before. A search may take long and should not end with that. */
static int path_fault(const char *path) {
    if (access(path, W_OK) == 0)
        return 0;
    if (errno != ENOENT)
        return errno;
    char *copy = mem_alloc(strlen(path) + 1);
    memcpy(copy, path, strlen(path) + 1);
    int fault = access(dirname(copy), W_OK) == 0 ? 0 : errno;
    free(copy);
    return fault;
}

/* The descriptor's bytes, from the first on. */
static enum err copy_out(int descriptor, const char *path) {
    struct buf pending = {0};
    struct output output;
    off_t at = 0;
    ssize_t got = 0;
    enum err err = output_open(path, &pending, &output);
    if (err != ERR_OK)
        return err;
    do {
        got = pread(descriptor, buf_reserve(&pending, COPY_BYTES), COPY_BYTES,
                    at);
        if (got > 0) {
            pending.size += (size_t)got;
            at += got;
        }
        err = got < 0 ? ERR_IO : output_flush(&output);
    } while (err == ERR_OK && got > 0);
    enum err closed = output_close(&output);
    buf_finish(&pending);
    return err != ERR_OK ? err : closed;
}

/* A file that was there stays as it was until there is something better. */
int cut_program_run(const struct trace_set *set,
                    const struct cut_settings *settings, const char *output) {
    int fault = output ? path_fault(output) : 0;
    int descriptor = fault ? -1 : memfd_create("parlance-cut", MFD_CLOEXEC);
    int status = REPLAY_UNREADABLE;
    if (descriptor >= 0) {
        status = run_groups(set, settings, descriptor);
        if (status == REPLAY_SAME && copy_out(descriptor, output) != ERR_OK) {
            fault = errno;
            status = REPLAY_UNREADABLE;
        }
        close(descriptor);
    } else if (!fault) {
        fault = errno;
    }
    if (fault)
        fprintf(stderr, "parlance-replay: --output %s: %s\n",
                output ? output : "-", strerror(fault));
    return status;
}
