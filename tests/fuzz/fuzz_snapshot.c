/* fuzz_snapshot.c - a random world's core is saved, what was saved is changed
 * at a few places, and a core that is restored from it all the same must live
 * on: no crash, and its invariants hold. */
#include "tests/lib/core_spoil.h"

#define ACTIONS_MAX 60u
#define TRIES_MAX 8u
#define STEPS 12u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct core_run *run =
        run_begin((struct chooser){.bytes = {(const char *)data, size}});
    uint32_t actions = choose(&run->chooser, ACTIONS_MAX);
    for (uint32_t i = 0; i < actions; i++)
        run_act(run);
    for (uint32_t i = 0; i < TRIES_MAX && run->chooser.used < size; i++) {
        struct core *core = spoiled_create(run, 1 + choose(&run->chooser, 3));
        if (core)
            spoiled_run(run, core, STEPS);
        core_destroy(core);
    }
    run_end(run);
    return 0;
}
