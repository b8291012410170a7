/* core_spoil.h - states that no core saved: what core_restore() takes of them
 * must be a core that lives. */
#ifndef TESTS_LIB_CORE_SPOIL_H
#define TESTS_LIB_CORE_SPOIL_H

#include "tests/lib/core_run.h"

/* The run's core is saved and |changes| things are changed: a field, or a
 * piece left out, given twice, or moved. NULL: it was refused, with a reason.
 */
struct core *spoiled_create(struct core_run *run, uint32_t changes);

/* Steps |core| through random inputs; its invariants hold. */
void spoiled_run(struct core_run *run, struct core *core, uint32_t steps);

#endif
