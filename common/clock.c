/* clock.c - see clock.h. */
#include "common/clock.h"

#include <time.h>

#include "common/err.h"

static uint64_t read_us(clockid_t clock) {
    struct timespec now;
    int status = clock_gettime(clock, &now);
    INVARIANT(status == 0);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t monotonic_ms(void) {
    return read_us(CLOCK_MONOTONIC) / 1000u;
}

uint64_t monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

uint64_t wall_us(void) {
    return read_us(CLOCK_REALTIME);
}
