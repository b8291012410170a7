/* collector.h - when to look for files that nobody names: at the start, then
 * once an hour, in small steps so that appends never wait long. Pure. */
#ifndef PERSISTER_COLLECTOR_H
#define PERSISTER_COLLECTOR_H

#include "common/types.h"

#define COLLECTOR_INTERVAL_MS (UINT64_C(3600) * 1000u)

/* Files forgotten in one step: each is up to 160 rows. */
#define COLLECTOR_STEP_FILES 16u

/* Zeroed: due at once. */
struct collector {
    uint64_t due_ms;
};

static inline bool collector_is_due(const struct collector *collector,
                                    uint64_t now_ms) {
    return now_ms >= collector->due_ms;
}

/* A step found |count| files: a full one is followed by another. */
static inline void collector_stepped(struct collector *collector,
                                     uint64_t now_ms, uint32_t count) {
    if (count < COLLECTOR_STEP_FILES)
        collector->due_ms = now_ms + COLLECTOR_INTERVAL_MS;
}

/* What is in no message since before this is forgotten. */
int64_t collector_before_us(int64_t wall_us);

#endif
