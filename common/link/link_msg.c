/* link_msg.c - turning collected bytes into ZeroMQ messages.
 *
 * A large buffer is handed over instead of copied. The library's I/O thread
 * frees it; |ready| tells that thread (and the thread sanitizer, which does
 * not see inside the library) that all our writes came before. */
#include <zmq.h>

#include "common/link/link_internal.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Below this a memcpy costs less than an allocation that another thread
 * frees. */
#define HAND_OVER_BYTES_MIN (16u << 10)

struct handed {
    atomic_uint ready;
    char *data;
};

static void free_handed(void *data, void *hint) {
    struct handed *handed = hint;
    unsigned ready = atomic_load_explicit(&handed->ready, memory_order_acquire);
    INVARIANT(ready == 1 && handed->data == data);
    free(handed->data);
    free(handed);
}

static void copy_bytes(zmq_msg_t *msg, struct slice bytes) {
    int rc = zmq_msg_init_size(msg, bytes.size);
    INVARIANT(rc == 0); /* Out of memory. */
    if (bytes.size > 0)
        memcpy(zmq_msg_data(msg), bytes.data, bytes.size);
}

void link_msg_from_buf(zmq_msg_t *msg, struct buf *take_bytes) {
    if (take_bytes->size < HAND_OVER_BYTES_MIN) {
        copy_bytes(msg, buf_slice(take_bytes));
        buf_clear(take_bytes);
        return;
    }
    struct handed *handed = mem_alloc(sizeof(*handed));
    handed->data = take_bytes->data;
    atomic_init(&handed->ready, 0);
    atomic_store_explicit(&handed->ready, 1, memory_order_release);
    int rc = zmq_msg_init_data(msg, take_bytes->data, take_bytes->size,
                               free_handed, handed);
    INVARIANT(rc == 0);
    *take_bytes = (struct buf){0};
}

void link_outgoing_append(struct link_outgoing *outgoing,
                          struct slice message) {
    if (outgoing->bytes.size == 0) {
        buf_reserve(&outgoing->bytes, LINK_HEADER_BYTES);
        outgoing->bytes.size = LINK_HEADER_BYTES; /* Written when sent. */
    }
    size_t bytes = link_packet_frame_bytes(message.size);
    link_packet_frame(buf_reserve(&outgoing->bytes, bytes), message);
    outgoing->bytes.size += bytes;
    outgoing->count++;
    POST(outgoing->bytes.size <= LIMIT_PACKET_BYTES);
}

void link_outgoing_take(struct link_outgoing *outgoing,
                        const struct link_packet *header, zmq_msg_t *msg) {
    PRE(header->count == outgoing->count);
    if (outgoing->count == 0) {
        link_msg_from_packet(msg, header);
        return;
    }
    link_packet_header(header, outgoing->bytes.data);
    size_t capacity = outgoing->bytes.capacity;
    link_msg_from_buf(msg, &outgoing->bytes);
    outgoing->count = 0;
    /* Who filled a large packet will fill another: spare it the growing. */
    if (outgoing->bytes.capacity == 0 &&
        capacity <= 2 * LINK_PACKET_CLOSE_BYTES)
        buf_reserve(&outgoing->bytes, capacity);
}

uint32_t link_outgoing_drop(struct link_outgoing *outgoing) {
    uint32_t dropped = outgoing->count;
    buf_clear(&outgoing->bytes);
    outgoing->count = 0;
    return dropped;
}

void link_outgoing_finish(struct link_outgoing *outgoing) {
    buf_finish(&outgoing->bytes);
    outgoing->count = 0;
}

void link_msg_from_packet(zmq_msg_t *msg, const struct link_packet *packet) {
    bool is_hello = packet->kind == LINK_PACKET_HELLO;
    size_t prefix = is_hello ? LINK_INCARNATION_BYTES : 0;
    int rc =
        zmq_msg_init_size(msg, LINK_HEADER_BYTES + prefix + packet->body.size);
    INVARIANT(rc == 0);
    char *out = zmq_msg_data(msg);
    link_packet_header(packet, out);
    out += LINK_HEADER_BYTES;
    if (is_hello)
        link_packet_incarnation(out, packet->incarnation);
    if (packet->body.size > 0)
        memcpy(out + prefix, packet->body.data, packet->body.size);
}
