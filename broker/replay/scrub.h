/* scrub.h - a trace that may be shared: the same things happen in it, and
 * nothing that anybody wrote is in it. */
#ifndef BROKER_REPLAY_SCRUB_H
#define BROKER_REPLAY_SCRUB_H

#include "broker/replay/output.h"
#include "broker/replay/scrub_text.h"
#include "broker/replay/trace_text.h"
#include "broker/replay/verify.h"

/* Writes |group|, scrubbed, to |output| by way of |text|, as print_group()
 * does. Comments are left out. The effects are those of a core that is told
 * the stand-ins. Several groups may share |texts|. */
enum replay_outcome scrub_group(const struct trace_set *set, uint32_t group,
                                struct scrub_texts *texts,
                                struct trace_text *text, struct output *output,
                                struct buf *report) MUST_CHECK;

/* Appends the encoded message |bytes| with stand-ins; of one that does not
 * decode the head alone. ERR_MALFORMED: it has not even a head. */
enum err scrub_message(struct scrub_texts *texts, struct slice bytes,
                       struct buf *out) MUST_CHECK;

#endif
