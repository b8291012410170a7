/* algorithm.h - the signature algorithms of JWT (RFC 7518, 8037) that we know.
 *
 * There is no "none" here, so nothing can ever ask for it. */
#ifndef GATEWAY_AUTH_ALGORITHM_H
#define GATEWAY_AUTH_ALGORITHM_H

#include "common/err.h"
#include "common/types.h"

/* X(name). The name is also the text in a token's header. */
#define ALGORITHM_TABLE(X)                                                     \
    X(HS256)                                                                   \
    X(HS384)                                                                   \
    X(HS512)                                                                   \
    X(RS256)                                                                   \
    X(PS256)                                                                   \
    X(ES256)                                                                   \
    X(EdDSA)

enum algorithm {
#define ALGORITHM_ENUM(name) ALGORITHM_##name,
    ALGORITHM_TABLE(ALGORITHM_ENUM)
#undef ALGORITHM_ENUM
};

#define ALGORITHM_COUNT 7u

/* A set of algorithms is the or of their bits. */
#define ALGORITHM_BIT(algorithm) (UINT32_C(1) << (algorithm))
#define ALGORITHMS_ALL ((UINT32_C(1) << ALGORITHM_COUNT) - 1)
#define ALGORITHMS_HMAC                                                        \
    (ALGORITHM_BIT(ALGORITHM_HS256) | ALGORITHM_BIT(ALGORITHM_HS384) |         \
     ALGORITHM_BIT(ALGORITHM_HS512))

/* Borrowed, static: "HS256". */
const char *algorithm_name(enum algorithm algorithm);

/* Exact, case included. ERR_NOT_FOUND: we know no such algorithm. */
enum err algorithm_parse(struct slice name, enum algorithm *out) MUST_CHECK;

/* A list as an operator writes it, "HS256,RS256", into a set. ERR_NOT_FOUND:
 * |*unknown| (borrowed from |list|) is the first name that we do not know; an
 * empty list is one empty name. */
enum err algorithms_parse(struct slice list, uint32_t *out,
                          struct slice *unknown) MUST_CHECK;

#endif
