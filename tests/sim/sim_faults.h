/* sim_faults.h - carrying out what a schedule says. */
#ifndef TESTS_SIM_SIM_FAULTS_H
#define TESTS_SIM_SIM_FAULTS_H

#include "tests/sim/sim_schedule.h"

/* Does it, now. */
void sim_carry_out(struct sim *sim, const struct sim_action *action);

/* Undoes everything that is wrong, and starts whoever is down. */
void sim_heal(struct sim *sim);

#endif
