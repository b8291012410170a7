/* sim_shrink.h - makes the schedule of a run that failed small, so that what is
 * left is what matters (delta debugging). */
#ifndef TESTS_SIM_SIM_SHRINK_H
#define TESTS_SIM_SIM_SHRINK_H

#include "tests/sim/sim_run.h"

/* Leaves actions of |schedule| out for as long as the run breaks the promise
 * that |failure| is about, in |runs_max| runs at most. Returns the number of
 * runs; |failure| is that of the last schedule. */
uint32_t sim_shrink(const struct sim_config *config,
                    struct sim_schedule *schedule, struct sim_result *failure,
                    uint32_t runs_max);

#endif
