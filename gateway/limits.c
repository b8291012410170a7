/* The bucket is the generic cell rate algorithm: one number says when it would
 * be full again, and nothing has to be refilled. */
#include "gateway/limits.h"

#include "common/err.h"

enum rate_verdict rate_take(const struct rate_config *config,
                            struct rate_state *state, uint64_t now_ms) {
    if (config->per_second == 0)
        return RATE_TAKEN;
    PRE(config->burst > 0);
    PRE(now_ms > 0);
    uint64_t now_us = now_ms * 1000;
    uint64_t each_us = UINT64_C(1000000) / config->per_second;
    if (each_us == 0)
        each_us = 1;
    uint64_t full_us = state->full_us > now_us ? state->full_us : now_us;
    if (full_us + each_us - now_us <= each_us * config->burst) {
        state->full_us = full_us + each_us;
        return RATE_TAKEN;
    }
    if (state->offence_ms == 0 || now_ms - state->refused_ms > RATE_PAUSE_MS)
        state->offence_ms = now_ms;
    state->refused_ms = now_ms;
    return now_ms - state->offence_ms >= RATE_BROKEN_MS ? RATE_BROKEN
                                                        : RATE_REFUSED;
}

bool rate_is_rested(const struct rate_state *state, uint64_t now_ms) {
    return state->full_us <= now_ms * 1000 &&
           (state->offence_ms == 0 ||
            now_ms - state->refused_ms > RATE_PAUSE_MS);
}

const char *admission_code(enum admission admission) {
    static const char *const codes[] = {
#define ADMISSION_CODE(name, code, text) [name] = (code),
        ADMISSION_TABLE(ADMISSION_CODE)
#undef ADMISSION_CODE
    };
    return codes[admission];
}

const char *admission_text(enum admission admission) {
    static const char *const texts[] = {
#define ADMISSION_TEXT(name, code, text) [name] = (text),
        ADMISSION_TABLE(ADMISSION_TEXT)
#undef ADMISSION_TEXT
    };
    return texts[admission];
}

static uint64_t count_of(const struct admission_counts *counts,
                         uint64_t address) {
    return (uintptr_t)table_find(&counts->addresses, address);
}

enum admission admission_check(const struct admission_config *config,
                               const struct admission_counts *counts,
                               uint64_t user_count, uint64_t address) {
    if (config->connections_max && counts->total >= config->connections_max)
        return ADMISSION_TOTAL;
    if (config->per_user_max && user_count >= config->per_user_max)
        return ADMISSION_USER;
    if (config->per_address_max &&
        count_of(counts, address) >= config->per_address_max)
        return ADMISSION_ADDRESS;
    return ADMISSION_OK;
}

void admission_enter(struct admission_counts *counts, uint64_t address) {
    counts->total++;
    uintptr_t count = (uintptr_t)count_of(counts, address) + 1;
    table_put(&counts->addresses, address, (void *)count); /* Never NULL. */
}

void admission_leave(struct admission_counts *counts, uint64_t address) {
    INVARIANT(counts->total > 0);
    counts->total--;
    uintptr_t count = (uintptr_t)count_of(counts, address);
    INVARIANT(count > 0);
    if (count == 1)
        table_remove(&counts->addresses, address);
    else
        table_put(&counts->addresses, address, (void *)(count - 1));
}

void admission_finish(struct admission_counts *counts) {
    table_finish(&counts->addresses);
    counts->total = 0;
}
