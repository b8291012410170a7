/* report.h - a difference between then and now, for a person. Pure. */
#ifndef BROKER_REPLAY_REPORT_H
#define BROKER_REPLAY_REPORT_H

#include "broker/replay/player.h"

/* Whether the core says now what |item| has. False: |*index| is the first
 * effect that is another one. */
bool report_is_same(const struct player *player, const struct trace_item *item,
                    uint32_t *index);

/* Appends what differs at effect |index|: the input, both effects, the first
 * field that differs, the state of the room concerned. |number| counts the
 * inputs of the trace from 1. */
void report_difference(const struct player *player,
                       const struct trace_item *item, uint32_t index,
                       uint64_t number, struct buf *out);

/* Appends the pieces of the core's state that are about the room, a line
 * each; none if |room| is 0. */
void report_room(const struct core *core, uint64_t room, struct buf *out);

#endif
