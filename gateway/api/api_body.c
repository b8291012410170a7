/* api_body.c - from a JSON object to the fields of a command, by a table of
 * fields. Nothing is guessed: a name that is not in the table, a name that
 * occurs twice, another type, a text that is too long or holds a NUL are
 * refused, and the answer says which. */
#include <stdio.h>

#include "gateway/api/api_internal.h"
#include "gateway/json/scan.h"
#include "gateway/json/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One object on its way through this file. */
struct taker {
    struct call_next *next;
    const char *within; /* NULL: the body itself. */
    const struct api_field *fields;
    size_t fields_count;
};

static bool refuse(const struct taker *taker, const char *code,
                   const char *name, const char *detail) {
    char place[256];
    struct slice field = slice_of(name);
    if (taker->within) {
        snprintf(place, sizeof(place), "%s.%s", taker->within, name);
        field = slice_of(place);
    }
    return api_say_error(taker->next, 400, code, field, detail);
}

static bool refuse_field(const struct taker *taker,
                         const struct api_field *field, const char *detail) {
    return refuse(taker, "bad_field", field->name, detail);
}

static bool take_text(const struct taker *taker, const struct api_field *field,
                      const json_t *value, struct slice *out) {
    if (!json_is_string(value))
        return refuse_field(taker, field, "It must be a string.");
    struct slice text = {json_string_value(value), json_string_length(value)};
    char detail[64];
    if (memchr(text.data, '\0', text.size))
        return refuse_field(taker, field, "It must not hold a NUL.");
    if (field->type == API_MESSAGE && text_points(text) > LIMIT_TEXT_POINTS) {
        snprintf(detail, sizeof(detail), "It must have at most %u characters.",
                 LIMIT_TEXT_POINTS);
        return refuse_field(taker, field, detail);
    }
    if (field->type == API_TEXT &&
        (text.size < field->bytes_min || text.size > field->bytes_max)) {
        snprintf(detail, sizeof(detail), "It must have %u to %u bytes.",
                 field->bytes_min, field->bytes_max);
        return refuse_field(taker, field, detail);
    }
    *out = arena_copy(taker->next->arena, text);
    return true;
}

static bool take_id(const struct taker *taker, const struct api_field *field,
                    const json_t *value, uint64_t *out) {
    if (!json_is_integer(value))
        return refuse_field(taker, field, "It must be a whole number.");
    json_int_t number = json_integer_value(value);
    if (number < 1 || number > (json_int_t)ID_MAX)
        return refuse_field(taker, field, "It must be 1 to 2^53 - 1.");
    *out = (uint64_t)number;
    return true;
}

/* |from| tells what a name stands for; 0: nothing. */
static bool take_name(const struct taker *taker, const struct api_field *field,
                      const json_t *value, uint8_t (*from)(struct slice name),
                      const char *detail, uint8_t *out) {
    struct slice name = {0};
    if (json_is_string(value))
        name =
            (struct slice){json_string_value(value), json_string_length(value)};
    *out = name.size ? from(name) : 0;
    return *out != 0 || refuse_field(taker, field, detail);
}

static bool take_value(const struct taker *taker, const struct api_field *field,
                       const json_t *value, void *out) {
    switch (field->type) {
    case API_TEXT:
    case API_MESSAGE:
        return take_text(taker, field, value, out);
    case API_BOOL:
        if (!json_is_boolean(value))
            return refuse_field(taker, field, "It must be true or false.");
        *(bool *)out = json_is_true(value);
        return true;
    case API_ID:
        return take_id(taker, field, value, out);
    case API_ROLE:
        return take_name(taker, field, value, wire_role_from,
                         "It must be moderator, customer, executor or null.",
                         out);
    case API_KIND:
        return take_name(taker, field, value, wire_room_kind_from,
                         "It must be direct, project or order.", out);
    case API_LIST:
        if (!json_is_array(value))
            return refuse_field(taker, field, "It must be a list.");
        *(const json_t **)out = value;
        return true;
    }
    return false;
}

static bool may_be_null(const struct api_field *field) {
    return !field->required && field->type != API_BOOL &&
           field->type != API_LIST;
}

static bool take_field(const struct taker *taker, const struct api_field *field,
                       const json_t *object, void *out) {
    const json_t *value = json_object_get(object, field->name);
    if (!value && field->required)
        return refuse(taker, "missing_field", field->name, "It is required.");
    if (!value || (json_is_null(value) && may_be_null(field)))
        return true;
    return take_value(taker, field, value, (char *)out + field->offset);
}

static const struct api_field *find(const struct taker *taker,
                                    const char *name) {
    for (size_t i = 0; i < taker->fields_count; i++)
        if (strcmp(taker->fields[i].name, name) == 0)
            return &taker->fields[i];
    return NULL;
}

static bool take_object(const struct taker *taker, const json_t *object,
                        void *out) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        if (!find(taker, name))
            return refuse(taker, "unknown_field", name,
                          "This call has no such field.");
    }
    for (size_t i = 0; i < taker->fields_count; i++)
        if (!take_field(taker, &taker->fields[i], object, out))
            return false;
    return true;
}

bool api_take_object(struct call_next *next, const char *within,
                     const json_t *object, const struct api_field *fields,
                     size_t count, void *out) {
    struct taker taker = {next, within, fields, count};
    if (!json_is_object(object))
        return api_say_error(next, 400, "bad_field", slice_of(within),
                             "It must be an object.");
    return take_object(&taker, object, out);
}

/* The parser gave up at |position| although the text is JSON by its grammar:
 * a number too large for it, half of a surrogate pair, bytes that are not
 * UTF-8, a name twice. Finds the field in which that is. */
static struct slice field_at(const struct taker *taker, struct slice text,
                             size_t position) {
    struct json_member members[API_FIELDS_MAX];
    PRE(taker->fields_count <= COUNT(members));
    for (size_t i = 0; i < taker->fields_count; i++)
        members[i].name = taker->fields[i].name;
    if (json_scan(text, members, taker->fields_count) != ERR_OK)
        return (struct slice){0};
    for (size_t i = 0; i < taker->fields_count; i++) {
        if (members[i].type == JSON_ABSENT)
            continue;
        size_t start = (size_t)(members[i].raw.data - text.data);
        if (position > start && position <= start + members[i].raw.size)
            return slice_of(members[i].name);
    }
    return (struct slice){0};
}

/* Where a name comes twice the parser stops right behind the second one. */
static bool name_at(struct slice text, size_t position, struct buf *out) {
    if (position < 2 || position > text.size || text.data[position - 1] != '"')
        return false;
    size_t start = position - 2;
    while (start > 0 &&
           (text.data[start] != '"' || text.data[start - 1] == '\\'))
        start--;
    struct slice raw = {text.data + start, position - start};
    return text.data[start] == '"' && json_unescape(raw, out) == ERR_OK;
}

static bool refuse_duplicate(const struct taker *taker, struct slice text,
                             size_t position) {
    struct buf name = {0};
    struct slice field = field_at(taker, text, position);
    if (!field.size && name_at(text, position, &name))
        field = buf_slice(&name);
    api_say_error(taker->next, 400, "duplicate_field", field,
                  "A name comes twice.");
    buf_finish(&name);
    return false;
}

static bool refuse_text(const struct taker *taker, struct slice text,
                        const json_error_t *error) {
    size_t position = (size_t)error->position;
    enum json_error_code reason = json_error_code(error);
    if (reason == json_error_duplicate_key)
        return refuse_duplicate(taker, text, position);
    struct slice field = field_at(taker, text, position);
    const char *detail = "It is not valid Unicode.";
    if (reason == json_error_numeric_overflow)
        detail = "A number is too large.";
    else if (reason == json_error_null_byte_in_key)
        detail = "A name holds a NUL.";
    else if (reason == json_error_out_of_memory)
        detail = "It is too large.";
    return api_say_error(taker->next, 400,
                         field.size ? "bad_field" : "malformed", field, detail);
}

bool api_take_body(struct api_ask *ask, const struct api_field *fields,
                   size_t count, void *out) {
    struct taker taker = {ask->next, NULL, fields, count};
    const struct slice none = {0};
    /* The parser recurses: it gets to see only what is shallow enough. */
    enum err err = json_scan(ask->text, NULL, 0);
    if (err == ERR_LIMIT)
        return api_say_error(ask->next, 400, "malformed", none,
                             "The body nests too deeply.");
    if (err != ERR_OK)
        return api_say_error(ask->next, 400, "malformed", none,
                             "The body must be one JSON object.");
    json_error_t error;
    json_t *body = json_loadb(ask->text.data, ask->text.size,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!body)
        return refuse_text(&taker, ask->text, &error);
    ask->body = body;
    return take_object(&taker, body, out);
}

bool api_take_digits(struct slice text, uint64_t *out) {
    if (text.size == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        value =
            value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *out = value;
    return true;
}
