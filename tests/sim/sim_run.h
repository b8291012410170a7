/* sim_run.h - one run from beginning to end. */
#ifndef TESTS_SIM_SIM_RUN_H
#define TESTS_SIM_SIM_RUN_H

#include "tests/sim/sim.h"
#include "tests/sim/sim_people.h"
#include "tests/sim/sim_schedule.h"

struct sim_options {
    bool verbose;       /* Logs of all programs, in virtual time, on stderr. */
    bool told;          /* Each action as it happens, on stdout. */
    const char *folder; /* Traces of the brokers' cores; NULL: none. */
};

/* Names of people_coverage() at most. */
#define SIM_COVER_MAX 256u

/* Plain numbers, so that a process can leave them to another one. */
struct sim_result {
    bool failed;
    char promise[SIM_PROMISE_BYTES];
    char text[SIM_TEXT_BYTES];
    uint64_t digest;
    uint64_t virtual_us;
    uint64_t events; /* Of the loop. */
    uint64_t packets;
    uint64_t steps;
    uint64_t writes;
    uint64_t starts; /* Of processes. */
    uint64_t faults[SIM_FAULT_COUNT];
    struct people_stats people;
    uint64_t cover[SIM_COVER_MAX];
    uint32_t cover_count;
};

/* Runs |schedule| in the world of |config|. */
void sim_run(const struct sim_config *config,
             const struct sim_schedule *schedule,
             const struct sim_options *options, struct sim_result *out);

#endif
