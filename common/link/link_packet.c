/* link_packet.c - see link_packet.h.
 *
 * Everything here reads bytes of another process: each length is compared
 * with what is left before it is used, and a packet is checked whole before
 * any of it is handed on, so that nobody acts on half of a broken one. */
#include "common/link/link_packet.h"

#include "common/little_endian.h"

static struct slice slice_from(struct slice slice, size_t offset) {
    return (struct slice){slice.data + offset, slice.size - offset};
}

/* |count| frames, no byte more. */
static enum err check_frames(struct slice body, uint32_t count) {
    struct link_packet_iterator iterator = link_packet_iterate(body);
    struct slice message;
    uint32_t found = 0;
    while (link_packet_next(&iterator, &message))
        found++; /* Bounded: each takes 5 bytes of the body at least. */
    return iterator.rest.size == 0 && found == count ? ERR_OK : ERR_MALFORMED;
}

static enum err check_greeting(const struct link_packet *packet) {
    bool fits = packet->count == 0 && packet->seq == 0 && packet->ack == 0 &&
                packet->body.size <= LINK_GREETING_BYTES_MAX;
    return fits ? ERR_OK : ERR_MALFORMED;
}

static enum err check_hello(struct link_packet *packet) {
    if (packet->body.size < LINK_INCARNATION_BYTES)
        return ERR_MALFORMED;
    packet->incarnation = get_u64(packet->body.data);
    packet->body = slice_from(packet->body, LINK_INCARNATION_BYTES);
    return check_greeting(packet);
}

static enum err check_data(const struct link_packet *packet) {
    if (packet->count > 0 && packet->seq == 0)
        return ERR_MALFORMED;
    return check_frames(packet->body, packet->count);
}

static enum err check_kind(struct link_packet *packet) {
    switch (packet->kind) {
    case LINK_PACKET_HELLO:
        return check_hello(packet);
    case LINK_PACKET_WELCOME:
        return check_greeting(packet);
    case LINK_PACKET_DATA:
        return check_data(packet);
    case LINK_PACKET_RESET:
    case LINK_PACKET_BYE:
        return ERR_OK; /* A longer reason is cut, see link_packet_reason. */
    }
    return ERR_MALFORMED;
}

enum err link_packet_decode(struct link_packet *out, struct slice bytes,
                            unsigned *version) {
    if (bytes.size < LINK_HEADER_BYTES || bytes.size > LIMIT_PACKET_BYTES ||
        bytes.data[0] != 'P' || bytes.data[1] != 'L')
        return ERR_MALFORMED;
    unsigned spoken = (unsigned char)bytes.data[2];
    unsigned kind = (unsigned char)bytes.data[3];
    if (version)
        *version = spoken;
    if (spoken != LINK_VERSION && kind != LINK_PACKET_RESET)
        return ERR_VERSION;
    *out = (struct link_packet){
        .kind = (enum link_packet_kind)kind,
        .count = get_u32(bytes.data + 4),
        .session = get_u64(bytes.data + 8),
        .seq = get_u64(bytes.data + 16),
        .ack = get_u64(bytes.data + 24),
        .body = slice_from(bytes, LINK_HEADER_BYTES),
    };
    return check_kind(out);
}

void link_packet_header(const struct link_packet *packet,
                        char out[LINK_HEADER_BYTES]) {
    out[0] = 'P';
    out[1] = 'L';
    out[2] = (char)LINK_VERSION;
    out[3] = (char)packet->kind;
    put_u32(out + 4, packet->count);
    put_u64(out + 8, packet->session);
    put_u64(out + 16, packet->seq);
    put_u64(out + 24, packet->ack);
}

void link_packet_incarnation(char out[LINK_INCARNATION_BYTES],
                             uint64_t incarnation) {
    put_u64(out, incarnation);
}

bool link_packet_next(struct link_packet_iterator *iterator,
                      struct slice *message) {
    struct slice rest = iterator->rest;
    if (rest.size < 4)
        return false;
    uint32_t size = get_u32(rest.data);
    if (size == 0 || size > LIMIT_WIRE_BYTES || size > rest.size - 4)
        return false;
    *message = (struct slice){rest.data + 4, size};
    iterator->rest = slice_from(rest, 4 + (size_t)size);
    return true;
}

void link_packet_frame(char *out, struct slice message) {
    PRE(message.size > 0 && message.size <= LIMIT_WIRE_BYTES);
    put_u32(out, (uint32_t)message.size);
    memcpy(out + 4, message.data, message.size);
}

void link_packet_reason(char *out, struct slice text) {
    size_t size =
        text.size < LINK_REASON_BYTES_MAX ? text.size : LINK_REASON_BYTES_MAX;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    out[size] = 0;
}
