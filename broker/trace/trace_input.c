/* trace_input.c - what a core may be told, and how its bytes become a message:
 * the same in a shard and in a replay. */
#include "broker/trace/trace.h"

const char *trace_config_fault(const struct core_config *config) {
    if (config->actors_max == 0 || config->mailbox_max == 0 ||
        config->waiting_max == 0 || config->pending_max == 0)
        return "a bound of the core is 0";
    return NULL;
}

/* Pages are handed through by the core, so only their head is looked at; the
 * gateway decodes them. */
static bool is_handed_through(enum wire_kind kind) {
    return kind == WIRE_REPLY_PAGE || kind == WIRE_REPLY_LIST ||
           kind == WIRE_REPLY_VIEW;
}

enum err trace_answer_decode(struct slice bytes, struct arena *arena,
                             struct wire *wire, struct wire_error *error) {
    struct wire_head_fields head;
    if (wire_peek(bytes, &head) != ERR_OK) {
        *error = (struct wire_error){"message", "head", "is malformed"};
        return ERR_MALFORMED;
    }
    if (!is_handed_through(head.kind))
        return wire_decode(bytes, arena, wire, error);
    *wire = (struct wire){.kind = head.kind,
                          .correlation = head.correlation,
                          .partition = head.partition};
    return ERR_OK;
}

static enum err fail(struct wire_error *error, const char *field,
                     const char *reason) {
    *error = (struct wire_error){"input", field, reason};
    return ERR_MALFORMED;
}

static enum err check_partition(const struct core_input *input,
                                struct wire_error *error) {
    if (input->partition >= PARTITION_COUNT)
        return fail(error, "partition", "is too large");
    return ERR_OK;
}

static enum err check_gateway(const struct core_input *input,
                              struct wire_error *error) {
    if (input->gateway == 0)
        return fail(error, "gateway", "is missing");
    return ERR_OK;
}

static enum err decode_command(struct core_input *input, struct arena *arena,
                               struct wire *wire, struct wire_error *error) {
    enum err err = wire_decode(input->bytes, arena, wire, error);
    if (err != ERR_OK)
        return err;
    if (!wire_is_command(wire->kind))
        return fail(error, "wire", "is no command");
    input->wire = wire;
    return check_gateway(input, error);
}

static enum err decode_answer(struct core_input *input, struct arena *arena,
                              struct wire *wire, struct wire_error *error) {
    enum err err = trace_answer_decode(input->bytes, arena, wire, error);
    if (err == ERR_OK)
        input->wire = wire;
    return err;
}

enum err trace_input_decode(struct core_input *input, struct arena *arena,
                            struct wire *wire, struct wire_error *error) {
    input->wire = NULL;
    if (input->kind == INPUT_COMMAND)
        return decode_command(input, arena, wire, error);
    if (input->kind == INPUT_READ_DONE)
        return decode_answer(input, arena, wire, error);
    if (input->kind == INPUT_GATEWAY_UP || input->kind == INPUT_GATEWAY_GONE)
        return check_gateway(input, error);
    if (input->kind == INPUT_TICK)
        return ERR_OK;
    if (input->kind == INPUT_REFUSED &&
        (input->refusal == 0 || input->refusal > REFUSED_LAST))
        return fail(error, "refusal", "is not known");
    return check_partition(input, error);
}
