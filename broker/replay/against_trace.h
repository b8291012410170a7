/* against_trace.h - the traces of a broker's shards as one: all inputs in the
 * order of their times, with what came of each in full. Where a trace has
 * digests only, a core does it again. */
#ifndef BROKER_REPLAY_AGAINST_TRACE_H
#define BROKER_REPLAY_AGAINST_TRACE_H

#include "broker/replay/against_differences.h"
#include "broker/replay/trace_set.h"

struct against_trace; /* Opaque. */

/* One input. Borrowed until the next call. */
struct against_input {
    struct against_place place;
    const struct core_input *input;
    const struct wire *command; /* Of an INPUT_COMMAND. */
    const struct effects *effects;
};

/* |set| holds files of one run, and is borrowed for life. ERR_MALFORMED:
 * |error| has a sentence that says where. */
enum err against_trace_open(const struct trace_set *set,
                            struct against_trace **out,
                            struct buf *error) MUST_CHECK;

/* Accepts NULL. */
void against_trace_close(struct against_trace *trace);

/* ERR_NOT_FOUND: that was all. ERR_MALFORMED: |error| has a sentence. */
enum err against_trace_next(struct against_trace *trace,
                            struct against_input *out,
                            struct buf *error) MUST_CHECK;

#endif
