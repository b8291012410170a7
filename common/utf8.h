/* utf8.h - reading UTF-8, one code point at a time. Pure. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include "common/types.h"

/* What utf8_next() says of bytes that are not UTF-8. */
#define UTF8_INVALID UINT32_MAX

/* The first code point of |text|, which is not empty; |*size| becomes the
 * number of its bytes. UTF8_INVALID, with |*size| 1, for overlong forms,
 * surrogates, values above U+10FFFF, stray and missing continuation bytes. */
uint32_t utf8_next(struct slice text, size_t *size);

/* Whether all of |text| is UTF-8. */
bool utf8_is_valid(struct slice text);

#endif
