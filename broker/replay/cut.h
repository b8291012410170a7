/* cut.h - a new trace out of a trace: what happened to one room, what one user
 * did, what happened in some minutes. It replays by itself, and in it the
 * rooms that were asked for do what they did: the same places, ids and texts.
 *
 * All commands that touch a room of those are kept, and those of the rooms that
 * hang together with it (a key that led to another room before). Left out are
 * the others' commands, what the store was asked for them, and commands that
 * were refused for want of room: where fewer ask, there is room. */
#ifndef BROKER_REPLAY_CUT_H
#define BROKER_REPLAY_CUT_H

#include "broker/replay/cut_run.h"

struct cut_wish {
    uint64_t room; /* 0: any. */
    uint64_t user; /* 0: anybody. */
    struct tape_span span;
};

#define CUT_WISH_ALL                                                           \
    ((struct cut_wish){.span = {.from_us = INT64_MIN, .to_us = INT64_MAX}})

/* Writes the cut of |group| to |descriptor|. Errors as tape_load(), and
 * ERR_NOT_FOUND: nothing in the trace is about |wish|. A core that stops itself
 * in the trace does so in the cut, at its last input. */
enum err cut_write(const struct trace_set *set, uint32_t group,
                   const struct cut_wish *wish, int descriptor,
                   struct cut_counts *counts,
                   struct trace_error *error) MUST_CHECK;

/* The same of a tape and a choice; counts nothing if the core stops itself. */
enum err cut_write_choice(const struct tape *tape,
                          const struct cut_choice *choice, int descriptor,
                          struct cut_counts *counts,
                          struct trace_error *error) MUST_CHECK;

#endif
