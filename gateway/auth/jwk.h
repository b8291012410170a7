/* jwk.h - one key of a JWKS file (RFC 7517): JSON into a struct key. */
#ifndef GATEWAY_AUTH_JWK_H
#define GATEWAY_AUTH_JWK_H

#include <jansson.h>

#include "common/err.h"
#include "common/types.h"
#include "gateway/auth/key.h"

struct jwk {
    struct slice kid; /* Borrowed from the JSON. */
    struct key *key;  /* Owned by whoever has the jwk. */
};

/* What is wrong with a key, in words that follow each other: "n" "is ...".
 * Both borrowed, static; |field| is NULL where no single one is to blame. */
struct jwk_fault {
    const char *field;
    const char *reason;
};

/* Reads |json|. Its algorithm is `alg`, else what `kty` and `crv` imply: RSA
 * RS256, EC P-256 ES256, oct HS256, OKP Ed25519 EdDSA.
 *
 * ERR_NOT_FOUND: a key that is none of our business (for encryption, of a
 * type, curve or algorithm that we do not know); pass over it.
 * ERR_MALFORMED: |*fault| is set. A key without `kid` is malformed, since no
 * token could ever ask for it. */
enum err jwk_parse(const json_t *json, struct jwk *out,
                   struct jwk_fault *fault) MUST_CHECK;

#endif
