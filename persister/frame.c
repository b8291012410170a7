/* frame.c - see frame.h. */
#include "persister/frame.h"

struct header {
    uint64_t at_ms;
    uint32_t size; /* Of the bytes that follow. */
    uint32_t peer;
    uint8_t type;
    uint8_t last;
};

static void put_header(struct buf *run, const struct frame *frame) {
    struct header header = {.at_ms = frame->at_ms,
                            .size = (uint32_t)frame->bytes.size,
                            .peer = frame->peer,
                            .type = (uint8_t)frame->type,
                            .last = frame->last};
    PRE(frame->bytes.size <= UINT32_MAX);
    buf_append(run, &header, sizeof header);
}

void frame_put(struct buf *run, const struct frame *frame) {
    put_header(run, frame);
    buf_append_slice(run, frame->bytes);
}

size_t frame_begin(struct buf *run, enum frame_type type, uint32_t peer,
                   bool last) {
    struct frame frame = {.type = type, .last = last, .peer = peer};
    size_t begun = run->size;
    put_header(run, &frame);
    return begun;
}

void frame_end(struct buf *run, size_t begun) {
    struct header header;
    size_t size = run->size - begun - sizeof header;
    PRE(run->size >= begun + sizeof header);
    PRE(size <= UINT32_MAX);
    memcpy(&header, run->data + begun, sizeof header);
    header.size = (uint32_t)size;
    memcpy(run->data + begun, &header, sizeof header);
}

bool frame_next(struct slice *run, struct frame *out) {
    struct header header;
    if (run->size == 0)
        return false;
    INVARIANT(run->size >= sizeof header);
    memcpy(&header, run->data, sizeof header);
    INVARIANT(header.size <= run->size - sizeof header);
    *out = (struct frame){.type = (enum frame_type)header.type,
                          .last = header.last,
                          .peer = header.peer,
                          .at_ms = header.at_ms,
                          .bytes = {run->data + sizeof header, header.size}};
    run->data += sizeof header + header.size;
    run->size -= sizeof header + header.size;
    return true;
}
