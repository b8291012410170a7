/* tape.h - one core's run in memory: what it was told, and all that it says to
 * it. Whatever cuts a trace reads this one. */
#ifndef BROKER_REPLAY_TAPE_H
#define BROKER_REPLAY_TAPE_H

#include "broker/replay/trace_set.h"

/* Without the gateways of events, which a new core says again. */
struct tape_effect {
    enum effect_kind kind;
    uint32_t gateway;
    uint32_t partition;
    uint64_t seq;
    struct slice bytes;
};

struct tape_input {
    struct core_input input; /* |wire| is NULL. */
    struct tape_effect *effects;
    uint32_t effects_count;
};

struct tape {
    struct trace_head head;
    struct slice *states;
    uint32_t states_count;
    struct tape_input *inputs;
    uint32_t inputs_count;
    struct slice *comments; /* Those that stand before the first input. */
    uint32_t comments_count;
    bool is_broken; /* The core stopped itself at the last input. */
    struct arena arena;
};

/* What part of a run is wanted, by the times of the inputs. */
struct tape_span {
    int64_t from_us; /* INT64_MIN: from the beginning; else from the state at
                        that time. */
    int64_t to_us;   /* The last; INT64_MAX: to the end. */
};

/* Plays |group| again, in a process of its own: a core that stops itself ends
 * the tape, and not us. Where a file was torn the tape begins anew with the
 * next one. Errors as trace_source_next(), ERR_NOT_FOUND (no input is in the
 * span) and ERR_IO (no process or no file to be had); |error| says more. The
 * tape is to be freed in any case. */
enum err tape_load(const struct trace_set *set, uint32_t group,
                   const struct tape_span *span, struct tape *out,
                   struct trace_error *error) MUST_CHECK;

void tape_finish(struct tape *tape);

#endif
