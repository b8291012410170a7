/* user.h - one user: the profile, where they are connected, and whether they
 * are online. */
#ifndef BROKER_CORE_USER_H
#define BROKER_CORE_USER_H

#include "broker/core/actor.h"
#include "broker/core/profile.h"
#include "broker/core/uploads.h"

/* Connections of one user in all; the gateways allow far fewer. */
#define USER_CONNECTIONS_MAX 4096u

struct gateway;

struct connection {
    uint32_t gateway;
    uint64_t number; /* The gateway's own. */
    uint32_t grace_ms;
};

struct user {
    struct actor actor;
    user_id user;
    bool has_row; /* Somebody put a profile, or claims filled it. */
    struct profile profile;
    struct connection *connections; /* In the order in which they came. */
    uint32_t connections_count;
    uint32_t connections_capacity;
    /* Presence (presence.h). It outlives the load of the row. */
    bool is_online;         /* As it was told. */
    bool is_hidden;         /* Wants to be seen as offline. */
    uint32_t leaving_index; /* In the heap, from 1 on; 0: not leaving. */
    uint32_t unsaved;       /* Records of last_seen_us under way. */
    int64_t leaves_us;      /* When the grace of all that ended is over. */
    int64_t last_seen_us;   /* 0: not known. */
    struct upload *uploads[USER_UPLOADS_MAX]; /* As they began; then NULL. */
    uint32_t uploads_count;
};

static inline struct user *user_of(struct actor *actor) {
    return (struct user *)actor;
}

struct user *user_find(const struct core *core, user_id user);

/* The same, made UNLOADED if not resident; NULL: no actor to be had. */
struct user *user_get(struct core *core, user_id user);

/* Whether any connection of theirs is |gateway|'s. */
bool user_is_connected(const struct user *user, uint32_t gateway);

/* Registers the connection, unless its gateway's link is over. |kind| is an
 * enum connect_kind. */
void user_connected(struct core *core, struct user *user, uint32_t gateway,
                    uint64_t connection, uint32_t grace_ms, uint8_t kind);

/* The same without telling anybody; it is not known yet. */
void user_add_connection(struct user *user, struct gateway *gateway,
                         struct connection connection);

/* Forgets all connections of |gateway|. */
void user_gateway_gone(struct core *core, struct user *user, uint32_t gateway);

/* DISCONNECT: forgets the connection. Nobody says it again, so it is not
 * refused. False: nothing was done, and it is to wait in the mailbox. */
bool user_disconnected(struct core *core, struct user *user, uint32_t gateway,
                       uint64_t connection);

/* Sends |event| once to each gateway where the user is connected. */
void user_tell(struct core *core, const struct user *user, struct slice event);

/* The same for WIRE_KICK. */
void user_kick(struct core *core, const struct user *user);

#endif
