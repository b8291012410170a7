/* strict_json.h - JSON of tokens and key files, read without tolerance.
 *
 * Two readers of one text must not see two things: a name that occurs twice
 * is an error, and so is anything after the object. Nesting is bounded before
 * the parser, which recurses, gets to see it. */
#ifndef GATEWAY_AUTH_STRICT_JSON_H
#define GATEWAY_AUTH_STRICT_JSON_H

#include <jansson.h>

#include "common/types.h"

/* A JWKS needs three, its certificates four; no claim of ours needs two. */
#define STRICT_JSON_DEPTH_MAX 16

/* The object that |text| is; the caller owns a reference. NULL: it is none,
 * and |*reason|, if not NULL, says why (borrowed, static). */
json_t *strict_json_object(struct slice text, const char **reason);

/* The text of a JSON string, borrowed from it; empty if |json| is none (or
 * NULL). */
struct slice strict_json_text(const json_t *json);

#endif
