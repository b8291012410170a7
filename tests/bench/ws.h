/* ws.h - WebSocket framing for the bench's own server and client.
 *
 * The bench must not borrow its yardstick from the library that it measures,
 * so the few dozen lines of RFC 6455 that both sides need are here. */
#ifndef TESTS_BENCH_WS_H
#define TESTS_BENCH_WS_H

#include "common/buf.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

/* The largest header: 2 bytes, 8 of length, 4 of mask. */
#define WS_HEADER_BYTES_MAX 14u
/* No peer of a bench sends more; a larger claim is a broken peer. */
#define WS_PAYLOAD_BYTES_MAX (64u << 20)
/* Base64 of a SHA-1 and its NUL. */
#define WS_ACCEPT_BYTES 29u

struct ws_frame {
    uint8_t opcode;
    bool is_final;
    char *payload; /* Unmasked, in place; borrowed. */
    size_t size;
};

/* Called once per whole frame. False stops: the connection is gone. */
typedef bool ws_handler(void *context, const struct ws_frame *frame);

/* Feeds |size| bytes of |data| (changed: unmasked in place) that follow those
 * left over in |inbox|; an incomplete frame stays there. An empty inbox holds
 * no memory. Returns false if |handle| did, or at a frame that no sane peer
 * sends. */
bool ws_feed(struct buf *inbox, char *data, size_t size, ws_handler *handle,
             void *context);

/* Writes the header of a final frame to |out|; returns its size. With |mask|
 * the frame is a client's, and its payload must go through ws_mask(). */
size_t ws_header(char out[WS_HEADER_BYTES_MAX], enum ws_opcode opcode,
                 size_t size, const uint8_t mask[4]);

/* Appends a whole masked frame to |out|. */
void ws_append_masked(struct buf *out, enum ws_opcode opcode, const char *data,
                      size_t size);

/* The Sec-WebSocket-Accept that answers |key|. */
void ws_accept_key(struct slice key, char out[WS_ACCEPT_BYTES]);

#endif
