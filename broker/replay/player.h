/* player.h - a fresh core that does what a trace tells it. What verifies,
 * prints, scrubs and cuts stands on it. Pure. */
#ifndef BROKER_REPLAY_PLAYER_H
#define BROKER_REPLAY_PLAYER_H

#include "broker/trace/trace.h"

/* Zeroed is a valid one. */
struct player {
    struct core *core;      /* NULL before the first head. */
    struct effects effects; /* Of the last input. */
    struct wire wire;       /* The last input's message, if it has one. */
    struct arena arena;     /* What |wire| borrows; until the next input. */
    bool has_state;         /* Pieces came and are not joined yet. */
    uint64_t state_digest;  /* Of the head; what the core must begin with. */
};

void player_finish(struct player *player);

/* A new core. */
void player_begin(struct player *player, const struct trace_head *head);

/* A piece of its state. ERR_MALFORMED: |error| says why; its offset is left
 * alone, here and below. */
enum err player_restore(struct player *player, struct slice message,
                        struct trace_error *error) MUST_CHECK;

/* No more state follows; called again it does nothing. ERR_MALFORMED: the
 * pieces do not fit. ERR_STALE: the state is another one than the head says. */
enum err player_ready(struct player *player,
                      struct trace_error *error) MUST_CHECK;

/* Decodes the input, which then has its |wire|. ERR_MALFORMED: no shard says
 * this to a core. */
enum err player_decode(struct player *player, struct core_input *input,
                       struct trace_error *error) MUST_CHECK;

/* Steps the core; |effects| are what it says. */
void player_step(struct player *player, const struct core_input *input);

#endif
