/* core_twin.h - a core beside another one, made from the other's saved state,
 * that must do the same from there on. What differs aborts. */
#ifndef TESTS_LIB_CORE_TWIN_H
#define TESTS_LIB_CORE_TWIN_H

#include "broker/core/core.h"

/* All pieces of |core|'s state, each behind its length (u32). */
void core_save_bytes(const struct core *core, struct buf *out);

/* A core made of them. ERR_MALFORMED: |*why| says so, |*out| is NULL. */
enum err core_restore_bytes(const struct core_config *config,
                            struct slice bytes, struct core **out,
                            const char **why) MUST_CHECK;

/* A core that was restored from |core|'s state, which it has. */
struct core *core_twin_create(const struct core_config *config,
                              const struct core *core);

/* Steps |twin| as |core| just was, with |effects|: it gives the same, and is
 * the same. |input|'s time is set. */
void core_twin_step(struct core *twin, const struct core *core,
                    const struct core_input *input,
                    const struct effects *effects);

#endif
