/* actor.c - see actor.h. */
#include "broker/core/actor.h"

#include "broker/core/core_state.h"
#include "broker/core/reply.h"

static void idle_remove(struct core *core, struct actor *actor) {
    struct idle_list *idle = &core->idle;
    if (actor->idle_previous)
        actor->idle_previous->idle_next = actor->idle_next;
    else
        idle->first = actor->idle_next;
    if (actor->idle_next)
        actor->idle_next->idle_previous = actor->idle_previous;
    else
        idle->last = actor->idle_previous;
    actor->idle_previous = NULL;
    actor->idle_next = NULL;
    actor->is_idle = false;
}

static void idle_add(struct core *core, struct actor *actor, int64_t since_us) {
    struct idle_list *idle = &core->idle;
    actor->is_idle = true;
    actor->idle_since_us = since_us;
    actor->idle_previous = idle->last;
    if (idle->last)
        idle->last->idle_next = actor;
    else
        idle->first = actor;
    idle->last = actor;
}

static void put_away(struct core *core, struct actor *actor) {
    core->stats.passivations_total++;
    actor->type->destroy(core, actor);
}

bool actors_reserve(struct core *core, uint32_t more) {
    while (core->actors_count + more > core->config.actors_max) {
        if (!core->idle.first)
            return false;
        put_away(core, core->idle.first);
    }
    return true;
}

void actors_tick(struct core *core) {
    while (core->idle.first &&
           core->idle.first->idle_since_us + core->config.idle_us <=
               core->now_us)
        put_away(core, core->idle.first);
}

void actor_init(struct core *core, struct actor *actor,
                const struct actor_type *type, uint32_t partition) {
    PRE(core->actors_count < core->config.actors_max);
    actor->type = type;
    actor->partition = partition;
    core->actors_count++;
    core->stats.activations_total++;
}

void actor_finish(struct core *core, struct actor *actor) {
    PRE(!actor->is_awake);
    PRE(actor->pending == 0);
    if (actor->is_idle)
        idle_remove(core, actor);
    read_forget(core, actor->load_read);
    struct waiting *waiting;
    while ((waiting = mailbox_pop(&actor->mailbox)))
        waiting_destroy(core, waiting);
    core->actors_count--;
}

void actor_wake(struct core *core, struct actor *actor) {
    if (actor->is_idle)
        idle_remove(core, actor);
    if (actor->is_awake)
        return;
    actor->is_awake = true;
    actor->awake_next = NULL;
    if (core->awake.last)
        core->awake.last->awake_next = actor;
    else
        core->awake.first = actor;
    core->awake.last = actor;
}

static struct actor *awake_pop(struct core *core) {
    struct actor *actor = core->awake.first;
    if (!actor)
        return NULL;
    core->awake.first = actor->awake_next;
    if (!core->awake.first)
        core->awake.last = NULL;
    actor->awake_next = NULL;
    actor->is_awake = false;
    return actor;
}

static void take(struct core *core, struct actor *actor,
                 struct waiting *waiting, const struct wire *wire) {
    waiting->actor = actor;
    mailbox_push(&actor->mailbox, waiting);
    if (actor->type->begin_wait)
        actor->type->begin_wait(core, waiting, wire);
}

void actor_receive(struct core *core, struct actor *actor,
                   const struct command *command) {
    actor_wake(core, actor);
    if (actor->state == ACTOR_READY && actor->mailbox.count == 0 &&
        actor->type->run(core, actor, command) == RUN_DONE)
        return;
    if (actor->mailbox.count >= core->config.mailbox_max ||
        core->stats.commands_waiting >= core->config.waiting_max) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return;
    }
    take(core, actor, waiting_create(core, actor->partition, command),
         command->wire);
}

void actor_receive_waiting(struct core *core, struct actor *actor,
                           struct waiting *waiting) {
    struct wire wire = waiting_decode(core, waiting);
    actor_wake(core, actor);
    if (actor->mailbox.count >= core->config.mailbox_max) {
        struct command command = {.wire = &wire, .gateway = waiting->gateway};
        reply_refuse(core, &command, REFUSED_TRY_AGAIN);
        waiting_destroy(core, waiting);
        return;
    }
    take(core, actor, waiting, &wire);
}

static void begin_load(struct core *core, struct actor *actor) {
    struct wire wire = {0};
    actor->type->ask(actor, &wire);
    struct read read = {
        .purpose = READ_LOAD, .actor = actor, .answer = actor->type->row};
    actor->state = ACTOR_LOADING;
    actor->load_floor = core_committed(core, actor->partition);
    actor->load_read = read_ask(core, &read, actor->partition, &wire);
}

void actor_unload(struct core *core, struct actor *actor) {
    read_forget(core, actor->load_read);
    actor->load_read = 0;
    actor->state = ACTOR_UNLOADED;
    actor_wake(core, actor);
}

/* Everybody who waits is told why it cannot be had. */
static void refuse_all(struct core *core, struct actor *actor,
                       uint8_t refusal) {
    struct waiting *waiting;
    while ((waiting = mailbox_pop(&actor->mailbox))) {
        arena_reset(&core->arena);
        struct wire wire = waiting_decode(core, waiting);
        reply_refuse_to(core, waiting->gateway, wire.correlation,
                        wire.partition, refusal);
        waiting_destroy(core, waiting);
    }
}

void actor_loaded(struct core *core, struct actor *actor,
                  const struct wire *row) {
    PRE(actor->state == ACTOR_LOADING);
    actor->load_read = 0;
    uint8_t refusal = read_refusal(row, actor->type->row);
    if (!refusal && !actor->type->load(core, actor, row))
        refusal = REFUSED_STORAGE_FAILED;
    if (refusal) {
        actor->state = ACTOR_UNLOADED;
        refuse_all(core, actor, refusal);
    }
    actor_wake(core, actor);
}

/* Runs the first command that waits. */
static enum run run_first(struct core *core, struct actor *actor) {
    struct waiting *waiting = actor->mailbox.first;
    arena_reset(&core->arena);
    struct wire wire = waiting_decode(core, waiting);
    struct command command = {.wire = &wire,
                              .gateway = waiting->gateway,
                              .hops = waiting->hops,
                              .waiting = waiting};
    if (actor->state == ACTOR_GONE)
        actor->type->run_gone(core, actor, &command);
    else if (actor->type->run(core, actor, &command) == RUN_WAIT)
        return RUN_WAIT;
    struct waiting *done = mailbox_pop(&actor->mailbox);
    INVARIANT(done == waiting);
    waiting_destroy(core, done);
    return RUN_DONE;
}

/* Nobody needs it now: to the idle list, or out. */
static void settle(struct core *core, struct actor *actor) {
    if (actor->is_awake || actor->mailbox.count || actor->pending ||
        actor->pins || actor->state == ACTOR_LOADING)
        return;
    if (actor->state == ACTOR_READY)
        idle_add(core, actor, core->now_us);
    else
        put_away(core, actor);
}

void actors_run(struct core *core) {
    struct actor *actor;
    while ((actor = awake_pop(core))) {
        if (actor->state == ACTOR_UNLOADED && actor->mailbox.count &&
            actor->pending == 0)
            begin_load(core, actor);
        while (actor->mailbox.count &&
               (actor->state == ACTOR_READY || actor->state == ACTOR_GONE)) {
            if (run_first(core, actor) == RUN_WAIT)
                break;
        }
        settle(core, actor);
    }
}

void actors_calm(struct core *core) {
    while (awake_pop(core))
        continue;
}

void actor_restore_idle(struct core *core, struct actor *actor,
                        int64_t since_us) {
    PRE(!actor->is_idle && !actor->is_awake);
    idle_add(core, actor, since_us);
}
