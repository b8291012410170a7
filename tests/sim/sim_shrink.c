/* sim_shrink.c - see sim_shrink.h. */
#include "tests/sim/sim_shrink.h"

#include <stdlib.h>

#include "tests/sim/sim_child.h"

struct shrinking {
    const struct sim_config *config;
    struct sim_schedule *schedule;
    struct sim_result *failure;
    struct sim_action *spare;
    uint32_t runs;
    uint32_t runs_max;
};

/* Tries it without the |count| actions from |from| on; keeps what fails. */
static bool leave_out(struct shrinking *shrinking, uint32_t from,
                      uint32_t count) {
    struct sim_schedule *schedule = shrinking->schedule;
    struct sim_schedule less = *schedule;
    struct sim_result result;
    const struct sim_options options = {.verbose = false};
    less.actions = shrinking->spare;
    less.count = schedule->count - count;
    memcpy(less.actions, schedule->actions, from * sizeof *less.actions);
    memcpy(less.actions + from, schedule->actions + from + count,
           (less.count - from) * sizeof *less.actions);
    shrinking->runs++;
    sim_child_run(shrinking->config, &less, &options, true, &result);
    if (!result.failed ||
        strcmp(result.promise, shrinking->failure->promise) != 0)
        return false;
    shrinking->spare = schedule->actions;
    *schedule = less;
    *shrinking->failure = result;
    return true;
}

/* What was to happen after the failure does not matter. */
static void leave_out_rest(struct shrinking *shrinking) {
    struct sim_schedule *schedule = shrinking->schedule;
    uint64_t failed_us = shrinking->failure->virtual_us;
    uint32_t count = 0;
    while (count < schedule->count &&
           schedule->actions[count].at_us + SIM_SECOND <= failed_us)
        count++;
    if (failed_us && count < schedule->count)
        leave_out(shrinking, count, schedule->count - count);
}

uint32_t sim_shrink(const struct sim_config *config,
                    struct sim_schedule *schedule, struct sim_result *failure,
                    uint32_t runs_max) {
    struct shrinking shrinking = {
        .config = config,
        .schedule = schedule,
        .failure = failure,
        .spare = mem_alloc((schedule->count + 1) * sizeof *shrinking.spare),
        .runs_max = runs_max};
    leave_out_rest(&shrinking);
    uint32_t size = schedule->count / 2;
    while (size > 0 && shrinking.runs < runs_max) {
        bool less = false;
        uint32_t from = 0;
        while (from < schedule->count && shrinking.runs < runs_max) {
            uint32_t count = schedule->count - from;
            count = count < size ? count : size;
            if (leave_out(&shrinking, from, count))
                less = true;
            else
                from += count;
        }
        if (!less || size > schedule->count)
            size /= 2;
    }
    free(shrinking.spare);
    return shrinking.runs;
}
