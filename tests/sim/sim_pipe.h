/* sim_pipe.h - link_pipe and link_actor without threads, for the persister's
 * readers: what is sent to one is read either at once, and answered later from
 * what was true before, or when the answer is due. */
#ifndef TESTS_SIM_SIM_PIPE_H
#define TESTS_SIM_SIM_PIPE_H

#include "tests/sim/sim_process.h"

/* When an answer of one of its actors is ready next; SIM_NEVER: none waits. */
uint64_t sim_pipes_due_us(const struct sim_process *process);

#endif
