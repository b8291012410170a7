/* auth_fixture.h - fresh keys and hand-made tokens for the tests of
 * gateway/auth. It signs with libcrypto directly, so that the code under test
 * has a second opinion. Failures abort; texts returned are the caller's. */
#ifndef TESTS_UNIT_AUTH_FIXTURE_H
#define TESTS_UNIT_AUTH_FIXTURE_H

#include <openssl/evp.h>

#include "common/types.h"
#include "gateway/auth/jwt.h"

/* A time to test at, and payloads that are valid then. */
#define FIXTURE_NOW_S INT64_C(1700000000)
#define FIXTURE_PAYLOAD "{\"user_id\":7,\"exp\":1700000060}"
#define FIXTURE_HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define FIXTURE_SECRET "a secret of the application's"

/* printf() into memory. */
char *fixture_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* |text|'s base64url. */
char *fixture_encode(struct slice text);

/* A new key pair: RSA of |bits|, P-256, Ed25519. */
EVP_PKEY *fixture_rsa(unsigned bits);
EVP_PKEY *fixture_p256(void);
EVP_PKEY *fixture_ed25519(void);

/* The public half as a JWK: kty, its numbers and then |members|, e.g.
 * "\"kid\":\"a\"". */
char *fixture_jwk(EVP_PKEY *pair, const char *members);

/* The public half as PEM. */
char *fixture_pem(EVP_PKEY *pair);

/* Header, dot, payload, dot, and the signature by |algorithm|, whatever the
 * header says about it. */
char *fixture_token(EVP_PKEY *pair, enum algorithm algorithm,
                    const char *header, const char *payload);
char *fixture_token_hmac(struct slice secret, enum algorithm algorithm,
                         const char *header, const char *payload);

/* A key set of these texts (NULL: none) for |algorithms| (0: all). */
struct key_set *fixture_keys(const char *secret, const char *jwks,
                             uint32_t algorithms);

/* The result for |token| by the default policy at FIXTURE_NOW_S. The verifier
 * gets a copy that ends where the token does, so that ASan sees it read on. */
enum jwt_result fixture_verify(const struct key_set *keys, struct slice token);

/* Fails the test, saying |about|, unless |actual| is |expected|. */
void fixture_assert(enum jwt_result actual, enum jwt_result expected,
                    const char *about);

#endif
