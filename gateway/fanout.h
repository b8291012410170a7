/* fanout.h - from one event to everybody who follows its room.
 *
 * An event is translated once for each dialect and stands once in the frame
 * log. The events of a turn that follow on there are a run; its followers are
 * walked once for the run, not once for each event. Whoever gets something
 * out of line (an answer of its own, an end to following) is settled first:
 * it takes its part of all runs at once, and the run knows how much it has. */
#ifndef GATEWAY_FANOUT_H
#define GATEWAY_FANOUT_H

#include "common/wire/wire.h"
#include "gateway/frontend.h"
#include "gateway/interest.h"

struct connection;
struct user;

struct fanout {
    struct frame_log log;
    struct list live; /* Audiences with a run. */
    struct buf text;  /* Scratch. */
    uint64_t frames;  /* Frames made so far. */
};

void fanout_init(struct fanout *fanout);
void fanout_finish(struct fanout *fanout);

/* Gives the event to all followers of |room| but |except| (may be NULL), which
 * has its own copy already. |dialects| are indexed as room.audiences. */
void fanout_event(struct fanout *fanout, struct room *room,
                  const struct frontend *const *dialects,
                  const struct frontend_config *config,
                  const struct wire_event *event, struct connection *except);

/* Gives it to the followers that dialects with |typing| have, but not to the
 * connections of the user who types (may be NULL: none is here). */
void fanout_typed(struct fanout *fanout, struct room *room,
                  const struct frontend *const *dialects,
                  const struct frontend_config *config,
                  const struct wire_typed *typed, const struct user *typist);

/* The same for one of them, which has just begun to follow. */
void fanout_typed_to(struct fanout *fanout, const struct room *room,
                     const struct frontend *const *dialects,
                     const struct frontend_config *config,
                     const struct wire_typed *typed,
                     struct connection *connection);

/* Hands |connection| its part of all runs. */
void fanout_settle(struct fanout *fanout, struct connection *connection);

/* Call when a connection began to follow: it gets nothing of what was. */
void fanout_joined(struct audience *audience, struct follower *follower);

/* Hands out all runs; at the end of a turn. */
void fanout_flush(struct fanout *fanout);

#endif
