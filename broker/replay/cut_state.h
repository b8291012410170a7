/* cut_state.h - the part of a saved state that a choice keeps. Pure. */
#ifndef BROKER_REPLAY_CUT_STATE_H
#define BROKER_REPLAY_CUT_STATE_H

#include "broker/replay/cut_choice.h"

struct cut_state {
    const struct cut_choice *choice;
    const bool *partitions; /* Those that are needed. */
    struct table reads;     /* Questions that somebody who is kept waits for,
                               by correlation. */
    struct arena arena;     /* For one piece. */
};

/* Looks at all pieces once. Marks the partitions of those who are kept. */
void cut_state_init(struct cut_state *state, const struct cut_choice *choice,
                    const struct tape *tape, bool *partitions);
void cut_state_finish(struct cut_state *state);

/* Decodes a piece and takes out of it who is not kept. False: nothing is
 * left. Borrowed until the next call. */
bool cut_state_take(struct cut_state *state, struct slice bytes,
                    struct wire *out) MUST_CHECK;

#endif
