/* sim_loop.h - virtual time: what happens, in order of when.
 *
 * Events of the same microsecond happen in the order in which they were put,
 * so a run is the same each time. The loop may be run inside an event of its
 * own (a disk that is slow lets everybody else go on). One thread. */
#ifndef TESTS_SIM_SIM_LOOP_H
#define TESTS_SIM_SIM_LOOP_H

#include "common/err.h"
#include "common/types.h"

#define SIM_NEVER UINT64_MAX

struct sim_event {
    uint64_t at_us;
    uint64_t number;
    void (*fire)(void *payload, uint64_t argument);
    void (*drop)(void *payload); /* The run ended before; NULL: nothing. */
    void *payload;
    uint64_t argument;
};

/* Zeroed is empty, at time 0. */
struct sim_loop {
    uint64_t now_us;
    uint64_t numbers;
    uint64_t fired;
    struct sim_event *heap;
    size_t count;
    size_t capacity;
};

/* Drops what has not happened. */
void sim_loop_finish(struct sim_loop *loop);

/* Puts an event; one of the past happens now. */
void sim_loop_put(struct sim_loop *loop, const struct sim_event *event);

/* Lets events happen until |until_us| (which is the time then), or until
 * |*stop| is set (may be NULL). */
void sim_loop_run(struct sim_loop *loop, uint64_t until_us, const bool *stop);

#endif
