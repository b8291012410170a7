/* sim_fixture.h - a simulated world whose processes do nothing: for tests of
 * its network and its disk. */
#ifndef TESTS_UNIT_SIM_FIXTURE_H
#define TESTS_UNIT_SIM_FIXTURE_H

#include "tests/sim/sim.h"

enum { IDLE_PERSISTER, IDLE_BROKER, IDLE_GATEWAY, IDLE_COUNT };

/* A calm network with constant delays of 1 ms; everybody is up. */
void fixture_begin(struct sim *sim);
void fixture_end(struct sim *sim);

/* Lets so much time pass. */
void fixture_pass(struct sim *sim, uint64_t us);

/* Whose code runs from here on; NULL: nobody's. */
void fixture_run_as(struct sim_process *process);

#endif
