/* pump.h - a connection's requests that wait for their turn.
 *
 * Requests are translated one after the other, so those that came meanwhile
 * wait here as they came. It is bounded in number and bytes; when it is full
 * the socket is not read from, and what the kernel holds back holds the
 * client back. Memory is what waits and nothing while it is empty. Pure. */
#ifndef GATEWAY_PUMP_H
#define GATEWAY_PUMP_H

#include "common/types.h"

#define PUMP_REQUESTS_MAX 64u
#define PUMP_BYTES_MAX (256u << 10)

struct pump_request;

/* Zeroed is empty and valid. Fields are private. */
struct pump {
    struct pump_request *first;
    struct pump_request *last;
    uint32_t count;
    uint32_t bytes;
};

void pump_finish(struct pump *pump);

/* Copies |text|. |throttled|: it is over the rate and will be refused. Takes
 * it even when the pump is full: what was read before reading stopped must go
 * somewhere, and is bounded by one read. */
void pump_put(struct pump *pump, struct slice text, bool throttled);

/* The next request; borrowed until pump_drop. False: none. */
bool pump_peek(const struct pump *pump, struct slice *text, bool *throttled);
void pump_drop(struct pump *pump);

/* Stop reading / go on reading; the gap between the two saves switches. */
static inline bool pump_is_full(const struct pump *pump) {
    return pump->count >= PUMP_REQUESTS_MAX || pump->bytes >= PUMP_BYTES_MAX;
}

static inline bool pump_is_low(const struct pump *pump) {
    return pump->count <= PUMP_REQUESTS_MAX / 2 &&
           pump->bytes <= PUMP_BYTES_MAX / 2;
}

#endif
