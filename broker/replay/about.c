/* about.c - see about.h. */
#include "broker/replay/about.h"

#include "common/wire/wire_schema.h"

static bool is_one_of(const char *name, const char *const *names,
                      size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(name, names)                                                 \
    is_one_of(name, names, sizeof names / sizeof *names)

static const char *const user_names[] = {
    "user",   "author",  "customer", "executor", "actor",
    "member", "sender",  "not_by",   "owner",    "other",
    "by",     "reader1", "reader2",  "mail_to"};
static const char *const message_names[] = {"message", "reply_to"};

/* What one struct says of a room by more than one field. */
struct said {
    uint64_t room;
    uint64_t message;
    uint8_t kind;
    struct slice key;
};

static void take_id(const struct about *about, const struct wire_field *field,
                    uint64_t id, struct said *said) {
    if (id == 0)
        return;
    if (strcmp(field->name, "room") == 0) {
        said->room = id;
        about->room(about->payload, id);
    } else if (IS_ONE_OF(field->name, message_names)) {
        if (strcmp(field->name, "message") == 0)
            said->message = id;
        about->message(about->payload, id);
    } else if (IS_ONE_OF(field->name, user_names)) {
        about->user(about->payload, id);
    }
}

static void walk(const struct about *about, const struct wire_shape *shape,
                 const char *base);

static void walk_field(const struct about *about,
                       const struct wire_field *field, const char *base,
                       struct said *said) {
    const char *at = base + field->offset;
    switch (field->type) {
    case FIELD_ID:
    case FIELD_ID0:
        take_id(about, field, *(const uint64_t *)at, said);
        return;
    case FIELD_U8:
        if (strcmp(field->name, "kind") == 0)
            said->kind = *(const uint8_t *)at;
        return;
    case FIELD_BYTES:
        if (strcmp(field->name, "key") == 0)
            said->key = *(const struct slice *)at;
        return;
    case FIELD_STRUCT:
    case FIELD_MAYBE:
        walk(about, field->shape, at);
        return;
    case FIELD_LIST: {
        uint32_t count = *(const uint32_t *)(base + field->count_offset);
        for (uint32_t i = 0; i < count; i++)
            walk(about, field->shape,
                 *(const char *const *)at + (size_t)i * field->shape->size);
        return;
    }
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_BOOL:
    case FIELD_SLICES:
        return;
    }
}

static void walk(const struct about *about, const struct wire_shape *shape,
                 const char *base) {
    struct said said = {0};
    for (uint32_t i = 0; i < shape->fields_count; i++)
        walk_field(about, &shape->fields[i], base, &said);
    /* A review's key is that of an order's room. */
    if (strcmp(shape->name, "wire_review") == 0)
        said.kind = ROOM_ORDER;
    if (said.key.size && said.kind)
        about->key(about->payload, said.kind, said.key);
    if (said.key.size && said.kind && said.room && about->bound)
        about->bound(about->payload, said.kind, said.key, said.room);
    if (said.message && said.room && about->placed)
        about->placed(about->payload, said.message, said.room);
}

void about_wire(const struct wire *wire, const struct about *about) {
    struct about asks = *about;
    const struct wire_shape *shape = wire_shape_of(wire->kind);
    PRE(shape != NULL);
    if (wire_is_command(wire->kind)) {
        asks.placed = NULL;
        asks.bound = NULL;
    }
    walk(&asks, shape, (const char *)&wire->as);
}

uint64_t about_home_user(const struct wire *wire) {
    if (wire->kind == WIRE_CONNECT)
        return wire->as.connect.claims.user.value;
    if (wire->kind == WIRE_DISCONNECT)
        return wire->as.disconnect.user.value;
    if (wire->kind == WIRE_USER_PUT)
        return wire->as.user_put.profile.user.value;
    if (wire->kind == WIRE_USER_GET)
        return wire->as.user_get.user.value;
    if (wire->kind == WIRE_PRESENCE_SET)
        return wire->as.presence_set.user.value;
    if (wire->kind == WIRE_PRESENCE_GET)
        return wire->as.presence_get.user.value;
    if (wire->kind == WIRE_USER_KICK)
        return wire->as.user_kick.user.value;
    return wire->kind == WIRE_FILE_PUT ? wire->as.file_put.user.value : 0;
}
