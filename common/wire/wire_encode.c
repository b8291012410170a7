/* wire_encode.c - structs to msgpack, led by the schema. */
#include "common/wire/wire.h"

#include <msgpack.h>

#include "common/wire/wire_schema.h"

/* Called for every few bytes, so the usual case stays in this file. */
static int append_bytes(void *data, const char *bytes, size_t size) {
    struct buf *out = data;
    if (out->capacity - out->size < size)
        buf_reserve(out, size);
    char *at = out->data + out->size;
    if (size == 1)
        *at = *bytes;
    else
        memcpy(at, bytes, size);
    out->size += size;
    return 0;
}

static void put_bytes(msgpack_packer *packer, struct slice bytes,
                      uint64_t max) {
    PRE(bytes.size <= max);
    msgpack_pack_bin(packer, bytes.size);
    if (bytes.size)
        msgpack_pack_bin_body(packer, bytes.data, bytes.size);
}

static void put_struct(msgpack_packer *packer, const struct wire_shape *shape,
                       const char *base);

/* A struct that may be absent is so when its first field is zero. */
static bool is_absent(const struct wire_shape *shape, const char *base) {
    const struct wire_field *first = &shape->fields[0];
    if (first->type == FIELD_BYTES)
        return ((const struct slice *)(base + first->offset))->size == 0;
    PRE(first->type == FIELD_ID);
    return *(const uint64_t *)(base + first->offset) == 0;
}

static void put_list(msgpack_packer *packer, const struct wire_field *field,
                     const char *base) {
    uint32_t count = *(const uint32_t *)(base + field->count_offset);
    const char *items = *(const char *const *)(base + field->offset);
    PRE(count <= field->max);
    msgpack_pack_array(packer, count);
    for (uint32_t i = 0; i < count; i++) {
        if (field->type == FIELD_SLICES)
            put_bytes(packer, ((const struct slice *)items)[i],
                      LIMIT_WIRE_BYTES);
        else
            put_struct(packer, field->shape,
                       items + (size_t)i * field->shape->size);
    }
}

static void put_field(msgpack_packer *packer, const struct wire_field *field,
                      const char *base) {
    const char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
        PRE(*(const uint8_t *)at <= field->max);
        msgpack_pack_uint8(packer, *(const uint8_t *)at);
        return;
    case FIELD_U32:
        PRE(*(const uint32_t *)at <= field->max);
        msgpack_pack_uint32(packer, *(const uint32_t *)at);
        return;
    case FIELD_ID:
        PRE(*(const uint64_t *)at != 0);
        /* fall through */
    case FIELD_ID0:
        PRE(*(const uint64_t *)at <= ID_MAX);
        /* fall through */
    case FIELD_U64:
        msgpack_pack_uint64(packer, *(const uint64_t *)at);
        return;
    case FIELD_I64:
        msgpack_pack_int64(packer, *(const int64_t *)at);
        return;
    case FIELD_BOOL:
        if (*(const bool *)at)
            msgpack_pack_true(packer);
        else
            msgpack_pack_false(packer);
        return;
    case FIELD_BYTES:
        put_bytes(packer, *(const struct slice *)at, field->max);
        return;
    case FIELD_MAYBE:
        if (is_absent(field->shape, at)) {
            msgpack_pack_nil(packer);
            return;
        }
        /* fall through */
    case FIELD_STRUCT:
        put_struct(packer, field->shape, at);
        return;
    case FIELD_LIST:
    case FIELD_SLICES:
        put_list(packer, field, base);
        return;
    }
}

static void put_struct(msgpack_packer *packer, const struct wire_shape *shape,
                       const char *base) {
    msgpack_pack_array(packer, shape->fields_count);
    for (uint32_t i = 0; i < shape->fields_count; i++)
        put_field(packer, &shape->fields[i], base);
}

static void put_head(msgpack_packer *packer, uint32_t elements, uint64_t kind,
                     uint64_t correlation, uint32_t partition) {
    msgpack_pack_array(packer, elements);
    msgpack_pack_uint64(packer, kind);
    msgpack_pack_uint64(packer, correlation);
    msgpack_pack_uint32(packer, partition);
}

void wire_encode(const struct wire *wire, struct buf *out) {
    const struct wire_shape *shape = wire_shape_of(wire->kind);
    PRE(shape != NULL);
    PRE(wire->partition < PARTITION_COUNT);
    msgpack_packer packer;
    buf_reserve(out, 256);
    msgpack_packer_init(&packer, out, append_bytes);
    put_head(&packer, 3 + shape->fields_count, wire->kind, wire->correlation,
             wire->partition);
    for (uint32_t i = 0; i < shape->fields_count; i++)
        put_field(&packer, &shape->fields[i], (const char *)&wire->as);
}

void wire_readdress(struct slice bytes, const struct wire_head_fields *head,
                    uint64_t correlation, struct buf *out) {
    PRE(head->body_offset <= bytes.size);
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, append_bytes);
    put_head(&packer, head->elements, head->kind, correlation, head->partition);
    buf_append(out, bytes.data + head->body_offset,
               bytes.size - head->body_offset);
}
