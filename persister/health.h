/* health.h - whether the store may be written, as all threads see it and as
 * /readyz says it.
 *
 * Damage (a write that failed, a row that is malformed) is for the rest of the
 * run: the program goes on answering reads, refuses writes, and somebody looks
 * at the disk and starts it again. It does not end by itself: reads are worth
 * having meanwhile, and a supervisor that restarts it into the same broken
 * disk helps nobody. Lack of space passes. */
#ifndef PERSISTER_HEALTH_H
#define PERSISTER_HEALTH_H

#include "common/process/readiness.h"

struct health; /* Opaque. Any thread. */

#define HEALTH_REASON_BYTES READINESS_REASON_BYTES_MAX

/* The conditions for readiness_create(). */
extern const char *const health_conditions[];

/* Good; |readiness| is borrowed and says so. */
struct health *health_create(struct readiness *readiness);

/* Accepts NULL. */
void health_destroy(struct health *health);

/* The store is damaged: the first reason stays. Logs it once. */
void health_damage(struct health *health, const char *reason);

/* False: damaged; |reason| says by what. */
bool health_is_sound(struct health *health, char reason[HEALTH_REASON_BYTES]);

/* Whether the disk has room. Logs the changes. */
void health_space(struct health *health, bool enough);

#endif
