/* core_check.h - what is always true between two steps, as a question; private
 * to broker/core. core_check() asserts it. */
#ifndef BROKER_CORE_CORE_CHECK_H
#define BROKER_CORE_CORE_CHECK_H

struct core;

/* NULL: nothing is wrong; else (static) the condition that does not hold.
 * O(state). */
const char *core_fault(const struct core *core);

#endif
