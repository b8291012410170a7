/* wire_draw.c - see wire_draw.h. */
#include "tests/lib/wire_draw.h"

#include "common/wire/wire_schema.h"

uint64_t wire_draw_number(uint64_t *seed) {
    *seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t value = *seed;
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* Small, or at the edge of what |max| allows. */
static uint64_t draw_number(uint64_t *seed, uint64_t max) {
    uint64_t value = wire_draw_number(seed);
    switch (value % 4) {
    case 0:
        return max;
    case 1:
        return max < 2 ? max : max - 1;
    default:
        return max == UINT64_MAX ? wire_draw_number(seed)
                                 : wire_draw_number(seed) % (max + 1);
    }
}

static struct slice draw_bytes(uint64_t *seed, struct arena *arena,
                               uint64_t max) {
    size_t size = wire_draw_number(seed) % 40;
    if (size > max)
        size = max;
    char *bytes = arena_alloc(arena, size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)wire_draw_number(seed);
    return (struct slice){size ? bytes : NULL, size};
}

static void fill_struct(uint64_t *seed, struct arena *arena,
                        const struct wire_shape *shape, char *base);

static void fill_list(uint64_t *seed, struct arena *arena,
                      const struct wire_field *field, char *base) {
    uint32_t count = (uint32_t)(wire_draw_number(seed) % 4);
    if (count > field->max)
        count = (uint32_t)field->max;
    size_t size =
        field->type == FIELD_SLICES ? sizeof(struct slice) : field->shape->size;
    char *items = count ? arena_alloc(arena, count * size) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (field->type == FIELD_SLICES)
            ((struct slice *)items)[i] = draw_bytes(seed, arena, 64);
        else
            fill_struct(seed, arena, field->shape, items + i * size);
    }
    *(uint32_t *)(base + field->count_offset) = count;
    *(char **)(base + field->offset) = items;
}

static void fill_field(uint64_t *seed, struct arena *arena,
                       const struct wire_field *field, char *base) {
    char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
        *(uint8_t *)at = (uint8_t)draw_number(seed, field->max);
        return;
    case FIELD_U32:
        *(uint32_t *)at = (uint32_t)draw_number(seed, field->max);
        return;
    case FIELD_U64:
    case FIELD_I64:
        *(uint64_t *)at = draw_number(seed, UINT64_MAX);
        return;
    case FIELD_BOOL:
        *(bool *)at = wire_draw_number(seed) & 1;
        return;
    case FIELD_ID:
        *(uint64_t *)at = 1 + draw_number(seed, ID_MAX - 1);
        return;
    case FIELD_ID0:
        *(uint64_t *)at = draw_number(seed, ID_MAX);
        return;
    case FIELD_BYTES:
        *(struct slice *)at = draw_bytes(seed, arena, field->max);
        return;
    case FIELD_MAYBE:
        if (wire_draw_number(seed) & 1)
            return;
        fill_struct(seed, arena, field->shape, at);
        /* Present means that its first field is not zero. */
        if (field->shape->fields[0].type == FIELD_BYTES)
            *(struct slice *)(at + field->shape->fields[0].offset) =
                SLICE("key");
        return;
    case FIELD_STRUCT:
        fill_struct(seed, arena, field->shape, at);
        return;
    case FIELD_LIST:
    case FIELD_SLICES:
        fill_list(seed, arena, field, base);
        return;
    }
}

static void fill_struct(uint64_t *seed, struct arena *arena,
                        const struct wire_shape *shape, char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++)
        fill_field(seed, arena, &shape->fields[i], base);
}

void wire_draw(uint64_t *seed, struct arena *arena, enum wire_kind kind,
               struct wire *out) {
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->correlation = draw_number(seed, UINT64_MAX);
    out->partition = (uint32_t)(wire_draw_number(seed) % PARTITION_COUNT);
    fill_struct(seed, arena, wire_shape_of(kind), (char *)&out->as);
}
