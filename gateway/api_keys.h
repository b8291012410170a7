/* api_keys.h - the keys of the server API: a file with one a line, blank lines
 * and lines that begin with # left out. Immutable; a reload makes a new one,
 * so that a bad file never takes away the keys that work. Pure, but for
 * api_keys_load. */
#ifndef GATEWAY_API_KEYS_H
#define GATEWAY_API_KEYS_H

#include "common/err.h"
#include "common/types.h"

#define API_KEYS_FILE_BYTES_MAX (64u << 10)
#define API_KEYS_MAX 256u

/* Shorter ones can be guessed. */
#define API_KEY_BYTES_MIN 16u
#define API_KEY_BYTES_MAX 256u

struct api_keys;

/* ERR_MALFORMED: no key in it, or one that is too short or too long; |line| is
 * its line, or 0. ERR_LIMIT: too many. */
enum err api_keys_parse(struct slice text, struct api_keys **out,
                        size_t *line) MUST_CHECK;

/* The same of a file; also ERR_IO. */
enum err api_keys_load(const char *path, struct api_keys **out,
                       size_t *line) MUST_CHECK;

/* Accepts NULL. */
void api_keys_destroy(struct api_keys *keys);

/* Whether |key| is one of them. Takes as long whatever it is, for its size. */
bool api_keys_match(const struct api_keys *keys, struct slice key);

#endif
