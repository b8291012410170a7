/* A timer further away than one turn of the wheel stays in its slot and is
 * looked at once a turn. */
#include "gateway/wheel.h"

#include "common/err.h"

static uint64_t tick_of(uint64_t now_ms) {
    return now_ms / WHEEL_TICK_MS;
}

static struct list *slot_of(struct wheel *wheel, uint64_t tick) {
    return &wheel->slots[tick & (WHEEL_SLOTS - 1)];
}

void wheel_init(struct wheel *wheel, uint64_t now_ms) {
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        list_init(&wheel->slots[i]);
    wheel->tick = tick_of(now_ms);
    wheel->count = 0;
}

static void put(struct wheel *wheel, struct wheel_timer *timer) {
    uint64_t tick = tick_of(timer->due_ms) + 1;
    if (tick <= wheel->tick)
        tick = wheel->tick + 1;
    list_append(slot_of(wheel, tick), &timer->link);
}

void wheel_arm(struct wheel *wheel, struct wheel_timer *timer,
               uint64_t due_ms) {
    wheel_disarm(wheel, timer);
    timer->due_ms = due_ms;
    put(wheel, timer);
    wheel->count++;
}

void wheel_disarm(struct wheel *wheel, struct wheel_timer *timer) {
    if (!list_is_linked(&timer->link))
        return;
    INVARIANT(wheel->count > 0);
    list_remove(&timer->link);
    wheel->count--;
}

void wheel_advance(struct wheel *wheel, uint64_t now_ms,
                   void (*fire)(void *payload, struct wheel_timer *timer),
                   void *payload) {
    uint64_t now_tick = tick_of(now_ms);
    if (now_tick > wheel->tick + WHEEL_SLOTS)
        wheel->tick = now_tick - WHEEL_SLOTS; /* Every slot once is enough. */
    while (wheel->tick < now_tick) {
        wheel->tick++;
        struct list due;
        list_init(&due);
        list_splice(&due, slot_of(wheel, wheel->tick));
        while (!list_is_empty(&due)) {
            struct wheel_timer *timer =
                LIST_OF(due.next, struct wheel_timer, link);
            list_remove(&timer->link);
            if (tick_of(timer->due_ms) >= now_tick) {
                put(wheel, timer);
                continue;
            }
            wheel->count--;
            fire(payload, timer);
        }
    }
}

uint64_t wheel_due_ms(const struct wheel *wheel) {
    if (wheel->count == 0)
        return UINT64_MAX;
    return (wheel->tick + 1) * WHEEL_TICK_MS;
}
