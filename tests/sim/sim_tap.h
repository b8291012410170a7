/* sim_tap.h - what the brokers' cores were told and what they said: for the
 * run's digest, for core_check() now and then, and for a trace.
 *
 * It listens where the shard calls the core: the linker leads core_create,
 * core_step and core_destroy through here. One thread. */
#ifndef TESTS_SIM_SIM_TAP_H
#define TESTS_SIM_SIM_TAP_H

#include "common/types.h"

struct sim;
struct sim_tap; /* Opaque. */

/* |folder|: write a trace of each core there; NULL: none. Borrowed. */
struct sim_tap *sim_tap_create(struct sim *sim, const char *folder);

/* Accepts NULL. */
void sim_tap_destroy(struct sim_tap *tap);

#endif
