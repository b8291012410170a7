/* sim_schedule.c - see sim_schedule.h. */
#include "tests/sim/sim_schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DRAW_LENGTH = 1,
    DRAW_PACE,
    DRAW_FAULTS,
    DRAW_AT,
    DRAW_KIND,
    DRAW_ROLE,
    DRAW_GATEWAY,
    DRAW_PAIR,
    DRAW_ALL,
    DRAW_FOR,
    DRAW_MUCH,
    DRAW_PPM,
    DRAW_BACK,
    DRAW_CALM,
    DRAW_LAST,
    DRAW_BEHIND,
};

#define LENGTH_MIN (40 * SIM_SECOND)
#define LENGTH_MAX (150 * SIM_SECOND)
#define FAULTS_MAX 40u

/* Of this many of what people do some come when the faults are over, into
 * everything that begins anew, and some right behind a fault. */
#define GATHERED_OF 16u
#define GATHERED_LAST 2u
#define GATHERED_BEHIND 5u
#define LAST_US (4 * SIM_SECOND)
#define BEHIND_US (2 * SIM_SECOND)

static const struct {
    const char *name;
    uint32_t weight;
} kinds[SIM_ACTION_COUNT] = {
#define SIM_ACTION_ROW(name, text, weight) {text, weight},
    SIM_ACTION_TABLE(SIM_ACTION_ROW)
#undef SIM_ACTION_ROW
};

enum { PLACE_PERSISTER, PLACE_BROKER, PLACE_BROKER_2, PLACE_GATEWAYS };

static enum sim_action_kind draw_kind(uint64_t key) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < SIM_ACTION_COUNT; i++)
        sum += kinds[i].weight;
    uint64_t drawn = sim_draw(key, DRAW_KIND, sum);
    for (uint32_t i = 0;; i++) {
        if (drawn < kinds[i].weight)
            return (enum sim_action_kind)i;
        drawn -= kinds[i].weight;
    }
}

static uint32_t draw_gateway(const struct sim_config *config, uint64_t key) {
    return PLACE_GATEWAYS +
           (uint32_t)sim_draw(key, DRAW_GATEWAY, config->gateways);
}

static uint32_t draw_process(const struct sim_config *config, uint64_t key) {
    uint64_t drawn = sim_draw(key, DRAW_ROLE, 100);
    if (drawn < 25)
        return PLACE_PERSISTER;
    return drawn < 60 ? PLACE_BROKER : draw_gateway(config, key);
}

/* Two that talk to each other. */
static void draw_pair(const struct sim_config *config, uint64_t key,
                      struct sim_action *action) {
    uint64_t drawn = sim_draw(key, DRAW_PAIR, 12);
    action->one = drawn == 0 ? PLACE_BROKER_2 : PLACE_BROKER;
    action->other = drawn < 5 ? PLACE_PERSISTER : draw_gateway(config, key);
}

static void draw_weather(const struct sim_config *config, uint64_t key,
                         struct sim_action *action) {
    draw_pair(config, key, action);
    if (sim_draw(key, DRAW_ALL, 3) == 0)
        action->one = action->other = SIM_PROCESSES_MAX;
    action->for_us = sim_skewed(key, DRAW_FOR, SIM_SECOND, 40 * SIM_SECOND);
    action->ppm = (uint32_t)sim_skewed(key, DRAW_PPM, 1000, 300000);
    action->much_us = sim_skewed(key, DRAW_MUCH, SIM_MS, 2 * SIM_SECOND);
}

static void draw_fault(const struct sim_config *config, uint64_t key,
                       struct sim_action *action) {
    action->kind = draw_kind(key);
    action->key = key;
    action->one = draw_process(config, key);
    action->other = action->one;
    action->for_us = sim_skewed(key, DRAW_FOR, 50 * SIM_MS, 20 * SIM_SECOND);
    switch (action->kind) {
    case SIM_ACTION_ACT:
    case SIM_ACTION_COUNT:
    case SIM_ACTION_CRASH:
    case SIM_ACTION_VANISH:
    case SIM_ACTION_STOP:
        return;
    case SIM_ACTION_OUTAGE:
        action->one = action->other = SIM_PROCESSES_MAX;
        return;
    case SIM_ACTION_PAUSE:
        action->for_us =
            sim_skewed(key, DRAW_FOR, 100 * SIM_MS, 40 * SIM_SECOND);
        return;
    case SIM_ACTION_PARTITION:
        draw_pair(config, key, action);
        action->for_us =
            sim_skewed(key, DRAW_FOR, 100 * SIM_MS, 40 * SIM_SECOND);
        return;
    case SIM_ACTION_CUT:
        draw_pair(config, key, action);
        return;
    case SIM_ACTION_LOSS:
    case SIM_ACTION_DUPLICATE:
    case SIM_ACTION_REORDER:
    case SIM_ACTION_DELAY:
        draw_weather(config, key, action);
        return;
    case SIM_ACTION_CLOCK_JUMP:
        action->much_us =
            sim_skewed(key, DRAW_MUCH, 10 * SIM_MS, 600 * SIM_SECOND);
        return;
    case SIM_ACTION_SECOND_BROKER:
        action->one = action->other = PLACE_BROKER_2;
        action->for_us =
            sim_between(key, DRAW_FOR, SIM_SECOND, 40 * SIM_SECOND);
        return;
    case SIM_ACTION_FULL_DISK:
        action->for_us =
            sim_between(key, DRAW_FOR, SIM_SECOND, 30 * SIM_SECOND);
        action->one = action->other = PLACE_PERSISTER;
        return;
    case SIM_ACTION_SLOW_DISK:
    case SIM_ACTION_FAIL_WRITE:
    case SIM_ACTION_KILL_IN_WRITE:
        action->one = action->other = PLACE_PERSISTER;
        action->much_us =
            sim_skewed(key, DRAW_MUCH, 50 * SIM_MS, 20 * SIM_SECOND);
        return;
    }
}

/* An action of people may happen where it meets something. */
static void gather(const struct sim_schedule *schedule, uint32_t people,
                   struct sim_action *action) {
    uint64_t drawn = sim_draw(action->key, DRAW_LAST, GATHERED_OF);
    uint32_t faults = schedule->count - people;
    if (drawn < GATHERED_LAST) {
        action->at_us =
            schedule->end_us + sim_draw(action->key, DRAW_AT, LAST_US);
    } else if (drawn < GATHERED_LAST + GATHERED_BEHIND && faults > 0) {
        uint32_t fault =
            people + (uint32_t)sim_draw(action->key, DRAW_BEHIND, faults);
        action->at_us = schedule->actions[fault].at_us +
                        sim_skewed(action->key, DRAW_AT, 0, BEHIND_US);
    }
}

static int by_time(const void *one, const void *other) {
    const struct sim_action *a = one;
    const struct sim_action *b = other;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

void sim_schedule_make(struct sim_schedule *schedule,
                       const struct sim_config *config) {
    uint64_t key = sim_key(0x73636865, config->seed);
    uint64_t length_us = sim_between(key, DRAW_LENGTH, LENGTH_MIN, LENGTH_MAX);
    uint64_t pace_us = sim_between(key, DRAW_PACE, 100 * SIM_MS, 500 * SIM_MS);
    uint32_t people = (uint32_t)(length_us / pace_us);
    uint32_t faults =
        sim_draw(key, DRAW_CALM, 10)
            ? (uint32_t)sim_between(key, DRAW_FAULTS, 1, FAULTS_MAX)
            : 0;
    uint32_t count = people + faults;
    *schedule = (struct sim_schedule){
        .actions = mem_zalloc(count * sizeof *schedule->actions),
        .count = count,
        .end_us = length_us};
    for (uint32_t i = 0; i < count; i++) {
        struct sim_action *action = &schedule->actions[i];
        uint64_t own = sim_key(key ^ 0x616374, i);
        action->key = own;
        action->at_us = sim_draw(own, DRAW_AT, length_us);
        action->one = action->other = SIM_PROCESSES_MAX;
        if (i >= people)
            draw_fault(config, own, action);
    }
    for (uint32_t i = 0; i < people; i++)
        gather(schedule, people, &schedule->actions[i]);
    qsort(schedule->actions, count, sizeof *schedule->actions, by_time);
}

void sim_schedule_finish(struct sim_schedule *schedule) {
    free(schedule->actions);
    *schedule = (struct sim_schedule){0};
}

/* --- Text ----------------------------------------------------------------- */

static void put_place(uint32_t place, struct buf *out) {
    static const char *const names[] = {"persister", "broker-0", "broker-1"};
    char text[32];
    if (place == SIM_PROCESSES_MAX)
        snprintf(text, sizeof text, " everybody");
    else if (place < PLACE_GATEWAYS)
        snprintf(text, sizeof text, " %s", names[place]);
    else
        snprintf(text, sizeof text, " gateway-%u", place - PLACE_GATEWAYS);
    buf_append_slice(out, slice_of(text));
}

void sim_schedule_print_fault(const struct sim_action *action,
                              struct buf *out) {
    char text[128];
    snprintf(text, sizeof text, "%10.3f s  %s", (double)action->at_us / 1e6,
             kinds[action->kind].name);
    buf_append_slice(out, slice_of(text));
    put_place(action->one, out);
    if (action->other != action->one)
        put_place(action->other, out);
    snprintf(text, sizeof text, " for %.3f s", (double)action->for_us / 1e6);
    buf_append_slice(out, slice_of(text));
    if (action->much_us) {
        snprintf(text, sizeof text, ", by %.3f s",
                 (double)action->much_us / 1e6);
        buf_append_slice(out, slice_of(text));
    }
    if (action->ppm) {
        snprintf(text, sizeof text, ", %.1f %% of the packets",
                 (double)action->ppm / 1e4);
        buf_append_slice(out, slice_of(text));
    }
    buf_append_slice(out, SLICE("\n"));
}

void sim_schedule_print(const struct sim_schedule *schedule,
                        const struct sim_config *config, struct buf *out) {
    char text[256];
    snprintf(text, sizeof text,
             "seed %" PRIu64 ": %u gateways, %u users, %u rooms, %u actions in "
             "%.1f s\n",
             config->seed, config->gateways, config->users, config->rooms,
             schedule->count, (double)schedule->end_us / 1e6);
    buf_append_slice(out, slice_of(text));
    for (uint32_t i = 0; i < schedule->count; i++)
        if (schedule->actions[i].kind != SIM_ACTION_ACT)
            sim_schedule_print_fault(&schedule->actions[i], out);
}
