/* presence.h - who is online, as the broker tells every gateway, and who here
 * is told of it.
 *
 * The table holds whoever is online and the link in whose life that was last
 * confirmed. A new link brings everybody who is online; those whom it does not
 * name in time have gone while nobody could say so.
 *
 * A change may come while a feed is still learning which rooms it has and who
 * is in them. So the changes of the last while are kept, and a feed is told of
 * those that it missed when it gets to know the members of a room. One
 * thread. */
#ifndef GATEWAY_PRESENCE_H
#define GATEWAY_PRESENCE_H

#include "common/table.h"
#include "common/wire/wire.h"

struct feed_room;
struct gateway;

/* So long after a new link, beside the grace, a user may be unconfirmed. */
#define PRESENCE_CONFIRM_MS 5000u

/* A change is kept at least so long, and at most twice as long: by then a feed
 * knows its rooms, or its connections lost patience. */
#define PRESENCE_RECENT_MS 30000u

/* So many users' changes are kept of one such while. More are counted and not
 * kept. */
#define PRESENCE_RECENT_MAX 65536u

struct presence {
    struct table online; /* By user: the number of the link. */
    uintptr_t link;      /* Counts the links. */
    uint64_t stale_ms;   /* When the unconfirmed go; 0: there are none. */
    struct table recent; /* struct recent: the last change, by user. */
    struct table before; /* The same, of the while before. */
    uint64_t recent_ms;  /* When |recent| becomes |before|. */
    int64_t lost_us;     /* When the last link was lost. */
};

void presence_init(struct presence *presence, uint64_t seed);
void presence_finish(struct presence *presence);

/* For frontend_config.is_online. */
bool presence_is_online(const void *presence, user_id user);

/* A notice of the broker. */
void presence_changed(struct gateway *gateway,
                      const struct wire_presence_changed *notice);

/* The feed got to know the members of the room: tells it of their changes
 * after feed_room.presence_after that no other room made it hear of. */
void presence_catch_up(struct gateway *gateway,
                       const struct feed_room *feed_room);

void presence_link_up(struct gateway *gateway);
void presence_link_down(struct gateway *gateway);

/* Once a second. */
void presence_second(struct gateway *gateway);

#endif
