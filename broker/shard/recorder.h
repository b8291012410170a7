/* recorder.h - writes down what one core is told and what it says, so that it
 * can be done again (broker/trace).
 *
 * Files are DIR/<start of the run, UTC>-<run>-<shard>-<number>.trace: they
 * sort in time. Each begins with all that a replay needs: the config, and the
 * state of the core when it was opened. One is full at |file_bytes| of inputs,
 * or as many as its beginning has bytes if that is more; then the next begins,
 * and of this run's files the oldest beyond |files_max| goes.
 *
 * The shard stands still while a state is taken down, 1.4 us a room with its
 * user in memory (tests/bench/README.md, pause). Since as many bytes of inputs
 * follow, that is never most of what a shard does, nor of what is on the disk.
 *
 * Inputs are gathered and written RECORDER_DELAY_MS after they came at the
 * latest, without waiting for the disk: a broker that is killed loses the last
 * of them, a machine that loses its power what the system had not written.
 *
 * A recording never stops a broker: what cannot be written (the disk is full)
 * ends the recording, with a line in the log and BROKER_RECORDING.
 *
 * One thread, the shard's. */
#ifndef BROKER_SHARD_RECORDER_H
#define BROKER_SHARD_RECORDER_H

#include "broker/core/core.h"
#include "common/process/metrics.h"

/* Half of the second that is promised: a turn may come late. */
#define RECORDER_DELAY_MS 500u

/* What the operator chose. */
struct recorder_options {
    const char *directory;
    uint64_t file_bytes; /* Of inputs, at least. */
    uint64_t files_max;  /* Of a shard in this run; 0: all are kept. */
    bool whole;          /* Effects in full, not just their digests. */
    int64_t started_us;  /* Of the run, for the names. */
};

struct recorder_config {
    const struct recorder_options *options;
    uint32_t shard;
    uint32_t shards;
    uint64_t run; /* The broker's incarnation. */
    struct core_config core;
    const struct metrics *metrics;
};

struct recorder; /* Opaque. */

/* Makes the directory if it is missing (0700; the files are 0600), and sees
 * whether files can be made there. ERR_IO: |reason| has a sentence. */
enum err recorder_prepare(const struct recorder_options *options,
                          struct buf *reason) MUST_CHECK;

/* Opens the first file. |config| is copied, its pointers and |core| are
 * borrowed for life. Never NULL. */
struct recorder *recorder_create(const struct recorder_config *config,
                                 const struct core *core);

/* Writes what is left and the end. Accepts NULL. */
void recorder_destroy(struct recorder *recorder);

/* The core is about to be stepped with |input|, borrowed until
 * recorder_input(). If it aborts, recorder_abort() writes the input too. */
void recorder_begin(struct recorder *recorder, const struct core_input *input);

/* The core has been stepped: |input| (its |bytes| count) gave |effects|. */
void recorder_input(struct recorder *recorder, const struct core_input *input,
                    const struct effects *effects);

/* For a handler of SIGABRT: if the thread that aborts is stepping a core that
 * is recorded, writes what was gathered and, last and without effects, the
 * input that was its end: it can be replayed, and the trace is the bug report.
 * Does nothing in any other case, and nothing a second time. */
void recorder_abort(void);

/* Once a turn. */
void recorder_tick(struct recorder *recorder, uint64_t now_ms);

/* When to tick at the latest; UINT64_MAX: nothing waits. */
uint64_t recorder_due_ms(const struct recorder *recorder);

#endif
