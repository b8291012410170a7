/* sim_clock.c - common/clock.h on virtual time: the clocks of the process that
 * is running. The linker finds these first. */
#include "common/clock.h"

#include "tests/sim/sim.h"

uint64_t monotonic_us(void) {
    PRE(sim_running);
    return sim_process_monotonic_us(sim_running);
}

uint64_t monotonic_ms(void) {
    return monotonic_us() / 1000;
}

uint64_t wall_us(void) {
    return sim_running ? sim_process_wall_us(sim_running)
                       : SIM_EPOCH_US + sim_time_us();
}
