/* jwt_claims.c - see jwt_claims.h. */
#include "gateway/auth/jwt_claims.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/utf8.h"
#include "gateway/auth/strict_json.h"

/* Canonical decimal digits, so that one user has one spelling; 0 if not. */
static uint64_t decimal_parse(struct slice text) {
    uint64_t value = 0;
    if (text.size == 0 || text.data[0] == '0')
        return 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
        if (value > ID_MAX)
            return 0;
    }
    return value;
}

/* 0: |json| is no user id. */
static uint64_t user_id_parse(const json_t *json) {
    if (!json_is_integer(json))
        return decimal_parse(strict_json_text(json));
    json_int_t value = json_integer_value(json);
    return value > 0 && (uint64_t)value <= ID_MAX ? (uint64_t)value : 0;
}

bool jwt_name_is_fit(struct slice text) {
    if (text.size > LIMIT_PROFILE_FIELD_BYTES)
        return false;
    while (text.size > 0) {
        size_t size = 0;
        uint32_t point = utf8_next(text, &size);
        if (point < 0x20 || (point >= 0x7f && point < 0xa0) ||
            point == 0x2028 || point == 0x2029 || point == UTF8_INVALID)
            return false;
        text.data += size;
        text.size -= size;
    }
    return true;
}

bool jwt_email_is_fit(struct slice text) {
    size_t at_count = 0;
    if (text.size > JWT_EMAIL_BYTES_MAX || !jwt_name_is_fit(text))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (strchr(" <>,;:\"()[]\\", c))
            return false;
        if (c == '@') {
            at_count++;
            if (i == 0 || i + 1 == text.size)
                return false;
        }
    }
    return at_count == 1;
}

static struct slice text_get(const json_t *payload, const char *name,
                             bool (*is_fit)(struct slice text)) {
    struct slice text = strict_json_text(json_object_get(payload, name));
    return is_fit(text) ? text : (struct slice){0};
}

enum err jwt_claims_read(const json_t *payload, const char *user_id_claim,
                         struct jwt_claims *out) {
    *out = (struct jwt_claims){0};
    uint64_t id = user_id_parse(json_object_get(payload, user_id_claim));
    if (id == 0)
        return ERR_MALFORMED;
    out->user.value = id;
    out->username = text_get(payload, "username", jwt_name_is_fit);
    out->email = text_get(payload, "email", jwt_email_is_fit);
    out->first_name = text_get(payload, "first_name", jwt_name_is_fit);
    out->last_name = text_get(payload, "last_name", jwt_name_is_fit);
    struct slice *texts[] = {&out->username, &out->email, &out->first_name,
                             &out->last_name};
    size_t size = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        size += texts[i]->size;
    if (size == 0)
        return ERR_OK;
    char *storage = mem_alloc(size);
    out->storage = storage;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i]->size == 0)
            continue;
        memcpy(storage, texts[i]->data, texts[i]->size);
        texts[i]->data = storage;
        storage += texts[i]->size;
    }
    return ERR_OK;
}

void jwt_claims_finish(struct jwt_claims *claims) {
    free(claims->storage);
    *claims = (struct jwt_claims){0};
}
