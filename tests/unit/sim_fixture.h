/* sim_fixture.h - a simulated world whose processes do nothing: for tests of
 * its network and its disk. */
#ifndef TESTS_UNIT_SIM_FIXTURE_H
#define TESTS_UNIT_SIM_FIXTURE_H

#include <check.h>

#include "tests/sim/sim.h"

enum { IDLE_PERSISTER, IDLE_BROKER, IDLE_GATEWAY, IDLE_COUNT };

/* A calm network with constant delays of 1 ms; everybody is up. */
void fixture_begin(struct sim *sim);
void fixture_end(struct sim *sim);

/* Lets so much time pass. */
void fixture_pass(struct sim *sim, uint64_t us);

/* Whose code runs from here on; NULL: nobody's. */
void fixture_run_as(struct sim_process *process);

/* main() of such a test: runs |tests|, each between |setup| and |teardown|.
 * Returns the exit status. */
int fixture_run_tests(const char *name, const TTest *const *tests, size_t count,
                      void (*setup)(void), void (*teardown)(void));

#endif
