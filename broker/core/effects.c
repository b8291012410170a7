/* effects.c - see effects.h: a list of effects in three growing blocks. */
#include "broker/core/effects.h"

#include <stdlib.h>

void effects_clear(struct effects *effects) {
    effects->count = 0;
    effects->gateways_count = 0;
    buf_clear(&effects->bytes);
}

void effects_finish(struct effects *effects) {
    free(effects->items);
    free(effects->gateways);
    buf_finish(&effects->bytes);
    *effects = (struct effects){0};
}

/* A new effect whose bytes begin at the end of what is there. */
static struct effect *begin(struct effects *effects, enum effect_kind kind) {
    if (effects->count == effects->capacity) {
        effects->capacity = effects->capacity ? effects->capacity * 2 : 64;
        effects->items = mem_realloc(
            effects->items, effects->capacity * sizeof *effects->items);
    }
    struct effect *effect = &effects->items[effects->count++];
    *effect =
        (struct effect){.kind = kind, .bytes_offset = effects->bytes.size};
    return effect;
}

static void end(struct effects *effects, struct effect *effect) {
    effect->bytes_size = effects->bytes.size - effect->bytes_offset;
    POST(effect->bytes_size > 0);
}

void effects_reply(struct effects *effects, uint32_t gateway,
                   const struct wire *wire) {
    struct effect *effect = begin(effects, EFFECT_REPLY);
    effect->gateway = gateway;
    wire_encode(wire, &effects->bytes);
    end(effects, effect);
}

void effects_reply_bytes(struct effects *effects, uint32_t gateway,
                         struct slice bytes) {
    struct effect *effect = begin(effects, EFFECT_REPLY);
    effect->gateway = gateway;
    buf_append_slice(&effects->bytes, bytes);
    end(effects, effect);
}

void effects_append_bytes(struct effects *effects, uint32_t partition,
                          uint64_t seq, struct slice bytes) {
    struct effect *effect = begin(effects, EFFECT_APPEND);
    effect->partition = partition;
    effect->seq = seq;
    buf_append_slice(&effects->bytes, bytes);
    end(effects, effect);
}

void effects_read_bytes(struct effects *effects, struct slice bytes) {
    struct effect *effect = begin(effects, EFFECT_READ);
    buf_append_slice(&effects->bytes, bytes);
    end(effects, effect);
}

void effects_reply_as(struct effects *effects, uint32_t gateway,
                      uint64_t correlation, struct slice bytes) {
    struct wire_head_fields head;
    enum err err = wire_peek(bytes, &head);
    PRE(err == ERR_OK);
    struct effect *effect = begin(effects, EFFECT_REPLY);
    effect->gateway = gateway;
    wire_readdress(bytes, &head, correlation, &effects->bytes);
    end(effects, effect);
}

void effects_read(struct effects *effects, const struct wire *wire) {
    struct effect *effect = begin(effects, EFFECT_READ);
    wire_encode(wire, &effects->bytes);
    end(effects, effect);
}

size_t effects_append(struct effects *effects, uint32_t partition, uint64_t seq,
                      const struct wire *wire) {
    struct effect *effect = begin(effects, EFFECT_APPEND);
    effect->partition = partition;
    effect->seq = seq;
    wire_encode(wire, &effects->bytes);
    end(effects, effect);
    return effect->bytes_size;
}

void effects_event_to(struct effects *effects, uint32_t gateway) {
    if (effects->gateways_count == effects->gateways_capacity) {
        effects->gateways_capacity =
            effects->gateways_capacity ? effects->gateways_capacity * 2 : 64;
        effects->gateways =
            mem_realloc(effects->gateways,
                        effects->gateways_capacity * sizeof *effects->gateways);
    }
    effects->gateways[effects->gateways_count++] = gateway;
}

/* NULL when nobody was named since |first_gateway|. */
static struct effect *begin_event(struct effects *effects,
                                  uint32_t first_gateway) {
    PRE(first_gateway <= effects->gateways_count);
    if (first_gateway == effects->gateways_count)
        return NULL;
    struct effect *effect = begin(effects, EFFECT_EVENT);
    effect->gateways = first_gateway;
    effect->gateway_count = effects->gateways_count - first_gateway;
    return effect;
}

void effects_event_bytes(struct effects *effects, uint32_t first_gateway,
                         struct slice bytes) {
    struct effect *effect = begin_event(effects, first_gateway);
    if (!effect)
        return;
    buf_append_slice(&effects->bytes, bytes);
    end(effects, effect);
}

void effects_event(struct effects *effects, uint32_t first_gateway,
                   const struct wire *wire) {
    struct effect *effect = begin_event(effects, first_gateway);
    if (!effect)
        return;
    wire_encode(wire, &effects->bytes);
    end(effects, effect);
}
