/* trace_write.c - items to bytes; see trace_file.h. */
#include "broker/trace/trace_file.h"

#include "broker/trace/trace_digest.h"
#include "broker/trace/trace_layout.h"
#include "common/little_endian.h"

static void put_byte(struct buf *out, unsigned value) {
    *buf_reserve(out, 1) = (char)value;
    out->size++;
}

static void put_number32(struct buf *out, uint32_t value) {
    put_u32(buf_reserve(out, 4), value);
    out->size += 4;
}

static void put_number64(struct buf *out, uint64_t value) {
    put_u64(buf_reserve(out, 8), value);
    out->size += 8;
}

static void put_bytes(struct buf *out, struct slice bytes) {
    PRE(bytes.size <= UINT32_MAX);
    put_number32(out, (uint32_t)bytes.size);
    buf_append_slice(out, bytes);
}

/* Where the frame begins, for end_frame(). */
static size_t begin_frame(struct buf *out, enum trace_item_kind kind) {
    size_t start = out->size;
    (void)buf_reserve(out, TRACE_FRAME_HEAD + 1);
    out->size += TRACE_FRAME_HEAD;
    put_byte(out, kind);
    return start;
}

static void end_frame(struct buf *out, size_t start) {
    struct slice content = {out->data + start + TRACE_FRAME_HEAD,
                            out->size - start - TRACE_FRAME_HEAD};
    INVARIANT(content.size <= UINT32_MAX);
    put_u32(out->data + start, (uint32_t)content.size);
    put_u32(out->data + start + 4, trace_checksum(content));
}

void trace_put_head(struct buf *out, const struct trace_head *head) {
    PRE(head->shard < head->shards);
    buf_append_slice(out, TRACE_MAGIC);
    put_number32(out, TRACE_VERSION);
    size_t start = begin_frame(out, TRACE_HEAD);
    put_number32(out, head->shard);
    put_number32(out, head->shards);
    put_number64(out, head->run);
    put_number32(out, head->file);
    put_number64(out, (uint64_t)head->started_us);
    put_byte(out, head->whole);
    put_number64(out, head->state_digest);
    put_number32(out, head->core.actors_max);
    put_number32(out, head->core.mailbox_max);
    put_number32(out, head->core.waiting_max);
    put_number32(out, head->core.pending_max);
    put_number64(out, head->core.pending_bytes_max);
    put_number64(out, (uint64_t)head->core.idle_us);
    put_bytes(out, head->program);
    end_frame(out, start);
}

void trace_put_state(struct buf *out, struct slice message) {
    size_t start = begin_frame(out, TRACE_STATE);
    buf_append_slice(out, message);
    end_frame(out, start);
}

void trace_put_end(struct buf *out) {
    end_frame(out, begin_frame(out, TRACE_END));
}

static void put_gateways(struct buf *out, const uint32_t *gateways,
                         uint32_t count) {
    put_number32(out, count);
    for (uint32_t i = 0; i < count; i++)
        put_number32(out, gateways[i]);
}

static void put_effect(struct buf *out, const struct effects *effects,
                       const struct effect *effect) {
    switch (effect->kind) {
    case EFFECT_REPLY:
        put_byte(out, TRACE_EFFECT_REPLY);
        put_number32(out, effect->gateway);
        break;
    case EFFECT_EVENT:
        put_byte(out, TRACE_EFFECT_EVENT);
        put_gateways(out, effect_gateways(effects, effect),
                     effect->gateway_count);
        break;
    case EFFECT_APPEND:
        put_byte(out, TRACE_EFFECT_APPEND);
        put_number32(out, effect->partition);
        put_number64(out, effect->seq);
        break;
    case EFFECT_READ:
        put_byte(out, TRACE_EFFECT_READ);
        break;
    }
    put_bytes(out, effect_bytes(effects, effect));
}

static char *write_input_fields(char *at, const struct core_input *input) {
    at[0] = (char)input->kind;
    at[1] = (char)input->refusal;
    put_u64(at + 2, (uint64_t)input->now_us);
    put_u32(at + 10, input->gateway);
    put_u32(at + 14, input->partition);
    put_u64(at + 18, input->seq);
    put_u32(at + 26, (uint32_t)input->bytes.size);
    at += TRACE_INPUT_FIELDS + 4;
    if (input->bytes.size)
        memcpy(at, input->bytes.data, input->bytes.size);
    return at + input->bytes.size;
}

/* In one piece: there is one for each input of a busy broker. */
static void put_digested(struct buf *out, const struct core_input *input,
                         const struct effects *effects) {
    char *at = buf_reserve(out, TRACE_INPUT_FIELDS + 4 + input->bytes.size + 4 +
                                    8 * (size_t)effects->count);
    char *end = write_input_fields(at, input);
    put_u32(end, effects->count);
    end += 4;
    for (uint32_t i = 0; i < effects->count; i++, end += 8)
        put_u64(end, trace_effect_digest(effects, &effects->items[i]));
    out->size += (size_t)(end - at);
}

static void put_whole(struct buf *out, const struct core_input *input,
                      const struct effects *effects) {
    char *at = buf_reserve(out, TRACE_INPUT_FIELDS + 4 + input->bytes.size);
    out->size += (size_t)(write_input_fields(at, input) - at);
    put_number32(out, effects->count);
    for (uint32_t i = 0; i < effects->count; i++)
        put_effect(out, effects, &effects->items[i]);
}

void trace_put_input(struct buf *out, const struct core_input *input,
                     const struct effects *effects, bool whole) {
    PRE(effects->count <= TRACE_EFFECTS_MAX);
    PRE(input->bytes.size <= UINT32_MAX);
    size_t start = begin_frame(out, TRACE_INPUT);
    if (whole)
        put_whole(out, input, effects);
    else
        put_digested(out, input, effects);
    end_frame(out, start);
}
