/* wire_names.c - the stable names of kinds, and the small rules that go with
 * them. */
#include "common/wire/wire.h"

const char *wire_kind_name(enum wire_kind kind) {
    static const char *const names[WIRE_KIND_MAX + 1] = {
#define WIRE_NAME(kind, number, member, type) [number] = #member,
        WIRE_TABLE(WIRE_NAME)
#undef WIRE_NAME
    };
    const char *name = (unsigned)kind <= WIRE_KIND_MAX ? names[kind] : NULL;
    return name ? name : "unknown";
}

bool wire_is_write(enum wire_kind kind) {
    switch ((int)kind) { /* Commands are one part of the enum. */
    case WIRE_USER_PUT:
    case WIRE_ROOM_CREATE:
    case WIRE_ROOM_PATCH:
    case WIRE_ROOM_DELETE:
    case WIRE_MEMBER_PUT:
    case WIRE_MEMBER_REMOVE:
    case WIRE_REVIEW_PUT:
    case WIRE_JOIN:
    case WIRE_LEAVE:
    case WIRE_SEND:
    case WIRE_EDIT:
    case WIRE_DELETE:
    case WIRE_MARK:
    case WIRE_PRESENCE_SET:
    case WIRE_USER_KICK:
    case WIRE_FILE_PUT:
        return true;
    default:
        break;
    }
    return false;
}

/* |names| begins with the name of value 0. */
static const char *name_of(const char *const *names, size_t count,
                           uint8_t value) {
    return value < count && names[value] ? names[value] : "unknown";
}

static uint8_t value_of(const char *const *names, size_t count,
                        struct slice name) {
    for (size_t i = 1; i < count; i++)
        if (slice_equal(slice_of(names[i]), name))
            return (uint8_t)i;
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const role_names[] = {"", "moderator", "customer",
                                         "executor"};
static const char *const room_kind_names[] = {"none", "direct", "project",
                                              "order"};

const char *wire_refusal_name(uint8_t refusal) {
    static const char *const names[] = {
        [0] = "none",
        [REFUSED_NOT_FOUND] = "not_found",
        [REFUSED_FORBIDDEN] = "forbidden",
        [REFUSED_BAD_FIELD] = "bad_field",
        [REFUSED_CONFLICT] = "conflict",
        [REFUSED_TRY_AGAIN] = "try_again",
        [REFUSED_STORAGE_FULL] = "storage_full",
        [REFUSED_STORAGE_FAILED] = "storage_failed",
        [REFUSED_OVERLOADED] = "overloaded",
        [REFUSED_UNKNOWN_OUTCOME] = "unknown_outcome",
        [REFUSED_HELD] = "held",
        [REFUSED_STALE] = "stale"};
    return name_of(names, COUNT(names), refusal);
}

const char *wire_role_name(uint8_t role) {
    return name_of(role_names, COUNT(role_names), role);
}

const char *wire_room_kind_name(uint8_t kind) {
    return name_of(room_kind_names, COUNT(room_kind_names), kind);
}

const char *wire_event_name(uint8_t kind) {
    static const char *const names[] = {
        [0] = "none",
        [EVENT_MESSAGE_CREATED] = "message_created",
        [EVENT_MESSAGE_EDITED] = "message_edited",
        [EVENT_MESSAGE_DELETED] = "message_deleted",
        [EVENT_MARK_MOVED] = "mark_moved",
        [EVENT_MEMBER_PUT] = "member_put",
        [EVENT_MEMBER_REMOVED] = "member_removed",
        [EVENT_ROOM_CHANGED] = "room_changed",
        [EVENT_ROOM_DELETED] = "room_deleted"};
    return name_of(names, COUNT(names), kind);
}

uint8_t wire_role_from(struct slice name) {
    return value_of(role_names, COUNT(role_names), name);
}

uint8_t wire_room_kind_from(struct slice name) {
    return value_of(room_kind_names, COUNT(room_kind_names), name);
}

uint32_t wire_key_partition(uint8_t kind, struct slice key) {
    uint64_t hash = UINT64_C(14695981039346656037);
    hash = (hash ^ kind) * UINT64_C(1099511628211);
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (uint8_t)key.data[i]) * UINT64_C(1099511628211);
    /* The low bits of FNV-1a are its weakest: fold the high half in. */
    return (uint32_t)((hash ^ hash >> 32) % PARTITION_COUNT);
}

const struct wire_profile *wire_profile_find(const struct wire_profile *list,
                                             uint32_t count, user_id user) {
    for (uint32_t i = 0; i < count; i++)
        if (list[i].user.value == user.value)
            return &list[i];
    return NULL;
}
