/* A sorted array for each room and a plain one for each user: a room has far
 * more readers than changes. */
#include "gateway/members.h"

#include <stdlib.h>

#include "gateway/interest.h"

void members_init(struct members_index *index, uint64_t seed) {
    table_init(&index->rooms_of, seed);
}

void members_finish(struct members_index *index) {
    struct member_rooms *rooms;
    for (size_t at = 0; (rooms = table_next(&index->rooms_of, &at, NULL));) {
        free(rooms->rooms);
        free(rooms);
    }
    table_finish(&index->rooms_of);
}

/* Where |user| stands, or would. */
static uint32_t position(const struct members *members, user_id user) {
    uint32_t low = 0, high = members->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (members->ids[middle] < user.value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool members_has(const struct members *members, user_id user) {
    uint32_t at = position(members, user);
    return at < members->count && members->ids[at] == user.value;
}

const struct member_rooms *members_rooms(const struct members_index *index,
                                         user_id user) {
    return table_find(&index->rooms_of, user.value);
}

static void link_room(struct members_index *index, struct room *room,
                      uint64_t user) {
    struct member_rooms *rooms = table_find(&index->rooms_of, user);
    if (!rooms) {
        rooms = mem_zalloc(sizeof(*rooms));
        table_put(&index->rooms_of, user, rooms);
    }
    if (rooms->count == rooms->capacity) {
        rooms->capacity = rooms->capacity ? rooms->capacity * 2 : 2;
        rooms->rooms =
            mem_realloc(rooms->rooms, rooms->capacity * sizeof(struct room *));
    }
    rooms->rooms[rooms->count++] = room;
}

static void unlink_room(struct members_index *index, const struct room *room,
                        uint64_t user) {
    struct member_rooms *rooms = table_find(&index->rooms_of, user);
    INVARIANT(rooms != NULL);
    for (uint32_t i = 0; i < rooms->count; i++) {
        if (rooms->rooms[i] == room) {
            rooms->rooms[i] = rooms->rooms[--rooms->count];
            break;
        }
    }
    if (rooms->count > 0)
        return;
    table_remove(&index->rooms_of, user);
    free(rooms->rooms);
    free(rooms);
}

void members_add(struct members_index *index, struct room *room, user_id user) {
    struct members *members = &room->members;
    uint32_t at = position(members, user);
    if (at < members->count && members->ids[at] == user.value)
        return;
    if (members->count == members->capacity) {
        members->capacity = members->capacity ? members->capacity * 2 : 2;
        members->ids = mem_realloc(members->ids,
                                   members->capacity * sizeof(*members->ids));
    }
    memmove(members->ids + at + 1, members->ids + at,
            (members->count - at) * sizeof(*members->ids));
    members->ids[at] = user.value;
    members->count++;
    link_room(index, room, user.value);
}

void members_remove(struct members_index *index, struct room *room,
                    user_id user) {
    struct members *members = &room->members;
    if (!members_has(members, user))
        return;
    uint32_t at = position(members, user);
    members->count--;
    memmove(members->ids + at, members->ids + at + 1,
            (members->count - at) * sizeof(*members->ids));
    unlink_room(index, room, user.value);
}

void members_clear(struct members_index *index, struct room *room) {
    for (uint32_t i = 0; i < room->members.count; i++)
        unlink_room(index, room, room->members.ids[i]);
    free(room->members.ids);
    room->members = (struct members){0};
}

void members_set(struct members_index *index, struct room *room,
                 const struct wire_member *members, uint32_t count) {
    members_clear(index, room);
    for (uint32_t i = 0; i < count; i++) /* They come in ascending order. */
        members_add(index, room, members[i].user);
}
