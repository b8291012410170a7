/* auth_fixture.c - see auth_fixture.h. */
#include "auth_fixture.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/buf.h"
#include "gateway/auth/base64url.h"

char *fixture_text(const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    INVARIANT(size >= 0);
    return text;
}

char *fixture_encode(struct slice text) {
    char *out = mem_zalloc(BASE64URL_TEXT_SIZE(text.size) + 1);
    base64url_encode(text.data, text.size, out);
    return out;
}

EVP_PKEY *fixture_rsa(unsigned bits) {
    EVP_PKEY *pair = EVP_RSA_gen(bits);
    INVARIANT(pair != NULL);
    return pair;
}

EVP_PKEY *fixture_p256(void) {
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    INVARIANT(pair != NULL);
    return pair;
}

EVP_PKEY *fixture_ed25519(void) {
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    INVARIANT(pair != NULL);
    return pair;
}

/* The number |name| of |pair|, |size| bytes long (0: as short as can be). */
static char *number_encode(EVP_PKEY *pair, const char *name, size_t size) {
    unsigned char bytes[1024];
    BIGNUM *number = NULL;
    INVARIANT(EVP_PKEY_get_bn_param(pair, name, &number) == 1);
    if (size == 0)
        size = (size_t)BN_num_bytes(number);
    INVARIANT(size <= sizeof bytes);
    INVARIANT(BN_bn2binpad(number, bytes, (int)size) >= 0);
    BN_free(number);
    return fixture_encode((struct slice){(const char *)bytes, size});
}

char *fixture_jwk(EVP_PKEY *pair, const char *members) {
    char *first = NULL;
    char *second = NULL;
    char *jwk = NULL;
    if (EVP_PKEY_is_a(pair, "RSA")) {
        first = number_encode(pair, OSSL_PKEY_PARAM_RSA_N, 0);
        second = number_encode(pair, OSSL_PKEY_PARAM_RSA_E, 0);
        jwk = fixture_text("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s%s}",
                           first, second, *members ? "," : "", members);
    } else if (EVP_PKEY_is_a(pair, "EC")) {
        first = number_encode(pair, OSSL_PKEY_PARAM_EC_PUB_X, 32);
        second = number_encode(pair, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        jwk = fixture_text("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
                           "\"y\":\"%s\"%s%s}",
                           first, second, *members ? "," : "", members);
    } else {
        unsigned char bytes[32];
        size_t size = sizeof bytes;
        INVARIANT(EVP_PKEY_get_raw_public_key(pair, bytes, &size) == 1);
        first = fixture_encode((struct slice){(const char *)bytes, size});
        jwk = fixture_text(
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"%s%s}", first,
            *members ? "," : "", members);
    }
    free(first);
    free(second);
    return jwk;
}

char *fixture_pem(EVP_PKEY *pair) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    INVARIANT(bio && PEM_write_bio_PUBKEY(bio, pair) == 1);
    long size = BIO_get_mem_data(bio, &data);
    char *text = fixture_text("%.*s", (int)size, data);
    BIO_free(bio);
    return text;
}

/* Header, dot, payload. */
static char *signing_input(const char *header, const char *payload) {
    char *first = fixture_encode(slice_of(header));
    char *second = fixture_encode(slice_of(payload));
    char *input = fixture_text("%s.%s", first, second);
    free(first);
    free(second);
    return input;
}

/* Frees |input|. */
static char *token_finish(char *input, const unsigned char *bytes,
                          size_t size) {
    char *signature = fixture_encode((struct slice){(const char *)bytes, size});
    char *token = fixture_text("%s.%s", input, signature);
    free(signature);
    free(input);
    return token;
}

/* The two numbers of a DER signature, 32 bytes each. */
static void ecdsa_raw(unsigned char *bytes, size_t *size) {
    const unsigned char *der = bytes;
    unsigned char raw[64];
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)*size);
    INVARIANT(signature != NULL);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
    ECDSA_SIG_free(signature);
    memcpy(bytes, raw, sizeof raw);
    *size = sizeof raw;
}

char *fixture_token(EVP_PKEY *pair, enum algorithm algorithm,
                    const char *header, const char *payload) {
    unsigned char bytes[1024];
    size_t size = sizeof bytes;
    char *input = signing_input(header, payload);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    const EVP_MD *digest = algorithm == ALGORITHM_EdDSA ? NULL : EVP_sha256();
    INVARIANT(EVP_DigestSignInit(context, &options, digest, NULL, pair) == 1);
    if (algorithm == ALGORITHM_PS256) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }
    INVARIANT(EVP_DigestSign(context, bytes, &size,
                             (const unsigned char *)input, strlen(input)) == 1);
    EVP_MD_CTX_free(context);
    if (algorithm == ALGORITHM_ES256)
        ecdsa_raw(bytes, &size);
    return token_finish(input, bytes, size);
}

char *fixture_token_hmac(struct slice secret, enum algorithm algorithm,
                         const char *header, const char *payload) {
    unsigned char bytes[64];
    unsigned size = 0;
    char *input = signing_input(header, payload);
    const EVP_MD *digest = algorithm == ALGORITHM_HS256   ? EVP_sha256()
                           : algorithm == ALGORITHM_HS384 ? EVP_sha384()
                                                          : EVP_sha512();
    INVARIANT(HMAC(digest, secret.data, (int)secret.size,
                   (const unsigned char *)input, strlen(input), bytes,
                   &size) != NULL);
    return token_finish(input, bytes, size);
}

struct key_set *fixture_keys(const char *secret, const char *jwks,
                             uint32_t algorithms) {
    struct keys_source source = {.secret = slice_of(secret),
                                 .secret_name = "secret",
                                 .jwks = slice_of(jwks),
                                 .jwks_name = "jwks",
                                 .algorithms = algorithms};
    struct keys_error error = {0};
    struct key_set *keys = NULL;
    if (keys_parse(&source, &keys, &error) != ERR_OK)
        err_abort("fixture_keys", error.text, __FILE__, __LINE__);
    return keys;
}

enum jwt_result fixture_verify(const struct key_set *keys, struct slice token) {
    struct jwt_claims claims;
    char *copy = mem_alloc(token.size);
    if (token.size > 0)
        memcpy(copy, token.data, token.size);
    enum jwt_result result = jwt_verify(
        keys, NULL, FIXTURE_NOW_S, (struct slice){copy, token.size}, &claims);
    INVARIANT(result == JWT_OK || (claims.user.value == 0 && !claims.storage));
    jwt_claims_finish(&claims);
    free(copy);
    return result;
}

void fixture_assert(enum jwt_result actual, enum jwt_result expected,
                    const char *about) {
    ck_assert_msg(actual == expected, "%s instead of %s: %s",
                  jwt_result_code(actual), jwt_result_code(expected), about);
}
