/* sim_faults.c - see sim_faults.h. */
#include "tests/sim/sim_faults.h"

#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_people.h"

enum { DRAW_HOW = 0x66617501, DRAW_AWAY, DRAW_SIGN, DRAW_HEAL, DRAW_WHO };

/* How often gateways change over while there are two brokers. */
#define WANDERINGS 4u

/* FEED_OVERLAP_S is that, some jumps, and what a lost link goes unnoticed. */
#define CLOCKS_AGREE_US INT64_C(2000000)

static void count_down(struct sim *sim, const struct sim_process *process,
                       bool crash) {
    static const enum sim_fault faults[][2] = {
        [SIM_PERSISTER] = {SIM_FAULT_STOP_PERSISTER, SIM_FAULT_CRASH_PERSISTER},
        [SIM_BROKER] = {SIM_FAULT_STOP_BROKER, SIM_FAULT_CRASH_BROKER},
        [SIM_GATEWAY] = {SIM_FAULT_STOP_GATEWAY, SIM_FAULT_CRASH_GATEWAY}};
    if (process->up)
        sim_count(sim, faults[process->role][crash]);
}

static void take_down(struct sim *sim, struct sim_process *process,
                      const struct sim_action *action) {
    bool crash = action->kind == SIM_ACTION_CRASH;
    count_down(sim, process, crash);
    if (crash)
        sim_process_crash(process, action->for_us);
    else
        sim_process_stop(process, action->for_us);
}

/* The power goes; each comes back when it does. */
static void lose_power(struct sim *sim, const struct sim_action *action) {
    sim_count(sim, SIM_FAULT_OUTAGE);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        sim_process_crash(&sim->processes[i],
                          sim_between(action->key, DRAW_WHO + (uint64_t)i,
                                      SIM_MS, action->for_us + SIM_MS));
}

static void change_weather(struct sim *sim, const struct sim_action *action,
                           enum sim_weather_kind kind) {
    struct sim_weather weather = {.kind = kind,
                                  .key = action->key,
                                  .until_us = sim_time_us() + action->for_us,
                                  .ppm = action->ppm,
                                  .delay_us = action->much_us,
                                  .places = {action->one, action->other}};
    sim_net_weather(&sim->net, &weather);
}

static void jump(struct sim *sim, struct sim_process *process,
                 const struct sim_action *action) {
    int64_t by_us = (int64_t)action->much_us;
    process->wall_skew_us +=
        sim_draw(action->key, DRAW_SIGN, 2) ? by_us : -by_us;
    if (process->role != SIM_PERSISTER && by_us > CLOCKS_AGREE_US)
        people_clocks_apart(sim->people);
    sim_count(sim, SIM_FAULT_CLOCK_JUMP);
}

/* The gateways find one or the other; who changes over loses the link. */
static void wander(void *payload, uint64_t key) {
    struct sim *sim = payload;
    const struct sim_process *second = sim_process_of(sim, SIM_BROKER, 1);
    for (uint32_t i = 0; second->wanted && i < sim->config.gateways; i++) {
        uint32_t *broker = &sim->net.broker_of[i];
        uint32_t to = sim_draw(key, DRAW_WHO + (uint64_t)i, 2) != 0;
        if (*broker == to)
            continue;
        sim_net_cut(&sim->net, sim_process_of(sim, SIM_GATEWAY, i)->place,
                    sim_process_of(sim, SIM_BROKER, *broker)->place);
        *broker = to;
    }
}

/* The first one may not hear of it. */
static void keep_first_away(struct sim *sim, const struct sim_action *action) {
    uint64_t for_us = sim_draw(action->key, DRAW_AWAY, action->for_us);
    if (sim_draw(action->key, DRAW_HOW, 2))
        sim_net_part(&sim->net, sim_process_of(sim, SIM_BROKER, 0)->place,
                     sim_process_of(sim, SIM_PERSISTER, 0)->place,
                     sim_time_us() + for_us);
}

static void end_second(void *payload, uint64_t key) {
    struct sim_process *process = payload;
    struct sim *sim = process->sim;
    process->wanted = false;
    memset(sim->net.broker_of, 0, sizeof sim->net.broker_of);
    if (sim_draw(key, DRAW_HOW, 2))
        sim_process_crash(process, SIM_NEVER);
    else
        sim_process_stop(process, SIM_NEVER);
}

/* Somebody starts another broker, and some of the gateways find that one. */
static void start_second(struct sim *sim, struct sim_process *process,
                         const struct sim_action *action) {
    struct sim_event over = {.at_us = sim_time_us() + action->for_us,
                             .fire = end_second,
                             .payload = process,
                             .argument = action->key};
    if (process->up || process->wanted)
        return;
    for (uint32_t i = 0; i < SIM_GATEWAYS_MAX; i++)
        sim->net.broker_of[i] =
            sim_draw(action->key, DRAW_WHO + (uint64_t)i, 3) == 0;
    process->wanted = true;
    sim_count(sim, SIM_FAULT_SECOND_BROKER);
    sim_process_start(process);
    sim_loop_put(&sim->loop, &over);
    keep_first_away(sim, action);
    for (uint64_t i = 1; i <= WANDERINGS; i++)
        sim_loop_put(
            &sim->loop,
            &(struct sim_event){.at_us = sim_time_us() +
                                         action->for_us * i / (WANDERINGS + 1),
                                .fire = wander,
                                .payload = sim,
                                .argument = sim_key(action->key, i)});
}

void sim_carry_out(struct sim *sim, const struct sim_action *action) {
    struct sim_process *process = action->one < sim->processes_count
                                      ? &sim->processes[action->one]
                                      : NULL;
    switch (action->kind) {
    case SIM_ACTION_ACT:
    case SIM_ACTION_COUNT:
        return;
    case SIM_ACTION_CRASH:
    case SIM_ACTION_STOP:
        take_down(sim, process, action);
        return;
    case SIM_ACTION_VANISH:
        if (process->up)
            sim_count(sim, SIM_FAULT_VANISH);
        sim_net_hush(process);
        sim_process_crash(process, action->for_us);
        return;
    case SIM_ACTION_OUTAGE:
        lose_power(sim, action);
        return;
    case SIM_ACTION_PAUSE:
        if (process->up)
            sim_count(sim, SIM_FAULT_PAUSE);
        sim_process_pause(process, action->for_us);
        return;
    case SIM_ACTION_PARTITION:
        sim_net_part(&sim->net, action->one, action->other,
                     sim_time_us() + action->for_us);
        return;
    case SIM_ACTION_CUT:
        if (sim_net_cut(&sim->net, action->one, action->other))
            sim_count(sim, SIM_FAULT_CUT);
        return;
    case SIM_ACTION_LOSS:
        change_weather(sim, action, SIM_WEATHER_LOSS);
        return;
    case SIM_ACTION_DUPLICATE:
        change_weather(sim, action, SIM_WEATHER_DUPLICATE);
        return;
    case SIM_ACTION_REORDER:
        change_weather(sim, action, SIM_WEATHER_REORDER);
        return;
    case SIM_ACTION_DELAY:
        change_weather(sim, action, SIM_WEATHER_DELAY);
        return;
    case SIM_ACTION_CLOCK_JUMP:
        jump(sim, process, action);
        return;
    case SIM_ACTION_SECOND_BROKER:
        start_second(sim, process, action);
        return;
    case SIM_ACTION_SLOW_DISK:
        sim_disk_slow(sim->disk, action->for_us, action->much_us);
        return;
    case SIM_ACTION_FULL_DISK:
        sim_disk_full(sim->disk, action->for_us);
        return;
    case SIM_ACTION_FAIL_WRITE:
        sim_disk_fail(sim->disk, action->key, action->much_us);
        return;
    case SIM_ACTION_KILL_IN_WRITE:
        sim_disk_kill(sim->disk, action->key, action->for_us);
        return;
    }
}

void sim_heal(struct sim *sim) {
    struct sim_process *second = sim_process_of(sim, SIM_BROKER, 1);
    sim_net_heal(&sim->net);
    /* What a new link asks again meets what those ask who come back. */
    for (uint32_t i = 0; i < sim->config.gateways; i++)
        if (sim_draw(sim->config.seed, DRAW_HEAL + ((uint64_t)i << 32), 2))
            sim_net_cut(&sim->net, sim_process_of(sim, SIM_GATEWAY, i)->place,
                        sim_process_of(sim, SIM_BROKER, 0)->place);
    sim_disk_heal(sim->disk);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        sim_process_resume(&sim->processes[i]);
    second->wanted = false;
    sim_process_stop(second, SIM_NEVER);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        if (sim->processes[i].wanted)
            sim_process_start(&sim->processes[i]);
}
