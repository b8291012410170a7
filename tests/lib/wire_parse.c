/* wire_parse.c - see wire_parse.h. */
#include "tests/lib/wire_parse.h"

#include <stdlib.h>

#include "common/wire/wire_schema.h"

#define LIST_MAX 256u

struct parser {
    const char *at;
    const char *end;
    struct arena *arena;
};

static void skip_spaces(struct parser *parser) {
    while (parser->at < parser->end && *parser->at == ' ')
        parser->at++;
}

static bool take(struct parser *parser, char wanted) {
    if (parser->at == parser->end || *parser->at != wanted)
        return false;
    parser->at++;
    return true;
}

static struct slice word(struct parser *parser) {
    const char *start = parser->at;
    while (parser->at < parser->end &&
           (*parser->at == '_' || (*parser->at >= 'a' && *parser->at <= 'z') ||
            (*parser->at >= '0' && *parser->at <= '9')))
        parser->at++;
    return (struct slice){start, (size_t)(parser->at - start)};
}

static const char *parse_fields(struct parser *parser,
                                const struct wire_shape *shape, char *base,
                                char end);

static const char *parse_struct(struct parser *parser,
                                const struct wire_shape *shape, char *base) {
    if (!take(parser, '{'))
        return "a { is missing";
    return parse_fields(parser, shape, base, '}');
}

static const char *parse_number(struct parser *parser,
                                const struct wire_field *field, char *at) {
    bool is_negative = take(parser, '-');
    uint64_t value = 0;
    const char *start = parser->at;
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
        value = value * 10 + (uint64_t)(*parser->at++ - '0');
    if (parser->at == start)
        return "a number is missing";
    if (field->type == FIELD_U8)
        *(uint8_t *)at = (uint8_t)value;
    else if (field->type == FIELD_U32)
        *(uint32_t *)at = (uint32_t)value;
    else
        *(uint64_t *)at = is_negative ? (uint64_t)0 - value : value;
    return NULL;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *parse_text(struct parser *parser, struct slice *out) {
    if (!take(parser, '"'))
        return "a quote is missing";
    char *text = arena_alloc(parser->arena, (size_t)(parser->end - parser->at));
    size_t size = 0;
    while (parser->at < parser->end && *parser->at != '"') {
        char c = *parser->at++;
        if (c == '\\' && parser->end - parser->at >= 3 && *parser->at == 'x') {
            int high = hex_digit(parser->at[1]), low = hex_digit(parser->at[2]);
            if (high < 0 || low < 0)
                return "a bad escape";
            c = (char)(high * 16 + low);
            parser->at += 3;
        } else if (c == '\\' && parser->at < parser->end) {
            c = *parser->at++;
        }
        text[size++] = c;
    }
    *out = (struct slice){text, size};
    return take(parser, '"') ? NULL : "a quote is missing";
}

/* "text", or 3*"text" for that three times over. */
static const char *parse_bytes(struct parser *parser, struct slice *out) {
    uint64_t times = 0;
    const char *start = parser->at;
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
        times = times * 10 + (uint64_t)(*parser->at++ - '0');
    if (parser->at == start)
        return parse_text(parser, out);
    struct slice once;
    const char *error =
        take(parser, '*') ? parse_text(parser, &once) : "a * is missing";
    if (error)
        return error;
    char *text = arena_alloc(parser->arena, times * once.size + 1);
    for (uint64_t i = 0; i < times; i++)
        memcpy(text + i * once.size, once.data, once.size);
    *out = (struct slice){text, times * once.size};
    return NULL;
}

static const char *parse_list(struct parser *parser,
                              const struct wire_field *field, char *base) {
    size_t size =
        field->type == FIELD_SLICES ? sizeof(struct slice) : field->shape->size;
    char *items = arena_alloc(parser->arena, LIST_MAX * size);
    uint32_t count = 0;
    if (!take(parser, '['))
        return "a [ is missing";
    for (skip_spaces(parser); !take(parser, ']'); skip_spaces(parser)) {
        if (count == LIST_MAX)
            return "a list is too long";
        char *item = items + count++ * size;
        const char *error = field->type == FIELD_SLICES
                                ? parse_bytes(parser, (struct slice *)item)
                                : parse_struct(parser, field->shape, item);
        if (error)
            return error;
    }
    *(char **)(base + field->offset) = items;
    *(uint32_t *)(base + field->count_offset) = count;
    return NULL;
}

static const char *parse_value(struct parser *parser,
                               const struct wire_field *field, char *base) {
    char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_ID:
    case FIELD_ID0:
        return parse_number(parser, field, at);
    case FIELD_BOOL: {
        struct slice name = word(parser);
        *(bool *)at = slice_equal(name, SLICE("yes"));
        return *(bool *)at || slice_equal(name, SLICE("no"))
                   ? NULL
                   : "yes or no is missing";
    }
    case FIELD_BYTES:
        return parse_bytes(parser, (struct slice *)at);
    case FIELD_STRUCT:
    case FIELD_MAYBE:
        return parse_struct(parser, field->shape, at);
    case FIELD_LIST:
    case FIELD_SLICES:
        return parse_list(parser, field, base);
    }
    return "a field of no type";
}

static const struct wire_field *find_field(const struct wire_shape *shape,
                                           struct slice name) {
    for (uint32_t i = 0; i < shape->fields_count; i++)
        if (slice_equal(slice_of(shape->fields[i].name), name))
            return &shape->fields[i];
    return NULL;
}

/* Until |end|, or with '\0' to the end of the line. */
static const char *parse_fields(struct parser *parser,
                                const struct wire_shape *shape, char *base,
                                char end) {
    for (;;) {
        skip_spaces(parser);
        if (parser->at == parser->end)
            return end ? "the line ends too early" : NULL;
        if (end && take(parser, end))
            return NULL;
        struct slice name = word(parser);
        const struct wire_field *field = find_field(shape, name);
        if (!field)
            return "an unknown field";
        if (!take(parser, '='))
            return "a = is missing";
        const char *error = parse_value(parser, field, base);
        if (error)
            return error;
    }
}

static uint64_t kind_of(struct slice name) {
    for (uint64_t kind = 1; kind <= WIRE_KIND_MAX; kind++)
        if (wire_shape_of(kind) &&
            slice_equal(slice_of(wire_kind_name((enum wire_kind)kind)), name))
            return kind;
    return 0;
}

const char *wire_parse(struct slice line, struct arena *arena,
                       struct wire *out) {
    struct parser parser = {line.data, line.data + line.size, arena};
    skip_spaces(&parser);
    uint64_t kind = kind_of(word(&parser));
    if (!kind)
        return "an unknown kind of message";
    *out = (struct wire){.kind = (enum wire_kind)kind};
    skip_spaces(&parser);
    static const char correlation[] = "correlation=";
    size_t size = sizeof correlation - 1;
    if ((size_t)(parser.end - parser.at) > size &&
        memcmp(parser.at, correlation, size) == 0) {
        static const struct wire_field number = {.type = FIELD_U64};
        parser.at += size;
        const char *error =
            parse_number(&parser, &number, (char *)&out->correlation);
        if (error)
            return error;
    }
    return parse_fields(&parser, wire_shape_of(kind), (char *)&out->as, '\0');
}
