/* core_twin.c - see core_twin.h. */
#include "tests/lib/core_twin.h"

#include <stdio.h>

#include "broker/core/snapshot.h"

static void take(void *payload, const struct wire *state) {
    struct buf *out = payload;
    size_t at = out->size;
    uint32_t size = 0;
    buf_append(out, &size, sizeof size);
    wire_encode(state, out);
    size = (uint32_t)(out->size - at - sizeof size);
    memcpy(out->data + at, &size, sizeof size);
}

void core_save_bytes(const struct core *core, struct buf *out) {
    core_save(core, take, out);
}

static enum err restore(struct core *core, struct slice bytes,
                        struct arena *arena, const char **why) {
    while (bytes.size > 0) {
        struct wire wire;
        uint32_t size = 0;
        *why = "torn";
        if (bytes.size < sizeof size)
            return ERR_MALFORMED;
        memcpy(&size, bytes.data, sizeof size);
        bytes =
            (struct slice){bytes.data + sizeof size, bytes.size - sizeof size};
        if (bytes.size < size)
            return ERR_MALFORMED;
        arena_reset(arena);
        struct wire_error error;
        if (wire_decode((struct slice){bytes.data, size}, arena, &wire,
                        &error) != ERR_OK) {
            *why = error.reason;
            return ERR_MALFORMED;
        }
        if (core_restore(core, &wire, why) != ERR_OK)
            return ERR_MALFORMED;
        bytes = (struct slice){bytes.data + size, bytes.size - size};
    }
    return core_restored(core, why);
}

enum err core_restore_bytes(const struct core_config *config,
                            struct slice bytes, struct core **out,
                            const char **why) {
    struct arena arena = {0};
    *out = core_create(config);
    enum err err = restore(*out, bytes, &arena, why);
    arena_finish(&arena);
    if (err != ERR_OK) {
        core_destroy(*out);
        *out = NULL;
    }
    return err;
}

struct core *core_twin_create(const struct core_config *config,
                              const struct core *core) {
    struct buf state = {0}, again = {0};
    struct core *twin;
    const char *why = NULL;
    core_save_bytes(core, &state);
    if (core_restore_bytes(config, buf_slice(&state), &twin, &why) != ERR_OK)
        err_abort("restored", why, __FILE__, __LINE__);
    core_save_bytes(twin, &again);
    INVARIANT(slice_equal(buf_slice(&state), buf_slice(&again)));
    INVARIANT(core_digest(twin) == core_digest(core));
    buf_finish(&state);
    buf_finish(&again);
    return twin;
}

static void check_same(const struct effects *a, const struct effects *b) {
    INVARIANT(a->count == b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct effect *left = &a->items[i], *right = &b->items[i];
        INVARIANT(left->kind == right->kind);
        INVARIANT(left->gateway == right->gateway);
        INVARIANT(left->partition == right->partition);
        INVARIANT(left->seq == right->seq);
        INVARIANT(left->gateway_count == right->gateway_count);
        for (uint32_t j = 0; j < left->gateway_count; j++)
            INVARIANT(effect_gateways(a, left)[j] ==
                      effect_gateways(b, right)[j]);
        INVARIANT(slice_equal(effect_bytes(a, left), effect_bytes(b, right)));
    }
}

void core_twin_step(struct core *twin, const struct core *core,
                    const struct core_input *input,
                    const struct effects *effects) {
    struct effects told = {0};
    core_step(twin, input, &told);
    check_same(effects, &told);
    effects_finish(&told);
    core_check(twin);
    INVARIANT(core_digest(twin) == core_digest(core));
    INVARIANT(core_deadline_us(twin) == core_deadline_us(core));
    struct core_stats a = core_stats(core), b = core_stats(twin);
    INVARIANT(memcmp(&a, &b, sizeof a) == 0);
}
