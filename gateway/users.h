/* users.h - the users that have connections here, and for a while those that
 * had: a reconnect finds its bucket as empty as it was left. Pure. */
#ifndef GATEWAY_USERS_H
#define GATEWAY_USERS_H

#include "common/table.h"
#include "gateway/limits.h"
#include "gateway/list.h"

/* Users without a connection that are remembered; beyond, the one that left
 * first is forgotten. */
#define USERS_IDLE_MAX 65536u

struct feed;

struct user {
    user_id id;
    struct feed *feed; /* NULL: no connection here wants one. */
    struct rate_state rate;
    bool hides;              /* Said so here, and has not come online since. */
    struct list connections; /* struct connection, by of_user. */
    uint32_t connections_count;
    struct list idle; /* In users.idle while there are no connections. */
};

struct users {
    struct table by_id;
    struct list idle; /* The first to be forgotten first. */
    uint32_t idle_count;
};

void users_init(struct users *users, uint64_t seed);
void users_finish(struct users *users);

/* Open connections of a user. */
uint64_t users_count(const struct users *users, user_id id);

/* The user, or NULL if it is not remembered. */
struct user *users_find(const struct users *users, user_id id);

/* One more connection, by its link. */
struct user *users_enter(struct users *users, user_id id,
                         struct list *connection);

/* The user, made if need be, for a request that is no connection's. Borrowed
 * until any change. */
struct user *users_visit(struct users *users, user_id id);

/* One less. A user whose bucket is full again is forgotten at once. */
void users_leave(struct users *users, struct user *user,
                 struct list *connection, uint64_t now_ms);

#endif
