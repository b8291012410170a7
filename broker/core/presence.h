/* presence.h - who is online, and telling it.
 *
 * A user is there from the first connection until the grace of the last one
 * to end is over, and online while they are there and do not hide. All
 * gateways are told once for each change, at once; when a user was last seen
 * is stored beside that, and nobody waits for it. */
#ifndef BROKER_CORE_PRESENCE_H
#define BROKER_CORE_PRESENCE_H

#include "broker/core/user.h"

/* A connection came: nobody hides behind a new one. */
void presence_came(struct core *core, struct user *user,
                   enum connect_kind kind);

/* A connection ended; |grace_ms| is its own. */
void presence_ended(struct core *core, struct user *user, uint32_t grace_ms);

/* WIRE_PRESENCE_SET. Who is not there has nothing to hide. */
void presence_set(struct core *core, struct user *user, bool online);

/* How it is told. */
struct wire_presence presence_of(const struct user *user);

/* Ends the grace of those whose time is up. True: there were such. */
bool presence_expire(struct core *core);

/* Sends everybody who is online to |gateway|, in pages. */
void presence_tell_all(struct core *core, uint32_t gateway);

#endif
