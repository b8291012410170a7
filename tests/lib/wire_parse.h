/* wire_parse.h - the inverse of wire_print: one line of text to a message, led
 * by the schema. For scripts; what is not there is zero. */
#ifndef TESTS_LIB_WIRE_PARSE_H
#define TESTS_LIB_WIRE_PARSE_H

#include "common/wire/wire.h"

/* Parses "send room=65 author={user=1} text=\"hi\"". Texts and lists live in
 * |arena|. NULL: all is well; else what is wrong, static. */
const char *wire_parse(struct slice line, struct arena *arena,
                       struct wire *out) MUST_CHECK;

#endif
