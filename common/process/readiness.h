/* readiness.h - whether a program can do its work now, and if not, why: a
 * fixed set of named conditions, each set by the thread that knows and read
 * by the operator's listener. Thread-safe. */
#ifndef COMMON_PROCESS_READINESS_H
#define COMMON_PROCESS_READINESS_H

#include "common/buf.h"
#include "common/types.h"

#define READINESS_CONDITIONS_MAX 16u
#define READINESS_REASON_BYTES_MAX 256u

struct readiness;

/* |names| ends with NULL and is borrowed; a condition is named by its index.
 * All start as not met, for the reason "starting". */
struct readiness *readiness_create(const char *const *names);

/* Accepts NULL. */
void readiness_destroy(struct readiness *readiness);

/* |reason| is copied, cut and made printable; ignored when |met|. Returns
 * whether the condition has changed between met and not met, so that the
 * caller can say so once. */
bool readiness_set(struct readiness *readiness, size_t condition, bool met,
                   const char *reason);

/* Whether all conditions are met. */
bool readiness_met(struct readiness *readiness);

/* Appends "name: ok" or "name: reason" for each, one a line; returns whether
 * all are met. */
bool readiness_render(struct readiness *readiness, struct buf *out);

#endif
