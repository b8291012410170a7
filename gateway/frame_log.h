/* frame_log.h - bytes that are ready to be sent, shared by everyone who gets
 * them.
 *
 * A message becomes a WebSocket frame (RFC 6455, from a server: not masked)
 * once, at the end of a log made of chunks; whoever is to get it holds a span
 * of the log. What follows on in the log is one longer span, and one send().
 * A chunk lives as long as a span of it. Pure; one thread. */
#ifndef GATEWAY_FRAME_LOG_H
#define GATEWAY_FRAME_LOG_H

#include "common/types.h"

#define FRAME_CHUNK_BYTES (64u << 10)

/* The first byte of a frame. */
#define FRAME_TEXT 0x81u       /* A whole text message. */
#define FRAME_TEXT_FIRST 0x01u /* The first part of one. */
#define FRAME_MIDDLE 0x00u
#define FRAME_LAST 0x80u
#define FRAME_CLOSE 0x88u
#define FRAME_PING 0x89u

#define FRAME_HEADER_BYTES_MAX 10u

struct chunk;

/* A run of bytes in a chunk. Zeroed is the empty one. Copies count only once
 * span_hold() was called for each. */
struct span {
    struct chunk *chunk;
    uint32_t offset;
    uint32_t size;
};

/* Keeps, and no longer keeps, the bytes of |span| alive. */
void span_hold(const struct span *span);
void span_drop(struct span *span); /* |span| becomes empty. */

struct slice span_bytes(const struct span *span);

/* Whether |next| begins where |span| ends. */
static inline bool span_goes_on(const struct span *span,
                                const struct span *next) {
    return span->chunk == next->chunk &&
           span->offset + span->size == next->offset;
}

/* A span of its own with |size| bytes to be filled by the caller, held once
 * for the caller. */
struct span span_create(size_t size, char **bytes);

/* Zeroed is empty and valid. */
struct frame_log {
    struct chunk *open; /* Held. */
};

/* Appends a frame around |text|. The span is borrowed: hold it before the next
 * append to keep it. Frames of one log mostly follow on. */
struct span frame_log_append(struct frame_log *log, unsigned char first_byte,
                             struct slice text);

/* Starts over in the same memory if nobody holds a span; once a turn. */
void frame_log_recycle(struct frame_log *log);

void frame_log_finish(struct frame_log *log);

#endif
