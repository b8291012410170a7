/* recorder.c - see recorder.h. */
#include "broker/shard/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "broker/core/snapshot.h"
#include "broker/shard/broker_metrics.h"
#include "broker/trace/trace_file.h"
#include "common/clock.h"
#include "common/process/log.h"

/* So much is gathered before it is written. */
#define WRITE_BYTES (256u << 10)
#define STAMP_BYTES 32u

struct recorder {
    struct recorder_config config;
    const struct core *core;
    int fd;       /* -1: none is open. */
    bool stopped; /* Something could not be written. */
    uint32_t file;
    char path[PATH_MAX];
    struct buf out;         /* Not written yet; whole frames. */
    struct buf piece;       /* Of the state, being encoded. */
    uint64_t inputs;        /* In |out|. */
    uint64_t written_bytes; /* Of this file. */
    uint64_t start_bytes;   /* Its head and state. */
    uint64_t due_ms;
    const struct core_input *input; /* Being stepped, or NULL. */
};

/* Whose core this thread is stepping, for recorder_abort(): a handler of
 * signals has no other way to know. */
static _Thread_local struct recorder *stepping;

/* --- Files ---------------------------------------------------------------- */

/* The path of the |file|th file into |out|. */
static void name_file(const struct recorder *recorder, uint32_t file,
                      char out[PATH_MAX]) {
    char stamp[STAMP_BYTES] = "";
    struct tm tm;
    time_t started = (time_t)(recorder->config.options->started_us / 1000000);
    if (gmtime_r(&started, &tm))
        (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    (void)snprintf(out, PATH_MAX,
                   "%s/%s-%016" PRIx64 "-%02" PRIu32 "-%06" PRIu32 ".trace",
                   recorder->config.options->directory, stamp,
                   recorder->config.run, recorder->config.shard, file);
}

static void stop(struct recorder *recorder, int error) {
    log_error("recording_stopped", LOG_UINT("shard", recorder->config.shard),
              LOG_TEXT("file", recorder->path),
              LOG_TEXT("reason", strerror(error)));
    metrics_subtract(recorder->config.metrics, BROKER_RECORDING, 1);
    metrics_add(recorder->config.metrics, BROKER_RECORD_MISSED,
                recorder->inputs);
    if (recorder->fd >= 0)
        close(recorder->fd);
    recorder->fd = -1;
    recorder->stopped = true;
    recorder->inputs = 0;
    buf_clear(&recorder->out);
}

/* Writes what was gathered. */
static void flush(struct recorder *recorder) {
    const struct metrics *metrics = recorder->config.metrics;
    size_t done = 0;
    recorder->due_ms = UINT64_MAX;
    while (!recorder->stopped && done < recorder->out.size) {
        ssize_t got = write(recorder->fd, recorder->out.data + done,
                            recorder->out.size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            stop(recorder, got < 0 ? errno : ENOSPC);
            return;
        }
        done += (size_t)got;
    }
    metrics_add(metrics, BROKER_RECORD_INPUTS, recorder->inputs);
    metrics_add(metrics, BROKER_RECORD_BYTES, done);
    recorder->written_bytes += done;
    recorder->inputs = 0;
    buf_clear(&recorder->out);
}

/* A state may be much larger than what is gathered otherwise. */
static void take_state(void *payload, const struct wire *state) {
    struct recorder *recorder = payload;
    buf_clear(&recorder->piece);
    wire_encode(state, &recorder->piece);
    trace_put_state(&recorder->out, buf_slice(&recorder->piece));
    if (!recorder->stopped && recorder->out.size >= WRITE_BYTES)
        flush(recorder);
}

static void put_start(struct recorder *recorder) {
    const struct recorder_config *config = &recorder->config;
    struct trace_head head = {.shard = config->shard,
                              .shards = config->shards,
                              .run = config->run,
                              .file = recorder->file,
                              .started_us = (int64_t)wall_us(),
                              .whole = config->options->whole,
                              .program = SLICE(PARLANCE_VERSION),
                              .core = config->core,
                              .state_digest = core_digest(recorder->core)};
    trace_put_head(&recorder->out, &head);
    core_save(recorder->core, take_state, recorder);
    recorder->start_bytes = recorder->written_bytes + recorder->out.size;
}

static void open_next(struct recorder *recorder) {
    recorder->file++;
    name_file(recorder, recorder->file, recorder->path);
    recorder->fd =
        open(recorder->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
             0600);
    if (recorder->fd < 0) {
        stop(recorder, errno);
        return;
    }
    recorder->written_bytes = 0;
    put_start(recorder);
    flush(recorder);
    if (recorder->stopped)
        return;
    metrics_add(recorder->config.metrics, BROKER_RECORD_FILES, 1);
    log_info("recording", LOG_UINT("shard", recorder->config.shard),
             LOG_TEXT("file", recorder->path));
}

static void close_file(struct recorder *recorder) {
    if (recorder->stopped)
        return;
    trace_put_end(&recorder->out);
    flush(recorder);
    if (recorder->fd >= 0)
        close(recorder->fd);
    recorder->fd = -1;
}

/* The oldest that is one too many, now that there is one more. */
static void remove_oldest(const struct recorder *recorder) {
    uint64_t most = recorder->config.options->files_max;
    char path[PATH_MAX];
    if (most == 0 || recorder->file <= most)
        return;
    name_file(recorder, (uint32_t)(recorder->file - most), path);
    /* Somebody may have taken it away. */
    if (unlink(path) == 0)
        metrics_add(recorder->config.metrics, BROKER_RECORD_REMOVED, 1);
    else if (errno != ENOENT)
        log_warn("record_file_stays", LOG_TEXT("file", path),
                 LOG_TEXT("reason", strerror(errno)));
}

static bool is_full(const struct recorder *recorder) {
    uint64_t bytes = recorder->written_bytes + recorder->out.size;
    uint64_t inputs = bytes - recorder->start_bytes;
    return inputs >= recorder->config.options->file_bytes &&
           inputs >= recorder->start_bytes;
}

static void rotate(struct recorder *recorder) {
    close_file(recorder);
    if (!recorder->stopped)
        open_next(recorder);
    if (!recorder->stopped)
        remove_oldest(recorder);
}

/* --- Life ----------------------------------------------------------------- */

enum err recorder_prepare(const struct recorder_options *options,
                          struct buf *reason) {
    const char *directory = options->directory;
    bool made = mkdir(directory, 0700) == 0 || errno == EEXIST;
    struct stat status;
    const char *why = NULL;
    if (!made || stat(directory, &status) != 0)
        why = strerror(errno);
    else if (!S_ISDIR(status.st_mode))
        why = strerror(ENOTDIR);
    else if (access(directory, W_OK | X_OK) != 0)
        why = strerror(errno);
    else if (strlen(directory) > PATH_MAX / 2)
        why = strerror(ENAMETOOLONG);
    if (!why)
        return ERR_OK;
    buf_append_slice(reason, slice_of(why));
    return ERR_IO;
}

struct recorder *recorder_create(const struct recorder_config *config,
                                 const struct core *core) {
    struct recorder *recorder = mem_zalloc(sizeof *recorder);
    recorder->config = *config;
    recorder->core = core;
    recorder->due_ms = UINT64_MAX;
    metrics_add(config->metrics, BROKER_RECORDING, 1);
    open_next(recorder);
    return recorder;
}

void recorder_destroy(struct recorder *recorder) {
    if (!recorder)
        return;
    close_file(recorder);
    buf_finish(&recorder->out);
    buf_finish(&recorder->piece);
    free(recorder);
}

void recorder_begin(struct recorder *recorder, const struct core_input *input) {
    recorder->input = input;
    stepping = recorder;
}

/* Memory may be asked for here, which handlers must not: but what aborts in a
 * step is an assertion of ours, not the allocator. */
void recorder_abort(void) {
    struct recorder *recorder = stepping;
    struct effects none = {0};
    stepping = NULL;
    if (!recorder || recorder->stopped)
        return;
    trace_put_input(&recorder->out, recorder->input, &none, false);
    recorder->inputs++;
    flush(recorder);
}

void recorder_input(struct recorder *recorder, const struct core_input *input,
                    const struct effects *effects) {
    stepping = NULL;
    if (recorder->stopped) {
        metrics_add(recorder->config.metrics, BROKER_RECORD_MISSED, 1);
        return;
    }
    trace_put_input(&recorder->out, input, effects,
                    recorder->config.options->whole);
    recorder->inputs++;
    if (is_full(recorder)) {
        rotate(recorder);
    } else if (recorder->out.size >= WRITE_BYTES) {
        flush(recorder);
    }
}

void recorder_tick(struct recorder *recorder, uint64_t now_ms) {
    if (recorder->out.size == 0)
        return;
    if (recorder->due_ms == UINT64_MAX)
        recorder->due_ms = now_ms + RECORDER_DELAY_MS;
    else if (now_ms >= recorder->due_ms)
        flush(recorder);
}

uint64_t recorder_due_ms(const struct recorder *recorder) {
    return recorder->due_ms;
}
