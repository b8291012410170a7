/* wire_print.c - a message as one canonical line, for goldens, logs, traces. */
#include <inttypes.h>
#include <stdio.h>

#include "common/wire/wire.h"
#include "common/wire/wire_walk.h"

static void put_text(struct buf *out, const char *text) {
    buf_append(out, text, strlen(text));
}

static void put_quoted(struct buf *out, struct slice text) {
    static const char hex[] = "0123456789abcdef";
    buf_append(out, "\"", 1);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\') {
            char escaped[2] = {'\\', (char)byte};
            buf_append(out, escaped, 2);
        } else if (byte >= 0x20 && byte < 0x7f) {
            buf_append(out, &text.data[i], 1);
        } else {
            char escaped[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
            buf_append(out, escaped, 4);
        }
    }
    buf_append(out, "\"", 1);
}

static void put_struct(struct buf *out, const struct wire_shape *shape,
                       const char *base);

static void put_number(struct buf *out, const struct wire_field *field,
                       const char *base) {
    char text[32];
    if (field->type == FIELD_I64)
        snprintf(text, sizeof text, "%" PRId64,
                 *(const int64_t *)(base + field->offset));
    else
        snprintf(text, sizeof text, "%" PRIu64, wire_walk_number(field, base));
    put_text(out, text);
}

static void put_list(struct buf *out, const struct wire_field *field,
                     const char *base) {
    uint32_t count = wire_walk_count(field, base);
    buf_append(out, "[", 1);
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buf_append(out, " ", 1);
        const char *item = wire_walk_item(field, base, i);
        if (field->type == FIELD_SLICES)
            put_quoted(out, *(const struct slice *)item);
        else
            put_struct(out, field->shape, item);
    }
    buf_append(out, "]", 1);
}

static void put_field(struct buf *out, const struct wire_field *field,
                      const char *base) {
    const char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_ID:
    case FIELD_ID0:
        put_number(out, field, base);
        return;
    case FIELD_BOOL:
        put_text(out, *(const bool *)at ? "yes" : "no");
        return;
    case FIELD_BYTES:
        put_quoted(out, *(const struct slice *)at);
        return;
    case FIELD_STRUCT:
    case FIELD_MAYBE:
        put_struct(out, field->shape, at);
        return;
    case FIELD_LIST:
    case FIELD_SLICES:
        put_list(out, field, base);
        return;
    }
}

static void put_fields(struct buf *out, const struct wire_shape *shape,
                       const char *base, bool first) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        if (wire_walk_is_zero(field, base))
            continue;
        if (!first)
            buf_append(out, " ", 1);
        first = false;
        put_text(out, field->name);
        buf_append(out, "=", 1);
        put_field(out, field, base);
    }
}

static void put_struct(struct buf *out, const struct wire_shape *shape,
                       const char *base) {
    buf_append(out, "{", 1);
    put_fields(out, shape, base, true);
    buf_append(out, "}", 1);
}

void wire_print(const struct wire *wire, struct buf *out) {
    const struct wire_shape *shape = wire_shape_of(wire->kind);
    PRE(shape != NULL);
    put_text(out, wire_kind_name(wire->kind));
    if (wire->correlation) {
        char text[48];
        snprintf(text, sizeof text, " correlation=%" PRIu64, wire->correlation);
        put_text(out, text);
    }
    put_fields(out, shape, (const char *)&wire->as, false);
}
