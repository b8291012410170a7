/* sim_pipe.c - see sim_pipe.h. The linker finds these instead of those of
 * common/link/link_pipe.c and link_actor.c. */
#include "tests/sim/sim_pipe.h"

#include <stdlib.h>

#include "common/link/link_internal.h"
#include "common/link/link_pipe.h"
#include "tests/sim/sim.h"

/* A batch that was sent to the actor, and what it said to it. */
struct task {
    struct task *next;
    uint64_t due_us;
    bool done;
    struct buf ask;
    struct buf answer;
};

struct link_pipe {
    struct link_actor *actor;
    struct link_watch watch;
};

struct link_actor {
    struct link_actor *next; /* Of the process. */
    struct sim_process *process;
    void (*run)(struct link_pipe *pipe, void *args);
    void *args;
    struct link_pipe_limits limits;
    struct link_pipe outer;
    struct link_pipe inner;
    uint64_t key;
    uint64_t tasks;
    struct task *first; /* Not received yet. */
    struct task *last;
    uint32_t count;
    struct task *working; /* What |run| is given now; NULL: nothing more. */
    struct task *doing;   /* Who gets what it says. */
    struct task *lent;
};

static void free_task(struct task *task) {
    if (!task)
        return;
    buf_finish(&task->ask);
    buf_finish(&task->answer);
    free(task);
}

static void do_task(struct link_actor *actor, struct task *task) {
    task->done = true;
    actor->working = actor->doing = task;
    actor->run(&actor->inner, actor->args);
    actor->working = actor->doing = NULL;
}

struct link_actor *
link_actor_start(void (*run)(struct link_pipe *pipe, void *args), void *args,
                 const struct link_pipe_limits *limits) {
    struct link_actor *actor = mem_zalloc(sizeof *actor);
    PRE(sim_running);
    *actor = (struct link_actor){.next = sim_running->actors,
                                 .process = sim_running,
                                 .run = run,
                                 .args = args,
                                 .limits = *limits};
    actor->outer.actor = actor->inner.actor = actor;
    actor->key = sim_key(sim_running->incarnation,
                         sim_running->actors ? sim_running->actors->key : 1);
    sim_running->actors = actor;
    return actor;
}

struct link_pipe *link_actor_pipe(struct link_actor *actor) {
    return &actor->outer;
}

void link_actor_stop(struct link_actor **actor) {
    if (!actor || !*actor)
        return;
    struct link_actor **at = &(*actor)->process->actors;
    while (*at != *actor)
        at = &(*at)->next;
    *at = (*actor)->next;
    while ((*actor)->first) {
        struct task *task = (*actor)->first;
        (*actor)->first = task->next;
        free_task(task);
    }
    free_task((*actor)->lent);
    free(*actor);
    *actor = NULL;
}

static void put_task(struct link_actor *actor, struct buf *take_batch) {
    struct task *task = mem_zalloc(sizeof *task);
    uint64_t number = ++actor->tasks;
    const struct sim_config *config = &actor->process->sim->config;
    task->ask = *take_batch;
    *take_batch = (struct buf){0};
    task->due_us = sim_time_us() +
                   sim_skewed(actor->key, number, 20, config->read_more_us);
    if (actor->last && actor->last->due_us > task->due_us)
        task->due_us = actor->last->due_us;
    if (actor->last)
        actor->last->next = task;
    else
        actor->first = task;
    actor->last = task;
    actor->count++;
    if (sim_draw(actor->key ^ 0x6561726c79, number, 2))
        do_task(actor, task);
}

bool link_pipe_send(struct link_pipe *pipe, struct buf *take_batch) {
    struct link_actor *actor = pipe->actor;
    if (pipe == &actor->inner) {
        buf_append_slice(&actor->doing->answer, buf_slice(take_batch));
        buf_clear(take_batch);
        return true;
    }
    if (actor->count >= actor->limits.batches_max)
        return false;
    put_task(actor, take_batch);
    return true;
}

enum link_pipe_result link_pipe_receive(struct link_pipe *pipe,
                                        struct slice *out) {
    struct link_actor *actor = pipe->actor;
    if (pipe == &actor->inner) {
        if (!actor->working)
            return LINK_PIPE_STOP;
        *out = buf_slice(&actor->working->ask);
        actor->working = NULL;
        return LINK_PIPE_BATCH;
    }
    struct task *task = actor->first;
    free_task(actor->lent);
    actor->lent = NULL;
    if (!task || (task->due_us > sim_time_us() && !actor->process->finishing))
        return LINK_PIPE_EMPTY;
    if (!task->done)
        do_task(actor, task);
    actor->first = task->next;
    if (!actor->first)
        actor->last = NULL;
    actor->count--;
    actor->lent = task;
    *out = buf_slice(&task->answer);
    return LINK_PIPE_BATCH;
}

bool link_pipe_is_closed(const struct link_pipe *pipe) {
    (void)pipe;
    return false;
}

void *link_pipe_socket(const struct link_pipe *pipe) {
    (void)pipe;
    return NULL; /* The loop knows when to wake up: sim_pipes_due_us. */
}

struct link_watch *link_pipe_watch(struct link_pipe *pipe) {
    return &pipe->watch;
}

uint64_t sim_pipes_due_us(const struct sim_process *process) {
    uint64_t due_us = SIM_NEVER;
    for (const struct link_actor *at = process->actors; at; at = at->next)
        if (at->first && at->first->due_us < due_us)
            due_us = at->first->due_us;
    return due_us;
}
