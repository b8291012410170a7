/* jwk.c - see jwk.h. */
#include "gateway/auth/jwk.h"

#include <openssl/crypto.h>

#include "common/buf.h"
#include "gateway/auth/base64url.h"
#include "gateway/auth/strict_json.h"

static enum err fault_set(struct jwk_fault *fault, const char *field,
                          const char *reason) {
    *fault = (struct jwk_fault){field, reason};
    return ERR_MALFORMED;
}

/* The string member |field|; ERR_NOT_FOUND if absent. */
static enum err string_get(const json_t *json, const char *field,
                           struct slice *out, struct jwk_fault *fault) {
    const json_t *member = json_object_get(json, field);
    if (!member)
        return ERR_NOT_FOUND;
    if (!json_is_string(member))
        return fault_set(fault, field, "is not a string");
    *out = strict_json_text(member);
    return ERR_OK;
}

/* As string_get, for a member that must be there. */
static enum err string_require(const json_t *json, const char *field,
                               struct slice *out, struct jwk_fault *fault) {
    enum err err = string_get(json, field, out, fault);
    return err == ERR_NOT_FOUND ? fault_set(fault, field, "is missing") : err;
}

/* The bytes of member |field| into |out|, which the caller finishes. */
static enum err bytes_require(const json_t *json, const char *field,
                              struct buf *out, struct jwk_fault *fault) {
    struct slice text = {0};
    enum err err = string_require(json, field, &text, fault);
    if (err != ERR_OK)
        return err;
    size_t capacity = BASE64URL_DATA_SIZE(text.size);
    if (base64url_decode(text, buf_reserve(out, capacity), capacity,
                         &out->size) != ERR_OK)
        return fault_set(fault, field, "is not base64url");
    return ERR_OK;
}

static enum err coordinate_require(const json_t *json, const char *field,
                                   struct buf *out, struct jwk_fault *fault) {
    enum err err = bytes_require(json, field, out, fault);
    if (err == ERR_OK && out->size != KEY_COORDINATE_BYTES)
        return fault_set(fault, field, "is not 32 bytes long");
    return err;
}

/* The key's algorithm: |implied|, or `alg` where that is one of |possible|. */
static enum err algorithm_get(const json_t *json, enum algorithm implied,
                              uint32_t possible, enum algorithm *out,
                              struct jwk_fault *fault) {
    struct slice name = {0};
    enum err err = string_get(json, "alg", &name, fault);
    *out = implied;
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err != ERR_OK)
        return err;
    /* RS512, RSA-OAEP and the like: a fine key, only not one of ours. */
    if (algorithm_parse(name, out) != ERR_OK)
        return ERR_NOT_FOUND;
    if ((ALGORITHM_BIT(*out) & possible) == 0)
        return fault_set(fault, "alg", "does not fit kty");
    return ERR_OK;
}

/* ERR_OK if `crv` is |curve|, ERR_NOT_FOUND if another one. */
static enum err curve_check(const json_t *json, struct slice curve,
                            struct jwk_fault *fault) {
    struct slice name = {0};
    enum err err = string_require(json, "crv", &name, fault);
    if (err != ERR_OK)
        return err;
    return slice_equal(name, curve) ? ERR_OK : ERR_NOT_FOUND;
}

static enum err rsa_parse(const json_t *json, struct key **out,
                          struct jwk_fault *fault) {
    struct buf modulus = {0};
    struct buf exponent = {0};
    enum algorithm algorithm;
    enum err err = algorithm_get(json, ALGORITHM_RS256,
                                 ALGORITHM_BIT(ALGORITHM_RS256) |
                                     ALGORITHM_BIT(ALGORITHM_PS256),
                                 &algorithm, fault);
    if (err == ERR_OK)
        err = bytes_require(json, "n", &modulus, fault);
    if (err == ERR_OK)
        err = bytes_require(json, "e", &exponent, fault);
    if (err == ERR_OK) {
        *fault = (struct jwk_fault){.field = "n"};
        err = key_create_rsa(algorithm, buf_slice(&modulus),
                             buf_slice(&exponent), out, &fault->reason);
    }
    buf_finish(&modulus);
    buf_finish(&exponent);
    return err;
}

static enum err ec_parse(const json_t *json, struct key **out,
                         struct jwk_fault *fault) {
    struct buf x = {0};
    struct buf y = {0};
    enum algorithm algorithm;
    enum err err = curve_check(json, SLICE("P-256"), fault);
    if (err == ERR_OK)
        err = algorithm_get(json, ALGORITHM_ES256,
                            ALGORITHM_BIT(ALGORITHM_ES256), &algorithm, fault);
    if (err == ERR_OK)
        err = coordinate_require(json, "x", &x, fault);
    if (err == ERR_OK)
        err = coordinate_require(json, "y", &y, fault);
    if (err == ERR_OK) {
        *fault = (struct jwk_fault){.field = "x, y"};
        err =
            key_create_p256(buf_slice(&x), buf_slice(&y), out, &fault->reason);
    }
    buf_finish(&x);
    buf_finish(&y);
    return err;
}

static enum err okp_parse(const json_t *json, struct key **out,
                          struct jwk_fault *fault) {
    struct buf x = {0};
    enum algorithm algorithm;
    enum err err = curve_check(json, SLICE("Ed25519"), fault);
    if (err == ERR_OK)
        err = algorithm_get(json, ALGORITHM_EdDSA,
                            ALGORITHM_BIT(ALGORITHM_EdDSA), &algorithm, fault);
    if (err == ERR_OK)
        err = coordinate_require(json, "x", &x, fault);
    if (err == ERR_OK) {
        *fault = (struct jwk_fault){.field = "x"};
        err = key_create_ed25519(buf_slice(&x), out, &fault->reason);
    }
    buf_finish(&x);
    return err;
}

static enum err oct_parse(const json_t *json, struct key **out,
                          struct jwk_fault *fault) {
    struct buf secret = {0};
    enum algorithm algorithm;
    enum err err = algorithm_get(json, ALGORITHM_HS256, ALGORITHMS_HMAC,
                                 &algorithm, fault);
    if (err == ERR_OK)
        err = bytes_require(json, "k", &secret, fault);
    if (err == ERR_OK) {
        *fault = (struct jwk_fault){.field = "k"};
        err = key_create_secret(buf_slice(&secret), ALGORITHM_BIT(algorithm),
                                out, &fault->reason);
    }
    if (secret.data)
        OPENSSL_cleanse(secret.data, secret.size);
    buf_finish(&secret);
    return err;
}

/* ERR_NOT_FOUND if the key's owner means it for something else than checking
 * signatures. */
static enum err purpose_check(const json_t *json, struct jwk_fault *fault) {
    struct slice use = {0};
    enum err err = string_get(json, "use", &use, fault);
    if (err == ERR_MALFORMED)
        return err;
    if (err == ERR_OK && !slice_equal(use, SLICE("sig")))
        return ERR_NOT_FOUND;
    const json_t *operations = json_object_get(json, "key_ops");
    if (!operations)
        return ERR_OK;
    if (!json_is_array(operations))
        return fault_set(fault, "key_ops", "is not an array");
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const char *name = json_string_value(json_array_get(operations, i));
        if (name && strcmp(name, "verify") == 0)
            return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

/* By `kty`: how to read the rest. */
static const struct {
    struct slice type;
    enum err (*parse)(const json_t *json, struct key **out,
                      struct jwk_fault *fault);
} key_types[] = {
    {{"RSA", 3}, rsa_parse},
    {{"EC", 2}, ec_parse},
    {{"OKP", 3}, okp_parse},
    {{"oct", 3}, oct_parse},
};

enum err jwk_parse(const json_t *json, struct jwk *out,
                   struct jwk_fault *fault) {
    struct slice type = {0};
    if (!json_is_object(json))
        return fault_set(fault, NULL, "is not an object");
    enum err err = string_require(json, "kty", &type, fault);
    if (err == ERR_OK)
        err = purpose_check(json, fault);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < sizeof key_types / sizeof *key_types; i++) {
        if (!slice_equal(type, key_types[i].type))
            continue;
        struct jwk jwk = {0};
        err = key_types[i].parse(json, &jwk.key, fault);
        if (err == ERR_OK)
            err = string_require(json, "kid", &jwk.kid, fault);
        if (err == ERR_OK && jwk.kid.size == 0)
            err = fault_set(fault, "kid", "is empty");
        if (err == ERR_OK)
            *out = jwk;
        else
            key_destroy(jwk.key);
        return err;
    }
    return ERR_NOT_FOUND;
}
