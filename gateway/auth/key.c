/* key.c - see key.h. */
#include "gateway/auth/key.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "common/buf.h"

struct key {
    uint32_t algorithms;
    /* Of a secret: keyed, one for each of its algorithms, else NULL. */
    EVP_MAC_CTX *macs[ALGORITHM_COUNT];
    /* Of a public key: ready to verify with it, else NULL. */
    EVP_MD_CTX *verifier;
};

/* DER of two 256-bit integers: 2 + 2 * (2 + 1 + 32) bytes. */
#define ECDSA_DER_BYTES_MAX 72u

static const char library_failed[] = "the cryptographic library refuses it";

static const char *hmac_digest_name(enum algorithm algorithm) {
    switch (algorithm) {
    case ALGORITHM_HS256:
        return "SHA256";
    case ALGORITHM_HS384:
        return "SHA384";
    case ALGORITHM_HS512:
        return "SHA512";
    case ALGORITHM_RS256:
    case ALGORITHM_PS256:
    case ALGORITHM_ES256:
    case ALGORITHM_EdDSA:
        break;
    }
    return NULL;
}

/* A context that HMACs with |secret|; NULL if the library fails. */
static EVP_MAC_CTX *mac_create(EVP_MAC *mac, const char *digest,
                               struct slice secret) {
    char name[16];
    snprintf(name, sizeof(name), "%s", digest);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    if (context && EVP_MAC_init(context, (const unsigned char *)secret.data,
                                secret.size, params) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

enum err key_create_secret(struct slice secret, uint32_t algorithms,
                           struct key **out, const char **reason) {
    PRE(algorithms != 0 && (algorithms & ~ALGORITHMS_HMAC) == 0);
    if (secret.size == 0) {
        *reason = "is empty";
        return ERR_MALFORMED;
    }
    ERR_set_mark();
    enum err err = ERR_MALFORMED;
    struct key *key = mem_zalloc(sizeof *key);
    key->algorithms = algorithms;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    *reason = library_failed;
    if (!mac)
        goto done;
    for (unsigned i = 0; i < ALGORITHM_COUNT; i++) {
        if ((algorithms & ALGORITHM_BIT(i)) == 0)
            continue;
        key->macs[i] =
            mac_create(mac, hmac_digest_name((enum algorithm)i), secret);
        if (!key->macs[i])
            goto done;
    }
    *out = key;
    key = NULL;
    err = ERR_OK;
done:
    EVP_MAC_free(mac);
    key_destroy(key);
    ERR_pop_to_mark();
    return err;
}

/* A context that is ready to verify with |public_key|; NULL if it fails. */
static EVP_MD_CTX *verifier_create(EVP_PKEY *public_key,
                                   enum algorithm algorithm) {
    const char *digest = algorithm == ALGORITHM_EdDSA ? NULL : "SHA256";
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL; /* Owned by |context|. */
    if (!context)
        return NULL;
    if (EVP_DigestVerifyInit_ex(context, &options, digest, NULL, NULL,
                                public_key, NULL) != 1)
        goto failed;
    /* RFC 7518, 3.5: the salt is as long as the digest. */
    if (algorithm == ALGORITHM_PS256 &&
        (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) !=
             1))
        goto failed;
    return context;
failed:
    EVP_MD_CTX_free(context);
    return NULL;
}

/* Wraps |public_key|, which stays the caller's. */
static enum err key_create_public(EVP_PKEY *public_key,
                                  enum algorithm algorithm, struct key **out,
                                  const char **reason) {
    EVP_MD_CTX *verifier = verifier_create(public_key, algorithm);
    if (!verifier) {
        *reason = library_failed;
        return ERR_MALFORMED;
    }
    struct key *key = mem_zalloc(sizeof *key);
    key->algorithms = ALGORITHM_BIT(algorithm);
    key->verifier = verifier;
    *out = key;
    return ERR_OK;
}

/* A checked public key of |type|; NULL if the numbers do not make one. */
static EVP_PKEY *public_key_create(const char *type, OSSL_PARAM *params) {
    EVP_PKEY *public_key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY_CTX *check = NULL;
    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &public_key, EVP_PKEY_PUBLIC_KEY, params) !=
            1)
        goto done;
    /* An even modulus, an exponent of 1 (every signature would do), a point
     * off the curve: the library knows them all. */
    check = EVP_PKEY_CTX_new_from_pkey(NULL, public_key, NULL);
    if (!check || EVP_PKEY_public_check(check) != 1) {
        EVP_PKEY_free(public_key);
        public_key = NULL;
    }
done:
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(context);
    return public_key;
}

static BIGNUM *bignum_create(struct slice bytes) {
    PRE(bytes.size <= INT_MAX);
    return BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.size, NULL);
}

enum err key_create_rsa(enum algorithm algorithm, struct slice modulus,
                        struct slice exponent, struct key **out,
                        const char **reason) {
    PRE(algorithm == ALGORITHM_RS256 || algorithm == ALGORITHM_PS256);
    enum err err = ERR_MALFORMED;
    EVP_PKEY *public_key = NULL;
    OSSL_PARAM *params = NULL;
    ERR_set_mark();
    BIGNUM *n = bignum_create(modulus);
    BIGNUM *e = bignum_create(exponent);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    *reason = library_failed;
    if (!n || !e || !builder)
        goto done;
    if (BN_num_bits(n) < KEY_RSA_BITS_MIN) {
        *reason = "has fewer than 2048 bits";
        goto done;
    }
    if (BN_num_bits(n) > KEY_RSA_BITS_MAX) {
        *reason = "has more than 8192 bits";
        goto done;
    }
    if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        goto done;
    params = OSSL_PARAM_BLD_to_param(builder);
    if (!params)
        goto done;
    public_key = public_key_create("RSA", params);
    if (!public_key) {
        *reason = "makes no valid RSA key";
        goto done;
    }
    err = key_create_public(public_key, algorithm, out, reason);
done:
    EVP_PKEY_free(public_key);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    ERR_pop_to_mark();
    return err;
}

enum err key_create_p256(struct slice x, struct slice y, struct key **out,
                         const char **reason) {
    PRE(x.size == KEY_COORDINATE_BYTES && y.size == KEY_COORDINATE_BYTES);
    unsigned char point[1 + 2 * KEY_COORDINATE_BYTES];
    char curve[] = "prime256v1";
    enum err err = ERR_MALFORMED;
    ERR_set_mark();
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, x.data, x.size);
    memcpy(point + 1 + x.size, y.data, y.size);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
                                          sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *public_key = public_key_create("EC", params);
    if (public_key)
        err = key_create_public(public_key, ALGORITHM_ES256, out, reason);
    else
        *reason = "is no point of the curve P-256";
    EVP_PKEY_free(public_key);
    ERR_pop_to_mark();
    return err;
}

enum err key_create_ed25519(struct slice x, struct key **out,
                            const char **reason) {
    PRE(x.size == KEY_COORDINATE_BYTES);
    unsigned char bytes[KEY_COORDINATE_BYTES];
    enum err err = ERR_MALFORMED;
    ERR_set_mark();
    memcpy(bytes, x.data, x.size);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes,
                                          sizeof bytes),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *public_key = public_key_create("ED25519", params);
    if (public_key)
        err = key_create_public(public_key, ALGORITHM_EdDSA, out, reason);
    else
        *reason = library_failed;
    EVP_PKEY_free(public_key);
    ERR_pop_to_mark();
    return err;
}

void key_destroy(struct key *key) {
    if (!key)
        return;
    for (unsigned i = 0; i < ALGORITHM_COUNT; i++)
        EVP_MAC_CTX_free(key->macs[i]);
    EVP_MD_CTX_free(key->verifier);
    free(key);
}

uint32_t key_algorithms(const struct key *key) {
    return key->algorithms;
}

/* Copying a keyed context is several times faster than keying one. */
enum err key_sign(const struct key *key, enum algorithm algorithm,
                  struct slice input, unsigned char *out, size_t *size) {
    PRE((unsigned)algorithm < ALGORITHM_COUNT);
    if (!key->macs[algorithm])
        return ERR_DENIED;
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key->macs[algorithm]);
    bool done = context &&
                EVP_MAC_update(context, (const unsigned char *)input.data,
                               input.size) == 1 &&
                EVP_MAC_final(context, out, size, KEY_HMAC_BYTES_MAX) == 1;
    EVP_MAC_CTX_free(context);
    return done ? ERR_OK : ERR_MEMORY;
}

static bool hmac_matches(const struct key *key, enum algorithm algorithm,
                         struct slice input, struct slice signature) {
    unsigned char expected[KEY_HMAC_BYTES_MAX];
    size_t size = 0;
    if (key_sign(key, algorithm, input, expected, &size) != ERR_OK)
        return false;
    /* In constant time: else the answer's delay would tell how many of the
     * first bytes are right. */
    bool matches = signature.size == size &&
                   CRYPTO_memcmp(signature.data, expected, size) == 0;
    OPENSSL_cleanse(expected, sizeof expected);
    return matches;
}

/* Appends one big-endian integer of a signature as a DER INTEGER. */
static size_t der_integer(unsigned char *out, const char *bytes) {
    const unsigned char *first = (const unsigned char *)bytes;
    size_t size = KEY_COORDINATE_BYTES;
    size_t used = 0;
    while (size > 1 && *first == 0) {
        first++;
        size--;
    }
    bool padded = (*first & 0x80) != 0;
    out[used++] = 0x02;
    out[used++] = (unsigned char)(size + (padded ? 1 : 0));
    if (padded)
        out[used++] = 0;
    memcpy(out + used, first, size);
    return used + size;
}

/* A token carries r and s as they are, libcrypto wants a DER SEQUENCE. */
static size_t der_signature(unsigned char *out, struct slice signature) {
    size_t size = 2;
    size += der_integer(out + size, signature.data);
    size += der_integer(out + size, signature.data + KEY_COORDINATE_BYTES);
    out[0] = 0x30;
    out[1] = (unsigned char)(size - 2);
    return size;
}

static bool public_matches(const struct key *key, enum algorithm algorithm,
                           struct slice input, struct slice signature) {
    unsigned char der[ECDSA_DER_BYTES_MAX];
    const unsigned char *bytes = (const unsigned char *)signature.data;
    size_t size = signature.size;
    if (algorithm == ALGORITHM_ES256) {
        if (size != (size_t)2 * KEY_COORDINATE_BYTES)
            return false;
        size = der_signature(der, signature);
        bytes = der;
    }
    ERR_set_mark();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool matches =
        context && EVP_MD_CTX_copy_ex(context, key->verifier) == 1 &&
        EVP_DigestVerify(context, bytes, size,
                         (const unsigned char *)input.data, input.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_pop_to_mark();
    return matches;
}

bool key_verify(const struct key *key, enum algorithm algorithm,
                struct slice input, struct slice signature) {
    PRE((unsigned)algorithm < ALGORITHM_COUNT);
    if ((key->algorithms & ALGORITHM_BIT(algorithm)) == 0)
        return false;
    if (key->verifier)
        return public_matches(key, algorithm, input, signature);
    return hmac_matches(key, algorithm, input, signature);
}
