/* seeds.c - see seeds.h. */
#include "tests/lib/seeds.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* For the handler alone. */
static volatile uint64_t running;

static void on_abort(int number) {
    (void)number;
    fprintf(stderr, "PARLANCE_SEED=%" PRIu64 "\n", running);
}

static void run_one(uint64_t seed, void (*run)(uint64_t seed)) {
    running = seed;
    run(seed);
}

bool seeds_run(int slice, uint64_t count, void (*run)(uint64_t seed)) {
    const char *only = getenv("PARLANCE_SEED");
    (void)signal(SIGABRT, on_abort);
    if (only) {
        run_one(strtoull(only, NULL, 10), run);
        return false;
    }
    for (uint64_t seed = (uint64_t)slice; seed < count; seed += SEEDS_SLICES)
        run_one(seed, run);
    return true;
}
