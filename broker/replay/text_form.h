/* text_form.h - which members the lines of each input and effect have: one
 * table for writer and reader. Private to broker/replay. */
#ifndef BROKER_REPLAY_TEXT_FORM_H
#define BROKER_REPLAY_TEXT_FORM_H

#include "broker/trace/trace.h"

struct input_form {
    const char *name;
    bool has_gateway;
    bool has_partition;
    bool has_seq;
    bool has_refusal;
    bool has_wire;
};

extern const struct input_form input_forms[];
extern const uint32_t input_forms_count;

struct effect_form {
    const char *name;
    bool has_gateway;
    bool has_gateways;
    bool has_place; /* partition and seq */
};

extern const struct effect_form effect_forms[];
extern const uint32_t effect_forms_count;

/* A bound of a core, in the head's "config". */
struct config_form {
    const char *name;
    uint32_t offset;
    uint32_t size; /* 4 or 8 bytes. */
    uint64_t max;
};

extern const struct config_form config_forms[];
extern const uint32_t config_forms_count;

#endif
