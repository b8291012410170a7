/* wire_decode.c - msgpack to structs, led by the schema. Every count, length
 * and value is checked before it is believed; nothing is allocated that the
 * input does not pay for with at least one byte an element. */
#include "common/wire/wire.h"

#include "common/wire/wire_reader.h"
#include "common/wire/wire_schema.h"

/* How deep an unknown trailing field may nest. */
#define SKIP_DEPTH 8u

struct decoder {
    struct wire_reader reader;
    struct arena *arena;
    const char *message;
    struct wire_error *error;
};

static bool fail(struct decoder *decoder, const char *field,
                 const char *reason) {
    if (decoder->error)
        *decoder->error = (struct wire_error){decoder->message, field, reason};
    return false;
}

static bool get_struct(struct decoder *decoder, const struct wire_shape *shape,
                       char *base);

static bool get_number(struct decoder *decoder, const struct wire_field *field,
                       char *at) {
    uint64_t value;
    if (!reader_uint(&decoder->reader, &value))
        return fail(decoder, field->name, "is no unsigned integer");
    uint64_t max = field->max;
    if (field->type == FIELD_U64)
        max = UINT64_MAX;
    else if (field->type == FIELD_ID || field->type == FIELD_ID0)
        max = ID_MAX;
    if (value > max)
        return fail(decoder, field->name, "is too large");
    if (field->type == FIELD_ID && value == 0)
        return fail(decoder, field->name, "is zero");
    if (field->type == FIELD_U8)
        *(uint8_t *)at = (uint8_t)value;
    else if (field->type == FIELD_U32)
        *(uint32_t *)at = (uint32_t)value;
    else
        *(uint64_t *)at = value;
    return true;
}

static bool get_bytes(struct decoder *decoder, const struct wire_field *field,
                      uint64_t max, struct slice *out) {
    if (!reader_bytes(&decoder->reader, out))
        return fail(decoder, field->name, "is no text");
    if (out->size > max)
        return fail(decoder, field->name, "is too long");
    return true;
}

static bool get_list(struct decoder *decoder, const struct wire_field *field,
                     char *base) {
    uint32_t count;
    if (!reader_array(&decoder->reader, &count))
        return fail(decoder, field->name, "is no list");
    if (count > field->max)
        return fail(decoder, field->name, "has too many elements");
    size_t size =
        field->type == FIELD_SLICES ? sizeof(struct slice) : field->shape->size;
    char *items = count ? arena_alloc(decoder->arena, count * size) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        char *item = items + i * size;
        if (field->type == FIELD_SLICES) {
            if (!get_bytes(decoder, field, LIMIT_WIRE_BYTES,
                           (struct slice *)item))
                return false;
        } else if (!get_struct(decoder, field->shape, item)) {
            return false;
        }
    }
    *(uint32_t *)(base + field->count_offset) = count;
    *(char **)(base + field->offset) = items;
    return true;
}

static bool get_field(struct decoder *decoder, const struct wire_field *field,
                      char *base) {
    char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_ID:
    case FIELD_ID0:
        return get_number(decoder, field, at);
    case FIELD_I64:
        return reader_int(&decoder->reader, (int64_t *)at) ||
               fail(decoder, field->name, "is no integer");
    case FIELD_BOOL:
        return reader_bool(&decoder->reader, (bool *)at) ||
               fail(decoder, field->name, "is no boolean");
    case FIELD_BYTES:
        return get_bytes(decoder, field, field->max, (struct slice *)at);
    case FIELD_MAYBE:
        if (reader_nil(&decoder->reader))
            return true;
        return get_struct(decoder, field->shape, at);
    case FIELD_STRUCT:
        return get_struct(decoder, field->shape, at);
    case FIELD_LIST:
    case FIELD_SLICES:
        return get_list(decoder, field, base);
    }
    return false;
}

static bool get_fields(struct decoder *decoder, const struct wire_shape *shape,
                       uint32_t count, char *base) {
    if (count < shape->required)
        return fail(decoder, shape->name, "has too few fields");
    for (uint32_t i = 0; i < count; i++) {
        if (i < shape->fields_count) {
            if (!get_field(decoder, &shape->fields[i], base))
                return false;
        } else if (!reader_skip(&decoder->reader, SKIP_DEPTH)) {
            return fail(decoder, shape->name, "has a broken extra field");
        }
    }
    return true;
}

static bool get_struct(struct decoder *decoder, const struct wire_shape *shape,
                       char *base) {
    uint32_t count;
    if (!reader_array(&decoder->reader, &count))
        return fail(decoder, shape->name, "is no array");
    return get_fields(decoder, shape, count, base);
}

/* The envelope's array header and first three elements. */
static bool get_head(struct wire_reader *reader, uint32_t *count,
                     uint64_t *kind, uint64_t *correlation,
                     uint64_t *partition) {
    return reader_array(reader, count) && *count >= 3 &&
           reader_uint(reader, kind) && reader_uint(reader, correlation) &&
           reader_uint(reader, partition) && *partition < PARTITION_COUNT;
}

static struct wire_reader reader_over(struct slice bytes) {
    const uint8_t *start = (const uint8_t *)bytes.data;
    return (struct wire_reader){start, start ? start + bytes.size : start};
}

enum err wire_decode(struct slice bytes, struct arena *arena, struct wire *out,
                     struct wire_error *error) {
    struct decoder decoder = {.reader = reader_over(bytes),
                              .arena = arena,
                              .message = "message",
                              .error = error};
    uint32_t count;
    uint64_t kind, correlation, partition;
    if (bytes.size > LIMIT_WIRE_BYTES) {
        fail(&decoder, "message", "is too long");
        return ERR_MALFORMED;
    }
    if (!get_head(&decoder.reader, &count, &kind, &correlation, &partition)) {
        fail(&decoder, "head", "is malformed");
        return ERR_MALFORMED;
    }
    const struct wire_shape *shape = wire_shape_of(kind);
    if (!shape) {
        fail(&decoder, "kind", "is not known");
        return ERR_MALFORMED;
    }
    out->kind = (enum wire_kind)kind;
    out->correlation = correlation;
    out->partition = (uint32_t)partition;
    memset(&out->as, 0, shape->size);
    decoder.message = wire_kind_name(out->kind);
    if (!get_fields(&decoder, shape, count - 3, (char *)&out->as))
        return ERR_MALFORMED;
    if (reader_left(&decoder.reader) != 0) {
        fail(&decoder, "message", "is followed by more bytes");
        return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err wire_peek(struct slice bytes, struct wire_head_fields *out) {
    struct wire_reader reader = reader_over(bytes);
    uint32_t count;
    uint64_t kind, correlation, partition;
    if (bytes.size > LIMIT_WIRE_BYTES ||
        !get_head(&reader, &count, &kind, &correlation, &partition) ||
        !wire_shape_of(kind))
        return ERR_MALFORMED;
    *out = (struct wire_head_fields){.kind = (enum wire_kind)kind,
                                     .correlation = correlation,
                                     .partition = (uint32_t)partition,
                                     .body_offset =
                                         bytes.size - reader_left(&reader),
                                     .elements = count};
    return ERR_OK;
}
