/* key.h - one (kind, key) by which the application knows a room, and for an
 * order its review. It and its room share a partition. */
#ifndef BROKER_CORE_KEY_H
#define BROKER_CORE_KEY_H

#include "broker/core/actor.h"

struct key {
    struct actor actor;
    uint8_t kind;      /* enum room_kind */
    struct slice text; /* Owned. */
    room_id room;      /* 0: none. */
    bool has_review;
    struct slice status; /* Of the review; owned. */
    user_id customer;
    user_id executor;
};

static inline struct key *key_of(struct actor *actor) {
    return (struct key *)actor;
}

/* The key's actor, made UNLOADED if it is not resident; NULL: no actor to be
 * had. |text| is not empty. */
struct key *key_get(struct core *core, uint8_t kind, struct slice text);

/* The deletion of |room| was applied; the caller's pending item counts for
 * the key too, so that it asks the store only when that is committed. */
void key_free_room(struct core *core, struct key *key, room_id room);

/* The room to which the key sent the command on is gone: begin anew. */
void key_receive_again(struct core *core, const struct command *command);

#endif
