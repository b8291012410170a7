/* text_form.c - see text_form.h. A new input is one line here. */
#include "broker/replay/text_form.h"

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof *(array))

const struct input_form input_forms[] = {
    [INPUT_PARTITION] = {.name = "partition",
                         .has_partition = true,
                         .has_seq = true},
    [INPUT_COMMAND] = {.name = "command",
                       .has_gateway = true,
                       .has_wire = true},
    [INPUT_READ_DONE] = {.name = "read_done", .has_wire = true},
    [INPUT_COMMITTED] = {.name = "committed",
                         .has_partition = true,
                         .has_seq = true},
    [INPUT_REFUSED] = {.name = "refused",
                       .has_partition = true,
                       .has_seq = true,
                       .has_refusal = true},
    [INPUT_GATEWAY_UP] = {.name = "gateway_up", .has_gateway = true},
    [INPUT_GATEWAY_GONE] = {.name = "gateway_gone", .has_gateway = true},
    [INPUT_TICK] = {.name = "tick"},
    [INPUT_SKIP] = {.name = "skip", .has_partition = true, .has_seq = true},
};
const uint32_t input_forms_count = COUNT(input_forms);

const struct effect_form effect_forms[] = {
    [EFFECT_REPLY] = {.name = "reply", .has_gateway = true},
    [EFFECT_EVENT] = {.name = "event", .has_gateways = true},
    [EFFECT_APPEND] = {.name = "append", .has_place = true},
    [EFFECT_READ] = {.name = "read"},
};
const uint32_t effect_forms_count = COUNT(effect_forms);

#define BOUND(field, most)                                                     \
    {                                                                          \
#field, offsetof(struct core_config, field),                           \
            sizeof((struct core_config *)0)->field, most                       \
    }

const struct config_form config_forms[] = {
    BOUND(actors_max, UINT32_MAX),        BOUND(mailbox_max, UINT32_MAX),
    BOUND(waiting_max, UINT32_MAX),       BOUND(pending_max, UINT32_MAX),
    BOUND(pending_bytes_max, UINT64_MAX), BOUND(idle_us, INT64_MAX),
};
const uint32_t config_forms_count = COUNT(config_forms);
