/* test_keys.c - key sets and the files that they come from, good and bad. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>

#include "auth_fixture.h"
#include "common/buf.h"

/* The key of RFC 7515, appendix A.3. */
#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

#define P256_KEY                                                               \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y   \
    "\",\"kid\":\"ec\"}"
#define OCT_KEY "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"oct\"}"

START_TEST(a_jwks_binds_each_key_to_its_algorithm) {
    EVP_PKEY *rsa = fixture_rsa(2048);
    char *plain = fixture_jwk(rsa, "\"kid\":\"a\",\"use\":\"sig\"");
    char *pss = fixture_jwk(rsa, "\"kid\":\"b\",\"alg\":\"PS256\","
                                 "\"key_ops\":[\"sign\",\"verify\"]");
    char *encryption = fixture_jwk(rsa, "\"use\":\"enc\",\"kid\":\"c\"");
    char *wrapping = fixture_jwk(rsa, "\"alg\":\"RSA-OAEP\",\"kid\":\"d\"");
    char *signing = fixture_jwk(rsa, "\"key_ops\":[\"sign\"],\"kid\":\"e\"");
    char *jwks = fixture_text(
        "{\"keys\":[%s,%s,%s,%s,%s,{\"kty\":\"AKP\"},{\"kty\":\"EC\",\"crv\":"
        "\"P-384\"},{\"kty\":\"OKP\",\"crv\":\"X25519\"}," OCT_KEY
        ",{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"f\",\"alg\":\"HS512\"}"
        "],\"other\":1}",
        plain, pss, encryption, wrapping, signing);
    struct key_set *keys = fixture_keys(NULL, jwks, 0);
    ck_assert_uint_eq(keys_count(keys), 4);
    ck_assert_uint_eq(keys_skipped_count(keys), 6);
    ck_assert_uint_eq(key_algorithms(keys_find(keys, SLICE("a"))),
                      ALGORITHM_BIT(ALGORITHM_RS256));
    ck_assert_uint_eq(key_algorithms(keys_find(keys, SLICE("b"))),
                      ALGORITHM_BIT(ALGORITHM_PS256));
    ck_assert_uint_eq(key_algorithms(keys_find(keys, SLICE("oct"))),
                      ALGORITHM_BIT(ALGORITHM_HS256));
    ck_assert_uint_eq(key_algorithms(keys_find(keys, SLICE("f"))),
                      ALGORITHM_BIT(ALGORITHM_HS512));
    ck_assert_uint_eq(
        keys_algorithms(keys),
        ALGORITHM_BIT(ALGORITHM_RS256) | ALGORITHM_BIT(ALGORITHM_PS256) |
            ALGORITHM_BIT(ALGORITHM_HS256) | ALGORITHM_BIT(ALGORITHM_HS512));
    ck_assert_ptr_null(keys_find(keys, SLICE("c")));
    ck_assert_ptr_null(keys_find(keys, SLICE("A")));
    ck_assert_ptr_null(keys_find(keys, SLICE("a ")));
    ck_assert_ptr_null(keys_find(keys, SLICE("")));
    ck_assert_ptr_null(keys_secret(keys));
    keys_destroy(keys);
    free(plain);
    free(pss);
    free(encryption);
    free(wrapping);
    free(signing);
    free(jwks);
    EVP_PKEY_free(rsa);
}
END_TEST

/* Refuses |jwks|, and says |expected|. */
static void jwks_refused(const char *jwks, const char *expected) {
    struct keys_source source = {.jwks = slice_of(jwks), .jwks_name = "f"};
    struct key_set *keys = NULL;
    struct keys_error error = {"nothing"};
    ck_assert_msg(keys_parse(&source, &keys, &error) == ERR_MALFORMED, "%s",
                  jwks);
    ck_assert_str_eq(error.text, expected);
    ck_assert_ptr_null(keys);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

START_TEST(a_malformed_jwks_is_refused_by_name) {
    static const char *const cases[][2] = {
        {"", "f: is not JSON"},
        {"{", "f: is not JSON"},
        {"[]", "f: is not a JSON object"},
        {"{\"keys\":[]} x", "f: is not JSON"},
        {"{}", "f: keys is not an array"},
        {"{\"keys\":{}}", "f: keys is not an array"},
        {"{\"keys\":[]}", "f: has no usable key"},
        {"{\"keys\":[],\"keys\":[]}", "f: has a name twice"},
        {"{\"keys\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "f: nests too deeply"},
        {"{\"keys\":[{\"kty\":\"what\"}]}", "f: has no usable key"},
        {"{\"keys\":[1]}", "f: key 0: is not an object"},
        {"{\"keys\":[" OCT_KEY ",{}]}", "f: key 1: kty is missing"},
        {"{\"keys\":[{\"kty\":1}]}", "f: key 0: kty is not a string"},
        {"{\"keys\":[{\"kty\":\"oct\",\"use\":1}]}",
         "f: key 0: use is not a string"},
        {"{\"keys\":[{\"kty\":\"oct\",\"key_ops\":1}]}",
         "f: key 0: key_ops is not an array"},
        {"{\"keys\":[{\"kty\":\"oct\",\"alg\":1}]}",
         "f: key 0: alg is not a string"},
        {"{\"keys\":[{\"kty\":\"oct\",\"alg\":\"RS256\"}]}",
         "f: key 0: alg does not fit kty"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"HS256\"}]}",
         "f: key 0: alg does not fit kty"},
        {"{\"keys\":[{\"kty\":\"oct\"}]}", "f: key 0: k is missing"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":1}]}",
         "f: key 0: k is not a string"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"\"}]}", "f: key 0: k is empty"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"Zg==\"}]}",
         "f: key 0: k is not base64url"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"Zg\"}]}",
         "f: key 0: kid is missing"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"Zg\",\"kid\":7}]}",
         "f: key 0: kid is not a string"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"Zg\",\"kid\":\"\"}]}",
         "f: key 0: kid is empty"},
        {"{\"keys\":[" OCT_KEY "," OCT_KEY "]}",
         "f: key 1: kid is that of an earlier key"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}",
         "f: key 0: n is missing"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}",
         "f: key 0: e is missing"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
         "f: key 0: n has fewer than 2048 bits"},
        {"{\"keys\":[{\"kty\":\"EC\"}]}", "f: key 0: crv is missing"},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"}]}",
         "f: key 0: x is missing"},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"Zg\"}]}",
         "f: key 0: x is not 32 bytes long"},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X
         "\",\"y\":\"" P256_X "\"}]}",
         "f: key 0: x, y is no point of the curve P-256"},
        {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"Zg\"}]}",
         "f: key 0: x is not 32 bytes long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        jwks_refused(cases[i][0], cases[i][1]);
}
END_TEST

/* An exponent of 1 would make every signature right. */
START_TEST(weak_rsa_keys_are_refused) {
    EVP_PKEY *rsa = fixture_rsa(1024);
    char *jwk = fixture_jwk(rsa, "\"kid\":\"a\"");
    char *jwks = fixture_text("{\"keys\":[%s]}", jwk);
    jwks_refused(jwks, "f: key 0: n has fewer than 2048 bits");
    free(jwk);
    free(jwks);
    EVP_PKEY_free(rsa);
    rsa = fixture_rsa(2048);
    jwk = fixture_jwk(rsa, "\"kid\":\"a\"");
    jwks = fixture_text("{\"keys\":[%s]}", jwk);
    char *exponent = strstr(jwks, "AQAB");
    ck_assert_ptr_nonnull(exponent);
    memcpy(exponent, "AAAB", 4);
    jwks_refused(jwks, "f: key 0: n makes no valid RSA key");
    memcpy(exponent, "AQAA", 4);
    jwks_refused(jwks, "f: key 0: n makes no valid RSA key");
    free(jwk);
    free(jwks);
    EVP_PKEY_free(rsa);
}
END_TEST

START_TEST(too_many_keys_are_refused) {
    struct buf jwks = {0};
    buf_append_slice(&jwks, SLICE("{\"keys\":["));
    for (unsigned i = 0; i <= KEYS_COUNT_MAX; i++) {
        char *key = fixture_text("%s{\"kty\":\"oct\",\"k\":\"Zg\","
                                 "\"kid\":\"%u\"}",
                                 i ? "," : "", i);
        buf_append_slice(&jwks, slice_of(key));
        free(key);
    }
    buf_append(&jwks, "]}", 3);
    jwks_refused(jwks.data, "f: key 256: is one usable key too many");
    buf_finish(&jwks);
}
END_TEST

START_TEST(allowed_algorithms_restrict_the_keys) {
    struct keys_source source = {.secret = SLICE("s"), .secret_name = "f"};
    struct key_set *keys = NULL;
    struct keys_error error;
    source.algorithms = ALGORITHM_BIT(ALGORITHM_HS384);
    ck_assert_int_eq(keys_parse(&source, &keys, &error), ERR_OK);
    ck_assert_uint_eq(keys_algorithms(keys), source.algorithms);
    ck_assert_uint_eq(key_algorithms(keys_secret(keys)), source.algorithms);
    keys_destroy(keys);
    keys = NULL;
    source.algorithms = ALGORITHM_BIT(ALGORITHM_RS256);
    ck_assert_int_eq(keys_parse(&source, &keys, &error), ERR_MALFORMED);
    ck_assert_str_eq(error.text, "no key can do any of the allowed algorithms");
    source.secret = (struct slice){0};
    ck_assert_int_eq(keys_parse(&source, &keys, &error), ERR_MALFORMED);
    ck_assert_str_eq(error.text,
                     "neither a secret file nor a JWKS file is given");
    ck_assert_ptr_null(keys);
    /* A key of another algorithm keeps its kid and can do nothing. */
    keys = fixture_keys("s", "{\"keys\":[" P256_KEY "]}",
                        ALGORITHM_BIT(ALGORITHM_HS256));
    ck_assert_uint_eq(keys_algorithms(keys), ALGORITHM_BIT(ALGORITHM_HS256));
    keys_destroy(keys);
}
END_TEST

/* A directory of one test, with the files s (secret) and j (JWKS). */
struct place {
    char directory[64];
    char secret[80];
    char jwks[80];
};

static void place_init(struct place *place) {
    strcpy(place->directory, "/tmp/parlance-keys-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place->directory));
    snprintf(place->secret, sizeof place->secret, "%s/s", place->directory);
    snprintf(place->jwks, sizeof place->jwks, "%s/j", place->directory);
}

static void place_finish(struct place *place) {
    unlink(place->secret);
    unlink(place->jwks);
    ck_assert_int_eq(rmdir(place->directory), 0);
}

static void file_write(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Whether |keys| take a token that was made with |secret|. */
static bool keys_take(const struct key_set *keys, struct slice secret) {
    char *token = fixture_token_hmac(secret, ALGORITHM_HS256, FIXTURE_HEADER,
                                     FIXTURE_PAYLOAD);
    enum jwt_result result = fixture_verify(keys, slice_of(token));
    free(token);
    return result == JWT_OK;
}

START_TEST(one_newline_of_the_secret_file_is_cut_off) {
    static const struct {
        struct slice file;
        struct slice secret;
    } cases[] = {
        {{"tea", 3}, {"tea", 3}},         {{"tea\n", 4}, {"tea", 3}},
        {{"tea\n\n", 5}, {"tea\n", 4}},   {{"\ntea\n", 5}, {"\ntea", 4}},
        {{"te\0a \n", 6}, {"te\0a ", 5}}, {{"tea\r\n", 5}, {"tea\r", 4}},
    };
    struct place place;
    struct keys_error error;
    place_init(&place);
    struct keys_config config = {.secret_file = place.secret};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key_set *keys = NULL;
        file_write(place.secret, cases[i].file.data, cases[i].file.size);
        ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_OK);
        ck_assert(keys_take(keys, cases[i].secret));
        ck_assert(!keys_take(keys, SLICE("coffee")));
        keys_destroy(keys);
    }
    place_finish(&place);
}
END_TEST

START_TEST(a_bad_file_is_refused_and_named) {
    struct place place;
    struct keys_error error;
    struct key_set *keys = NULL;
    char expected[160];
    place_init(&place);
    struct keys_config config = {.secret_file = place.secret};
    ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_IO);
    snprintf(expected, sizeof expected, "%s: No such file or directory",
             place.secret);
    ck_assert_str_eq(error.text, expected);
    static const struct slice empty[] = {{"", 0}, {"\n", 1}};
    for (size_t i = 0; i < 2; i++) {
        file_write(place.secret, empty[i].data, empty[i].size);
        ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_MALFORMED);
        snprintf(expected, sizeof expected, "%s: is empty", place.secret);
        ck_assert_str_eq(error.text, expected);
    }
    char *large = mem_zalloc(KEYS_FILE_BYTES_MAX + 1);
    file_write(place.secret, large, KEYS_FILE_BYTES_MAX + 1);
    ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_MALFORMED);
    ck_assert_ptr_nonnull(strstr(error.text, "larger than 1048576 bytes"));
    file_write(place.secret, large, KEYS_FILE_BYTES_MAX);
    ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_OK);
    keys_destroy(keys);
    keys = NULL;
    free(large);
    config.secret_file = place.directory;
    ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.text, "Is a directory"));
    config = (struct keys_config){.jwks_file = place.jwks};
    file_write(place.jwks, "", 0);
    ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_MALFORMED);
    snprintf(expected, sizeof expected, "%s: is not JSON", place.jwks);
    ck_assert_str_eq(error.text, expected);
    config = (struct keys_config){0};
    ck_assert_int_eq(keys_load(&config, &keys, &error), ERR_MALFORMED);
    ck_assert_ptr_null(keys);
    place_finish(&place);
}
END_TEST

START_TEST(a_reload_of_a_bad_file_keeps_the_old_keys) {
    struct place place;
    struct keys_error error;
    struct key_set *keys = NULL;
    place_init(&place);
    struct keys_config config = {.secret_file = place.secret,
                                 .jwks_file = place.jwks};
    file_write(place.secret, "old", 3);
    file_write(place.jwks, "{\"keys\":[" OCT_KEY "]}", 11 + strlen(OCT_KEY));
    ck_assert_int_eq(keys_reload(&keys, &config, &error), ERR_OK);
    struct key_set *before = keys;
    file_write(place.secret, "new", 3);
    file_write(place.jwks, "{\"keys\":[", 9);
    ck_assert_int_eq(keys_reload(&keys, &config, &error), ERR_MALFORMED);
    ck_assert_ptr_eq(keys, before);
    ck_assert_int_eq(unlink(place.jwks), 0);
    ck_assert_int_eq(keys_reload(&keys, &config, &error), ERR_IO);
    ck_assert_ptr_eq(keys, before);
    ck_assert(keys_take(keys, SLICE("old")));
    ck_assert(!keys_take(keys, SLICE("new")));
    file_write(place.jwks, "{\"keys\":[" P256_KEY "]}", 11 + strlen(P256_KEY));
    ck_assert_int_eq(keys_reload(&keys, &config, &error), ERR_OK);
    ck_assert(keys_take(keys, SLICE("new")));
    ck_assert(!keys_take(keys, SLICE("old")));
    ck_assert_ptr_nonnull(keys_find(keys, SLICE("ec")));
    ck_assert_ptr_null(keys_find(keys, SLICE("oct")));
    keys_destroy(keys);
    place_finish(&place);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keys");
    TCase *tcase = tcase_create("keys");
    tcase_add_test(tcase, a_jwks_binds_each_key_to_its_algorithm);
    tcase_add_test(tcase, a_malformed_jwks_is_refused_by_name);
    tcase_add_test(tcase, weak_rsa_keys_are_refused);
    tcase_add_test(tcase, too_many_keys_are_refused);
    tcase_add_test(tcase, allowed_algorithms_restrict_the_keys);
    tcase_add_test(tcase, one_newline_of_the_secret_file_is_cut_off);
    tcase_add_test(tcase, a_bad_file_is_refused_and_named);
    tcase_add_test(tcase, a_reload_of_a_bad_file_keeps_the_old_keys);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
