/* wire_draw.h - random messages of every kind, by the schema. */
#ifndef TESTS_LIB_WIRE_DRAW_H
#define TESTS_LIB_WIRE_DRAW_H

#include "common/wire/wire.h"

/* The next number of the sequence that |seed| begins. */
uint64_t wire_draw_number(uint64_t *seed);

/* A message of the |kind|, whose texts and lists live in |arena|. Numbers are
 * often at the edge of what is allowed. */
void wire_draw(uint64_t *seed, struct arena *arena, enum wire_kind kind,
               struct wire *out);

#endif
