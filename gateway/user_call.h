/* user_call.h - HTTP calls of the dialects (frontend.h, |http|): whose a path
 * is, and whether a user may call now. One thread. */
#ifndef GATEWAY_USER_CALL_H
#define GATEWAY_USER_CALL_H

#include "common/wire/wire.h"

struct call_handler;
struct gateway;

/* The dialect's handler whose calls |path| begins like, or NULL. */
const struct call_handler *user_call_handler(const struct gateway *gateway,
                                             struct slice path);

enum user_call {
    USER_CALL_OK,
    USER_CALL_THROTTLED, /* Over the rate, which WebSockets share. */
    USER_CALL_AWAY,      /* There is no link to the broker. */
};

/* Counts one request of the user. */
enum user_call user_call_check(struct gateway *gateway, user_id user);

/* What is known of the user: the directory's profile if a connection has it,
 * else |claims|. Borrowed until any change. */
const struct wire_profile *user_call_self(const struct gateway *gateway,
                                          const struct wire_profile *claims);

#endif
