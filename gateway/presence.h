/* presence.h - who is online, as the broker tells every gateway, and who here
 * is told of it.
 *
 * The table holds whoever is online and the link in whose life that was last
 * confirmed. A new link brings everybody who is online; those whom it does not
 * name in time have gone while nobody could say so. One thread. */
#ifndef GATEWAY_PRESENCE_H
#define GATEWAY_PRESENCE_H

#include "common/table.h"
#include "common/wire/wire.h"

struct gateway;

/* So long after a new link, beside the grace, a user may be unconfirmed. */
#define PRESENCE_CONFIRM_MS 5000u

struct presence {
    struct table online; /* By user: the number of the link. */
    uintptr_t link;      /* Counts the links. */
    uint64_t stale_ms;   /* When the unconfirmed go; 0: there are none. */
    int64_t lost_us;     /* When the last link was lost. */
};

void presence_init(struct presence *presence, uint64_t seed);
void presence_finish(struct presence *presence);

/* For frontend_config.is_online. */
bool presence_is_online(const void *presence, user_id user);

/* A notice of the broker. */
void presence_changed(struct gateway *gateway,
                      const struct wire_presence_changed *notice);

void presence_link_up(struct gateway *gateway);
void presence_link_down(struct gateway *gateway);

/* Once a second. */
void presence_second(struct gateway *gateway);

#endif
