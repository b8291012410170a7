/* wire_json_get.c - from JSON to a message; see wire_json.h. People write this
 * by hand and files may be anything: all that the encoder takes for granted is
 * checked here, and an error names the field. */
#include "broker/replay/wire_json.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/wire/wire_walk.h"

/* Where in a message: "send.author.username". */
struct path {
    const struct path *up;
    const char *name;
    uint32_t index; /* Of a list's element, from 1; 0: none. */
};

struct getter {
    struct arena *arena;
    struct trace_error *error;
};

enum err wire_json_fail(struct trace_error *error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return ERR_MALFORMED;
}

static void put_path(char *text, size_t size, const struct path *path) {
    size_t used = 0;
    if (path->up) {
        put_path(text, size, path->up);
        used = strlen(text);
    }
    if (path->index)
        snprintf(text + used, size - used, "[%u]", path->index - 1);
    else
        snprintf(text + used, size - used, "%s%s", path->up ? "." : "",
                 path->name);
}

static bool fail(struct getter *getter, const struct path *path,
                 const char *reason) {
    char text[160] = "";
    put_path(text, sizeof text, path);
    wire_json_fail(getter->error, "%s %s", text, reason);
    return false;
}

static bool parse_digits(const char *text, bool is_signed, uint64_t *out) {
    bool is_negative = is_signed && *text == '-';
    uint64_t value = 0;
    text += is_negative;
    if (!*text)
        return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    uint64_t most = (uint64_t)INT64_MAX + is_negative;
    if (is_signed && value > most)
        return false;
    *out = is_negative ? (uint64_t)0 - value : value;
    return true;
}

/* A number, or its digits as a string. */
static bool parse_number(const json_t *value, bool is_signed, uint64_t *out) {
    if (json_is_string(value))
        return parse_digits(json_string_value(value), is_signed, out);
    if (!json_is_integer(value) ||
        (!is_signed && json_integer_value(value) < 0))
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const json_t *value, struct arena *arena,
                      struct slice *out) {
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    if (!text || size % 2)
        return false;
    char *bytes = arena_alloc(arena, size / 2);
    for (size_t i = 0; i < size / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (char)(high * 16 + low);
    }
    *out = (struct slice){bytes, size / 2};
    return true;
}

static bool get_bytes(struct getter *getter, const struct path *path,
                      const json_t *value, uint64_t max, struct slice *out) {
    if (json_is_string(value))
        *out =
            (struct slice){json_string_value(value), json_string_length(value)};
    else if (!json_is_object(value) || json_object_size(value) != 1 ||
             !parse_hex(json_object_get(value, "hex"), getter->arena, out))
        return fail(getter, path, "is no text and no {\"hex\":\"...\"}");
    return out->size <= max || fail(getter, path, "is too long");
}

static bool get_struct(struct getter *getter, const struct path *path,
                       const struct wire_shape *shape, const json_t *value,
                       char *base);

static bool get_number(struct getter *getter, const struct path *path,
                       const struct wire_field *field, const json_t *value,
                       char *at) {
    bool is_signed = field->type == FIELD_I64;
    bool is_id = field->type == FIELD_ID || field->type == FIELD_ID0;
    uint64_t number, max = field->max;
    if (is_signed || field->type == FIELD_U64)
        max = UINT64_MAX;
    else if (is_id)
        max = ID_MAX;
    if (!parse_number(value, is_signed, &number))
        return fail(getter, path, "is no such number");
    if (number > max)
        return fail(getter, path, "is too large");
    if (field->type == FIELD_U8)
        *(uint8_t *)at = (uint8_t)number;
    else if (field->type == FIELD_U32)
        *(uint32_t *)at = (uint32_t)number;
    else
        *(uint64_t *)at = number;
    return true;
}

static bool get_list(struct getter *getter, const struct path *path,
                     const struct wire_field *field, const json_t *value,
                     char *base) {
    if (!json_is_array(value))
        return fail(getter, path, "is no list");
    size_t count = json_array_size(value);
    if (count > field->max)
        return fail(getter, path, "has too many elements");
    char *items = NULL;
    if (count)
        items = arena_alloc(getter->arena, count * wire_walk_size(field));
    *(char **)(base + field->offset) = items;
    *(uint32_t *)(base + field->count_offset) = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        const json_t *element = json_array_get(value, i);
        char *item = wire_walk_item(field, base, i);
        struct path at = {.up = path, .index = i + 1};
        bool is_well =
            field->type == FIELD_SLICES
                ? get_bytes(getter, &at, element, LIMIT_WIRE_BYTES,
                            (struct slice *)item)
                : get_struct(getter, &at, field->shape, element, item);
        if (!is_well)
            return false;
    }
    return true;
}

static bool get_value(struct getter *getter, const struct path *path,
                      const struct wire_field *field, const json_t *value,
                      char *base) {
    char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_ID:
    case FIELD_ID0:
        return get_number(getter, path, field, value, at);
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ||
               fail(getter, path, "is neither true nor false");
    case FIELD_BYTES:
        return get_bytes(getter, path, value, field->max, (struct slice *)at);
    case FIELD_STRUCT:
    case FIELD_MAYBE:
        return get_struct(getter, path, field->shape, value, at);
    case FIELD_LIST:
    case FIELD_SLICES:
        return get_list(getter, path, field, value, base);
    }
    return false;
}

/* What the encoder wants of a struct that has been filled. */
static bool check_ids(struct getter *getter, const struct path *path,
                      const struct wire_shape *shape, const char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        struct path at = {.up = path, .name = field->name};
        if (field->type == FIELD_ID && wire_walk_is_zero(field, base))
            return fail(getter, &at, "is missing");
        /* One that was there has been looked at. */
        if (field->type == FIELD_STRUCT &&
            !check_ids(getter, &at, field->shape, base + field->offset))
            return false;
    }
    return true;
}

/* The field that a member's |name| means. |message|: see wire_json.h. */
static const struct wire_field *find_field(const struct wire_shape *shape,
                                           const char *message,
                                           const char *name) {
    size_t size = message ? strlen(message) : 0;
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        if (!message || !wire_walk_is_taken(field->name)) {
            if (strcmp(field->name, name) == 0)
                return field;
        } else if (strncmp(name, message, size) == 0 && name[size] == '_' &&
                   strcmp(name + size + 1, field->name) == 0) {
            return field;
        }
    }
    return NULL;
}

static bool get_fields(struct getter *getter, const struct path *path,
                       const struct wire_shape *shape, const json_t *object,
                       const char *message, char *base) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        struct path at = {.up = path, .name = name};
        const struct wire_field *field = find_field(shape, message, name);
        if (!field && message && wire_walk_is_taken(name))
            continue;
        if (!field)
            return fail(getter, &at, "is no field of this version");
        at.name = field->name;
        if (!get_value(getter, &at, field, value, base))
            return false;
    }
    return true;
}

static bool get_struct(struct getter *getter, const struct path *path,
                       const struct wire_shape *shape, const json_t *value,
                       char *base) {
    if (!json_is_object(value))
        return fail(getter, path, "is no object");
    return get_fields(getter, path, shape, value, NULL, base) &&
           check_ids(getter, path, shape, base);
}

static enum wire_kind kind_of(const char *name) {
    for (unsigned kind = 1; kind <= WIRE_KIND_MAX; kind++)
        if (wire_shape_of(kind) &&
            strcmp(wire_kind_name((enum wire_kind)kind), name) == 0)
            return (enum wire_kind)kind;
    return (enum wire_kind)0;
}

static enum err get_wire(const json_t *object, struct arena *arena,
                         struct wire *wire, struct trace_error *error) {
    const char *name = json_string_value(json_object_get(object, "kind"));
    uint64_t partition;
    *wire = (struct wire){.kind = name ? kind_of(name) : (enum wire_kind)0};
    if (!name)
        return wire_json_fail(error, "a message without a \"kind\"");
    if (!wire->kind)
        return wire_json_fail(error, "\"%.60s\" is no kind of message", name);
    enum err err = wire_json_get_number(object, "correlation", false,
                                        UINT64_MAX, &wire->correlation, error);
    if (err == ERR_OK)
        err = wire_json_get_number(object, "partition", false,
                                   PARTITION_COUNT - 1, &partition, error);
    if (err != ERR_OK)
        return err;
    wire->partition = (uint32_t)partition;
    struct getter getter = {arena, error};
    struct path path = {.name = wire_kind_name(wire->kind)};
    const struct wire_shape *shape = wire_shape_of(wire->kind);
    char *base = (char *)&wire->as;
    return get_fields(&getter, &path, shape, object, path.name, base) &&
                   check_ids(&getter, &path, shape, base)
               ? ERR_OK
               : ERR_MALFORMED;
}

enum err wire_json_get_message(const json_t *whole, const char *key,
                               struct arena *arena, struct buf *out,
                               struct trace_error *error) {
    const json_t *bytes = json_object_get(whole, "bytes");
    const json_t *object = json_object_get(whole, key);
    struct slice message;
    struct wire wire;
    if (bytes) {
        if (!parse_hex(bytes, arena, &message))
            return wire_json_fail(error, "\"bytes\" is no hex");
        if (message.size == 0 || message.size > LIMIT_WIRE_BYTES)
            return wire_json_fail(error, "\"bytes\" is empty or too long");
        buf_append_slice(out, message);
        return ERR_OK;
    }
    if (!json_is_object(object))
        return wire_json_fail(error, "\"%s\" is no object", key);
    enum err err = get_wire(object, arena, &wire, error);
    if (err != ERR_OK)
        return err;
    size_t start = out->size;
    wire_encode(&wire, out);
    if (out->size - start > LIMIT_WIRE_BYTES)
        return wire_json_fail(error, "a message of more than %u bytes",
                              LIMIT_WIRE_BYTES);
    return ERR_OK;
}

enum err wire_json_get_number(const json_t *object, const char *name,
                              bool is_required, uint64_t max, uint64_t *out,
                              struct trace_error *error) {
    const json_t *value = json_object_get(object, name);
    *out = 0;
    if (!value)
        return is_required ? wire_json_fail(error, "\"%s\" is missing", name)
                           : ERR_OK;
    if (!parse_number(value, false, out))
        return wire_json_fail(error, "\"%s\" is no such number", name);
    if (*out > max)
        return wire_json_fail(error, "\"%s\" is too large", name);
    return ERR_OK;
}

enum err wire_json_check_names(const json_t *object, const char *const *names,
                               size_t count, struct trace_error *error) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        size_t i = 0;
        while (i < count && strcmp(names[i], name) != 0)
            i++;
        if (i == count)
            return wire_json_fail(error, "\"%.60s\" means nothing here", name);
    }
    return ERR_OK;
}
