/* naming.h - what a command says of the room that it is about: its id, or with
 * no id its kind and key (common/wire/wire.h, "Naming a room"). One table for
 * all such commands. */
#ifndef BROKER_CORE_NAMING_H
#define BROKER_CORE_NAMING_H

#include "common/wire/wire.h"

struct naming {
    room_id room;
    uint8_t kind;
    struct slice key; /* Borrowed. */
    bool dialog;      /* Only a room of exactly two members. */
    bool creates;     /* A direct room that does not exist comes into being. */
    user_id user;     /* Who asks; 0: the application. */
};

/* False: |wire| is no such command. */
bool naming_of(const struct wire *wire, struct naming *out);

/* Whether the room is named by kind and key. */
static inline bool naming_is_by_key(const struct naming *naming) {
    return naming->room.value == 0 && (naming->kind || naming->key.size);
}

/* Says the id in a copy of such a command; 0 takes it away again. */
void naming_set_room(struct wire *wire, room_id room);

/* Whether the room with |info| and so many members is the one that is meant; a
 * command that names none means any. */
bool naming_fits(const struct naming *naming, const struct wire_room *info,
                 uint32_t members_count);

/* A direct room's key, "<smaller>_<larger>", exactly as it is written. False:
 * it is none. */
bool naming_direct_key(struct slice key, user_id *smaller, user_id *larger);

#endif
