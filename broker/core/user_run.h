/* user_run.h - a user's side of the actor; private to user.c, user_run.c. */
#ifndef BROKER_CORE_USER_RUN_H
#define BROKER_CORE_USER_RUN_H

#include "broker/core/user.h"

extern const struct actor_type user_type;

void user_destroy(struct core *core, struct actor *actor);
#endif
