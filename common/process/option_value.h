/* option_value.h - from the text of an option's value to the value. Private
 * to options.c and its tests. Pure. */
#ifndef COMMON_PROCESS_OPTION_VALUE_H
#define COMMON_PROCESS_OPTION_VALUE_H

#include "common/process/options.h"

/* Fills the variable of |option| from |text|, with copies in |arena|; a list
 * is appended to. ERR_MALFORMED: the variable is as before, and |reason| (of
 * |reason_size| bytes) goes on from the value, as in "is not a rate". */
enum err option_value_parse(const struct option *option, struct slice text,
                            struct arena *arena, char *reason,
                            size_t reason_size) MUST_CHECK;

/* Back to what it is before anything sets it. */
void option_value_clear(const struct option *option);

#endif
