/* sim_tap.c - see sim_tap.h. */
#include "tests/sim/sim_tap.h"

#include <stdlib.h>

#include "tests/sim/sim.h"

struct sim_tap {
    struct sim *sim;
    const char *folder;
};

struct core *__real_core_create(const struct core_config *config);
struct core *__wrap_core_create(const struct core_config *config);
void __real_core_destroy(struct core *core);
void __wrap_core_destroy(struct core *core);
void __real_core_step(struct core *core, const struct core_input *input,
                      struct effects *out);
void __wrap_core_step(struct core *core, const struct core_input *input,
                      struct effects *out);

struct core *__wrap_core_create(const struct core_config *config) {
    return __real_core_create(config);
}

void __wrap_core_destroy(struct core *core) {
    __real_core_destroy(core);
}

static void note_effects(struct sim *sim, const struct effects *effects) {
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        sim_note(sim, ((uint64_t)effect->kind << 32) + effect->gateway +
                          effect->gateway_count);
        sim_note(sim, hash_bytes(effect->seq, effect_bytes(effects, effect)));
    }
}

void __wrap_core_step(struct core *core, const struct core_input *input,
                      struct effects *out) {
    struct sim *sim = sim_now;
    __real_core_step(core, input, out);
    sim->steps++;
    note_effects(sim, out);
    if (sim->steps % sim->config.check_every == 0)
        core_check(core);
}

struct sim_tap *sim_tap_create(struct sim *sim, const char *folder) {
    struct sim_tap *tap = mem_zalloc(sizeof *tap);
    *tap = (struct sim_tap){.sim = sim, .folder = folder};
    return tap;
}

void sim_tap_destroy(struct sim_tap *tap) {
    free(tap);
}
