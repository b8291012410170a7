/* sim_programs.h - the three programs as the simulator runs them: what their
 * main() does with the real code, without options, signals and sockets of the
 * system. */
#ifndef TESTS_SIM_SIM_PROGRAMS_H
#define TESTS_SIM_SIM_PROGRAMS_H

#include "tests/sim/sim_process.h"

extern const struct sim_program sim_persister;
extern const struct sim_program sim_broker;
extern const struct sim_program sim_gateway;

/* A descriptor that never has anything. */
#define SIM_QUIET_FD 0

#endif
