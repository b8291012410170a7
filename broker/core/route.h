/* route.h - which actor, if any, a command is for. */
#ifndef BROKER_CORE_ROUTE_H
#define BROKER_CORE_ROUTE_H

#include "broker/core/mailbox.h"

/* INPUT_COMMAND. */
void route_command(struct core *core, uint32_t gateway,
                   const struct wire *wire);

/* The store says which room has the message that |waiting| names; takes
 * |waiting|. |floor| was committed when it was asked. */
void route_found(struct core *core, struct waiting *waiting, uint64_t floor,
                 const struct wire *row, struct slice bytes);

#endif
