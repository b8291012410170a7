/* fuzz_jwt.c - tokens from anywhere. No fuzzer finds a signature, so the input
 * is tried thrice: as a token, as the payload of a well signed one, and as the
 * header of one. Whatever is taken must be what the gateway relies on. */
#include <stdint.h>

#include "common/buf.h"
#include "gateway/auth/base64url.h"
#include "gateway/auth/jwt.h"

#define NOW_S INT64_C(1700000000)
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define PAYLOAD "{\"user_id\":7,\"exp\":1700000060}"

/* The public keys are those of RFC 7515, A.3, and RFC 8037, A.2. */
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"ec\",\"x\":"
    "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
    "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},{\"kty\":\"OKP\","
    "\"crv\":\"Ed25519\",\"kid\":\"ed\",\"x\":"
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},{\"kty\":\"oct\","
    "\"kid\":\"hs\",\"k\":\"ZnV6eg\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claims_check(const struct jwt_claims *claims) {
    INVARIANT(claims->user.value > 0 && claims->user.value <= ID_MAX);
    INVARIANT(claims->expires_s > NOW_S);
    INVARIANT(claims->expires_s <= JWT_EXPIRES_MAX_S);
    INVARIANT(jwt_name_is_fit(claims->username));
    INVARIANT(jwt_name_is_fit(claims->first_name));
    INVARIANT(jwt_name_is_fit(claims->last_name));
    INVARIANT(claims->email.size == 0 || jwt_email_is_fit(claims->email));
}

static void token_try(const struct key_set *keys, struct slice token) {
    struct jwt_claims claims;
    enum jwt_result result = jwt_verify(keys, NULL, NOW_S, token, &claims);
    if (result == JWT_OK)
        claims_check(&claims);
    else
        INVARIANT(claims.user.value == 0 && !claims.storage);
    INVARIANT(jwt_result_text(result)[0] != '\0');
    jwt_claims_finish(&claims);
}

static void segment_append(struct buf *out, const void *data, size_t size) {
    if (size == 0)
        return;
    size_t text_size = BASE64URL_TEXT_SIZE(size);
    base64url_encode(data, size, buf_reserve(out, text_size));
    out->size += text_size;
}

/* Tries a token with that header and payload and a right signature. */
static void signed_try(const struct key_set *keys, struct slice header,
                       struct slice payload) {
    unsigned char signature[KEY_HMAC_BYTES_MAX];
    size_t size = 0;
    struct buf token = {0};
    segment_append(&token, header.data, header.size);
    buf_append(&token, ".", 1);
    segment_append(&token, payload.data, payload.size);
    enum err err = key_sign(keys_secret(keys), ALGORITHM_HS256,
                            buf_slice(&token), signature, &size);
    INVARIANT(err == ERR_OK);
    buf_append(&token, ".", 1);
    segment_append(&token, signature, size);
    token_try(keys, buf_slice(&token));
    buf_finish(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice input = {(const char *)data, size};
    struct keys_source source = {.secret = SLICE("fuzz"),
                                 .secret_name = "secret",
                                 .jwks = SLICE(jwks),
                                 .jwks_name = "jwks"};
    struct keys_error error;
    struct key_set *keys = NULL;
    enum err err = keys_parse(&source, &keys, &error);
    INVARIANT(err == ERR_OK);
    token_try(keys, input);
    signed_try(keys, SLICE(HEADER), input);
    signed_try(keys, input, SLICE(PAYLOAD));
    keys_destroy(keys);
    return 0;
}
