/* wire_walk.h - small steps through a decoded message, by the schema. Pure. */
#ifndef COMMON_WIRE_WIRE_WALK_H
#define COMMON_WIRE_WIRE_WALK_H

#include "common/wire/wire_schema.h"

/* Of the struct that begins at |base|: whether the field has nothing to say. A
 * struct always has; one that may be absent has if it is there. */
bool wire_walk_is_zero(const struct wire_field *field, const char *base);

/* The value of a field of a number without a sign. */
uint64_t wire_walk_number(const struct wire_field *field, const char *base);

/* Whether the envelope has a member of this name: kind, correlation and
 * partition. */
bool wire_walk_is_taken(const char *name);

/* Of a list: how many elements, and where one is. */
static inline uint32_t wire_walk_count(const struct wire_field *field,
                                       const char *base) {
    return *(const uint32_t *)(base + field->count_offset);
}

static inline size_t wire_walk_size(const struct wire_field *field) {
    return field->type == FIELD_SLICES ? sizeof(struct slice)
                                       : field->shape->size;
}

static inline char *wire_walk_item(const struct wire_field *field,
                                   const char *base, uint32_t index) {
    return *(char *const *)(base + field->offset) +
           (size_t)index * wire_walk_size(field);
}

#endif
