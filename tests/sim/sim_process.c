/* sim_process.c - see sim_process.h. */
#include <inttypes.h>
#include <stdio.h>

#include "common/link/link_poll.h"
#include "common/process/log.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_pipe.h"

/* A program that could not start is started again after so long. */
#define START_AGAIN_US (500 * SIM_MS)

/* One that ended by itself, after up to so long. */
#define RESTART_US_MAX (2 * SIM_SECOND)

/* A run has some ten thousand events; one of so many goes round in circles. */
#define EVENTS_MAX 5000000u

/* Inside a long call, how often another thread takes a turn at least. */
#define RELIEF_US (100 * SIM_MS)

enum { DRAW_INCARNATION, DRAW_TURN, DRAW_RESTART, DRAW_SKEW, DRAW_WALL };

struct sim_process *sim_running;

static void start_event(void *payload, uint64_t starts);
static void turn_event(void *payload, uint64_t serial);

static void put_event(struct sim_process *process, uint64_t at_us,
                      void (*fire)(void *, uint64_t), uint64_t argument) {
    struct sim_event event = {
        .at_us = at_us, .fire = fire, .payload = process, .argument = argument};
    sim_loop_put(&process->sim->loop, &event);
}

/* --- Waiting -------------------------------------------------------------- */

uint32_t __real_link_poll_wait(struct link_poll *poll, int64_t timeout_ms);
uint32_t __wrap_link_poll_wait(struct link_poll *poll, int64_t timeout_ms);

/* A program waits once, at the end of its turn. What is there now is looked at
 * now; what comes later, at the beginning of the next turn, as if the wait had
 * only ended then. */
uint32_t __wrap_link_poll_wait(struct link_poll *poll, int64_t timeout_ms) {
    struct sim_process *process = sim_running;
    process->poll_signalled = false;
    uint32_t ready = __real_link_poll_wait(poll, 0);
    bool over = ready || process->poll_signalled || timeout_ms == 0;
    process->waits = true;
    process->poll = over ? NULL : poll;
    process->wait_until_us = sim_time_us();
    if (!over && timeout_ms < 0)
        process->wait_until_us = SIM_NEVER;
    else if (!over)
        process->wait_until_us += (uint64_t)timeout_ms * SIM_MS;
    return ready;
}

static void end_wait(struct sim_process *process) {
    if (process->poll)
        __real_link_poll_wait(process->poll, 0);
    process->poll = NULL;
    process->waits = false;
}

/* --- Clocks --------------------------------------------------------------- */

uint64_t sim_process_monotonic_us(const struct sim_process *process) {
    return process->sim->loop.now_us + process->monotonic_skew_us;
}

uint64_t sim_process_wall_us(const struct sim_process *process) {
    return (uint64_t)((int64_t)(SIM_EPOCH_US + process->sim->loop.now_us) +
                      process->wall_skew_us);
}

uint64_t sim_process_when(const struct sim_process *process, uint64_t ms) {
    if (ms > SIM_NEVER / SIM_MS)
        return SIM_NEVER;
    uint64_t at_us = ms * SIM_MS;
    return at_us > process->monotonic_skew_us
               ? at_us - process->monotonic_skew_us
               : 0;
}

/* --- Turns ---------------------------------------------------------------- */

void sim_process_wake(struct sim_process *process, uint64_t at_us) {
    if (!process->up || process->dead || at_us == SIM_NEVER)
        return;
    if (!process->in_turn && at_us < process->busy_until_us)
        at_us = process->busy_until_us;
    if (at_us < process->paused_until_us)
        at_us = process->paused_until_us;
    if (process->turn_due_us <= at_us)
        return;
    process->turn_due_us = at_us;
    put_event(process, at_us, turn_event, ++process->turn_serial);
}

struct entered {
    struct sim_process *before;
};

static struct entered enter(struct sim_process *process) {
    struct entered entered = {sim_running};
    sim_running = process;
    if (process->sim->verbose)
        log_start(process->name, LOG_DEBUG);
    return entered;
}

static void leave(struct entered entered) {
    sim_running = entered.before;
    if (sim_now->verbose && sim_running)
        log_start(sim_running->name, LOG_DEBUG);
}

static void end(struct sim_process *process) {
    uint64_t down_us = process->down_us;
    process->finishing = true;
    process->in_turn = true;
    struct entered entered = enter(process);
    process->program->finish(process);
    leave(entered);
    INVARIANT(!process->sockets && !process->actors);
    process->state = NULL;
    process->poll = NULL;
    process->up = process->dead = process->in_turn = process->finishing = false;
    process->turn_due_us = SIM_NEVER;
    process->turn_serial++;
    if (process->wanted && down_us != SIM_NEVER)
        put_event(process, sim_time_us() + down_us, start_event,
                  process->starts);
}

/* A turn is over: what comes next. */
static void go_on(struct sim_process *process) {
    const struct sim_config *config = &process->sim->config;
    uint64_t now_us = sim_time_us();
    process->busy_until_us =
        now_us + config->turn_us +
        sim_skewed(process->incarnation ^ DRAW_TURN << 8, process->turns, 0,
                   config->turn_more_us);
    sim_process_wake(process, process->waits ? process->wait_until_us
                                             : process->busy_until_us);
    sim_process_wake(process, sim_pipes_due_us(process));
}

static void relieve(struct sim_process *process) {
    struct entered entered = enter(process);
    process->relief(process->relief_payload);
    leave(entered);
    sim_process_wake(process, sim_time_us() + RELIEF_US);
    sim_process_wake(process, sim_pipes_due_us(process));
}

static void turn_event(void *payload, uint64_t serial) {
    struct sim_process *process = payload;
    if (serial != process->turn_serial || !process->up || process->dead)
        return;
    process->turn_due_us = SIM_NEVER;
    if (process->sim->loop.fired > EVENTS_MAX)
        sim_violated(process->sim, "livelock",
                     "%s has its turn %" PRIu64 " of this start, and there is "
                     "no end",
                     process->name, process->turns);
    if (sim_process_is_paused(process, sim_time_us())) {
        sim_process_wake(process, process->paused_until_us);
        return;
    }
    if (process->in_turn) {
        if (process->held)
            relieve(process);
        return;
    }
    if (process->fate == SIM_SHALL_STOP && !process->program->ends_slowly) {
        end(process); /* It was paused when it was told. */
        return;
    }
    process->in_turn = true;
    process->turns++;
    struct entered entered = enter(process);
    end_wait(process);
    bool lives = process->program->turn(process);
    leave(entered);
    process->in_turn = false;
    if (!lives && process->fate == SIM_LIVES)
        process->down_us = sim_between(process->incarnation, DRAW_RESTART,
                                       SIM_MS, RESTART_US_MAX);
    bool stops =
        process->fate == SIM_SHALL_STOP && !process->program->ends_slowly;
    if (!lives || stops || process->fate == SIM_SHALL_DIE)
        end(process);
    else
        go_on(process);
}

void sim_process_hold(struct sim_process *process, uint64_t until_us) {
    PRE(process->in_turn && sim_running == process);
    struct sim_loop *loop = &process->sim->loop;
    sim_process_wake(process, sim_time_us() + RELIEF_US / 10);
    sim_running = NULL;
    sim_loop_run(loop, until_us, &process->doomed);
    while (!process->doomed && sim_process_is_paused(process, loop->now_us))
        sim_loop_run(loop, process->paused_until_us, &process->doomed);
    struct entered entered = enter(process);
    (void)entered;
}

/* --- Life ----------------------------------------------------------------- */

void sim_process_init(struct sim_process *process, struct sim *sim,
                      uint32_t place, enum sim_role role, uint32_t index) {
    static const char *const names[] = {"persister", "broker", "gateway"};
    uint64_t key = sim_key(sim_key(sim->config.seed, role + 1), index);
    *process = (struct sim_process){
        .sim = sim,
        .role = role,
        .index = index,
        .place = place,
        .key = key,
        .turn_due_us = SIM_NEVER,
        .monotonic_skew_us =
            SIM_SECOND + sim_between(key, DRAW_SKEW, 0, 1000 * SIM_SECOND),
        .wall_skew_us = (int64_t)sim_skewed(key, DRAW_WALL, 0, 2 * SIM_SECOND) -
                        (int64_t)SIM_SECOND};
    snprintf(process->name, sizeof process->name, "%s-%u", names[role], index);
}

void sim_process_start(struct sim_process *process) {
    if (process->up || process->sim->over)
        return;
    process->starts++;
    process->incarnation =
        sim_key(sim_key(process->key, DRAW_INCARNATION), process->starts) >> 2 |
        1;
    process->sockets_made = 0;
    process->turns = 0;
    process->busy_until_us = 0;
    process->fate = SIM_LIVES;
    process->doomed = false;
    process->waits = false;
    process->up = true;
    process->in_turn = true;
    struct entered entered = enter(process);
    bool started = process->program->start(process);
    leave(entered);
    process->in_turn = false;
    if (!started) {
        process->down_us = START_AGAIN_US;
        end(process);
    } else if (process->fate == SIM_SHALL_DIE) {
        end(process);
    } else {
        sim_process_wake(process, sim_time_us());
    }
}

static void start_event(void *payload, uint64_t starts) {
    struct sim_process *process = payload;
    if (process->wanted && process->starts == starts)
        sim_process_start(process);
}

void sim_process_stop(struct sim_process *process, uint64_t down_us) {
    if (!process->up || process->fate != SIM_LIVES)
        return;
    process->fate = SIM_SHALL_STOP;
    process->down_us = down_us;
    if (process->program->ends_slowly)
        sim_process_wake(process, sim_time_us());
    else if (!process->in_turn &&
             !sim_process_is_paused(process, sim_time_us()))
        end(process);
}

void sim_process_crash(struct sim_process *process, uint64_t down_us) {
    if (!process->up || process->fate == SIM_SHALL_DIE)
        return;
    process->fate = SIM_SHALL_DIE;
    process->doomed = true;
    process->down_us = down_us;
    process->paused_until_us = 0;
    sim_net_vanish(process);
    if (!process->in_turn)
        end(process);
}

void sim_process_pause(struct sim_process *process, uint64_t for_us) {
    uint64_t until_us = sim_time_us() + for_us;
    if (process->up && until_us > process->paused_until_us)
        process->paused_until_us = until_us;
}

void sim_process_resume(struct sim_process *process) {
    if (!sim_process_is_paused(process, sim_time_us()))
        return;
    process->paused_until_us = 0;
    sim_process_wake(process, sim_time_us());
}
