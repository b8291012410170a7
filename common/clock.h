/* clock.h - the two clocks, for the shells only: whatever decides is given
 * the time as an argument. Any thread. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

/* Never goes back, counts from an arbitrary start; for intervals. */
uint64_t monotonic_ms(void);
uint64_t monotonic_us(void);

/* Microseconds since the Unix epoch; may jump when the machine's clock is
 * set. */
uint64_t wall_us(void);

#endif
