/* sim_child.h - a run in a process of its own, so that an abort in it (an
 * invariant, a sanitizer) is a result like any other. */
#ifndef TESTS_SIM_SIM_CHILD_H
#define TESTS_SIM_SIM_CHILD_H

#include <sys/types.h>

#include "tests/sim/sim_run.h"

/* A run of this much real time hangs. */
#define SIM_HANG_S 120u

struct sim_child {
    pid_t pid; /* 0: none. */
    struct sim_result *shared;
};

/* Starts it; |quiet|: what it says on stderr is not for people. |config| and
 * |schedule| may be gone when it returns. */
void sim_child_start(struct sim_child *child, const struct sim_config *config,
                     const struct sim_schedule *schedule,
                     const struct sim_options *options, bool quiet);

/* Of a child that ended with |status| (waitpid). An abort is a failure of the
 * promise "abort", one that has to be ended of "hang"; its counts are lost. */
void sim_child_take(struct sim_child *child, int status,
                    struct sim_result *out);

/* Both, and waits in between. */
void sim_child_run(const struct sim_config *config,
                   const struct sim_schedule *schedule,
                   const struct sim_options *options, bool quiet,
                   struct sim_result *out);

#endif
