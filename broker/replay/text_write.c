/* text_write.c - items to lines; see trace_text.h. */
#include <stdio.h>

#include "broker/replay/text_form.h"
#include "broker/replay/trace_text.h"
#include "broker/replay/wire_json.h"
#include "common/json_write.h"

void trace_text_finish(struct trace_text *text) {
    buf_finish(&text->out);
    buf_finish(&text->scratch);
    arena_finish(&text->arena);
}

static void put_digest(struct buf *out, uint64_t digest) {
    char digits[20];
    snprintf(digits, sizeof digits, "\"%016llx\"", (unsigned long long)digest);
    json_put(out, digits);
}

static void put_member(struct buf *out, const char *name, uint64_t value) {
    json_put(out, ",\"");
    json_put(out, name);
    json_put(out, "\":");
    wire_json_put_number(out, value);
}

static void put_config(struct buf *out, const struct core_config *config) {
    for (uint32_t i = 0; i < config_forms_count; i++) {
        const struct config_form *form = &config_forms[i];
        const char *at = (const char *)config + form->offset;
        uint64_t value =
            form->size == 4 ? *(const uint32_t *)at : *(const uint64_t *)at;
        json_put(out, i ? ",\"" : "\"");
        json_put(out, form->name);
        json_put(out, "\":");
        wire_json_put_number(out, value);
    }
}

void trace_text_put_head(struct trace_text *text,
                         const struct trace_head *head) {
    struct buf *out = &text->out;
    json_put(out, "{\"trace\":");
    json_put_uint(out, TRACE_VERSION);
    put_member(out, "shard", head->shard);
    put_member(out, "shards", head->shards);
    json_put(out, ",\"run\":");
    put_digest(out, head->run);
    put_member(out, "file", head->file);
    put_member(out, "started_us", (uint64_t)head->started_us);
    json_put(out, ",\"program\":");
    wire_json_put_bytes(out, head->program);
    json_put(out, head->whole ? ",\"effects\":\"whole\""
                              : ",\"effects\":\"digests\"");
    json_put(out, ",\"config\":{");
    put_config(out, &head->core);
    json_put(out, "}");
    if (head->state_digest) {
        json_put(out, ",\"state_digest\":");
        put_digest(out, head->state_digest);
    }
    json_put(out, "}\n");
}

void trace_text_put_state(struct trace_text *text, struct slice message) {
    /* The comma that comes with the message is not wanted here. */
    size_t start = text->out.size;
    wire_json_put_message(&text->out, "state", message, &text->arena,
                          &text->scratch);
    text->out.data[start] = '{';
    json_put(&text->out, "}\n");
}

void trace_text_put_input(struct trace_text *text,
                          const struct core_input *input) {
    struct buf *out = &text->out;
    PRE((uint32_t)input->kind < input_forms_count);
    const struct input_form *form = &input_forms[input->kind];
    json_put(out, "{\"at_us\":");
    wire_json_put_number(out, (uint64_t)input->now_us);
    json_put(out, ",\"input\":\"");
    json_put(out, form->name);
    json_put(out, "\"");
    if (form->has_gateway)
        put_member(out, "gateway", input->gateway);
    if (form->has_partition)
        put_member(out, "partition", input->partition);
    if (form->has_seq)
        put_member(out, "seq", input->seq);
    if (form->has_refusal)
        put_member(out, "refusal", input->refusal);
    if (form->has_wire)
        wire_json_put_message(out, "wire", input->bytes, &text->arena,
                              &text->scratch);
    json_put(out, "}\n");
}

void trace_text_put_effect(struct trace_text *text,
                           const struct effects *effects,
                           const struct effect *effect) {
    struct buf *out = &text->out;
    const struct effect_form *form = &effect_forms[effect->kind];
    json_put(out, "{\"effect\":\"");
    json_put(out, form->name);
    json_put(out, "\"");
    if (form->has_gateway)
        put_member(out, "gateway", effect->gateway);
    if (form->has_gateways) {
        const uint32_t *gateways = effect_gateways(effects, effect);
        json_put(out, ",\"gateways\":[");
        for (uint32_t i = 0; i < effect->gateway_count; i++) {
            if (i)
                json_put(out, ",");
            json_put_uint(out, gateways[i]);
        }
        json_put(out, "]");
    }
    if (form->has_place) {
        put_member(out, "partition", effect->partition);
        put_member(out, "seq", effect->seq);
    }
    wire_json_put_message(out, "wire", effect_bytes(effects, effect),
                          &text->arena, &text->scratch);
    json_put(out, "}\n");
}

void trace_text_put_digest(struct trace_text *text, uint64_t digest) {
    json_put(&text->out, "{\"effect\":\"digest\",\"digest\":");
    put_digest(&text->out, digest);
    json_put(&text->out, "}\n");
}

void trace_text_put_end(struct trace_text *text, bool is_torn) {
    json_put(&text->out, is_torn ? "{\"end\":false}\n" : "{\"end\":true}\n");
}

size_t trace_text_put_last(struct trace_text *text,
                           const struct core_input *input) {
    size_t size = text->out.size;
    trace_text_put_input(text, input);
    trace_text_put_end(text, true);
    return size;
}

void trace_text_put_comment(struct trace_text *text, struct slice line) {
    buf_append_slice(&text->out, line);
    buf_append(&text->out, "\n", 1);
}

static void put_effects(struct trace_text *text,
                        const struct trace_item *item) {
    for (uint32_t i = 0; i < item->effects_count; i++) {
        if (item->effects)
            trace_text_put_effect(text, item->effects,
                                  &item->effects->items[i]);
        else
            trace_text_put_digest(text, item->digests[i]);
    }
}

void trace_text_put_item(struct trace_text *text,
                         const struct trace_item *item) {
    switch (item->kind) {
    case TRACE_HEAD:
        trace_text_put_head(text, &item->head);
        return;
    case TRACE_STATE:
        trace_text_put_state(text, item->bytes);
        return;
    case TRACE_INPUT:
        trace_text_put_input(text, &item->input);
        put_effects(text, item);
        return;
    case TRACE_END:
        trace_text_put_end(text, item->is_torn);
        return;
    case TRACE_COMMENT:
        trace_text_put_comment(text, item->bytes);
        return;
    }
}

const char *trace_text_input_name(enum core_input_kind kind) {
    return (uint32_t)kind < input_forms_count ? input_forms[kind].name
                                              : "unknown";
}
