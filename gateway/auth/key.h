/* key.h - one key and the check of a signature with it.
 *
 * A key is bound to its algorithms when it is made, and refuses every other
 * one: that is what stops a token from choosing how it is checked. Immutable
 * once made, so threads may share one. Whatever libcrypto prepares for a key
 * (fetched digests, keyed contexts) is prepared here once and copied for each
 * check. No call leaves anything in libcrypto's error queue, which the TLS
 * side of the program reads. */
#ifndef GATEWAY_AUTH_KEY_H
#define GATEWAY_AUTH_KEY_H

#include "common/err.h"
#include "common/types.h"
#include "gateway/auth/algorithm.h"

/* Bounds of RSA keys: below is weak, above is slower than any use of it. */
#define KEY_RSA_BITS_MIN 2048
#define KEY_RSA_BITS_MAX 8192

/* The largest signature of any key, and of an HMAC (SHA-512). */
#define KEY_SIGNATURE_BYTES_MAX (KEY_RSA_BITS_MAX / 8)
#define KEY_HMAC_BYTES_MAX 64u

/* Coordinates of ES256 (P-256), and the key of EdDSA (Ed25519). */
#define KEY_COORDINATE_BYTES 32u

struct key;

/* All of these: ERR_MALFORMED when the numbers make no acceptable key, and
 * then |*reason| says why (borrowed, static). The slices are copied. */

/* |algorithms|: one or several of the HMAC ones. |secret|: not empty. */
enum err key_create_secret(struct slice secret, uint32_t algorithms,
                           struct key **out, const char **reason) MUST_CHECK;

/* |algorithm|: RS256 or PS256. |modulus|, |exponent|: big-endian. */
enum err key_create_rsa(enum algorithm algorithm, struct slice modulus,
                        struct slice exponent, struct key **out,
                        const char **reason) MUST_CHECK;

/* ES256. |x|, |y|: big-endian, KEY_COORDINATE_BYTES each. */
enum err key_create_p256(struct slice x, struct slice y, struct key **out,
                         const char **reason) MUST_CHECK;

/* EdDSA. |x|: the public key, KEY_COORDINATE_BYTES. */
enum err key_create_ed25519(struct slice x, struct key **out,
                            const char **reason) MUST_CHECK;

/* Accepts NULL. */
void key_destroy(struct key *key);

/* The set of algorithms that the key is bound to; never empty. */
uint32_t key_algorithms(const struct key *key);

/* Whether |signature|, as it stands in a token (ES256: r and s, raw), is the
 * key's over |input| by |algorithm|. False if the key is not bound to it. */
bool key_verify(const struct key *key, enum algorithm algorithm,
                struct slice input, struct slice signature) MUST_CHECK;

/* Signs |input| with a secret into |out| (KEY_HMAC_BYTES_MAX), sets |*size|.
 * ERR_DENIED: the key is not bound to |algorithm|, or is no secret.
 * ERR_MEMORY: the library could not. */
enum err key_sign(const struct key *key, enum algorithm algorithm,
                  struct slice input, unsigned char *out,
                  size_t *size) MUST_CHECK;

#endif
