/* sim_tap.c - see sim_tap.h.
 *
 * In a trace the input stands there before the core takes it, without effects,
 * and again with them afterwards in its place: if the core aborts, what it
 * aborted on is the last thing in the file. */
#include "tests/sim/sim_tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/trace/trace_file.h"
#include "tests/sim/sim.h"

/* Cores that are there at once: two brokers, one that is being ended. */
#define CORES_MAX 4u

struct tapped {
    struct core *core; /* NULL: free. */
    FILE *file;        /* Its trace; NULL: none is written. */
};

struct sim_tap {
    struct sim *sim;
    const char *folder;
    struct tapped cores[CORES_MAX];
    struct buf bytes;
};

struct core *__real_core_create(const struct core_config *config);
struct core *__wrap_core_create(const struct core_config *config);
void __real_core_destroy(struct core *core);
void __wrap_core_destroy(struct core *core);
void __real_core_step(struct core *core, const struct core_input *input,
                      struct effects *out);
void __wrap_core_step(struct core *core, const struct core_input *input,
                      struct effects *out);

/* --- Traces --------------------------------------------------------------- */

static void write_bytes(struct sim_tap *tap, FILE *file) {
    if (fwrite(tap->bytes.data, 1, tap->bytes.size, file) != tap->bytes.size ||
        fflush(file) != 0)
        fprintf(stderr, "a trace cannot be written: %s\n", strerror(errno));
    buf_clear(&tap->bytes);
}

static FILE *open_trace(struct sim_tap *tap, const struct core_config *config) {
    const struct sim_process *broker = sim_running;
    char path[512];
    struct trace_head head = {.version = TRACE_VERSION,
                              .shards = 1,
                              .run = broker->incarnation,
                              .file = 1,
                              .started_us =
                                  (int64_t)sim_process_wall_us(broker),
                              .whole = true,
                              .program = slice_of(PARLANCE_VERSION),
                              .core = *config};
    snprintf(path, sizeof path, "%s/sim-%" PRIu64 "-%s-%u.trace", tap->folder,
             tap->sim->config.seed, broker->name, broker->starts);
    FILE *file = fopen(path, "wb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return NULL;
    }
    trace_put_head(&tap->bytes, &head);
    write_bytes(tap, file);
    return file;
}

static void write_input(struct sim_tap *tap, FILE *file,
                        const struct core_input *input,
                        const struct effects *effects) {
    trace_put_input(&tap->bytes, input, effects, true);
    write_bytes(tap, file);
}

static void end_trace(struct sim_tap *tap, struct tapped *tapped) {
    if (tapped->file) {
        trace_put_end(&tap->bytes);
        write_bytes(tap, tapped->file);
        fclose(tapped->file);
    }
    *tapped = (struct tapped){0};
}

/* --- Between shard and core ----------------------------------------------- */

static struct tapped *find(struct sim_tap *tap, const struct core *core) {
    for (uint32_t i = 0; i < CORES_MAX; i++)
        if (tap->cores[i].core == core)
            return &tap->cores[i];
    INVARIANT(!"there are so many cores");
    return NULL;
}

struct core *__wrap_core_create(const struct core_config *config) {
    struct sim_tap *tap = sim_now->tap;
    struct core *core = __real_core_create(config);
    struct tapped *tapped = find(tap, NULL);
    tapped->core = core;
    if (tap->folder)
        tapped->file = open_trace(tap, config);
    return core;
}

void __wrap_core_destroy(struct core *core) {
    if (core)
        end_trace(sim_now->tap, find(sim_now->tap, core));
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
    static const struct effects nothing;
    struct sim *sim = sim_now;
    FILE *file = find(sim->tap, core)->file;
    long begun = 0;
    PRE(out->count == 0);
    if (file) {
        begun = ftell(file);
        write_input(sim->tap, file, input, &nothing);
    }
    __real_core_step(core, input, out);
    if (file) {
        fseek(file, begun, SEEK_SET);
        write_input(sim->tap, file, input, out);
    }
    sim->steps++;
    note_effects(sim, out);
    if (sim->steps % sim->config.check_every == 0)
        core_check(core);
}

/* --- Life ----------------------------------------------------------------- */

struct sim_tap *sim_tap_create(struct sim *sim, const char *folder) {
    struct sim_tap *tap = mem_zalloc(sizeof *tap);
    *tap = (struct sim_tap){.sim = sim, .folder = folder};
    return tap;
}

void sim_tap_destroy(struct sim_tap *tap) {
    if (!tap)
        return;
    buf_finish(&tap->bytes);
    free(tap);
}
