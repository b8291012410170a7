/* cmd_file.h - private to user_run.c and cmd_file.c. */
#ifndef BROKER_CORE_CMD_FILE_H
#define BROKER_CORE_CMD_FILE_H

#include "broker/core/actor.h"

struct user;

/* WIRE_FILE_PUT. */
enum run cmd_file_put(struct core *core, struct user *user,
                      const struct command *command);

#endif
