/* trace_read.c - bytes to items; see trace_file.h. The bytes may be anything:
 * every length is compared with what is left before it is used, and nothing is
 * allocated that the bytes do not pay for. */
#include "broker/trace/trace_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/core/effects.h"
#include "broker/trace/trace_digest.h"
#include "broker/trace/trace_layout.h"
#include "common/little_endian.h"

/* Of a whole effect: its kind and the size of its bytes. */
#define EFFECT_BYTES_MIN 5u
#define DIGEST_BYTES 8u

/* --- Within one frame ---------------------------------------------------- */

/* What is left of a frame. Once something is missing, all is. */
struct cursor {
    struct slice left;
    bool failed;
};

/* |size| bytes, or NULL. */
static const char *take(struct cursor *cursor, size_t size) {
    if (cursor->failed || cursor->left.size < size) {
        cursor->failed = true;
        return NULL;
    }
    const char *at = cursor->left.data;
    cursor->left.data += size;
    cursor->left.size -= size;
    return at;
}

/* Of what is missing all are 0. */
static uint8_t take_byte(struct cursor *cursor) {
    const char *at = take(cursor, 1);
    return at ? (uint8_t)*at : 0;
}

static uint32_t take_u32(struct cursor *cursor) {
    const char *at = take(cursor, 4);
    return at ? get_u32(at) : 0;
}

static uint64_t take_u64(struct cursor *cursor) {
    const char *at = take(cursor, 8);
    return at ? get_u64(at) : 0;
}

static struct slice take_bytes(struct cursor *cursor) {
    uint32_t size = take_u32(cursor);
    const char *at = take(cursor, size);
    return at ? (struct slice){at, size} : (struct slice){0};
}

/* --- Errors -------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static enum err
fail(enum err err, struct trace_error *error, uint64_t offset,
     const char *format, ...) {
    va_list args;
    va_start(args, format);
    error->offset = offset;
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return err;
}

/* --- Items --------------------------------------------------------------- */

/* Fields that later versions add at the end are passed over. */
static const char *read_head(struct cursor *cursor, struct trace_head *head) {
    head->shard = take_u32(cursor);
    head->shards = take_u32(cursor);
    head->run = take_u64(cursor);
    head->file = take_u32(cursor);
    head->started_us = (int64_t)take_u64(cursor);
    uint8_t whole = take_byte(cursor);
    head->whole = whole != 0;
    head->state_digest = take_u64(cursor);
    head->core.actors_max = take_u32(cursor);
    head->core.mailbox_max = take_u32(cursor);
    head->core.waiting_max = take_u32(cursor);
    head->core.pending_max = take_u32(cursor);
    head->core.pending_bytes_max = take_u64(cursor);
    head->core.idle_us = (int64_t)take_u64(cursor);
    head->program = take_bytes(cursor);
    if (cursor->failed)
        return "the head is too short";
    if (head->shard >= head->shards || whole > 1)
        return "the head says what cannot be";
    return trace_config_fault(&head->core);
}

static const char *read_digests(struct trace_reader *reader,
                                struct cursor *cursor, uint32_t count) {
    const char *at = take(cursor, (size_t)count * DIGEST_BYTES);
    if (!at)
        return "the effects are cut off";
    for (uint32_t i = 0; i < count; i++)
        reader->digests[i] = get_u64(at + (size_t)i * DIGEST_BYTES);
    return NULL;
}

static const char *read_effect(struct effects *effects, struct cursor *cursor) {
    uint8_t kind = take_byte(cursor);
    uint32_t number = 0, first = effects->gateways_count;
    uint64_t seq = 0;
    if (kind == TRACE_EFFECT_REPLY || kind == TRACE_EFFECT_EVENT ||
        kind == TRACE_EFFECT_APPEND)
        number = take_u32(cursor);
    if (kind == TRACE_EFFECT_APPEND)
        seq = take_u64(cursor);
    for (uint32_t i = 0;
         kind == TRACE_EFFECT_EVENT && i < number && !cursor->failed; i++)
        effects_event_to(effects, take_u32(cursor));
    struct slice bytes = take_bytes(cursor);
    if (cursor->failed)
        return "an effect is cut off";
    if (bytes.size == 0 || (kind == TRACE_EFFECT_EVENT && number == 0))
        return "an effect is empty";
    if (kind == TRACE_EFFECT_REPLY)
        effects_reply_bytes(effects, number, bytes);
    else if (kind == TRACE_EFFECT_EVENT)
        effects_event_bytes(effects, first, bytes);
    else if (kind == TRACE_EFFECT_APPEND)
        effects_append_bytes(effects, number, seq, bytes);
    else if (kind == TRACE_EFFECT_READ)
        effects_read_bytes(effects, bytes);
    else
        return "an effect is of no known kind";
    return NULL;
}

static const char *read_whole(struct trace_reader *reader,
                              struct cursor *cursor, uint32_t count) {
    struct effects *effects = &reader->effects;
    for (uint32_t i = 0; i < count; i++) {
        const char *fault = read_effect(effects, cursor);
        if (fault)
            return fault;
        reader->digests[i] = trace_effect_digest(effects, &effects->items[i]);
    }
    return NULL;
}

static const char *read_effects(struct trace_reader *reader,
                                struct cursor *cursor, struct trace_item *out) {
    uint32_t count = take_u32(cursor);
    size_t least = reader->whole ? EFFECT_BYTES_MIN : DIGEST_BYTES;
    effects_clear(&reader->effects);
    if (cursor->failed || count > TRACE_EFFECTS_MAX ||
        count > cursor->left.size / least)
        return "the number of effects is more than there can be";
    if (count > reader->digests_capacity) {
        reader->digests =
            mem_realloc(reader->digests, count * sizeof *reader->digests);
        reader->digests_capacity = count;
    }
    out->effects_count = count;
    out->digests = reader->digests;
    out->effects = reader->whole ? &reader->effects : NULL;
    return reader->whole ? read_whole(reader, cursor, count)
                         : read_digests(reader, cursor, count);
}

static const char *read_input(struct trace_reader *reader,
                              struct cursor *cursor, struct trace_item *out) {
    struct core_input *input = &out->input;
    uint8_t kind = take_byte(cursor);
    input->kind = (enum core_input_kind)kind;
    input->refusal = take_byte(cursor);
    input->now_us = (int64_t)take_u64(cursor);
    input->gateway = take_u32(cursor);
    input->partition = take_u32(cursor);
    input->seq = take_u64(cursor);
    input->bytes = take_bytes(cursor);
    if (cursor->failed)
        return "an input is cut off";
    if (kind > TRACE_INPUT_KIND_LAST)
        return "an input is of no known kind";
    if (input->now_us < reader->now_us)
        return "time goes back";
    reader->now_us = input->now_us;
    return read_effects(reader, cursor, out);
}

/* NULL, or what is wrong with the order of the items. */
static const char *order_fault(const struct trace_reader *reader,
                               unsigned kind) {
    if (kind < TRACE_HEAD || kind > TRACE_END)
        return "a frame is of no known kind";
    if (reader->last == TRACE_END)
        return "something follows the end";
    if ((kind == TRACE_HEAD) != (reader->last == 0))
        return kind == TRACE_HEAD ? "a second head" : "no head stands first";
    if (kind == TRACE_STATE && reader->last == TRACE_INPUT)
        return "a piece of state follows an input";
    return NULL;
}

static const char *read_item(struct trace_reader *reader, struct slice content,
                             struct trace_item *out) {
    struct cursor cursor = {.left = content};
    unsigned kind = take_byte(&cursor);
    const char *fault = order_fault(reader, kind);
    if (fault)
        return fault;
    out->kind = (enum trace_item_kind)kind;
    if (kind == TRACE_HEAD) {
        fault = read_head(&cursor, &out->head);
        out->head.version = reader->version;
        reader->whole = out->head.whole;
    } else if (kind == TRACE_INPUT) {
        fault = read_input(reader, &cursor, out);
    } else if (kind == TRACE_STATE) {
        out->bytes = cursor.left;
        fault = out->bytes.size == 0 ? "a piece of state is empty" : NULL;
    }
    return fault;
}

/* --- Frames -------------------------------------------------------------- */

static bool is_zero(struct slice bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i])
            return false;
    return true;
}

static enum err read_frame(struct trace_reader *reader, struct trace_item *out,
                           struct trace_error *error) {
    struct slice left = {reader->bytes.data + reader->at,
                         reader->bytes.size - reader->at};
    if (left.size == 0 && reader->last == 0)
        return fail(ERR_GAP, error, reader->at, "it ends before its head");
    if (left.size == 0)
        return fail(ERR_NOT_FOUND, error, reader->at, "%s",
                    reader->last == TRACE_END ? "the end"
                                              : "it was never closed");
    uint64_t size = left.size >= TRACE_FRAME_HEAD ? get_u32(left.data) : 0;
    /* A machine that lost its power may leave a file longer than what was
     * written to it. */
    if (left.size < TRACE_FRAME_HEAD || size > left.size - TRACE_FRAME_HEAD ||
        is_zero(left))
        return fail(ERR_GAP, error, reader->at,
                    "it ends within a frame: %zu bytes are torn", left.size);
    struct slice content = {left.data + TRACE_FRAME_HEAD, (size_t)size};
    if (size == 0 || trace_checksum(content) != get_u32(left.data + 4))
        return fail(ERR_CORRUPT, error, reader->at,
                    "the checksum of a frame is wrong");
    const char *fault = read_item(reader, content, out);
    if (fault)
        return fail(ERR_CORRUPT, error, reader->at, "%s", fault);
    out->offset = reader->at;
    reader->last = out->kind;
    reader->at += TRACE_FRAME_HEAD + (size_t)size;
    return ERR_OK;
}

static enum err read_start(struct trace_reader *reader,
                           struct trace_error *error) {
    struct slice bytes = reader->bytes;
    if (bytes.size == 0)
        return fail(ERR_MALFORMED, error, 0, "it is empty");
    if (!trace_is_binary(bytes))
        return fail(ERR_MALFORMED, error, 0, "it is no trace");
    if (bytes.size < TRACE_START_BYTES)
        return fail(ERR_GAP, error, 0, "it ends within its first bytes");
    uint32_t version = get_u32(bytes.data + TRACE_MAGIC_BYTES);
    if (version == 0)
        return fail(ERR_MALFORMED, error, TRACE_MAGIC_BYTES,
                    "there is no version 0");
    if (version > TRACE_VERSION)
        return fail(ERR_VERSION, error, TRACE_MAGIC_BYTES,
                    "it is of version %u; this program reads up to %u", version,
                    TRACE_VERSION);
    reader->version = version;
    reader->at = TRACE_START_BYTES;
    return ERR_OK;
}

enum err trace_reader_next(struct trace_reader *reader, struct trace_item *out,
                           struct trace_error *error) {
    *out = (struct trace_item){0};
    enum err err = reader->at == 0 ? read_start(reader, error) : ERR_OK;
    return err == ERR_OK ? read_frame(reader, out, error) : err;
}

bool trace_is_binary(struct slice bytes) {
    size_t size =
        bytes.size < TRACE_MAGIC_BYTES ? bytes.size : TRACE_MAGIC_BYTES;
    return size > 0 && memcmp(bytes.data, TRACE_MAGIC.data, size) == 0;
}

void trace_reader_init(struct trace_reader *reader, struct slice bytes) {
    *reader = (struct trace_reader){.bytes = bytes};
}

void trace_reader_finish(struct trace_reader *reader) {
    free(reader->digests);
    effects_finish(&reader->effects);
    *reader = (struct trace_reader){0};
}
