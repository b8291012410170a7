/* shrink.h - the smallest trace on which a command still fails: delta debugging
 * over what the core was told. Gateways, rooms and users of the state, refusals
 * and ticks go like commands do; partitions, commits and the store's answers
 * are there as far as what is left needs them. */
#ifndef BROKER_REPLAY_SHRINK_H
#define BROKER_REPLAY_SHRINK_H

#include "broker/replay/cut_run.h"

#define SHRINK_RUNS_DEFAULT 2000u

struct shrink_counts {
    uint32_t commands_before;
    uint32_t commands;
    uint32_t runs;
};

struct shrink_wish {
    struct tape_span span;
    const char *command; /* Gets the path of a candidate (shell.h); what ends
                            with anything but 0, or is killed, has failed. */
    uint32_t runs_max;   /* Of the command. */
    /* Told after each step ahead; optional. */
    void (*progress)(void *payload, const struct shrink_counts *counts);
    void *payload;
};

/* Writes what is left of |group| to |descriptor|, in text. Errors as
 * tape_load(), ERR_IO, and ERR_NOT_FOUND: the command does not fail on the
 * whole trace, or cannot be run; |error| says so. */
enum err shrink_write(const struct trace_set *set, uint32_t group,
                      const struct shrink_wish *wish, int descriptor,
                      struct shrink_counts *counts,
                      struct trace_error *error) MUST_CHECK;

#endif
