/* fuzz_trace.c - a binary trace of hostile bytes: read to its end, every part
 * of an item looked at; what was read whole is written again and reads the
 * same.
 *
 * A fuzzer does not guess checksums: the first byte says whether those of the
 * frames are set right before reading. */
#include <stdint.h>
#include <stdlib.h>

#include "broker/trace/trace_digest.h"
#include "broker/trace/trace_file.h"
#include "common/little_endian.h"

#define START_BYTES 12u
#define FRAME_HEAD 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_checksums(char *bytes, size_t size) {
    for (size_t at = START_BYTES; at < size && size - at >= FRAME_HEAD;) {
        size_t content = get_u32(bytes + at);
        if (content > size - at - FRAME_HEAD)
            return;
        put_u32(bytes + at + 4, trace_checksum((struct slice){
                                    bytes + at + FRAME_HEAD, content}));
        at += FRAME_HEAD + content;
    }
}

static void write_again(const struct trace_item *item, bool *whole,
                        struct buf *out) {
    switch (item->kind) {
    case TRACE_HEAD:
        *whole = item->head.whole;
        trace_put_head(out, &item->head);
        return;
    case TRACE_STATE:
        trace_put_state(out, item->bytes);
        return;
    case TRACE_INPUT:
        if (*whole)
            trace_put_input(out, &item->input, item->effects, true);
        return;
    case TRACE_END:
        trace_put_end(out);
        return;
    case TRACE_COMMENT:
        break;
    }
    INVARIANT(!"a kind that the binary form does not have");
}

/* Returns a digest of what the shell would see. */
static uint64_t look_at(const struct trace_item *item) {
    uint64_t digest = 0;
    struct arena arena = {0};
    struct wire wire;
    struct wire_error error;
    struct core_input input = item->input;
    if (item->kind == TRACE_INPUT)
        digest += (uint64_t)trace_input_decode(&input, &arena, &wire, &error);
    for (uint32_t i = 0; i < item->effects_count; i++)
        digest = digest * 31 + item->digests[i];
    arena_finish(&arena);
    return digest;
}

/* Returns the digest of all items; |again| gets them, if not NULL. */
static uint64_t read_all(struct slice bytes, struct buf *again, bool *whole) {
    struct trace_reader reader;
    struct trace_item item;
    struct trace_error error;
    uint64_t digest = 0;
    trace_reader_init(&reader, bytes);
    while (trace_reader_next(&reader, &item, &error) == ERR_OK) {
        INVARIANT(item.offset < bytes.size);
        digest = digest * 31 + look_at(&item);
        if (again)
            write_again(&item, whole, again);
    }
    INVARIANT(error.offset <= bytes.size && error.text[0]);
    trace_reader_finish(&reader);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf again = {0};
    bool whole = false;
    if (size == 0)
        return 0;
    char *bytes = mem_alloc(size);
    memcpy(bytes, data + 1, size - 1);
    if (data[0] & 1)
        set_checksums(bytes, size - 1);
    uint64_t digest = read_all((struct slice){bytes, size - 1}, &again, &whole);
    if (whole)
        INVARIANT(read_all(buf_slice(&again), NULL, NULL) == digest);
    free(bytes);
    buf_finish(&again);
    return 0;
}
