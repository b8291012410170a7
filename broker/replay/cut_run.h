/* cut_run.h - a fresh core that is told what was chosen, and nothing else: what
 * it says is the cut trace. Pure, but for a core that stops itself. */
#ifndef BROKER_REPLAY_CUT_RUN_H
#define BROKER_REPLAY_CUT_RUN_H

#include "broker/replay/cut_choice.h"

struct cut_counts {
    uint32_t inputs;
    uint32_t commands;
    uint32_t states;
    uint32_t delays; /* Commands that waited, were then refused for want of
                        room, and are left out: those that waited behind them
                        may run earlier here. */
};

/* Appends the cut trace, in text, to |out|: what was told is there before the
 * core is told it. ERR_MALFORMED: the chosen pieces of the state do not fit;
 * |*why| (static) says so. */
enum err cut_run(const struct tape *tape, const struct cut_choice *choice,
                 struct buf *out, struct cut_counts *counts,
                 const char **why) MUST_CHECK;

#endif
