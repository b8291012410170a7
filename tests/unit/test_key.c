/* test_key.c - one key: what it signs, what it takes, what it refuses. */
#include <check.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "auth_fixture.h"
#include "gateway/auth/base64url.h"

/* The key of RFC 7515, appendix A.3, and that of RFC 8037, appendix A.2. */
#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define ED25519_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

#define P256_KEY                                                               \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y   \
    "\",\"kid\":\"ec\"}"

START_TEST(algorithm_lists_are_exact) {
    static const char *const bad[][2] = {
        {"none", "none"},   {"None", "None"},           {"HS256,none", "none"},
        {"hs256", "hs256"}, {"HS256,,RS256", ""},       {"HS256,", ""},
        {"", ""},           {"HS256, RS256", " RS256"}, {"HS2567", "HS2567"},
    };
    uint32_t algorithms = 0;
    struct slice unknown;
    ck_assert_int_eq(
        algorithms_parse(SLICE("HS256,EdDSA"), &algorithms, &unknown), ERR_OK);
    ck_assert_uint_eq(algorithms, ALGORITHM_BIT(ALGORITHM_HS256) |
                                      ALGORITHM_BIT(ALGORITHM_EdDSA));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(algorithms_parse(slice_of(bad[i][0]), &algorithms,
                                       &unknown) == ERR_NOT_FOUND,
                      "%s", bad[i][0]);
        ck_assert(slice_equal(unknown, slice_of(bad[i][1])));
    }
    ck_assert_str_eq(algorithm_name(ALGORITHM_PS256), "PS256");
}
END_TEST

/* Whether |key| made the token-shaped |text|. */
static bool key_made(const struct key *key, enum algorithm algorithm,
                     const char *text) {
    unsigned char bytes[KEY_SIGNATURE_BYTES_MAX];
    size_t size = 0;
    const char *dot = strrchr(text, '.');
    ck_assert_int_eq(
        base64url_decode(slice_of(dot + 1), bytes, sizeof bytes, &size),
        ERR_OK);
    return key_verify(key, algorithm,
                      (struct slice){text, (size_t)(dot - text)},
                      (struct slice){(const char *)bytes, size});
}

START_TEST(signatures_of_the_standards_verify) {
    struct key_set *keys = fixture_keys(
        NULL,
        "{\"keys\":[" P256_KEY
        ",{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED25519_X
        "\",\"kid\":\"ed\"},{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":"
        "\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4h"
        "cgUuTwjAzZr1Z9CAow\"}]}",
        0);
    ck_assert(key_made(
        keys_find(keys, SLICE("oct")), ALGORITHM_HS256,
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
        "NvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    ck_assert(key_made(
        keys_find(keys, SLICE("ec")), ALGORITHM_ES256,
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
        "NvbS9pc19yb290Ijp0cnVlfQ."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"
        "KTUJqPP3-Kg6NU1Q"));
    ck_assert(key_made(
        keys_find(keys, SLICE("ed")), ALGORITHM_EdDSA,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9"
        "g7sVvpAr_MuM0KAg"));
    keys_destroy(keys);
}
END_TEST

/* Also where the caller does not compare the algorithms first. */
START_TEST(a_key_refuses_other_algorithms) {
    EVP_PKEY *rsa = fixture_rsa(2048);
    char *jwk = fixture_jwk(rsa, "\"kid\":\"a\"");
    char *jwks = fixture_text("{\"keys\":[%s]}", jwk);
    char *token = fixture_token(rsa, ALGORITHM_RS256, "{}", "{}");
    struct key_set *keys = fixture_keys(NULL, jwks, 0);
    const struct key *key = keys_find(keys, SLICE("a"));
    for (unsigned i = 0; i < ALGORITHM_COUNT; i++)
        ck_assert(key_made(key, (enum algorithm)i, token) ==
                  (i == ALGORITHM_RS256));
    keys_destroy(keys);
    free(token);
    free(jwks);
    free(jwk);
    EVP_PKEY_free(rsa);
}
END_TEST

/* The DER of a number has no zeros in front, its raw form has one in 256. */
START_TEST(short_numbers_in_signatures_verify) {
    EVP_PKEY *pair = fixture_p256();
    char *jwk = fixture_jwk(pair, "\"kid\":\"a\"");
    char *jwks = fixture_text("{\"keys\":[%s]}", jwk);
    struct key_set *keys = fixture_keys(NULL, jwks, 0);
    const struct key *key = keys_find(keys, SLICE("a"));
    unsigned short_count = 0;
    for (unsigned i = 0; i < 20000 && short_count < 3; i++) {
        unsigned char bytes[64];
        size_t size = 0;
        char *token = fixture_token(pair, ALGORITHM_ES256, "{}", "{}");
        ck_assert_int_eq(base64url_decode(slice_of(strrchr(token, '.') + 1),
                                          bytes, sizeof bytes, &size),
                         ERR_OK);
        if (bytes[0] == 0 || bytes[32] == 0) {
            ck_assert(key_made(key, ALGORITHM_ES256, token));
            short_count++;
        }
        free(token);
    }
    ck_assert_uint_eq(short_count, 3);
    keys_destroy(keys);
    free(jwks);
    free(jwk);
    EVP_PKEY_free(pair);
}
END_TEST

/* The TLS code of the same thread reads that queue. */
START_TEST(a_wrong_signature_leaves_no_library_error) {
    struct key_set *keys = fixture_keys(NULL, "{\"keys\":[" P256_KEY "]}", 0);
    const struct key *key = keys_find(keys, SLICE("ec"));
    char zeros[64] = {0};
    ERR_clear_error();
    ck_assert(!key_verify(key, ALGORITHM_ES256, SLICE("x"),
                          (struct slice){zeros, 64}));
    ck_assert(!key_verify(key, ALGORITHM_ES256, SLICE("x"),
                          (struct slice){zeros, 63}));
    ck_assert(!key_verify(key, ALGORITHM_ES256, SLICE("x"), (struct slice){0}));
    ck_assert(!key_verify(key, ALGORITHM_HS256, SLICE("x"),
                          (struct slice){zeros, 32}));
    ck_assert_uint_eq(ERR_peek_error(), 0);
    unsigned char out[KEY_HMAC_BYTES_MAX];
    size_t size;
    ck_assert_int_eq(key_sign(key, ALGORITHM_HS256, SLICE("x"), out, &size),
                     ERR_DENIED);
    keys_destroy(keys);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("key");
    TCase *tcase = tcase_create("key");
    tcase_add_test(tcase, algorithm_lists_are_exact);
    tcase_add_test(tcase, signatures_of_the_standards_verify);
    tcase_add_test(tcase, a_key_refuses_other_algorithms);
    tcase_add_test(tcase, short_numbers_in_signatures_verify);
    tcase_add_test(tcase, a_wrong_signature_leaves_no_library_error);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
