/* members.h - who is a member of the rooms that feeds follow, from the room to
 * the users and back: whom a user's coming and going concerns.
 *
 * Known from the broker's answer to SUBSCRIBE and kept true by the events of
 * the room. Pure; one thread. */
#ifndef GATEWAY_MEMBERS_H
#define GATEWAY_MEMBERS_H

#include "common/table.h"
#include "common/wire/wire.h"

struct room;

/* In a room: its members' ids, ascending. Zeroed is empty and valid. */
struct members {
    uint64_t *ids;
    uint32_t count;
    uint32_t capacity;
};

/* The rooms of one user, in no order. */
struct member_rooms {
    struct room **rooms;
    uint32_t count;
    uint32_t capacity;
};

struct members_index {
    struct table rooms_of; /* struct member_rooms, by user. */
};

void members_init(struct members_index *index, uint64_t seed);
void members_finish(struct members_index *index);

/* Replaces what was known of |room|. */
void members_set(struct members_index *index, struct room *room,
                 const struct wire_member *members, uint32_t count);

/* Nothing happens where nothing changes. */
void members_add(struct members_index *index, struct room *room, user_id user);
void members_remove(struct members_index *index, struct room *room,
                    user_id user);

/* Forgets the room and frees its members. */
void members_clear(struct members_index *index, struct room *room);

bool members_has(const struct members *members, user_id user);

/* NULL: none; borrowed until any change. */
const struct member_rooms *members_rooms(const struct members_index *index,
                                         user_id user);

#endif
