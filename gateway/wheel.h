/* wheel.h - many timers at the price of two list operations each.
 *
 * Time goes in ticks; a timer fires in the tick after it is due, never
 * before. One timer is a link in the thing that it is for. Pure; |now_ms| is
 * any clock in milliseconds that does not go back. */
#ifndef GATEWAY_WHEEL_H
#define GATEWAY_WHEEL_H

#include "gateway/list.h"

#define WHEEL_TICK_MS 250u
#define WHEEL_SLOTS 256u /* A power of two; one turn takes 64 s. */

struct wheel_timer {
    struct list link;
    uint64_t due_ms;
};

struct wheel {
    struct list slots[WHEEL_SLOTS];
    uint64_t tick; /* All timers due in this tick or before have fired. */
    uint32_t count;
};

void wheel_init(struct wheel *wheel, uint64_t now_ms);

/* Starts |timer|, or sets it anew. One that is due already fires next. */
void wheel_arm(struct wheel *wheel, struct wheel_timer *timer, uint64_t due_ms);

/* Accepts a timer that is not armed, or zeroed. */
void wheel_disarm(struct wheel *wheel, struct wheel_timer *timer);

/* Fires what is due, disarmed. |fire| may arm and disarm any timer. */
void wheel_advance(struct wheel *wheel, uint64_t now_ms,
                   void (*fire)(void *payload, struct wheel_timer *timer),
                   void *payload);

/* When to advance next; UINT64_MAX: no timer is armed. */
uint64_t wheel_due_ms(const struct wheel *wheel);

#endif
