/* wire_json_put.c - from a message to JSON; see wire_json.h. */
#include "broker/replay/wire_json.h"

#include "common/wire/wire_walk.h"
#include "common/json_write.h"
#include "common/utf8.h"

void wire_json_put_hex(struct buf *out, struct slice bytes) {
    static const char hex[] = "0123456789abcdef";
    char *at = buf_reserve(out, 2 * bytes.size + 2);
    *at++ = '"';
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        *at++ = hex[byte >> 4];
        *at++ = hex[byte & 15];
    }
    *at = '"';
    out->size += 2 * bytes.size + 2;
}

void wire_json_put_bytes(struct buf *out, struct slice bytes) {
    if (utf8_is_valid(bytes)) {
        json_put_text(out, bytes);
        return;
    }
    json_put(out, "{\"hex\":");
    wire_json_put_hex(out, bytes);
    json_put(out, "}");
}

void wire_json_put_number(struct buf *out, uint64_t value) {
    bool is_quoted = value > WIRE_JSON_NUMBER_MAX;
    if (is_quoted)
        json_put(out, "\"");
    json_put_uint(out, value);
    if (is_quoted)
        json_put(out, "\"");
}

static void put_signed(struct buf *out, int64_t value) {
    uint64_t size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    bool is_quoted = size > WIRE_JSON_NUMBER_MAX;
    if (is_quoted)
        json_put(out, "\"");
    json_put_int(out, value);
    if (is_quoted)
        json_put(out, "\"");
}

static void put_struct(struct buf *out, const struct wire_shape *shape,
                       const char *base);

static void put_list(struct buf *out, const struct wire_field *field,
                     const char *base) {
    uint32_t count = wire_walk_count(field, base);
    json_put(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        const char *item = wire_walk_item(field, base, i);
        if (i)
            json_put(out, ",");
        if (field->type == FIELD_SLICES)
            wire_json_put_bytes(out, *(const struct slice *)item);
        else
            put_struct(out, field->shape, item);
    }
    json_put(out, "]");
}

static void put_value(struct buf *out, const struct wire_field *field,
                      const char *base) {
    const char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_ID:
    case FIELD_ID0:
        wire_json_put_number(out, wire_walk_number(field, base));
        return;
    case FIELD_I64:
        put_signed(out, *(const int64_t *)at);
        return;
    case FIELD_BOOL:
        json_put_bool(out, *(const bool *)at);
        return;
    case FIELD_BYTES:
        wire_json_put_bytes(out, *(const struct slice *)at);
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

/* Each with a comma before it, but the first if |is_first|; |message| for the
 * fields of a whole one. */
static void put_fields(struct buf *out, const struct wire_shape *shape,
                       const char *base, const char *message, bool is_first) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        if (wire_walk_is_zero(field, base))
            continue;
        json_put(out, is_first ? "\"" : ",\"");
        is_first = false;
        if (message && wire_walk_is_taken(field->name)) {
            json_put(out, message);
            json_put(out, "_");
        }
        json_put(out, field->name);
        json_put(out, "\":");
        put_value(out, field, base);
    }
}

static void put_struct(struct buf *out, const struct wire_shape *shape,
                       const char *base) {
    json_put(out, "{");
    put_fields(out, shape, base, NULL, true);
    json_put(out, "}");
}

void wire_json_put_object(struct buf *out, const struct wire *wire) {
    const struct wire_shape *shape = wire_shape_of(wire->kind);
    const char *name = wire_kind_name(wire->kind);
    PRE(shape != NULL);
    json_put(out, "{\"kind\":\"");
    json_put(out, name);
    json_put(out, "\"");
    if (wire->correlation) {
        json_put(out, ",\"correlation\":");
        wire_json_put_number(out, wire->correlation);
    }
    if (wire->partition) {
        json_put(out, ",\"partition\":");
        json_put_uint(out, wire->partition);
    }
    put_fields(out, shape, (const char *)&wire->as, name, false);
    json_put(out, "}");
}

void wire_json_put_message(struct buf *out, const char *key, struct slice bytes,
                           struct arena *arena, struct buf *scratch) {
    struct wire wire;
    bool is_all_said = false;
    arena_reset(arena);
    json_put(out, ",\"");
    json_put(out, key);
    json_put(out, "\":");
    if (wire_decode(bytes, arena, &wire, NULL) != ERR_OK) {
        json_put(out, "null");
    } else {
        wire_json_put_object(out, &wire);
        buf_clear(scratch);
        wire_encode(&wire, scratch);
        is_all_said = slice_equal(buf_slice(scratch), bytes);
    }
    if (!is_all_said) {
        json_put(out, ",\"bytes\":");
        wire_json_put_hex(out, bytes);
    }
}
