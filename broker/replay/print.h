/* print.h - a trace in its text form. */
#ifndef BROKER_REPLAY_PRINT_H
#define BROKER_REPLAY_PRINT_H

#include "broker/replay/output.h"
#include "broker/replay/trace_text.h"
#include "broker/replay/verify.h"

/* Writes |group| to |output| by way of |text|, which is what |output| writes.
 * Where only digests were recorded, a core says the effects again; those that
 * it does not say any more stay digests. Appends to |report| what went wrong
 * and what is to be noted. */
enum replay_outcome print_group(const struct trace_set *set, uint32_t group,
                                struct trace_text *text, struct output *output,
                                struct buf *report) MUST_CHECK;

#endif
