/* link_backoff.c - see link_backoff.h. */
#include "common/link/link_backoff.h"

/* A number that looks random but is the same for the same seed. */
static uint64_t mix(uint64_t value) {
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

uint64_t link_backoff_ms(uint64_t min_ms, uint64_t max_ms, uint32_t failures,
                         uint64_t seed) {
    uint64_t wait_ms = min_ms;
    for (uint32_t i = 0; i < failures && wait_ms < max_ms; i++)
        wait_ms *= 2;
    if (wait_ms > max_ms)
        wait_ms = max_ms;
    return wait_ms / 2 + mix(seed) % (wait_ms - wait_ms / 2 + 1);
}
