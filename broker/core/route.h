/* route.h - which actor, if any, a command is for. */
#ifndef BROKER_CORE_ROUTE_H
#define BROKER_CORE_ROUTE_H

#include "broker/core/mailbox.h"

/* INPUT_COMMAND. */
void route_command(struct core *core, uint32_t gateway,
                   const struct wire *wire);

/* Whether |wire|, with its partition, would come to |actor|; with NULL, to the
 * room of a message, which the store is asked for. */
bool route_leads_to(const struct wire *wire, const struct actor *actor,
                    uint8_t hops);

/* The store says which room has the message that |waiting| names; takes
 * |waiting|. |floor| was committed when it was asked. */
void route_found(struct core *core, struct waiting *waiting, uint64_t floor,
                 const struct wire *row, struct slice bytes);

#endif
