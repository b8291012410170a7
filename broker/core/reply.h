/* reply.h - answering commands. Each gets exactly one reply. */
#ifndef BROKER_CORE_REPLY_H
#define BROKER_CORE_REPLY_H

#include "broker/core/mailbox.h"

/* Answers at once. Correlation and partition of |reply| are set here. */
void reply_send(struct core *core, const struct command *command,
                struct wire *reply);

void reply_ok(struct core *core, const struct command *command);

void reply_refuse(struct core *core, const struct command *command,
                  enum wire_refusal refusal);

/* REFUSED_BAD_FIELD and the like; |field| is a static string. */
void reply_refuse_field(struct core *core, const struct command *command,
                        enum wire_refusal refusal, const char *field);

/* The same without the command at hand. */
void reply_refuse_to(struct core *core, uint32_t gateway, uint64_t correlation,
                     uint32_t partition, uint8_t refusal);

#endif
