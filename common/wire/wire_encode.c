/* wire_encode.c - structs to msgpack, led by the schema.
 *
 * The packer is msgpack-c's template, as its other bindings use it, with a
 * buffer of ours for the output: the ready-made packer calls a function by its
 * pointer for every byte of a header. */
#include "common/wire/wire.h"

#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>

#include "common/wire/wire_schema.h"

/* Called for every few bytes, so the usual case stays in this file. */
static inline int append_bytes(struct buf *out, const void *bytes,
                               size_t size) {
    if (out->capacity - out->size < size)
        buf_reserve(out, size);
    char *at = out->data + out->size;
    memcpy(at, bytes, size);
    out->size += size;
    return 0;
}

#define msgpack_pack_inline_func(name) static inline int pack##name
#define msgpack_pack_inline_func_cint(name) static inline int pack##name
#define msgpack_pack_inline_func_fixint(name) static inline int pack_fix##name
#define msgpack_pack_user struct buf *
#define msgpack_pack_append_buffer(user, bytes, size)                          \
    return append_bytes(user, bytes, size)
#include <msgpack/pack_template.h>

static void put_bytes(struct buf *out, struct slice bytes, uint64_t max) {
    PRE(bytes.size <= max);
    pack_bin(out, bytes.size);
    if (bytes.size)
        pack_bin_body(out, bytes.data, bytes.size);
}

static void put_fields(struct buf *out, const struct wire_shape *shape,
                       const char *base);

static void put_struct(struct buf *out, const struct wire_shape *shape,
                       const char *base) {
    pack_array(out, shape->fields_count);
    put_fields(out, shape, base);
}

/* A struct that may be absent is so when its first field is zero. */
static bool is_absent(const struct wire_shape *shape, const char *base) {
    const struct wire_field *first = &shape->fields[0];
    if (first->type == FIELD_BYTES)
        return ((const struct slice *)(base + first->offset))->size == 0;
    PRE(first->type == FIELD_ID);
    return *(const uint64_t *)(base + first->offset) == 0;
}

static void put_list(struct buf *out, const struct wire_field *field,
                     const char *base) {
    uint32_t count = *(const uint32_t *)(base + field->count_offset);
    const char *items = *(const char *const *)(base + field->offset);
    PRE(count <= field->max);
    pack_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        if (field->type == FIELD_SLICES)
            put_bytes(out, ((const struct slice *)items)[i], LIMIT_WIRE_BYTES);
        else
            put_struct(out, field->shape,
                       items + (size_t)i * field->shape->size);
    }
}

static inline void put_field(struct buf *out, const struct wire_field *field,
                             const char *base) {
    const char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
        PRE(*(const uint8_t *)at <= field->max);
        pack_uint8(out, *(const uint8_t *)at);
        return;
    case FIELD_U32:
        PRE(*(const uint32_t *)at <= field->max);
        pack_uint32(out, *(const uint32_t *)at);
        return;
    case FIELD_ID:
        PRE(*(const uint64_t *)at != 0);
        /* fall through */
    case FIELD_ID0:
        PRE(*(const uint64_t *)at <= ID_MAX);
        /* fall through */
    case FIELD_U64:
        pack_uint64(out, *(const uint64_t *)at);
        return;
    case FIELD_I64:
        pack_int64(out, *(const int64_t *)at);
        return;
    case FIELD_BOOL:
        if (*(const bool *)at)
            pack_true(out);
        else
            pack_false(out);
        return;
    case FIELD_BYTES:
        put_bytes(out, *(const struct slice *)at, field->max);
        return;
    case FIELD_MAYBE:
        if (is_absent(field->shape, at)) {
            pack_nil(out);
            return;
        }
        /* fall through */
    case FIELD_STRUCT:
        put_struct(out, field->shape, at);
        return;
    case FIELD_LIST:
    case FIELD_SLICES:
        put_list(out, field, base);
        return;
    }
}

static void put_fields(struct buf *out, const struct wire_shape *shape,
                       const char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++)
        put_field(out, &shape->fields[i], base);
}

static void put_head(struct buf *out, uint32_t elements, uint64_t kind,
                     uint64_t correlation, uint32_t partition) {
    pack_array(out, elements);
    pack_uint64(out, kind);
    pack_uint64(out, correlation);
    pack_uint32(out, partition);
}

void wire_encode(const struct wire *wire, struct buf *out) {
    const struct wire_shape *shape = wire_shape_of(wire->kind);
    PRE(shape != NULL);
    PRE(wire->partition < PARTITION_COUNT);
    buf_reserve(out, 256);
    put_head(out, 3 + shape->fields_count, wire->kind, wire->correlation,
             wire->partition);
    put_fields(out, shape, (const char *)&wire->as);
}

void wire_readdress(struct slice bytes, const struct wire_head_fields *head,
                    uint64_t correlation, struct buf *out) {
    PRE(head->body_offset <= bytes.size);
    put_head(out, head->elements, head->kind, correlation, head->partition);
    buf_append(out, bytes.data + head->body_offset,
               bytes.size - head->body_offset);
}
