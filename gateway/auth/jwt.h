/* jwt.h - check a token (a JWT in the compact form of a JWS, RFC 7515, 7519).
 *
 * The key decides how a token is checked, the token only names the key: by
 * its kid, or by having none, which means the secret. Nothing of the payload
 * is looked at before the signature is right. */
#ifndef GATEWAY_AUTH_JWT_H
#define GATEWAY_AUTH_JWT_H

#include "common/buf.h"
#include "common/err.h"
#include "common/types.h"
#include "gateway/auth/jwt_claims.h"
#include "gateway/auth/keys.h"

#define JWT_BYTES_MAX 8192u

/* How far the issuer's clock may be ahead of ours where the operator says
 * nothing else. Only for nbf: there is none for exp. */
#define JWT_LEEWAY_S 30u

/* X(name, code, text): the code is for programs, the text for people. */
#define JWT_RESULT_TABLE(X)                                                    \
    X(JWT_OK, "ok", "the token is valid")                                      \
    X(JWT_TOO_LARGE, "token_too_large", "the token is larger than 8192 bytes") \
    X(JWT_MALFORMED, "token_malformed", "the token is not a well-formed JWT")  \
    X(JWT_CRITICAL, "token_critical_extension",                                \
      "the token demands an extension that is not supported")                  \
    X(JWT_KEY_UNKNOWN, "token_key_unknown",                                    \
      "no key is configured under the token's kid")                            \
    X(JWT_ALGORITHM, "token_algorithm",                                        \
      "the token's algorithm is not allowed")                                  \
    X(JWT_SIGNATURE, "token_signature", "the token's signature is wrong")      \
    X(JWT_NO_EXPIRY, "token_no_expiry", "the token has no integer exp claim")  \
    X(JWT_EXPIRED, "token_expired", "the token has expired")                   \
    X(JWT_NOT_YET, "token_not_yet_valid", "the token is not valid yet")        \
    X(JWT_NO_USER, "token_no_user", "the token has no valid user id")

enum jwt_result {
#define JWT_RESULT_ENUM(name, code, text) name,
    JWT_RESULT_TABLE(JWT_RESULT_ENUM)
#undef JWT_RESULT_ENUM
};

/* Of the table; borrowed, static. */
const char *jwt_result_code(enum jwt_result result);
const char *jwt_result_text(enum jwt_result result);

struct jwt_policy {
    const char *user_id_claim; /* NULL: JWT_USER_ID_CLAIM. */
    uint32_t leeway_s;
};

/* Checks |token| at the time |now_s|, in seconds since the Unix epoch. On
 * JWT_OK the caller finishes |*out|; else it is zeroed. |policy| of NULL is
 * the default one. Thread-safe. */
enum jwt_result jwt_verify(const struct key_set *keys,
                           const struct jwt_policy *policy, int64_t now_s,
                           struct slice token,
                           struct jwt_claims *out) MUST_CHECK;

/* Appends to |out| a token for |claims|, signed with the secret of |keys| by
 * HS256 and issued at |now_s|. Empty texts are left out. ERR_DENIED: |keys|
 * has no secret or may not do HS256. ERR_MALFORMED: a text is not UTF-8. */
enum err jwt_sign(const struct key_set *keys, const struct jwt_policy *policy,
                  int64_t now_s, const struct jwt_claims *claims,
                  struct buf *out) MUST_CHECK;

#endif
