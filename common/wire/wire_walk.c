/* wire_walk.c - see wire_walk.h. */
#include "common/wire/wire_walk.h"

bool wire_walk_is_taken(const char *name) {
    return strcmp(name, "kind") == 0 || strcmp(name, "correlation") == 0 ||
           strcmp(name, "partition") == 0;
}

uint64_t wire_walk_number(const struct wire_field *field, const char *base) {
    const char *at = base + field->offset;
    if (field->type == FIELD_U8)
        return *(const uint8_t *)at;
    if (field->type == FIELD_U32)
        return *(const uint32_t *)at;
    return *(const uint64_t *)at;
}

bool wire_walk_is_zero(const struct wire_field *field, const char *base) {
    const char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_ID:
    case FIELD_ID0:
        return wire_walk_number(field, base) == 0;
    case FIELD_BOOL:
        return !*(const bool *)at;
    case FIELD_BYTES:
        return ((const struct slice *)at)->size == 0;
    case FIELD_STRUCT:
        return false;
    case FIELD_MAYBE:
        return wire_walk_is_zero(&field->shape->fields[0], at);
    case FIELD_LIST:
    case FIELD_SLICES:
        return wire_walk_count(field, base) == 0;
    }
    return false;
}
