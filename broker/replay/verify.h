/* verify.h - does a core still do what a trace says? */
#ifndef BROKER_REPLAY_VERIFY_H
#define BROKER_REPLAY_VERIFY_H

#include "broker/replay/trace_set.h"

/* What a replay ends with, and the program's exit status. 2 is a usage error;
 * 4 is GUARD_EXIT. */
enum replay_outcome {
    REPLAY_SAME = 0,
    REPLAY_DIFFERENT = 1,
    REPLAY_UNREADABLE = 3
};

struct verify_counts {
    uint64_t inputs;
    uint64_t effects;
    uint64_t files;
    uint64_t torn; /* Files without an end. */
};

/* Feeds the inputs of |group| to fresh cores and compares every effect, and
 * from file to file the state. Adds to |counts|. Appends lines to |report|:
 * what differs first, what cannot be read, and what is to be noted. */
enum replay_outcome verify_group(const struct trace_set *set, uint32_t group,
                                 struct verify_counts *counts,
                                 struct buf *report) MUST_CHECK;

#endif
