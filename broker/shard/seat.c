/* seat.c - see seat.h. */
#include "broker/shard/seat.h"

#define PIPE_LIMITS                                                            \
    ((struct link_pipe_limits){.batches_max = 256, .bytes_max = 64u << 20})

/* What one turn takes from the pipe at most, so that the persister is heard
 * too. */
#define PIPE_BATCHES_PER_TURN 64u

/* --- In a thread of its own ----------------------------------------------- */

/* The router ended. */
static bool is_over(struct link_pipe *pipe, struct shard *shard, bool *more) {
    *more = false;
    for (uint32_t i = 0; i < PIPE_BATCHES_PER_TURN; i++) {
        struct slice batch;
        if (shard_is_full(shard))
            return false;
        switch (link_pipe_receive(pipe, &batch)) {
        case LINK_PIPE_EMPTY:
            return false;
        case LINK_PIPE_STOP:
            return true;
        case LINK_PIPE_BATCH:
            shard_take(shard, batch);
        }
    }
    *more = true;
    return false;
}

static bool hand_out(struct link_pipe *pipe, struct shard *shard) {
    struct buf *out = shard_out(shard);
    if (out->size == 0 || link_pipe_send(pipe, out)) {
        buf_clear(out);
        return true;
    }
    return false;
}

/* The last word (why the broker ends) must reach the router. */
static void say_last_word(struct link_pipe *pipe, struct shard *shard,
                          struct link_poll *poll) {
    while (!hand_out(pipe, shard) && !link_pipe_is_closed(pipe)) {
        link_poll_clear(poll);
        link_poll_add_pipe(poll, pipe);
        link_poll_wait(poll, 100);
    }
}

static void run(struct link_pipe *pipe, void *args) {
    struct shard *shard = shard_create(args);
    struct link_poll *poll = link_poll_create();
    bool more = false;
    for (;;) {
        shard_begin(shard);
        if (is_over(pipe, shard, &more))
            break;
        more |= shard_end(shard);
        (void)hand_out(pipe, shard);
        if (shard_is_stopping(shard))
            break;
        if (more)
            continue;
        link_poll_clear(poll);
        link_poll_add_pipe(poll, pipe);
        link_poll_add_client(poll, shard_link(shard));
        link_poll_wait(poll, shard_wait_ms(shard));
    }
    say_last_word(pipe, shard, poll);
    link_poll_destroy(poll);
    shard_destroy(shard);
}

/* --- Both ----------------------------------------------------------------- */

void seat_start(struct seat *seat, bool own_thread) {
    if (own_thread)
        seat->actor = link_actor_start(run, &seat->config, &PIPE_LIMITS);
    else
        seat->shard = shard_create(&seat->config);
}

void seat_finish(struct seat *seat) {
    link_actor_stop(&seat->actor);
    shard_destroy(seat->shard);
    seat->shard = NULL;
    buf_finish(&seat->in);
    buf_finish(&seat->lent);
}

bool seat_turn(struct seat *seat) {
    if (seat->actor) {
        if (seat->in.size &&
            link_pipe_send(link_actor_pipe(seat->actor), &seat->in))
            buf_clear(&seat->in);
        return false;
    }
    if (shard_is_stopping(seat->shard))
        return false;
    shard_begin(seat->shard);
    shard_take(seat->shard, buf_slice(&seat->in));
    buf_clear(&seat->in);
    return shard_end(seat->shard);
}

enum link_pipe_result seat_receive(struct seat *seat, struct slice *out) {
    if (seat->actor)
        return link_pipe_receive(link_actor_pipe(seat->actor), out);
    struct buf *said = shard_out(seat->shard);
    if (said->size == 0)
        return shard_is_stopping(seat->shard) ? LINK_PIPE_STOP
                                              : LINK_PIPE_EMPTY;
    /* The shard goes on with the buffer that was lent before. */
    struct buf spare = seat->lent;
    buf_clear(&spare);
    seat->lent = *said;
    *said = spare;
    *out = buf_slice(&seat->lent);
    return LINK_PIPE_BATCH;
}

int64_t seat_add_poll(struct seat *seat, struct link_poll *poll) {
    if (seat->actor) {
        link_poll_add_pipe(poll, link_actor_pipe(seat->actor));
        return INT64_MAX;
    }
    link_poll_add_client(poll, shard_link(seat->shard));
    return shard_wait_ms(seat->shard);
}
