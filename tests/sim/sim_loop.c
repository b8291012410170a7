/* sim_loop.c - see sim_loop.h. */
#include "tests/sim/sim_loop.h"

#include <stdlib.h>

#include "common/buf.h"

static bool is_before(const struct sim_event *a, const struct sim_event *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

void sim_loop_finish(struct sim_loop *loop) {
    for (size_t i = 0; i < loop->count; i++)
        if (loop->heap[i].drop)
            loop->heap[i].drop(loop->heap[i].payload);
    free(loop->heap);
    *loop = (struct sim_loop){0};
}

void sim_loop_put(struct sim_loop *loop, const struct sim_event *event) {
    if (loop->count == loop->capacity) {
        loop->capacity = loop->capacity ? 2 * loop->capacity : 256;
        loop->heap =
            mem_realloc(loop->heap, loop->capacity * sizeof *loop->heap);
    }
    struct sim_event put = *event;
    put.number = ++loop->numbers;
    if (put.at_us < loop->now_us)
        put.at_us = loop->now_us;
    size_t at = loop->count++;
    while (at > 0 && is_before(&put, &loop->heap[(at - 1) / 2])) {
        loop->heap[at] = loop->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    loop->heap[at] = put;
}

static struct sim_event take_first(struct sim_loop *loop) {
    struct sim_event first = loop->heap[0];
    struct sim_event last = loop->heap[--loop->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= loop->count)
            break;
        if (child + 1 < loop->count &&
            is_before(&loop->heap[child + 1], &loop->heap[child]))
            child++;
        if (!is_before(&loop->heap[child], &last))
            break;
        loop->heap[at] = loop->heap[child];
        at = child;
    }
    if (loop->count > 0)
        loop->heap[at] = last;
    return first;
}

void sim_loop_run(struct sim_loop *loop, uint64_t until_us, const bool *stop) {
    while (!(stop && *stop) && loop->count > 0 &&
           loop->heap[0].at_us <= until_us) {
        struct sim_event event = take_first(loop);
        INVARIANT(event.at_us >= loop->now_us);
        loop->now_us = event.at_us;
        loop->fired++;
        event.fire(event.payload, event.argument);
    }
    if (!(stop && *stop) && loop->now_us < until_us)
        loop->now_us = until_us;
}
