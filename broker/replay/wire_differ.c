/* wire_differ.c - see wire_differ.h. */
#include "broker/replay/wire_differ.h"

#include "common/json_write.h"
#include "common/wire/wire_walk.h"

/* The path that leads to a field, as far as it has been gone. */
struct step {
    const struct step *up;
    const char *name;
    uint32_t index; /* Of an element, from 1. */
};

static bool tell(const struct step *step, struct buf *out) {
    if (step->up)
        tell(step->up, out);
    if (step->index) {
        json_put(out, "[");
        json_put_uint(out, step->index - 1);
        json_put(out, "]");
    } else {
        json_put(out, step->up ? "." : "");
        json_put(out, step->name);
    }
    return true;
}

static bool struct_differs(const struct step *up,
                           const struct wire_shape *shape, const char *a,
                           const char *b, struct buf *out);

static bool list_differs(const struct step *step,
                         const struct wire_field *field, const char *a,
                         const char *b, struct buf *out) {
    uint32_t count = wire_walk_count(field, a),
             other = wire_walk_count(field, b);
    for (uint32_t i = 0; i < count && i < other; i++) {
        struct step at = {.up = step, .index = i + 1};
        const char *left = wire_walk_item(field, a, i);
        const char *right = wire_walk_item(field, b, i);
        if (field->type != FIELD_SLICES) {
            if (struct_differs(&at, field->shape, left, right, out))
                return true;
        } else if (!slice_equal(*(const struct slice *)left,
                                *(const struct slice *)right)) {
            return tell(&at, out);
        }
    }
    struct step at = {.up = step, .index = (count < other ? count : other) + 1};
    return count != other && tell(&at, out);
}

static bool field_differs(const struct step *step,
                          const struct wire_field *field, const char *a,
                          const char *b, struct buf *out) {
    const char *left = a + field->offset, *right = b + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_ID:
    case FIELD_ID0:
        return wire_walk_number(field, a) != wire_walk_number(field, b) &&
               tell(step, out);
    case FIELD_BOOL:
        return *(const bool *)left != *(const bool *)right && tell(step, out);
    case FIELD_BYTES:
        return !slice_equal(*(const struct slice *)left,
                            *(const struct slice *)right) &&
               tell(step, out);
    case FIELD_STRUCT:
    case FIELD_MAYBE:
        return struct_differs(step, field->shape, left, right, out);
    case FIELD_LIST:
    case FIELD_SLICES:
        return list_differs(step, field, a, b, out);
    }
    return false;
}

static bool struct_differs(const struct step *up,
                           const struct wire_shape *shape, const char *a,
                           const char *b, struct buf *out) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        struct step step = {.up = up, .name = field->name};
        if (field_differs(&step, field, a, b, out))
            return true;
    }
    return false;
}

void wire_differ(const struct wire *a, const struct wire *b, struct buf *out) {
    struct step root = {.name = wire_kind_name(a->kind)};
    struct step step = {.up = &root, .name = "kind"};
    if (a->kind == b->kind) {
        step.name =
            a->correlation != b->correlation ? "correlation" : "partition";
        if (a->correlation == b->correlation && a->partition == b->partition) {
            struct_differs(&root, wire_shape_of(a->kind), (const char *)&a->as,
                           (const char *)&b->as, out);
            return;
        }
    }
    tell(&step, out);
}

void wire_differ_bytes(struct slice a, struct slice b, struct buf *out) {
    struct arena arena = {0};
    struct wire left, right;
    size_t before = out->size;
    if (wire_decode(a, &arena, &left, NULL) == ERR_OK &&
        wire_decode(b, &arena, &right, NULL) == ERR_OK)
        wire_differ(&left, &right, out);
    if (out->size == before && !slice_equal(a, b))
        json_put(out, "bytes");
    arena_finish(&arena);
}

static uint64_t room_in(const struct wire_shape *shape, const char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        bool is_id = field->type == FIELD_ID || field->type == FIELD_ID0;
        uint64_t room = 0;
        if (is_id && strcmp(field->name, "room") == 0)
            room = wire_walk_number(field, base);
        else if (field->type == FIELD_STRUCT || field->type == FIELD_MAYBE)
            room = room_in(field->shape, base + field->offset);
        if (room)
            return room;
    }
    return 0;
}

uint64_t wire_room_of(const struct wire *wire) {
    return room_in(wire_shape_of(wire->kind), (const char *)&wire->as);
}
