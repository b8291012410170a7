/* against_compare.c - see against_compare.h. */
#include "broker/replay/against_compare.h"

#include <inttypes.h>
#include <stdio.h>

#include "broker/replay/against_differences.h"

/* Of a text in a report. */
#define SHOWN_BYTES_MAX 80u

static void differ(struct against_compare *compare, struct slice recorded,
                   struct slice live) {
    compare->has_differed = true;
    compare->differs(compare->payload, compare->path, recorded, live);
}

static void differ_numbers(struct against_compare *compare, uint64_t recorded,
                           uint64_t live) {
    char a[24];
    char b[24];
    snprintf(a, sizeof a, "%" PRIu64, recorded);
    snprintf(b, sizeof b, "%" PRIu64, live);
    differ(compare, slice_of(a), slice_of(b));
}

/* What is shown of |text|, which is at least |from| long. */
static struct slice cut(struct slice text, size_t from) {
    size_t left = text.size - from;
    if (left == 0)
        return (struct slice){0};
    return (struct slice){text.data + from,
                          left < SHOWN_BYTES_MAX ? left : SHOWN_BYTES_MAX};
}

static bool is_named(const struct wire_field *field, const char *name) {
    return strcmp(field->name, name) == 0;
}

static bool is_skipped(const struct wire_shape *shape,
                       const struct wire_field *field) {
    return (is_named(field, "detail") &&
            strcmp(shape->name, "wire_reply_error") == 0) ||
           (is_named(field, "after_place") &&
            strcmp(shape->name, "wire_feed_room") == 0);
}

static uint64_t number_at(const struct wire_field *field, const char *at) {
    if (field->type == FIELD_U8)
        return *(const uint8_t *)at;
    if (field->type == FIELD_U32)
        return *(const uint32_t *)at;
    if (field->type == FIELD_BOOL)
        return *(const bool *)at;
    return *(const uint64_t *)at;
}

static void compare_structs(struct against_compare *compare,
                            const struct wire_shape *shape,
                            const char *recorded, const char *live);

/* The room that an item of a list of rooms is about; 0: it is no such list. */
static uint64_t room_of_item(const struct wire_shape *shape, const char *item) {
    const struct wire_field *first = &shape->fields[0];
    if (first->type == FIELD_STRUCT)
        return room_of_item(first->shape, item + first->offset);
    return first->id == WIRE_ID_ROOM ? *(const uint64_t *)(item + first->offset)
                                     : 0;
}

/* Rooms are listed by their latest activity, in which another order of
 * answers shows: each is laid beside its like, wherever it stands. */
static const char *item_like(const struct against_compare *compare,
                             const struct wire_shape *shape,
                             const char *recorded, const char *items,
                             uint32_t count, uint32_t index) {
    uint64_t room = room_of_item(shape, recorded);
    uint64_t wanted;
    if (room != 0 && against_ids_find(compare->ids, WIRE_ID_ROOM, room,
                                      &wanted) == AGAINST_ID_KNOWN)
        for (uint32_t i = 0; i < count; i++)
            if (room_of_item(shape, items + (size_t)i * shape->size) == wanted)
                return items + (size_t)i * shape->size;
    return items + (size_t)index * shape->size;
}

static void compare_lists(struct against_compare *compare,
                          const struct wire_field *field, const char *recorded,
                          const char *live) {
    uint32_t count = *(const uint32_t *)(recorded + field->count_offset);
    uint32_t live_count = *(const uint32_t *)(live + field->count_offset);
    const char *items = *(const char *const *)(recorded + field->offset);
    const char *live_items = *(const char *const *)(live + field->offset);
    if (count != live_count) {
        differ_numbers(compare, count, live_count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *item = items + (size_t)i * field->shape->size;
        compare_structs(
            compare, field->shape, item,
            item_like(compare, field->shape, item, live_items, live_count, i));
    }
}

static void compare_bytes(struct against_compare *compare,
                          const struct wire_field *field, struct slice recorded,
                          struct slice live) {
    if (is_named(field, "secret"))
        recorded =
            against_rewrite_secret(compare->rewrite, recorded, compare->arena);
    if (slice_equal(recorded, live))
        return;
    /* Show where they part. */
    size_t same = 0;
    while (same < recorded.size && same < live.size &&
           recorded.data[same] == live.data[same])
        same++;
    size_t from = same > SHOWN_BYTES_MAX / 2 ? same - SHOWN_BYTES_MAX / 2 : 0;
    differ(compare, cut(recorded, from), cut(live, from));
}

static void compare_fields(struct against_compare *compare,
                           const struct wire_field *field, const char *recorded,
                           const char *live) {
    const char *at = recorded + field->offset;
    const char *live_at = live + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_BOOL:
        if (number_at(field, at) != number_at(field, live_at))
            differ_numbers(compare, number_at(field, at),
                           number_at(field, live_at));
        return;
    case FIELD_I64: /* All of them are times. */
        if ((*(const int64_t *)at == 0) != (*(const int64_t *)live_at == 0))
            differ_numbers(compare, number_at(field, at),
                           number_at(field, live_at));
        return;
    case FIELD_ID:
    case FIELD_ID0:
        if (!against_ids_unify(compare->ids, field->id, number_at(field, at),
                               number_at(field, live_at)))
            differ_numbers(compare, number_at(field, at),
                           number_at(field, live_at));
        return;
    case FIELD_BYTES:
        compare_bytes(compare, field, *(const struct slice *)at,
                      *(const struct slice *)live_at);
        return;
    case FIELD_STRUCT:
    case FIELD_MAYBE:
        compare_structs(compare, field->shape, at, live_at);
        return;
    case FIELD_LIST:
        compare_lists(compare, field, recorded, live);
        return;
    case FIELD_SLICES: /* Between broker and persister only. */
        return;
    }
}

static void compare_structs(struct against_compare *compare,
                            const struct wire_shape *shape,
                            const char *recorded, const char *live) {
    size_t size = strlen(compare->path);
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        if (is_skipped(shape, field))
            continue;
        snprintf(compare->path + size, sizeof compare->path - size, ".%s",
                 field->name);
        compare_fields(compare, field, recorded, live);
        compare->path[size] = 0;
    }
}

/* "reply_error not_found", or the kind alone. */
static struct slice name_of(const struct wire *wire, char *text, size_t size) {
    if (wire->kind == WIRE_REPLY_ERROR)
        snprintf(text, size, "refused: %s",
                 wire_refusal_name(wire->as.reply_error.refusal));
    else
        snprintf(text, size, "%s", wire_kind_name(wire->kind));
    return slice_of(text);
}

bool against_compare_messages(struct against_compare *compare,
                              const struct wire *recorded,
                              const struct wire *live) {
    char a[80];
    char b[80];
    compare->has_differed = false;
    bool is_other =
        recorded->kind != live->kind ||
        (recorded->kind == WIRE_REPLY_ERROR &&
         recorded->as.reply_error.refusal != live->as.reply_error.refusal);
    if (is_other) {
        snprintf(compare->path, sizeof compare->path, AGAINST_ANOTHER_REPLY);
        differ(compare, name_of(recorded, a, sizeof a),
               name_of(live, b, sizeof b));
        return false;
    }
    if (recorded->kind == WIRE_REPLY_PRESENCE)
        return true;
    snprintf(compare->path, sizeof compare->path, "%s",
             wire_kind_name(recorded->kind));
    compare_structs(compare, wire_shape_of(recorded->kind),
                    (const char *)&recorded->as, (const char *)&live->as);
    return !compare->has_differed;
}
