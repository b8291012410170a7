/* sim_many.h - many runs, several at a time. */
#ifndef TESTS_SIM_SIM_MANY_H
#define TESTS_SIM_SIM_MANY_H

#include "tests/sim/sim_run.h"

#define SIM_JOBS_MAX 64u
#define SIM_FAILURES_MAX 1000u

struct sim_failure {
    uint64_t seed;
    char promise[SIM_PROMISE_BYTES];
};

struct sim_totals {
    uint64_t seeds;
    uint64_t failed;
    uint64_t virtual_us;
    uint64_t events;
    uint64_t packets;
    uint64_t steps;
    uint64_t writes;
    uint64_t starts;
    uint64_t faults[SIM_FAULT_COUNT];
    struct people_stats people;
    uint64_t cover[SIM_COVER_MAX];
    struct sim_failure failures[SIM_FAILURES_MAX]; /* By seed. */
    uint32_t failures_count;
};

/* Runs |count| seeds from |first| on, |jobs| at a time; |twice|: each a second
 * time, which must go the same way. */
void sim_many(uint64_t first, uint64_t count, uint32_t jobs, bool twice,
              struct sim_totals *out);

#endif
