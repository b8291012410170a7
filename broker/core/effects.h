/* effects.h - writing the list of effects. */
#ifndef BROKER_CORE_EFFECTS_H
#define BROKER_CORE_EFFECTS_H

#include "broker/core/core.h"

/* Encode |wire| as the next effect. */
void effects_reply(struct effects *effects, uint32_t gateway,
                   const struct wire *wire);
void effects_read(struct effects *effects, const struct wire *wire);

/* Returns the size of the record's encoding. */
size_t effects_append(struct effects *effects, uint32_t partition, uint64_t seq,
                      const struct wire *wire);

/* Copy what is encoded already. */
void effects_reply_bytes(struct effects *effects, uint32_t gateway,
                         struct slice bytes);
void effects_append_bytes(struct effects *effects, uint32_t partition,
                          uint64_t seq, struct slice bytes);
void effects_read_bytes(struct effects *effects, struct slice bytes);

/* A reply under another correlation. */
void effects_reply_as(struct effects *effects, uint32_t gateway,
                      uint64_t correlation, struct slice bytes);

/* An event: name its gateways one by one, then its bytes. Without a gateway
 * nothing is emitted. */
void effects_event_to(struct effects *effects, uint32_t gateway);
void effects_event_bytes(struct effects *effects, uint32_t first_gateway,
                         struct slice bytes);
void effects_event(struct effects *effects, uint32_t first_gateway,
                   const struct wire *wire);

#endif
