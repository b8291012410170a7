/* link_packet.h - the bytes of one packet between two processes. Pure.
 *
 * A packet is one ZeroMQ message: a header of 32 bytes and a body. All
 * numbers are little-endian.
 *
 *     0   2  magic "PL"
 *     2   1  major version
 *     3   1  kind
 *     4   4  count: messages in the body (DATA), else 0
 *     8   8  session: the client's number of this session, 1, 2, 3, ...
 *    16   8  seq
 *    24   8  ack: the last seq that the sender received, 0 before the first
 *    32      body
 *
 * DATA   body: |count| times (u32 length, bytes), 0 < length <=
 *        LIMIT_WIRE_BYTES. With count > 0, seq numbers the packets of this
 *        direction 1, 2, 3, ... With count 0 it is a heartbeat: seq is the
 *        last one used, so that the loss of the last packet shows too.
 * HELLO  client to server, first. body: u64 incarnation, then bytes that mean
 *        something to the program only. seq and ack are 0.
 * WELCOME server to client, the answer. body: the program's. seq, ack 0.
 * RESET  either way: "this session is over"; body: the reason, a text. Its
 *        layout is the same in every major version, so that a peer of another
 *        version can be told why it is refused.
 * BYE    either way: a RESET without a fault (the sender shuts down). */
#ifndef COMMON_LINK_LINK_PACKET_H
#define COMMON_LINK_LINK_PACKET_H

#include "common/err.h"
#include "common/limits.h"
#include "common/types.h"

#define LINK_VERSION 1u
#define LINK_HEADER_BYTES 32u

/* A HELLO's and a WELCOME's bytes of the program; names and a few numbers. */
#define LINK_GREETING_BYTES_MAX 65536u

/* A reason, as text that ends up in logs. */
#define LINK_REASON_BYTES_MAX 200u

enum link_packet_kind {
    LINK_PACKET_HELLO = 1,
    LINK_PACKET_WELCOME = 2,
    LINK_PACKET_DATA = 3,
    LINK_PACKET_RESET = 4,
    LINK_PACKET_BYE = 5,
};

/* A decoded packet. */
struct link_packet {
    enum link_packet_kind kind;
    uint32_t count;
    uint64_t session;
    uint64_t seq;
    uint64_t ack;
    uint64_t incarnation; /* HELLO only. */
    struct slice body;    /* Borrowed; of a HELLO without the incarnation. */
};

/* Reads and checks a whole packet, the framing of every message included.
 * |out->body| points into |bytes|. ERR_MALFORMED: no correct peer sends this.
 * ERR_VERSION: another major version; |*version| (may be NULL) says which. */
enum err link_packet_decode(struct link_packet *out, struct slice bytes,
                            unsigned *version) MUST_CHECK;

/* Writes the header (without body and incarnation) into 32 bytes. */
void link_packet_header(const struct link_packet *packet,
                        char out[LINK_HEADER_BYTES]);

/* Writes what stands before the program's bytes in a HELLO's body. */
#define LINK_INCARNATION_BYTES 8u
void link_packet_incarnation(char out[LINK_INCARNATION_BYTES],
                             uint64_t incarnation);

/* Walks the messages of a body. Safe on any bytes: stops before the first
 * frame that does not fit. */
struct link_packet_iterator {
    struct slice rest;
};

static inline struct link_packet_iterator
link_packet_iterate(struct slice body) {
    return (struct link_packet_iterator){body};
}

/* False at the end, or where the framing is wrong; in the latter case
 * |iterator->rest| is not empty. */
bool link_packet_next(struct link_packet_iterator *iterator,
                      struct slice *message);

/* Bytes of one message in a body. */
static inline size_t link_packet_frame_bytes(size_t message_bytes) {
    return 4 + message_bytes;
}

/* Writes length and bytes; |out| has link_packet_frame_bytes() bytes. */
void link_packet_frame(char *out, struct slice message);

/* Copies a reason as printable ASCII with a NUL at the end; what else a peer
 * sent becomes '?'. |out| has LINK_REASON_BYTES_MAX + 1 bytes. */
void link_packet_reason(char *out, struct slice text);

#endif
