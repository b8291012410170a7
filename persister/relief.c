/* relief.c - see relief.h.
 *
 * |calls| is odd while the loop is in a call; it orders nothing, the lock
 * does. */
#include "persister/relief.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/link/link_pipe.h"
#include "common/link/link_poll.h"

/* How often to look: while the loop is held up, while it makes calls, and
 * while it makes none. A call that takes less than a look is never relieved. */
#define LOOK_HELD_MS 1
#define LOOK_BUSY_MS 10
#define LOOK_IDLE_MS 200

struct relief {
    void (*turn)(void *payload);
    void *payload;
    pthread_mutex_t lock;
    atomic_uint_least64_t calls; /* Begun and ended. */
    struct link_actor *actor;
};

static bool is_held(uint64_t calls) {
    return calls % 2 == 1;
}

static void take_turn(struct relief *relief, uint64_t calls) {
    pthread_mutex_lock(&relief->lock);
    if (atomic_load(&relief->calls) == calls)
        relief->turn(relief->payload);
    pthread_mutex_unlock(&relief->lock);
}

/* Sleeps; false: the end. */
static bool sleep_for(struct link_pipe *pipe, struct link_poll *poll, int ms) {
    struct slice nothing;
    link_poll_clear(poll);
    link_poll_add_pipe(poll, pipe);
    link_poll_wait(poll, ms);
    return link_pipe_receive(pipe, &nothing) != LINK_PIPE_STOP;
}

static void run(struct link_pipe *pipe, void *args) {
    struct relief *relief = args;
    struct link_poll *poll = link_poll_create();
    uint64_t seen = 0;
    int ms = LOOK_IDLE_MS;
    while (sleep_for(pipe, poll, ms)) {
        uint64_t calls = atomic_load(&relief->calls);
        bool same = calls == seen;
        seen = calls;
        ms = same ? LOOK_IDLE_MS : LOOK_BUSY_MS;
        if (same && is_held(calls)) {
            take_turn(relief, calls);
            ms = LOOK_HELD_MS;
        }
    }
    link_poll_destroy(poll);
}

struct relief *relief_start(void (*turn)(void *payload), void *payload) {
    static const struct link_pipe_limits limits = {.batches_max = 1,
                                                   .bytes_max = 1};
    struct relief *relief = mem_zalloc(sizeof *relief);
    relief->turn = turn;
    relief->payload = payload;
    pthread_mutex_init(&relief->lock, NULL);
    atomic_init(&relief->calls, 0);
    relief->actor = link_actor_start(run, relief, &limits);
    return relief;
}

void relief_stop(struct relief **relief) {
    if (!relief || !*relief)
        return;
    link_actor_stop(&(*relief)->actor);
    pthread_mutex_destroy(&(*relief)->lock);
    free(*relief);
    *relief = NULL;
}

void relief_enter(struct relief *relief) {
    pthread_mutex_lock(&relief->lock);
}

void relief_leave(struct relief *relief) {
    pthread_mutex_unlock(&relief->lock);
}

void relief_hold(struct relief *relief) {
    uint64_t before = atomic_fetch_add(&relief->calls, 1);
    INVARIANT(!is_held(before));
    pthread_mutex_unlock(&relief->lock);
}

void relief_resume(struct relief *relief) {
    pthread_mutex_lock(&relief->lock);
    uint64_t before = atomic_fetch_add(&relief->calls, 1);
    INVARIANT(is_held(before));
}
