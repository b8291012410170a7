/* test_jwt_claims.c - what a well signed token may say, and what becomes of
 * it: the user, the times, the texts. */
#include <check.h>
#include <stdlib.h>

#include "auth_fixture.h"
#include "common/buf.h"

/* A token with |payload|, signed as it should be. */
static char *token_make(const char *payload) {
    return fixture_token_hmac(SLICE(FIXTURE_SECRET), ALGORITHM_HS256,
                              FIXTURE_HEADER, payload);
}

static enum jwt_result payload_result(const char *payload) {
    struct key_set *keys = fixture_keys(FIXTURE_SECRET, NULL, 0);
    char *token = token_make(payload);
    enum jwt_result result = fixture_verify(keys, slice_of(token));
    free(token);
    keys_destroy(keys);
    return result;
}

/* The claims of |payload| by |policy|, which must be valid. */
static struct jwt_claims claims_get(const struct jwt_policy *policy,
                                    const char *payload) {
    struct jwt_claims claims;
    struct key_set *keys = fixture_keys(FIXTURE_SECRET, NULL, 0);
    char *token = token_make(payload);
    ck_assert_int_eq(
        jwt_verify(keys, policy, FIXTURE_NOW_S, slice_of(token), &claims),
        JWT_OK);
    /* The claims may not borrow from the token. */
    memset(token, 0, strlen(token));
    free(token);
    keys_destroy(keys);
    return claims;
}

START_TEST(claims_are_read) {
    struct jwt_claims claims = claims_get(
        NULL,
        "{\"user_id\":\"9007199254740991\",\"exp\":1700000060,\"username\":"
        "\"\\u0416enya\",\"email\":\"z@example.com\",\"first_name\":\"\\ud83d"
        "\\ude00\",\"last_name\":\"\",\"aud\":[\"x\"],\"iat\":1.5}");
    ck_assert_uint_eq(claims.user.value, ID_MAX);
    ck_assert_int_eq(claims.expires_s, 1700000060);
    ck_assert(slice_equal(claims.username, SLICE("\xd0\x96"
                                                 "enya")));
    ck_assert(slice_equal(claims.email, SLICE("z@example.com")));
    ck_assert(slice_equal(claims.first_name, SLICE("\xf0\x9f\x98\x80")));
    ck_assert_uint_eq(claims.last_name.size, 0);
    jwt_claims_finish(&claims);
    ck_assert_ptr_null(claims.storage);
    jwt_claims_finish(&claims);
}
END_TEST

START_TEST(user_ids_are_canonical) {
    static const struct {
        const char *id;
        enum jwt_result result;
    } cases[] = {
        {"1", JWT_OK},
        {"\"1\"", JWT_OK},
        {"9007199254740991", JWT_OK},
        {"9007199254740992", JWT_NO_USER},
        {"\"9007199254740992\"", JWT_NO_USER},
        {"9223372036854775807", JWT_NO_USER},
        {"\"18446744073709551617\"", JWT_NO_USER},
        {"\"99999999999999999999999999999999999999\"", JWT_NO_USER},
        {"0", JWT_NO_USER},
        {"\"0\"", JWT_NO_USER},
        {"-1", JWT_NO_USER},
        {"\"-1\"", JWT_NO_USER},
        {"\"+1\"", JWT_NO_USER},
        {"\"007\"", JWT_NO_USER},
        {"\"\"", JWT_NO_USER},
        {"\" 7\"", JWT_NO_USER},
        {"\"7 \"", JWT_NO_USER},
        {"\"0x7\"", JWT_NO_USER},
        {"\"7.0\"", JWT_NO_USER},
        {"\"\\uff17\"", JWT_NO_USER},
        {"7.0", JWT_NO_USER},
        {"7e0", JWT_NO_USER},
        {"true", JWT_NO_USER},
        {"null", JWT_NO_USER},
        {"[7]", JWT_NO_USER},
        {"{\"id\":7}", JWT_NO_USER},
        {"9223372036854775808", JWT_MALFORMED},
        {"1e400", JWT_MALFORMED},
        {"\"7\\u0000\"", JWT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *payload =
            fixture_text("{\"exp\":1700000060,\"user_id\":%s}", cases[i].id);
        fixture_assert(payload_result(payload), cases[i].result, cases[i].id);
        free(payload);
    }
    fixture_assert(payload_result("{\"exp\":1700000060}"), JWT_NO_USER, "");
    fixture_assert(payload_result("{\"exp\":1700000060,\"sub\":7}"),
                   JWT_NO_USER, "");
}
END_TEST

START_TEST(the_claim_of_the_user_id_has_a_name) {
    struct jwt_policy policy = {.user_id_claim = "sub"};
    struct jwt_claims claims = claims_get(
        &policy, "{\"exp\":1700000060,\"sub\":\"12\",\"user_id\":13}");
    ck_assert_uint_eq(claims.user.value, 12);
    jwt_claims_finish(&claims);
}
END_TEST

START_TEST(times_are_integers_and_exact) {
    static const struct {
        const char *times;
        enum jwt_result result;
    } cases[] = {
        {"\"exp\":1700000001", JWT_OK},
        {"\"exp\":1700000000", JWT_EXPIRED},
        {"\"exp\":1699999999", JWT_EXPIRED},
        {"\"exp\":0", JWT_EXPIRED},
        {"\"exp\":-1", JWT_EXPIRED},
        {"\"exp\":9223372036854775807", JWT_OK},
        {"\"iat\":1", JWT_NO_EXPIRY},
        {"\"exp\":null", JWT_NO_EXPIRY},
        {"\"exp\":1700000060.0", JWT_NO_EXPIRY},
        {"\"exp\":1700000060.5", JWT_NO_EXPIRY},
        {"\"exp\":17e8", JWT_NO_EXPIRY},
        {"\"exp\":\"1700000060\"", JWT_NO_EXPIRY},
        {"\"exp\":true", JWT_NO_EXPIRY},
        {"\"exp\":[1700000060]", JWT_NO_EXPIRY},
        {"\"exp\":1700000060,\"nbf\":1700000030", JWT_OK},
        {"\"exp\":1700000060,\"nbf\":1700000031", JWT_NOT_YET},
        {"\"exp\":1700000060,\"nbf\":9223372036854775807", JWT_NOT_YET},
        {"\"exp\":1700000060,\"nbf\":-9223372036854775808", JWT_OK},
        {"\"exp\":1700000060,\"nbf\":1600000000.0", JWT_MALFORMED},
        {"\"exp\":1700000060,\"nbf\":\"1600000000\"", JWT_MALFORMED},
        {"\"exp\":1700000060,\"nbf\":null", JWT_MALFORMED},
        {"\"exp\":1,\"exp\":1700000060", JWT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *payload = fixture_text("{\"user_id\":7,%s}", cases[i].times);
        fixture_assert(payload_result(payload), cases[i].result,
                       cases[i].times);
        free(payload);
    }
}
END_TEST

START_TEST(a_far_expiry_can_be_calculated_with) {
    struct jwt_claims claims =
        claims_get(NULL, "{\"user_id\":7,\"exp\":9223372036854775807}");
    ck_assert_int_eq(claims.expires_s, JWT_EXPIRES_MAX_S);
    jwt_claims_finish(&claims);
}
END_TEST

/* |json| is the claim's value; |kept| what becomes of it. */
static void text_claim(const char *name, const char *json, struct slice kept) {
    char *payload = fixture_text("{\"user_id\":7,\"exp\":1700000060,\"%s\":%s}",
                                 name, json);
    struct jwt_claims claims = claims_get(NULL, payload);
    struct slice got =
        strcmp(name, "email") == 0 ? claims.email : claims.username;
    ck_assert_msg(slice_equal(got, kept), "%s: %.*s", json, (int)got.size,
                  got.data ? got.data : "");
    jwt_claims_finish(&claims);
    free(payload);
}

START_TEST(unfit_names_are_dropped) {
    static const char *const dropped[] = {
        "\"a\\nb\"",     "\"a\\rb\"",    "\"\\u001b[31m\"",
        "\"a\\u007f\"",  "\"a\\u0080\"", "\"a\\u009f\"",
        "\"a\\u2028b\"", "\"a\\u2029\"", "7",
        "null",          "[\"a\"]",      "{}",
        "true",          "\"\"",         "\"\\t\"",
    };
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        text_claim("username", dropped[i], (struct slice){0});
    text_claim("username", "\"a\\u00a0\\u2027\\u202a\"",
               SLICE("a\xc2\xa0\xe2\x80\xa7\xe2\x80\xaa"));
    text_claim("username", "\"<b>\\\"\\\\\"", SLICE("<b>\"\\"));
    char longest[LIMIT_PROFILE_FIELD_BYTES + 1];
    memset(longest, 'n', sizeof longest);
    char *json = fixture_text("\"%.*s\"", (int)sizeof longest - 1, longest);
    text_claim("username", json, (struct slice){longest, sizeof longest - 1});
    free(json);
    json = fixture_text("\"%.*s\"", (int)sizeof longest, longest);
    text_claim("username", json, (struct slice){0});
    free(json);
}
END_TEST

/* No token gets that far with such texts: whoever makes one asks, too. */
START_TEST(texts_that_are_not_utf8_are_unfit) {
    ck_assert(jwt_name_is_fit((struct slice){0}));
    ck_assert(!jwt_name_is_fit(SLICE("a\xff")));
    ck_assert(!jwt_name_is_fit(SLICE("\xc2")));
    ck_assert(!jwt_name_is_fit(SLICE("\xed\xa0\x80")));
    ck_assert(!jwt_name_is_fit(SLICE("a\0b")));
    ck_assert(!jwt_email_is_fit(SLICE("a@b\xff")));
    ck_assert(!jwt_email_is_fit(SLICE("a@b\0")));
    ck_assert(!jwt_email_is_fit((struct slice){0}));
}
END_TEST

START_TEST(bad_addresses_are_dropped) {
    static const char *const dropped[] = {
        "\"\"",        "\"a\"",
        "\"@b\"",      "\"a@\"",
        "\"a@b@c\"",   "\"a b@c\"",
        "\" a@b\"",    "\"a@b \"",
        "\"a@b\\n\"",  "\"a@b\\r\\nBcc: c@d\"",
        "\"A <a@b>\"", "\"a@b,c\"",
        "\"a@b;c\"",   "7",
    };
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        text_claim("email", dropped[i], (struct slice){0});
    text_claim("email", "\"a+b.c_d@mail.example\"",
               SLICE("a+b.c_d@mail.example"));
    char longest[JWT_EMAIL_BYTES_MAX + 1];
    memset(longest, 'n', sizeof longest);
    longest[3] = '@';
    char *json = fixture_text("\"%.*s\"", (int)sizeof longest - 1, longest);
    text_claim("email", json, (struct slice){longest, sizeof longest - 1});
    free(json);
    json = fixture_text("\"%.*s\"", (int)sizeof longest, longest);
    text_claim("email", json, (struct slice){0});
    free(json);
}
END_TEST

START_TEST(payloads_that_are_no_object_are_malformed) {
    static const char *const payloads[] = {
        "[]",
        "7",
        "{",
        "{\"user_id\":7,\"exp\":1700000060}x",
        " ",
        "{\"user_id\":7,\"user_id\":8,\"exp\":1700000060}",
        "{\"user_id\":7,\"exp\":1700000060,\"x\":\"\xc0\xaf\"}",
        "{\"user_id\":7,\"exp\":1700000060,\"x\":\"\\ud800\"}",
        "{\"user_id\":7,\"exp\":1700000060,\"x\":1e400}",
        "{\"user_id\":7,\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        fixture_assert(payload_result(payloads[i]), JWT_MALFORMED, payloads[i]);
}
END_TEST

START_TEST(what_is_signed_verifies) {
    struct key_set *keys = fixture_keys(FIXTURE_SECRET, NULL, 0);
    struct jwt_claims claims = {
        .user = {42},
        .expires_s = FIXTURE_NOW_S + 10,
        .username = SLICE("\xd0\x96 \"quoted\" \\"),
        .email = SLICE("z@example.com"),
        .last_name = SLICE("Last"),
    };
    struct jwt_claims got;
    struct buf token = {0};
    buf_append(&token, "before", 6);
    ck_assert_int_eq(jwt_sign(keys, NULL, FIXTURE_NOW_S, &claims, &token),
                     ERR_OK);
    ck_assert_mem_eq(token.data, "before", 6);
    buf_consume(&token, 6);
    ck_assert_int_eq(
        jwt_verify(keys, NULL, FIXTURE_NOW_S + 9, buf_slice(&token), &got),
        JWT_OK);
    ck_assert_uint_eq(got.user.value, 42);
    ck_assert_int_eq(got.expires_s, claims.expires_s);
    ck_assert(slice_equal(got.username, claims.username));
    ck_assert(slice_equal(got.email, claims.email));
    ck_assert_uint_eq(got.first_name.size, 0);
    ck_assert(slice_equal(got.last_name, claims.last_name));
    jwt_claims_finish(&got);
    ck_assert_int_eq(
        jwt_verify(keys, NULL, FIXTURE_NOW_S + 10, buf_slice(&token), &got),
        JWT_EXPIRED);
    buf_finish(&token);
    keys_destroy(keys);
}
END_TEST

START_TEST(what_cannot_be_signed_leaves_nothing_behind) {
    struct key_set *keys = fixture_keys(FIXTURE_SECRET, NULL, 0);
    struct jwt_claims claims = {.user = {42}, .username = SLICE("\xff")};
    struct buf token = {0};
    ck_assert_int_eq(jwt_sign(keys, NULL, FIXTURE_NOW_S, &claims, &token),
                     ERR_MALFORMED);
    ck_assert_uint_eq(token.size, 0);
    keys_destroy(keys);
    claims.username = (struct slice){0};
    keys = fixture_keys(FIXTURE_SECRET, NULL, ALGORITHM_BIT(ALGORITHM_HS512));
    ck_assert_int_eq(jwt_sign(keys, NULL, FIXTURE_NOW_S, &claims, &token),
                     ERR_DENIED);
    ck_assert_uint_eq(token.size, 0);
    keys_destroy(keys);
    buf_finish(&token);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("jwt_claims");
    TCase *tcase = tcase_create("jwt_claims");
    tcase_add_test(tcase, claims_are_read);
    tcase_add_test(tcase, user_ids_are_canonical);
    tcase_add_test(tcase, the_claim_of_the_user_id_has_a_name);
    tcase_add_test(tcase, times_are_integers_and_exact);
    tcase_add_test(tcase, a_far_expiry_can_be_calculated_with);
    tcase_add_test(tcase, unfit_names_are_dropped);
    tcase_add_test(tcase, texts_that_are_not_utf8_are_unfit);
    tcase_add_test(tcase, bad_addresses_are_dropped);
    tcase_add_test(tcase, payloads_that_are_no_object_are_malformed);
    tcase_add_test(tcase, what_is_signed_verifies);
    tcase_add_test(tcase, what_cannot_be_signed_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
