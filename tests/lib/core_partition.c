/* core_partition.c - the partition of a command, as a gateway works it out. */
#include <stddef.h>

#include "tests/lib/core_fixture.h"

#define AT(field) offsetof(struct wire, as.field.value)

/* Of a room that is named by kind and key. */
static bool has_key(const struct wire *wire, uint8_t *kind, struct slice *key) {
    room_id room = {1};
    if (wire->kind == WIRE_SEND) {
        room = wire->as.send.room;
        *kind = wire->as.send.kind;
        *key = wire->as.send.key;
    } else if (wire->kind == WIRE_HISTORY) {
        room = wire->as.history.room;
        *kind = wire->as.history.kind;
        *key = wire->as.history.key;
    } else if (wire->kind == WIRE_ROOM_VIEW) {
        room = wire->as.room_view.room;
        *kind = wire->as.room_view.kind;
        *key = wire->as.room_view.key;
    } else if (wire->kind == WIRE_TYPING) {
        room = wire->as.typing.room;
        *kind = wire->as.typing.kind;
        *key = wire->as.typing.key;
    }
    return room.value == 0 && (*kind || key->size);
}

uint32_t fixture_partition(const struct wire *wire) {
    uint8_t kind = 0;
    struct slice key = {0};
    if (has_key(wire, &kind, &key))
        return wire_key_partition(kind, key);
    static const size_t offsets[] = {
        [WIRE_CONNECT] = AT(connect.claims.user),
        [WIRE_DISCONNECT] = AT(disconnect.user),
        [WIRE_USER_PUT] = AT(user_put.profile.user),
        [WIRE_USER_GET] = AT(user_get.user),
        [WIRE_ROOM_GET] = AT(room_get.room),
        [WIRE_ROOM_PATCH] = AT(room_patch.room),
        [WIRE_ROOM_DELETE] = AT(room_delete.room),
        [WIRE_MEMBER_PUT] = AT(member_put.room),
        [WIRE_MEMBER_REMOVE] = AT(member_remove.room),
        [WIRE_JOIN] = AT(join.room),
        [WIRE_LEAVE] = AT(leave.room),
        [WIRE_SUBSCRIBE] = AT(subscribe.room),
        [WIRE_UNSUBSCRIBE] = AT(unsubscribe.room),
        [WIRE_RESUME] = AT(resume.room),
        [WIRE_SEND] = AT(send.room),
        [WIRE_EDIT] = AT(edit.message),
        [WIRE_DELETE] = AT(delete.message),
        [WIRE_MARK] = AT(mark.message),
        [WIRE_HISTORY] = AT(history.room),
        [WIRE_LIST] = AT(list.user),
        [WIRE_ROOM_VIEW] = AT(room_view.room),
        [WIRE_UNREAD] = AT(unread.user),
        [WIRE_FEED] = AT(feed.user),
        [WIRE_EVENTS] = AT(events.room),
        [WIRE_TYPING] = AT(typing.room),
        [WIRE_PRESENCE_SET] = AT(presence_set.user),
        [WIRE_PRESENCE_GET] = AT(presence_get.user),
        [WIRE_USER_KICK] = AT(user_kick.user),
        [WIRE_FILE_PUT] = AT(file_put.user),
        [WIRE_FILES] = AT(files.user),
        [WIRE_FILE_BYTES] = AT(file_bytes.file),
    };
    if (wire->kind == WIRE_ROOM_CREATE)
        return wire_key_partition(wire->as.room_create.kind,
                                  wire->as.room_create.key);
    if (wire->kind == WIRE_REVIEW_PUT)
        return wire_key_partition(ROOM_ORDER, wire->as.review_put.review.key);
    if ((size_t)wire->kind >= sizeof offsets / sizeof *offsets)
        return 0;
    size_t offset = offsets[wire->kind];
    uint64_t id = offset ? *(const uint64_t *)((const char *)wire + offset) : 0;
    return (uint32_t)(id % PARTITION_COUNT);
}
