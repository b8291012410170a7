/* wire_schema.h - the description of every wire struct, read by the encoder,
 * the decoder and the printer. Private to common/wire, broker/replay and the
 * tests. */
#ifndef COMMON_WIRE_WIRE_SCHEMA_H
#define COMMON_WIRE_WIRE_SCHEMA_H

#include "common/wire/wire.h"

enum field_type {
    FIELD_U8,     /* uint8_t, 0 .. max */
    FIELD_U32,    /* uint32_t, 0 .. max */
    FIELD_U64,    /* uint64_t */
    FIELD_I64,    /* int64_t */
    FIELD_BOOL,   /* bool */
    FIELD_ID,     /* 1 .. ID_MAX */
    FIELD_ID0,    /* 0 .. ID_MAX */
    FIELD_BYTES,  /* struct slice, at most max bytes */
    FIELD_STRUCT, /* a struct of |shape| */
    FIELD_MAYBE,  /* the same, or absent: its first field (an id or a slice)
                     is then zero */
    FIELD_LIST,   /* pointer to |shape| structs, uint32_t count beside it */
    FIELD_SLICES  /* pointer to slices, uint32_t count beside it */
};

/* What an id names. */
enum wire_id {
    WIRE_ID_NONE, /* The field is no id. */
    WIRE_ID_USER,
    WIRE_ID_ROOM,
    WIRE_ID_MESSAGE,
    WIRE_ID_FILE
};

struct wire_shape;

struct wire_field {
    const char *name;
    enum field_type type;
    uint32_t offset;
    uint32_t count_offset;          /* FIELD_LIST, FIELD_SLICES */
    uint64_t max;                   /* value, bytes, or elements */
    const struct wire_shape *shape; /* FIELD_STRUCT, _MAYBE, _LIST */
    enum wire_id id;                /* FIELD_ID, FIELD_ID0 */
};

struct wire_shape {
    const char *name;
    uint32_t size; /* sizeof the struct */
    uint32_t fields_count;
    uint32_t required; /* How many fields version 1 has. */
    const struct wire_field *fields;
};

/* NULL for a kind that is not in the table. */
const struct wire_shape *wire_shape_of(uint64_t kind);

#endif
