/* readiness.c - see readiness.h. */
#include "common/process/readiness.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/process/quote.h"

struct condition {
    bool met;
    size_t reason_size;
    char reason[READINESS_REASON_BYTES_MAX];
};

struct readiness {
    pthread_mutex_t lock; /* Guards all of |conditions|. */
    const char *const *names;
    size_t count;
    struct condition conditions[READINESS_CONDITIONS_MAX];
};

static void set_reason(struct condition *condition, const char *reason) {
    condition->reason_size = quote_text(
        condition->reason, sizeof condition->reason, slice_of(reason), NULL);
}

struct readiness *readiness_create(const char *const *names) {
    struct readiness *readiness = mem_zalloc(sizeof *readiness);
    int status = pthread_mutex_init(&readiness->lock, NULL);
    INVARIANT(status == 0);
    readiness->names = names;
    while (names[readiness->count]) {
        PRE(readiness->count < READINESS_CONDITIONS_MAX);
        set_reason(&readiness->conditions[readiness->count++], "starting");
    }
    return readiness;
}

void readiness_destroy(struct readiness *readiness) {
    if (!readiness)
        return;
    pthread_mutex_destroy(&readiness->lock);
    free(readiness);
}

bool readiness_set(struct readiness *readiness, size_t condition, bool met,
                   const char *reason) {
    PRE(condition < readiness->count);
    pthread_mutex_lock(&readiness->lock);
    struct condition *entry = &readiness->conditions[condition];
    bool changed = entry->met != met;
    entry->met = met;
    set_reason(entry, met ? "ok" : reason);
    pthread_mutex_unlock(&readiness->lock);
    return changed;
}

/* With the lock held. */
static bool all_met(const struct readiness *readiness) {
    for (size_t i = 0; i < readiness->count; i++) {
        if (!readiness->conditions[i].met)
            return false;
    }
    return true;
}

bool readiness_met(struct readiness *readiness) {
    pthread_mutex_lock(&readiness->lock);
    bool met = all_met(readiness);
    pthread_mutex_unlock(&readiness->lock);
    return met;
}

bool readiness_render(struct readiness *readiness, struct buf *out) {
    pthread_mutex_lock(&readiness->lock);
    bool met = all_met(readiness);
    for (size_t i = 0; i < readiness->count; i++) {
        const struct condition *entry = &readiness->conditions[i];
        buf_append_slice(out, slice_of(readiness->names[i]));
        buf_append(out, ": ", 2);
        buf_append(out, entry->reason, entry->reason_size);
        buf_append(out, "\n", 1);
    }
    pthread_mutex_unlock(&readiness->lock);
    return met;
}
