/* text_line.c - see text_line.h. */
#include "broker/replay/text_line.h"

#include <jansson.h>

#include "broker/core/effects.h"
#include "broker/replay/text_form.h"
#include "broker/replay/wire_json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum err get_digest(const json_t *line, const char *name,
                           bool is_required, uint64_t *out,
                           struct trace_error *error) {
    const json_t *value = json_object_get(line, name);
    const char *text = json_string_value(value);
    *out = 0;
    if (!value && !is_required)
        return ERR_OK;
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return wire_json_fail(error, "\"%s\" is not 16 digits of hex", name);
    for (; *text; text++)
        *out = *out << 4 |
               (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
    return ERR_OK;
}

static enum err get_u32(const json_t *line, const char *name, bool is_required,
                        uint32_t *out, struct trace_error *error) {
    uint64_t value;
    enum err err = wire_json_get_number(line, name, is_required, UINT32_MAX,
                                        &value, error);
    *out = (uint32_t)value;
    return err;
}

static enum err get_config(const json_t *config, struct core_config *out,
                           struct trace_error *error) {
    const char *names[16];
    *out = CORE_CONFIG_DEFAULT;
    if (!json_is_object(config))
        return wire_json_fail(error, "\"config\" is no object");
    PRE(config_forms_count <= COUNT(names));
    for (uint32_t i = 0; i < config_forms_count; i++) {
        const struct config_form *form = &config_forms[i];
        char *at = (char *)out + form->offset;
        uint64_t value;
        names[i] = form->name;
        enum err err = wire_json_get_number(config, form->name, false,
                                            form->max, &value, error);
        if (err != ERR_OK)
            return err;
        if (!json_object_get(config, form->name))
            continue;
        union {
            uint32_t small;
            uint64_t large;
        } number = {.large = value};
        if (form->size == sizeof number.small)
            number.small = (uint32_t)value;
        memcpy(at, &number, form->size);
    }
    const char *fault = trace_config_fault(out);
    if (fault)
        return wire_json_fail(error, "\"config\": %s", fault);
    return wire_json_check_names(config, names, config_forms_count, error);
}

static enum err get_whole(const json_t *line, bool *out,
                          struct trace_error *error) {
    const char *effects = json_string_value(json_object_get(line, "effects"));
    *out = effects && strcmp(effects, "whole") == 0;
    if (!*out && (!effects || strcmp(effects, "digests") != 0))
        return wire_json_fail(
            error, "\"effects\" is neither \"whole\" nor \"digests\"");
    return ERR_OK;
}

enum err text_line_head(const json_t *line, struct trace_head *out,
                        struct trace_error *error) {
    static const char *const names[] = {
        "trace",      "shard",   "shards",  "run",    "file",
        "started_us", "program", "effects", "config", "state_digest"};
    uint64_t started_us;
    enum err err = get_u32(line, "trace", true, &out->version, error);
    if (err != ERR_OK)
        return err;
    if (out->version > TRACE_VERSION) {
        wire_json_fail(error,
                       "the trace is of version %u, this program reads up to "
                       "%u",
                       out->version, TRACE_VERSION);
        return ERR_VERSION;
    }
    if (out->version == 0)
        return wire_json_fail(error, "\"trace\" is 0");
    if ((err = get_u32(line, "shard", false, &out->shard, error)) ||
        (err = get_u32(line, "shards", true, &out->shards, error)) ||
        (err = get_digest(line, "run", true, &out->run, error)) ||
        (err = get_u32(line, "file", true, &out->file, error)) ||
        (err = wire_json_get_number(line, "started_us", false, INT64_MAX,
                                    &started_us, error)) ||
        (err = get_digest(line, "state_digest", false, &out->state_digest,
                          error)) ||
        (err = get_whole(line, &out->whole, error)) ||
        (err = get_config(json_object_get(line, "config"), &out->core, error)))
        return err;
    if (out->shard >= out->shards)
        return wire_json_fail(error, "\"shard\" is not below \"shards\"");
    const json_t *program = json_object_get(line, "program");
    out->started_us = (int64_t)started_us;
    out->program =
        (struct slice){json_string_value(program), json_string_length(program)};
    return wire_json_check_names(line, names, COUNT(names), error);
}

enum err text_line_state(const json_t *line, struct arena *arena,
                         struct buf *message, struct trace_error *error) {
    static const char *const names[] = {"state", "bytes"};
    enum err err = wire_json_check_names(line, names, COUNT(names), error);
    return err == ERR_OK
               ? wire_json_get_message(line, "state", arena, message, error)
               : err;
}

/* NULL after an error. */
static const struct input_form *input_form(const json_t *line,
                                           struct core_input *out,
                                           struct trace_error *error) {
    const char *name = json_string_value(json_object_get(line, "input"));
    for (uint32_t i = 0; name && i < input_forms_count; i++) {
        if (strcmp(input_forms[i].name, name) == 0) {
            out->kind = (enum core_input_kind)i;
            return &input_forms[i];
        }
    }
    (void)!wire_json_fail(error, "\"%.60s\" is no input", name ? name : "");
    return NULL;
}

enum err text_line_input(const json_t *line, struct arena *arena,
                         struct buf *message, struct core_input *out,
                         struct trace_error *error) {
    const char *names[8];
    size_t count = 0;
    uint64_t now_us, partition, refusal;
    const struct input_form *form = input_form(line, out, error);
    if (!form)
        return ERR_MALFORMED;
    names[count++] = "at_us";
    names[count++] = "input";
    if (form->has_gateway)
        names[count++] = "gateway";
    if (form->has_partition)
        names[count++] = "partition";
    if (form->has_seq)
        names[count++] = "seq";
    if (form->has_refusal)
        names[count++] = "refusal";
    if (form->has_wire) {
        names[count++] = "wire";
        names[count++] = "bytes";
    }
    enum err err = wire_json_check_names(line, names, count, error);
    if (err != ERR_OK ||
        (err = wire_json_get_number(line, "at_us", true, INT64_MAX, &now_us,
                                    error)) ||
        (err = get_u32(line, "gateway", form->has_gateway, &out->gateway,
                       error)) ||
        (err = wire_json_get_number(line, "partition", form->has_partition,
                                    PARTITION_COUNT - 1, &partition, error)) ||
        (err = wire_json_get_number(line, "seq", form->has_seq, UINT64_MAX,
                                    &out->seq, error)) ||
        (err = wire_json_get_number(line, "refusal", form->has_refusal,
                                    REFUSED_LAST, &refusal, error)))
        return err;
    out->now_us = (int64_t)now_us;
    out->partition = (uint32_t)partition;
    out->refusal = (uint8_t)refusal;
    if (!form->has_wire)
        return ERR_OK;
    err = wire_json_get_message(line, "wire", arena, message, error);
    out->bytes = buf_slice(message);
    return err;
}

static enum err get_gateways(const json_t *line, struct effects *effects,
                             struct trace_error *error) {
    const json_t *gateways = json_object_get(line, "gateways");
    size_t count = json_array_size(gateways);
    if (count == 0)
        return wire_json_fail(error, "\"gateways\" is no list of numbers");
    for (size_t i = 0; i < count; i++) {
        const json_t *gateway = json_array_get(gateways, i);
        json_int_t number = json_integer_value(gateway);
        if (!json_is_integer(gateway) || number < 0 || number > UINT32_MAX)
            return wire_json_fail(error, "\"gateways\" is no list of numbers");
        effects_event_to(effects, (uint32_t)number);
    }
    return ERR_OK;
}

static enum err get_effect(const json_t *line, enum effect_kind kind,
                           struct arena *arena, struct buf *message,
                           struct effects *effects, struct trace_error *error) {
    const struct effect_form *form = &effect_forms[kind];
    const char *names[8];
    size_t count = 0;
    uint32_t gateway, first = effects->gateways_count;
    uint64_t partition, seq;
    names[count++] = "effect";
    names[count++] = "wire";
    names[count++] = "bytes";
    if (form->has_gateway)
        names[count++] = "gateway";
    if (form->has_gateways)
        names[count++] = "gateways";
    if (form->has_place) {
        names[count++] = "partition";
        names[count++] = "seq";
    }
    enum err err = wire_json_check_names(line, names, count, error);
    if (err != ERR_OK ||
        (err = get_u32(line, "gateway", form->has_gateway, &gateway, error)) ||
        (err = wire_json_get_number(line, "partition", form->has_place,
                                    PARTITION_COUNT - 1, &partition, error)) ||
        (err = wire_json_get_number(line, "seq", form->has_place, UINT64_MAX,
                                    &seq, error)) ||
        (err = wire_json_get_message(line, "wire", arena, message, error)) ||
        (form->has_gateways && (err = get_gateways(line, effects, error))))
        return err;
    struct slice bytes = buf_slice(message);
    switch (kind) {
    case EFFECT_REPLY:
        effects_reply_bytes(effects, gateway, bytes);
        break;
    case EFFECT_EVENT:
        effects_event_bytes(effects, first, bytes);
        break;
    case EFFECT_APPEND:
        effects_append_bytes(effects, (uint32_t)partition, seq, bytes);
        break;
    case EFFECT_READ:
        effects_read_bytes(effects, bytes);
        break;
    }
    return ERR_OK;
}

enum err text_line_effect(const json_t *line, struct arena *arena,
                          struct buf *message, struct effects *effects,
                          bool *is_digest, uint64_t *digest,
                          struct trace_error *error) {
    static const char *const names[] = {"effect", "digest"};
    const char *name = json_string_value(json_object_get(line, "effect"));
    *is_digest = name && strcmp(name, "digest") == 0;
    if (*is_digest) {
        enum err err = get_digest(line, "digest", true, digest, error);
        return err == ERR_OK
                   ? wire_json_check_names(line, names, COUNT(names), error)
                   : err;
    }
    for (uint32_t i = 0; name && i < effect_forms_count; i++)
        if (strcmp(effect_forms[i].name, name) == 0)
            return get_effect(line, (enum effect_kind)i, arena, message,
                              effects, error);
    return wire_json_fail(error, "\"%.60s\" is no effect", name ? name : "");
}
