/* reply.c - see reply.h. */
#include "broker/core/reply.h"

#include "broker/core/core_state.h"
#include "broker/core/effects.h"

void reply_send(struct core *core, const struct command *command,
                struct wire *reply) {
    reply->correlation = command->wire->correlation;
    reply->partition = command->wire->partition;
    effects_reply(core->out, command->gateway, reply);
}

void reply_ok(struct core *core, const struct command *command) {
    struct wire reply = {.kind = WIRE_REPLY_OK};
    reply_send(core, command, &reply);
}

void reply_refuse(struct core *core, const struct command *command,
                  enum wire_refusal refusal) {
    reply_refuse_field(core, command, refusal, NULL);
}

void reply_refuse_field(struct core *core, const struct command *command,
                        enum wire_refusal refusal, const char *field) {
    struct wire reply = {.kind = WIRE_REPLY_ERROR};
    reply.as.reply_error.refusal = (uint8_t)refusal;
    reply.as.reply_error.field = slice_of(field);
    core->stats.refusals_total++;
    reply_send(core, command, &reply);
}

void reply_refuse_to(struct core *core, uint32_t gateway, uint64_t correlation,
                     uint32_t partition, uint8_t refusal) {
    struct wire reply = {.kind = WIRE_REPLY_ERROR,
                         .correlation = correlation,
                         .partition = partition};
    reply.as.reply_error.refusal = refusal;
    core->stats.refusals_total++;
    effects_reply(core->out, gateway, &reply);
}
