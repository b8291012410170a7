/* cut_actors.h - which rooms and keys of a tape hang together: a room, each key
 * that ever led to it, and the rooms that those led to. What happens to one of
 * them can change what happens to another; groups do not touch. Pure. */
#ifndef BROKER_REPLAY_CUT_ACTORS_H
#define BROKER_REPLAY_CUT_ACTORS_H

#include "broker/replay/tape.h"
#include "common/table.h"
#include "common/text_table.h"

/* Zeroed is empty. Numbers of groups stay below |count|. */
struct cut_actors {
    struct table rooms;     /* id to number + 1, as pointers */
    struct text_table keys; /* kind and text to the same */
    struct table messages;  /* id to the room's id, as pointers */
    uint32_t *parents;
    uint32_t count;
    struct arena scratch;
};

/* Learns all that the tape says of its rooms. */
void cut_actors_learn(struct cut_actors *actors, const struct tape *tape);

void cut_actors_finish(struct cut_actors *actors);

/* The group's number; CUT_NONE: not heard of. */
#define CUT_NONE UINT32_MAX
uint32_t cut_group_of_room(struct cut_actors *actors, uint64_t room);
uint32_t cut_group_of_key(struct cut_actors *actors, uint8_t kind,
                          struct slice key);
uint32_t cut_group_of_message(struct cut_actors *actors, uint64_t message);

/* Whom a message touches: groups, each once, and whether any of |users| (by
 * id; may be NULL). No message has more groups. */
#define CUT_GROUPS_MAX 64u

struct cut_touched {
    struct cut_actors *actors;
    const struct table *users;
    uint32_t groups[CUT_GROUPS_MAX];
    uint32_t groups_count;
    bool has_user;
};

void cut_touch(struct cut_actors *actors, const struct wire *wire,
               const struct table *users, struct cut_touched *out);

#endif
