/* link_backoff.h - how long to wait before connecting again. Pure. */
#ifndef COMMON_LINK_LINK_BACKOFF_H
#define COMMON_LINK_LINK_BACKOFF_H

#include <stdint.h>

/* Doubles from |min_ms| to |max_ms| with each failure; between half and all of
 * that, by |seed|, so that clients that lost their server together do not come
 * back together. The same arguments give the same wait. */
uint64_t link_backoff_ms(uint64_t min_ms, uint64_t max_ms, uint32_t failures,
                         uint64_t seed);

#endif
