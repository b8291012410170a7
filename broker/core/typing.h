/* typing.h - who typed in a room a short while ago, so that it is not told at
 * every key, and is told to a gateway that comes to hear the room meanwhile. At
 * most one entry a member; room.c forgets those who leave. */
#ifndef BROKER_CORE_TYPING_H
#define BROKER_CORE_TYPING_H

#include "common/wire/wire.h"

/* One user's typing in one room is passed on at most once in so long, and may
 * be shown for so long. */
#define TYPING_INTERVAL_US (2 * INT64_C(1000000))
#define TYPING_SHOWN_US (5 * INT64_C(1000000))

struct typed {
    user_id user;
    int64_t at_us; /* Passed on then. */
};

/* Zeroed is empty. */
struct typing {
    struct typed *users; /* By user id, ascending. */
    uint32_t count;
    uint32_t capacity;
};

/* Whether |user|'s typing is passed on at |now_us|; if so, remembers it. */
bool typing_passes(struct typing *typing, user_id user, int64_t now_us);

/* Does nothing for one who did not type. */
void typing_forget(struct typing *typing, user_id user);

/* Empties it. */
void typing_finish(struct typing *typing);

#endif
