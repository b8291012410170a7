/* base64url.h - the base64 of tokens and keys (RFC 4648 section 5, no padding).
 *
 * Strict: every byte string has exactly one text and every text at most one
 * byte string, so that nobody can make a second token out of a valid one. */
#ifndef GATEWAY_AUTH_BASE64URL_H
#define GATEWAY_AUTH_BASE64URL_H

#include "common/err.h"
#include "common/types.h"

/* Characters that |size| bytes become; bytes that |size| characters hold. */
#define BASE64URL_TEXT_SIZE(size) (((size)*4u + 2u) / 3u)
#define BASE64URL_DATA_SIZE(size) ((size) / 4u * 3u + 2u)

/* Writes BASE64URL_TEXT_SIZE(size) characters to |out|, without a NUL. */
void base64url_encode(const void *data, size_t size, char *out);

/* Decodes |text| into |out|, which holds |capacity| bytes, and sets |*size|.
 * ERR_MALFORMED: padding, white space, a character of another alphabet, an
 * impossible length, or unused bits that are not zero. ERR_LIMIT: more than
 * |capacity| bytes. On error |out| may have been written to. */
enum err base64url_decode(struct slice text, void *out, size_t capacity,
                          size_t *size) MUST_CHECK;

#endif
