/* test_jwt.c - whose signature is taken, and every trick that must not be. */
#include <check.h>
#include <stdlib.h>

#include "auth_fixture.h"
#include "common/buf.h"
#include "gateway/auth/base64url.h"

/* Made once, before the tests fork: RSA keys take their time. */
struct world {
    EVP_PKEY *rsa;
    EVP_PKEY *p256;
    EVP_PKEY *ed25519;
    struct key_set *keys;
};

static struct world world;

static void world_open(void) {
    world.rsa = fixture_rsa(2048);
    world.p256 = fixture_p256();
    world.ed25519 = fixture_ed25519();
    char *rs = fixture_jwk(world.rsa, "\"kid\":\"rs\"");
    char *ps = fixture_jwk(world.rsa, "\"kid\":\"ps\",\"alg\":\"PS256\"");
    char *es = fixture_jwk(world.p256, "\"kid\":\"es\"");
    char *ed = fixture_jwk(world.ed25519, "\"kid\":\"ed\"");
    char *jwks = fixture_text(
        "{\"keys\":[%s,%s,%s,%s,{\"kty\":\"oct\",\"kid\":\"hs\",\"k\":"
        "\"Ym91bmQ\"}]}",
        rs, ps, es, ed);
    world.keys = fixture_keys(FIXTURE_SECRET, jwks, 0);
    free(rs);
    free(ps);
    free(es);
    free(ed);
    free(jwks);
}

static void world_close(void) {
    keys_destroy(world.keys);
    EVP_PKEY_free(world.rsa);
    EVP_PKEY_free(world.p256);
    EVP_PKEY_free(world.ed25519);
}

/* The result for |token|, which is freed. */
static enum jwt_result verify_taking(char *token) {
    enum jwt_result result = fixture_verify(world.keys, slice_of(token));
    free(token);
    return result;
}

/* The result for a valid payload, signed with the secret by HS256. */
static enum jwt_result verify_header(const char *header) {
    return verify_taking(fixture_token_hmac(
        SLICE(FIXTURE_SECRET), ALGORITHM_HS256, header, FIXTURE_PAYLOAD));
}

START_TEST(every_algorithm_verifies) {
    static const struct {
        enum algorithm algorithm;
        const char *header;
    } cases[] = {
        {ALGORITHM_HS256, "{\"alg\":\"HS256\"}"},
        {ALGORITHM_HS384, "{\"alg\":\"HS384\"}"},
        {ALGORITHM_HS512, "{\"alg\":\"HS512\"}"},
        {ALGORITHM_RS256, "{\"alg\":\"RS256\",\"kid\":\"rs\"}"},
        {ALGORITHM_PS256, "{\"alg\":\"PS256\",\"kid\":\"ps\"}"},
        {ALGORITHM_ES256, "{\"alg\":\"ES256\",\"kid\":\"es\"}"},
        {ALGORITHM_EdDSA, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}"},
    };
    EVP_PKEY *pairs[] = {NULL,      NULL,       NULL,         world.rsa,
                         world.rsa, world.p256, world.ed25519};
    /* Often enough for r and s with leading zeros and high first bits. */
    for (unsigned n = 0; n < 7 * 20; n++) {
        unsigned i = n % 7;
        char *payload =
            fixture_text("{\"user_id\":7,\"exp\":1700000060,\"n\":%u}", n);
        char *token = pairs[i] ? fixture_token(pairs[i], cases[i].algorithm,
                                               cases[i].header, payload)
                               : fixture_token_hmac(SLICE(FIXTURE_SECRET),
                                                    cases[i].algorithm,
                                                    cases[i].header, payload);
        fixture_assert(fixture_verify(world.keys, slice_of(token)), JWT_OK,
                       cases[i].header);
        /* The signature counts whole: its first byte, and its last. */
        char *signature = strrchr(token, '.') + 1;
        *signature = *signature == 'A' ? 'B' : 'A';
        fixture_assert(fixture_verify(world.keys, slice_of(token)),
                       JWT_SIGNATURE, cases[i].header);
        free(token);
        free(payload);
    }
}
END_TEST

/* Well signed with the secret, each of them. */
START_TEST(headers_do_not_choose) {
    static const struct {
        const char *header;
        enum jwt_result result;
    } cases[] = {
        {"{\"alg\":\"HS256\"}", JWT_OK},
        {"{\"alg\":\"HS256\",\"jku\":\"https://evil.example\",\"jwk\":{\"kty\":"
         "\"oct\",\"k\":\"Zg\"},\"x5u\":\"x\"}",
         JWT_OK},
        {"{\"alg\":\"none\"}", JWT_ALGORITHM},
        {"{\"alg\":\"None\"}", JWT_ALGORITHM},
        {"{\"alg\":\"NONE\"}", JWT_ALGORITHM},
        {"{\"alg\":\"\"}", JWT_ALGORITHM},
        {"{\"alg\":\"hs256\"}", JWT_ALGORITHM},
        {"{\"alg\":\"HS256 \"}", JWT_ALGORITHM},
        {"{\"alg\":\"HS1\"}", JWT_ALGORITHM},
        {"{\"alg\":\"RS256\"}", JWT_ALGORITHM},
        {"{\"alg\":\"ES256\"}", JWT_ALGORITHM},
        {"{\"alg\":\"HS384\"}", JWT_SIGNATURE},
        {"{\"alg\":\"HS512\"}", JWT_SIGNATURE},
        {"{\"typ\":\"JWT\"}", JWT_MALFORMED},
        {"{\"alg\":null}", JWT_MALFORMED},
        {"{\"alg\":256}", JWT_MALFORMED},
        {"{\"alg\":[\"HS256\"]}", JWT_MALFORMED},
        {"{\"alg\":\"none\",\"alg\":\"HS256\"}", JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"kid\":7}", JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"kid\":null}", JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"kid\":\"\"}", JWT_KEY_UNKNOWN},
        {"{\"alg\":\"HS256\",\"kid\":\"other\"}", JWT_KEY_UNKNOWN},
        {"{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", JWT_KEY_UNKNOWN},
        {"{\"alg\":\"HS256\",\"kid\":\"/dev/null\"}", JWT_KEY_UNKNOWN},
        {"{\"alg\":\"HS256\",\"kid\":\"hs' OR 1=1\"}", JWT_KEY_UNKNOWN},
        {"{\"alg\":\"HS256\",\"kid\":\"HS\"}", JWT_KEY_UNKNOWN},
        {"{\"alg\":\"HS256\",\"kid\":\"hs\\u0000\"}", JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"kid\":\"hs\"}", JWT_SIGNATURE},
        {"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", JWT_CRITICAL},
        {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", JWT_CRITICAL},
        {"{\"alg\":\"HS256\",\"crit\":[]}", JWT_CRITICAL},
        {"{\"alg\":\"HS256\",\"crit\":null}", JWT_CRITICAL},
        {"[\"HS256\"]", JWT_MALFORMED},
        {"\"HS256\"", JWT_MALFORMED},
        {"{\"alg\":\"HS256\"", JWT_MALFORMED},
        {"{\"alg\":\"HS256\"}{}", JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", JWT_OK},
        {"{\"alg\":\"HS256\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
         JWT_MALFORMED},
        {"{\"alg\":\"HS256\",\"x\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[\"}", JWT_OK},
        {"{\"alg\":\"HS256\",\"x\":\"\xff\"}", JWT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_assert(verify_header(cases[i].header), cases[i].result,
                       cases[i].header);
}
END_TEST

/* Everybody has the public key; as a secret it must open nothing. */
START_TEST(a_public_key_is_no_secret) {
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"kid\":\"rs\"}",
        "{\"alg\":\"HS256\",\"kid\":\"ps\"}",
    };
    char *pem = fixture_pem(world.rsa);
    size_t size = strlen(pem);
    for (size_t i = 0; i < 2; i++) {
        for (size_t cut = 0; cut < 2; cut++)
            fixture_assert(verify_taking(fixture_token_hmac(
                               (struct slice){pem, size - cut}, ALGORITHM_HS256,
                               headers[i], FIXTURE_PAYLOAD)),
                           JWT_ALGORITHM, headers[i]);
    }
    fixture_assert(
        verify_taking(fixture_token_hmac(slice_of(pem), ALGORITHM_HS256,
                                         FIXTURE_HEADER, FIXTURE_PAYLOAD)),
        JWT_SIGNATURE, "without kid");
    free(pem);
}
END_TEST

START_TEST(keys_are_not_exchangeable) {
    static const struct {
        enum algorithm algorithm;
        const char *header;
        enum jwt_result result;
    } cases[] = {
        {ALGORITHM_RS256, "{\"alg\":\"RS256\",\"kid\":\"hs\"}", JWT_ALGORITHM},
        {ALGORITHM_RS256, "{\"alg\":\"RS256\",\"kid\":\"es\"}", JWT_ALGORITHM},
        {ALGORITHM_RS256, "{\"alg\":\"RS256\",\"kid\":\"ps\"}", JWT_ALGORITHM},
        {ALGORITHM_PS256, "{\"alg\":\"PS256\",\"kid\":\"rs\"}", JWT_ALGORITHM},
        {ALGORITHM_PS256, "{\"alg\":\"RS256\",\"kid\":\"rs\"}", JWT_SIGNATURE},
        {ALGORITHM_RS256, "{\"alg\":\"PS256\",\"kid\":\"ps\"}", JWT_SIGNATURE},
        {ALGORITHM_RS256, "{\"alg\":\"none\",\"kid\":\"rs\"}", JWT_ALGORITHM},
        {ALGORITHM_RS256, "{\"alg\":\"ES256\",\"kid\":\"es\"}", JWT_SIGNATURE},
        {ALGORITHM_RS256, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", JWT_SIGNATURE},
        {ALGORITHM_RS256, "{\"alg\":\"HS256\",\"kid\":\"hs\"}", JWT_SIGNATURE},
        {ALGORITHM_RS256, "{\"alg\":\"RS256\"}", JWT_ALGORITHM},
        {ALGORITHM_RS256, "{\"alg\":\"HS256\"}", JWT_SIGNATURE},
        {ALGORITHM_RS256, "{\"alg\":\"RS256\",\"kid\":\"x\"}", JWT_KEY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_assert(
            verify_taking(fixture_token(world.rsa, cases[i].algorithm,
                                        cases[i].header, FIXTURE_PAYLOAD)),
            cases[i].result, cases[i].header);
    EVP_PKEY *stranger = fixture_p256();
    fixture_assert(verify_taking(fixture_token(
                       stranger, ALGORITHM_ES256,
                       "{\"alg\":\"ES256\",\"kid\":\"es\"}", FIXTURE_PAYLOAD)),
                   JWT_SIGNATURE, "a stranger's key");
    EVP_PKEY_free(stranger);
    fixture_assert(verify_taking(fixture_token_hmac(
                       SLICE("bound"), ALGORITHM_HS256,
                       "{\"alg\":\"HS256\",\"kid\":\"hs\"}", FIXTURE_PAYLOAD)),
                   JWT_OK, "the key that its kid names");
    fixture_assert(verify_taking(fixture_token_hmac(
                       SLICE("bound"), ALGORITHM_HS512,
                       "{\"alg\":\"HS512\",\"kid\":\"hs\"}", FIXTURE_PAYLOAD)),
                   JWT_ALGORITHM, "a key of a JWKS has one algorithm");
}
END_TEST

START_TEST(allowed_algorithms_hold_for_tokens) {
    char *es = fixture_jwk(world.p256, "\"kid\":\"es\"");
    char *jwks = fixture_text("{\"keys\":[%s]}", es);
    struct key_set *keys =
        fixture_keys(FIXTURE_SECRET, jwks, ALGORITHM_BIT(ALGORITHM_HS384));
    char *hs256 = fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS256,
                                     FIXTURE_HEADER, FIXTURE_PAYLOAD);
    char *hs384 = fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS384,
                                     "{\"alg\":\"HS384\"}", FIXTURE_PAYLOAD);
    char *es256 =
        fixture_token(world.p256, ALGORITHM_ES256,
                      "{\"alg\":\"ES256\",\"kid\":\"es\"}", FIXTURE_PAYLOAD);
    fixture_assert(fixture_verify(keys, slice_of(hs384)), JWT_OK, "HS384");
    fixture_assert(fixture_verify(keys, slice_of(hs256)), JWT_ALGORITHM,
                   "HS256");
    fixture_assert(fixture_verify(keys, slice_of(es256)), JWT_ALGORITHM,
                   "ES256");
    keys_destroy(keys);
    /* Without a secret a token must name its key. */
    keys = fixture_keys(NULL, jwks, 0);
    fixture_assert(fixture_verify(keys, slice_of(es256)), JWT_OK, "ES256");
    fixture_assert(fixture_verify(keys, slice_of(hs256)), JWT_KEY_UNKNOWN,
                   "no secret");
    keys_destroy(keys);
    free(es);
    free(jwks);
    free(hs256);
    free(hs384);
    free(es256);
}
END_TEST

START_TEST(size_is_bounded) {
    struct buf token = {0};
    memset(buf_reserve(&token, 65536), 'e', 65536);
    token.size = 65536;
    fixture_assert(fixture_verify(world.keys, buf_slice(&token)), JWT_TOO_LARGE,
                   "64 KiB");
    token.size = JWT_BYTES_MAX + 1;
    fixture_assert(fixture_verify(world.keys, buf_slice(&token)), JWT_TOO_LARGE,
                   "one too many");
    token.size = JWT_BYTES_MAX;
    fixture_assert(fixture_verify(world.keys, buf_slice(&token)), JWT_MALFORMED,
                   "the most");
    buf_finish(&token);
    /* A good token of exactly the bound, and one of a character more. */
    for (int filler = 6040; filler < 6060; filler++) {
        char *payload = fixture_text(
            "{\"user_id\":7,\"exp\":1700000060,\"x\":\"%*s\"}", filler, "");
        char *text = fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS256,
                                        FIXTURE_HEADER, payload);
        bool fits = strlen(text) <= JWT_BYTES_MAX;
        fixture_assert(verify_taking(text), fits ? JWT_OK : JWT_TOO_LARGE,
                       "at the bound");
        free(payload);
    }
}
END_TEST

START_TEST(structure_is_exact) {
    char *good = fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS256,
                                    FIXTURE_HEADER, FIXTURE_PAYLOAD);
    char *header = fixture_encode(SLICE(FIXTURE_HEADER));
    const char *payload = strchr(good, '.') + 1;
    const char *signature = strrchr(good, '.') + 1;
    int unsigned_size = (int)(signature - good) - 1;
    const struct {
        char *text;
        enum jwt_result result;
    } cases[] = {
        {fixture_text("%s", good), JWT_OK},
        {fixture_text("%s", ""), JWT_MALFORMED},
        {fixture_text("."), JWT_MALFORMED},
        {fixture_text(".."), JWT_MALFORMED},
        {fixture_text("..."), JWT_MALFORMED},
        {fixture_text("%s", header), JWT_MALFORMED},
        {fixture_text("%.*s", unsigned_size, good), JWT_MALFORMED},
        {fixture_text("%.*s.", unsigned_size, good), JWT_MALFORMED},
        {fixture_text(".%s", payload), JWT_MALFORMED},
        {fixture_text("%s..%s", header, signature), JWT_MALFORMED},
        {fixture_text("%s.", good), JWT_MALFORMED},
        {fixture_text(".%s", good), JWT_MALFORMED},
        {fixture_text("%s.%s", good, signature), JWT_MALFORMED},
        {fixture_text("%s.a.b", good), JWT_MALFORMED},
        {fixture_text("%s=", good), JWT_MALFORMED},
        {fixture_text("%s ", good), JWT_MALFORMED},
        {fixture_text("%s\n", good), JWT_MALFORMED},
        {fixture_text(" %s", good), JWT_MALFORMED},
        {fixture_text("Bearer %s", good), JWT_MALFORMED},
        {fixture_text("%s%s", good, "AAAA"), JWT_SIGNATURE},
        {fixture_text("%.*s", (int)strlen(good) - 1, good), JWT_MALFORMED},
        {fixture_text("%.*s", (int)strlen(good) - 3, good), JWT_SIGNATURE},
        {fixture_text("%.*s.AA", unsigned_size, good), JWT_SIGNATURE},
        {fixture_text("%.*s.A", unsigned_size, good), JWT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_assert(fixture_verify(world.keys, slice_of(cases[i].text)),
                       cases[i].result, cases[i].text);
        free(cases[i].text);
    }
    free(good);
    free(header);
}
END_TEST

/* A second spelling of the same bytes is no token: the 43 characters of an
 * HS256 signature have two bits to spare. */
START_TEST(trailing_bits_of_the_signature_are_zero) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
                                   "rstuvwxyz0123456789-_";
    char *token = fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS256,
                                     FIXTURE_HEADER, FIXTURE_PAYLOAD);
    char *last = token + strlen(token) - 1;
    ptrdiff_t value = strchr(alphabet, *last) - alphabet;
    ck_assert_int_eq(value % 4, 0);
    for (ptrdiff_t i = 1; i < 4; i++) {
        *last = alphabet[value + i];
        fixture_assert(fixture_verify(world.keys, slice_of(token)),
                       JWT_MALFORMED, token);
    }
    free(token);
}
END_TEST

/* No byte of a token may be changed, and none may be missing at its end. */
START_TEST(every_change_is_noticed) {
    char *token = fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS256,
                                     FIXTURE_HEADER, FIXTURE_PAYLOAD);
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            token[i] = (char)(token[i] ^ (1 << bit));
            ck_assert_int_ne(
                fixture_verify(world.keys, (struct slice){token, size}),
                JWT_OK);
            token[i] = (char)(token[i] ^ (1 << bit));
        }
        ck_assert_int_ne(fixture_verify(world.keys, (struct slice){token, i}),
                         JWT_OK);
    }
    fixture_assert(fixture_verify(world.keys, (struct slice){token, size}),
                   JWT_OK, token);
    free(token);
}
END_TEST

/* RFC 7515, appendix A.1: everything is right but that it has no user. */
START_TEST(the_token_of_the_standard_verifies) {
    static const char token[] =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
        "NvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    unsigned char secret[64];
    size_t size = 0;
    ck_assert_int_eq(
        base64url_decode(SLICE("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1"
                               "qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"),
                         secret, sizeof secret, &size),
        ERR_OK);
    struct keys_source source = {.secret = {(const char *)secret, size},
                                 .secret_name = "secret"};
    struct key_set *keys = NULL;
    struct keys_error error;
    struct jwt_claims claims;
    ck_assert_int_eq(keys_parse(&source, &keys, &error), ERR_OK);
    ck_assert_int_eq(jwt_verify(keys, NULL, 1300819379, SLICE(token), &claims),
                     JWT_NO_USER);
    ck_assert_int_eq(jwt_verify(keys, NULL, 1300819380, SLICE(token), &claims),
                     JWT_EXPIRED);
    keys_destroy(keys);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("jwt");
    TCase *tcase = tcase_create("jwt");
    tcase_add_unchecked_fixture(tcase, world_open, world_close);
    tcase_add_test(tcase, every_algorithm_verifies);
    tcase_add_test(tcase, headers_do_not_choose);
    tcase_add_test(tcase, a_public_key_is_no_secret);
    tcase_add_test(tcase, keys_are_not_exchangeable);
    tcase_add_test(tcase, allowed_algorithms_hold_for_tokens);
    tcase_add_test(tcase, size_is_bounded);
    tcase_add_test(tcase, structure_is_exact);
    tcase_add_test(tcase, trailing_bits_of_the_signature_are_zero);
    tcase_add_test(tcase, every_change_is_noticed);
    tcase_add_test(tcase, the_token_of_the_standard_verifies);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
