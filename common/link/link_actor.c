/* link_actor.c - a thread with a pipe; see link_pipe.h.
 *
 * A zactor gives the thread. Its own pipe carries nothing but its life cycle:
 * data goes through a link_pipe, so the actor's pipe is never full and
 * stopping always waits for the thread. */
#include "common/link/link_pipe.h"

#include <czmq.h>
#include <stdlib.h>

struct link_actor {
    void (*run)(struct link_pipe *pipe, void *args);
    void *args;
    struct link_pipe *inner; /* Of the thread. */
    struct link_pipe *pipe;  /* Of the caller; NULL once stopping. */
    zactor_t *zactor;
};

static void run_thread(zsock_t *life, void *args) {
    struct link_actor *actor = args;
    struct link_pipe *inner = actor->inner; /* Written before we started. */
    zsock_signal(life, 0);
    actor->run(inner, actor->args);
    link_pipe_destroy(inner);
    /* Stay until the zactor is told to end: it would otherwise take our early
     * return for the answer to that. */
    char *command;
    do {
        command = zstr_recv(life);
    } while (!command && errno == EINTR);
    zstr_free(&command);
}

struct link_actor *
link_actor_start(void (*run)(struct link_pipe *pipe, void *args), void *args,
                 const struct link_pipe_limits *limits) {
    struct link_actor *actor = mem_zalloc(sizeof(*actor));
    actor->run = run;
    actor->args = args;
    link_pipe_create_pair(limits, &actor->pipe, &actor->inner);
    actor->zactor = zactor_new(run_thread, actor);
    INVARIANT(actor->zactor != NULL);
    return actor;
}

struct link_pipe *link_actor_pipe(struct link_actor *actor) {
    return actor->pipe;
}

void link_actor_stop(struct link_actor **actor) {
    if (!actor || !*actor)
        return;
    link_pipe_destroy((*actor)->pipe);
    zactor_destroy(&(*actor)->zactor); /* Waits for the thread. */
    free(*actor);
    *actor = NULL;
}
