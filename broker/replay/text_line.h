/* text_line.h - one line of a text trace, parsed. Private to broker/replay. */
#ifndef BROKER_REPLAY_TEXT_LINE_H
#define BROKER_REPLAY_TEXT_LINE_H

#include "broker/trace/trace.h"

struct json_t;

/* What the JSON object |line| says. Each fills its part of |out|, whose slices
 * live in |arena|, in |message| or in |line|; errors as wire_json.h. */
enum err text_line_head(const struct json_t *line, struct trace_head *out,
                        struct trace_error *error) MUST_CHECK;
enum err text_line_state(const struct json_t *line, struct arena *arena,
                         struct buf *message,
                         struct trace_error *error) MUST_CHECK;
enum err text_line_input(const struct json_t *line, struct arena *arena,
                         struct buf *message, struct core_input *out,
                         struct trace_error *error) MUST_CHECK;

/* Appends to |effects|, or says the digest of one. */
enum err text_line_effect(const struct json_t *line, struct arena *arena,
                          struct buf *message, struct effects *effects,
                          bool *is_digest, uint64_t *digest,
                          struct trace_error *error) MUST_CHECK;

#endif
