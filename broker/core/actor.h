/* actor.h - what rooms, users and keys have in common: they come into memory
 * when first touched, take their commands one after the other, and are put
 * away when nobody needs them.
 *
 *   UNLOADED --load--> LOADING --row--> READY
 *      ^                  |               |
 *      |                  +---no row------+----> GONE (rooms only)
 *      +------ what was applied was refused, or the read failed
 *
 * UNLOADED: the store knows better than we. A load begins when a command
 * waits and no commit is outstanding. LOADING: the store was asked. READY: the
 * state here is the truth. GONE: there is no such thing; whoever waits is told
 * so and the actor is freed. */
#ifndef BROKER_CORE_ACTOR_H
#define BROKER_CORE_ACTOR_H

#include "broker/core/mailbox.h"
#include "common/wire/wire.h"

struct core;
struct actor;

enum actor_state { ACTOR_UNLOADED, ACTOR_LOADING, ACTOR_READY, ACTOR_GONE };

/* What became of a command. */
enum run {
    RUN_DONE, /* Answered, or its answer waits for its commit. */
    RUN_WAIT  /* Run it again when something happened; nothing was changed. */
};

/* One kind of actor. */
struct actor_type {
    const char *name;
    enum wire_kind row; /* What the answer to |ask| is. */

    /* A command begins to wait: ask the store now for what it will need, so
     * that those that wait share the time. Optional. */
    void (*begin_wait)(struct core *core, struct waiting *waiting,
                       const struct wire *wire);

    /* All below are mandatory.
     *
     * Which read loads it. */
    void (*ask)(const struct actor *actor, struct wire *out);

    /* Take the persister's row, of the kind that |ask| asks for. False: the
     * row contradicts itself. Sets the state to READY or GONE. */
    bool (*load)(struct core *core, struct actor *actor,
                 const struct wire *row);

    /* Runs one command; the actor is READY. With a command that has not
     * waited yet (its |waiting| is NULL) nothing may be asked of the store:
     * RUN_WAIT then brings it back as one that waits. */
    enum run (*run)(struct core *core, struct actor *actor,
                    const struct command *command);

    /* Answers one command of an actor that is GONE. */
    void (*run_gone)(struct core *core, struct actor *actor,
                     const struct command *command);

    /* Takes it out of the core's tables and frees it. */
    void (*destroy)(struct core *core, struct actor *actor);
};

/* The first member of every actor. */
struct actor {
    const struct actor_type *type;
    enum actor_state state;
    uint32_t partition;
    uint32_t pending;    /* Its items in the partition's pending list. */
    uint32_t pins;       /* Interest and connections: reasons to stay. */
    uint64_t load_read;  /* Correlation of the load; 0: none. */
    uint64_t load_floor; /* Committed when the load was asked for. */
    struct mailbox mailbox;
    int64_t idle_since_us;
    bool is_idle;
    bool is_awake;
    struct actor *idle_previous;
    struct actor *idle_next;
    struct actor *awake_next;
};

/* Actors that may be put away, the longest unused first. */
struct idle_list {
    struct actor *first;
    struct actor *last;
};

/* Actors to look at before the step ends, in order. */
struct awake_list {
    struct actor *first;
    struct actor *last;
};

/* Makes room for |more| actors by putting idle ones away. False: all are in
 * use. */
bool actors_reserve(struct core *core, uint32_t more);

/* Prepares a zeroed actor and counts it; actors_reserve came before. */
void actor_init(struct core *core, struct actor *actor,
                const struct actor_type *type, uint32_t partition);

/* What a type's |destroy| calls last but free(). */
void actor_finish(struct core *core, struct actor *actor);

/* Hands a command to the actor: runs it at once if nothing is before it,
 * else keeps a copy of it. Refuses it when a queue is full. */
void actor_receive(struct core *core, struct actor *actor,
                   const struct command *command);

/* As actor_receive() for a command that waited elsewhere; takes it. */
void actor_receive_waiting(struct core *core, struct actor *actor,
                           struct waiting *waiting);

/* Has the actor looked at before the step ends. */
void actor_wake(struct core *core, struct actor *actor);

/* The persister answered the load. */
void actor_loaded(struct core *core, struct actor *actor,
                  const struct wire *row);

/* Forget the state, the store knows better. Whoever waits goes on waiting. */
void actor_unload(struct core *core, struct actor *actor);

/* Runs all that are awake until none is. */
void actors_run(struct core *core);

/* Puts away what is idle for too long. */
void actors_tick(struct core *core);

/* For core_restore(): nobody is to be looked at; and |actor|, which is not
 * idle, is so since |since_us|, after all that are. */
void actors_calm(struct core *core);
void actor_restore_idle(struct core *core, struct actor *actor,
                        int64_t since_us);

#endif
