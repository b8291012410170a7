/* jwt.c - see jwt.h. */
#include "gateway/auth/jwt.h"

#include <stdlib.h>

#include <jansson.h>

#include "gateway/auth/base64url.h"
#include "gateway/auth/strict_json.h"

static const struct {
    const char *code;
    const char *text;
} results[] = {
#define JWT_RESULT_ROW(name, code, text) {code, text},
    JWT_RESULT_TABLE(JWT_RESULT_ROW)
#undef JWT_RESULT_ROW
};

const char *jwt_result_code(enum jwt_result result) {
    PRE((size_t)result < sizeof results / sizeof *results);
    return results[result].code;
}

const char *jwt_result_text(enum jwt_result result) {
    PRE((size_t)result < sizeof results / sizeof *results);
    return results[result].text;
}

/* {"alg":"HS256","typ":"JWT"}: the header that jwt_sign() and most libraries
 * write. Knowing it by sight saves parsing it, a quarter of a check. */
static const char plain_header[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/* A token, cut at its dots; all borrowed from it. */
struct segments {
    struct slice header;
    struct slice payload;
    struct slice signature;
    struct slice signed_text; /* Header, dot, payload. */
};

static bool segments_cut(struct slice token, struct segments *out) {
    struct slice parts[3];
    const char *from = token.data;
    const char *end = token.data + token.size;
    for (size_t i = 0; i < 3; i++) {
        const char *dot = memchr(from, '.', (size_t)(end - from));
        if ((dot == NULL) != (i == 2))
            return false;
        const char *to = dot ? dot : end;
        parts[i] = (struct slice){from, (size_t)(to - from)};
        if (parts[i].size == 0)
            return false;
        from = to + 1;
    }
    *out = (struct segments){
        .header = parts[0],
        .payload = parts[1],
        .signature = parts[2],
        .signed_text = {token.data, token.size - parts[2].size - 1},
    };
    return true;
}

/* The JSON object that |segment| encodes, or NULL. */
static json_t *segment_json(struct slice segment) {
    char text[BASE64URL_DATA_SIZE(JWT_BYTES_MAX)];
    size_t size = 0;
    if (base64url_decode(segment, text, sizeof text, &size) != ERR_OK)
        return NULL;
    return strict_json_object((struct slice){text, size}, NULL);
}

/* The key named |kid| (NULL: the secret), if it may do |algorithm|. */
static enum jwt_result key_choose(const struct key_set *keys,
                                  const struct slice *kid,
                                  enum algorithm algorithm,
                                  const struct key **key) {
    *key = kid ? keys_find(keys, *kid) : keys_secret(keys);
    if (!*key)
        return JWT_KEY_UNKNOWN;
    uint32_t possible = key_algorithms(*key) & keys_algorithms(keys);
    return possible & ALGORITHM_BIT(algorithm) ? JWT_OK : JWT_ALGORITHM;
}

/* The key that |header| names, and the algorithm to check with, which is one
 * of that key's or the token is refused. */
static enum jwt_result header_read(const json_t *header,
                                   const struct key_set *keys,
                                   enum algorithm *algorithm,
                                   const struct key **key) {
    const json_t *name = json_object_get(header, "alg");
    const json_t *kid = json_object_get(header, "kid");
    if (!json_is_string(name) || (kid && !json_is_string(kid)))
        return JWT_MALFORMED;
    /* We understand no extension, so whatever is critical is not understood. */
    if (json_object_get(header, "crit"))
        return JWT_CRITICAL;
    if (algorithm_parse(strict_json_text(name), algorithm) != ERR_OK)
        return JWT_ALGORITHM;
    struct slice kid_text = strict_json_text(kid);
    return key_choose(keys, kid ? &kid_text : NULL, *algorithm, key);
}

static enum jwt_result signature_check(const struct key_set *keys,
                                       const struct segments *segments) {
    unsigned char signature[KEY_SIGNATURE_BYTES_MAX];
    size_t size = 0;
    const struct key *key = NULL;
    enum algorithm algorithm = ALGORITHM_HS256;
    enum jwt_result result;
    if (slice_equal(segments->header, SLICE(plain_header))) {
        result = key_choose(keys, NULL, algorithm, &key);
    } else {
        json_t *header = segment_json(segments->header);
        if (!header)
            return JWT_MALFORMED;
        result = header_read(header, keys, &algorithm, &key);
        json_decref(header);
    }
    if (result != JWT_OK)
        return result;
    if (base64url_decode(segments->signature, signature, sizeof signature,
                         &size) != ERR_OK)
        return JWT_MALFORMED;
    return key_verify(key, algorithm, segments->signed_text,
                      (struct slice){(const char *)signature, size})
               ? JWT_OK
               : JWT_SIGNATURE;
}

/* Times are integers: a real may have lost its last digits on the way. */
static enum jwt_result times_check(const json_t *payload, int64_t now_s,
                                   uint32_t leeway_s, int64_t *expires_s) {
    const json_t *expiry = json_object_get(payload, "exp");
    const json_t *not_before = json_object_get(payload, "nbf");
    if (!json_is_integer(expiry))
        return JWT_NO_EXPIRY;
    *expires_s = json_integer_value(expiry);
    if (*expires_s <= now_s)
        return JWT_EXPIRED;
    if (*expires_s > JWT_EXPIRES_MAX_S)
        *expires_s = JWT_EXPIRES_MAX_S;
    if (!not_before)
        return JWT_OK;
    if (!json_is_integer(not_before))
        return JWT_MALFORMED;
    return json_integer_value(not_before) > now_s + leeway_s ? JWT_NOT_YET
                                                             : JWT_OK;
}

/* The defaults where |policy| leaves something out. */
static struct jwt_policy policy_complete(const struct jwt_policy *policy) {
    struct jwt_policy complete = {.leeway_s = JWT_LEEWAY_S};
    if (policy)
        complete = *policy;
    if (!complete.user_id_claim)
        complete.user_id_claim = JWT_USER_ID_CLAIM;
    return complete;
}

enum jwt_result jwt_verify(const struct key_set *keys,
                           const struct jwt_policy *given, int64_t now_s,
                           struct slice token, struct jwt_claims *out) {
    PRE(now_s >= 0 && now_s <= JWT_EXPIRES_MAX_S);
    struct jwt_policy policy = policy_complete(given);
    struct segments segments;
    int64_t expires_s = 0;
    *out = (struct jwt_claims){0};
    if (token.size > JWT_BYTES_MAX)
        return JWT_TOO_LARGE;
    if (token.size == 0 || !segments_cut(token, &segments))
        return JWT_MALFORMED;
    enum jwt_result result = signature_check(keys, &segments);
    if (result != JWT_OK)
        return result;
    json_t *payload = segment_json(segments.payload);
    if (!payload)
        return JWT_MALFORMED;
    result = times_check(payload, now_s, policy.leeway_s, &expires_s);
    if (result == JWT_OK &&
        jwt_claims_read(payload, policy.user_id_claim, out) != ERR_OK)
        result = JWT_NO_USER;
    if (result == JWT_OK)
        out->expires_s = expires_s;
    json_decref(payload);
    return result;
}

/* Appends |size| bytes of |data|, encoded. */
static void segment_append(struct buf *out, const void *data, size_t size) {
    size_t text_size = BASE64URL_TEXT_SIZE(size);
    base64url_encode(data, size, buf_reserve(out, text_size));
    out->size += text_size;
}

/* Sets |object|'s member |name|, unless |text| is empty. */
static enum err text_set(json_t *object, const char *name, struct slice text) {
    if (text.size == 0)
        return ERR_OK;
    /* NULL, and then an error, if |text| is not UTF-8. */
    json_t *value = json_stringn(text.data, text.size);
    return json_object_set_new(object, name, value) == 0 ? ERR_OK
                                                         : ERR_MALFORMED;
}

enum err jwt_sign(const struct key_set *keys, const struct jwt_policy *given,
                  int64_t now_s, const struct jwt_claims *claims,
                  struct buf *out) {
    struct jwt_policy policy = policy_complete(given);
    unsigned char signature[KEY_HMAC_BYTES_MAX];
    size_t signature_size = 0;
    size_t start = out->size;
    const struct key *key = keys_secret(keys);
    enum err err = ERR_MALFORMED;
    char *text = NULL;
    PRE(claims->user.value > 0 && claims->user.value <= ID_MAX);
    if (!key)
        return ERR_DENIED;
    json_t *payload = json_pack(
        "{s:I,s:I,s:I}", policy.user_id_claim, (json_int_t)claims->user.value,
        "iat", (json_int_t)now_s, "exp", (json_int_t)claims->expires_s);
    if (!payload || text_set(payload, "username", claims->username) != ERR_OK ||
        text_set(payload, "email", claims->email) != ERR_OK ||
        text_set(payload, "first_name", claims->first_name) != ERR_OK ||
        text_set(payload, "last_name", claims->last_name) != ERR_OK)
        goto done;
    text = json_dumps(payload, JSON_COMPACT);
    if (!text)
        goto done;
    buf_append(out, plain_header, sizeof plain_header - 1);
    buf_append(out, ".", 1);
    segment_append(out, text, strlen(text));
    err = key_sign(key, ALGORITHM_HS256,
                   (struct slice){out->data + start, out->size - start},
                   signature, &signature_size);
    if (err != ERR_OK)
        goto done;
    buf_append(out, ".", 1);
    segment_append(out, signature, signature_size);
done:
    if (err != ERR_OK)
        out->size = start;
    free(text);
    json_decref(payload);
    return err;
}
