/* guard.h - when a core stops itself in the middle of a replay (a broken
 * INVARIANT), what it was told last is what one wants to know: the trace is a
 * bug report. One per process; the handler takes no memory. */
#ifndef BROKER_REPLAY_GUARD_H
#define BROKER_REPLAY_GUARD_H

#include "broker/replay/output.h"
#include "broker/replay/trace_set.h"

/* What the process ends with then. */
#define GUARD_EXIT 4

/* From here on an abort writes its text to stderr and ends with GUARD_EXIT.
 * What |output| (optional, borrowed) holds is written first. */
void guard_begin(struct output *output);

/* What is being done: |item| of |source| is taken, the |number|th input. All
 * are borrowed until the next call. */
void guard_note(const struct trace_source *source,
                const struct trace_item *item, const struct core_input *input,
                uint64_t number);

void guard_end(void);

#endif
