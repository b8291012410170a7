/* sim_dialect.h - what the people of the simulator speak: encoded messages of
 * common/wire, both ways, so that nothing that a checker needs is lost.
 *
 * A request is a command whose correlation is the client's number for it. What
 * comes back with a correlation is its answer; without one it is an event, who
 * types, who came or went, or (ROW_COUNT) how many dialogs are unread. */
#ifndef TESTS_SIM_SIM_DIALECT_H
#define TESTS_SIM_SIM_DIALECT_H

#include "gateway/call.h"
#include "gateway/frontend.h"

/* Indexes of people_dialects. */
enum dialect_index {
    DIALECT_FOLLOWER, /* Subscribes, as `messenger` does. */
    DIALECT_FEED,     /* Follows all rooms, as `chats` and `dialogs` do. */
    DIALECT_COUNT
};

/* HTTP calls: the body is one request, the answer's body one reply. */
extern const struct call_handler people_calls;

/* Puts the user into the command, where it has one of its own. */
void dialect_set_user(struct wire *command, user_id user);

#endif
