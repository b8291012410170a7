/* health.c - see health.h. */
#include "persister/health.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/process/log.h"

enum { CONDITION_STORAGE };

const char *const health_conditions[] = {"storage", NULL};

struct health {
    struct readiness *readiness;
    pthread_mutex_t mutex; /* Guards what follows. */
    bool damaged;
    bool full;
    char reason[HEALTH_REASON_BYTES]; /* Of the damage. */
};

/* With the mutex held. */
static void tell(struct health *health) {
    const char *reason =
        health->damaged ? health->reason : "too little free space on the disk";
    readiness_set(health->readiness, CONDITION_STORAGE,
                  !health->damaged && !health->full, reason);
}

struct health *health_create(struct readiness *readiness) {
    struct health *health = mem_zalloc(sizeof *health);
    int status = pthread_mutex_init(&health->mutex, NULL);
    INVARIANT(status == 0);
    health->readiness = readiness;
    tell(health);
    return health;
}

void health_destroy(struct health *health) {
    if (!health)
        return;
    pthread_mutex_destroy(&health->mutex);
    free(health);
}

void health_damage(struct health *health, const char *reason) {
    pthread_mutex_lock(&health->mutex);
    if (!health->damaged) {
        log_error("storage_failed", LOG_TEXT("reason", reason),
                  LOG_TEXT("what_now",
                           "writes are refused until a restart; reads go on"));
        health->damaged = true;
        snprintf(health->reason, sizeof health->reason, "%s", reason);
        tell(health);
    }
    pthread_mutex_unlock(&health->mutex);
}

bool health_is_sound(struct health *health, char reason[HEALTH_REASON_BYTES]) {
    pthread_mutex_lock(&health->mutex);
    bool sound = !health->damaged;
    if (!sound)
        memcpy(reason, health->reason, HEALTH_REASON_BYTES);
    pthread_mutex_unlock(&health->mutex);
    return sound;
}

void health_space(struct health *health, bool enough) {
    pthread_mutex_lock(&health->mutex);
    if (health->full == enough) {
        health->full = !enough;
        if (enough)
            log_info("storage_has_space");
        else
            log_error("storage_full",
                      LOG_TEXT("what_now",
                               "writes are refused until there is space"));
        tell(health);
    }
    pthread_mutex_unlock(&health->mutex);
}
