/* token.h - the JWT that each connection of the bench brings (HS256). */
#ifndef TESTS_BENCH_TOKEN_H
#define TESTS_BENCH_TOKEN_H

#include "common/types.h"

#define TOKEN_BYTES_MAX 512u

/* Writes a token for |user|, good for a day, with its NUL. */
void token_sign(struct slice secret, uint64_t user, char out[TOKEN_BYTES_MAX]);

#endif
