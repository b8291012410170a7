/* shard_time.h - the core's time from the machine's clocks. Pure.
 *
 * The core's time is the time of day, and never goes back. When somebody sets
 * the wall's clock back it goes on a little slower until the wall has caught
 * up: it comes right again, and what waits for a while to pass (a user who went
 * is offline after some seconds) does not wait for hours. */
#ifndef BROKER_SHARD_SHARD_TIME_H
#define BROKER_SHARD_SHARD_TIME_H

#include "common/types.h"

/* |now_us|: the core's time before; |elapsed_us|: how much passed since, by a
 * clock that nobody sets. */
static inline int64_t shard_time_next(int64_t now_us, int64_t wall_us,
                                      uint64_t elapsed_us) {
    int64_t least_us = now_us + (int64_t)(elapsed_us - elapsed_us / 16);
    return wall_us > least_us ? wall_us : least_us;
}

#endif
