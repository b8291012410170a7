/* fuzz_link_packet.c - any bytes as a packet of another process. What decodes
 * must keep its promises: frames inside the body, as many as counted, and the
 * same bytes when the header is written again. */
#include "common/link/link_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct slice body, uint32_t count) {
    struct link_packet_iterator iterator = link_packet_iterate(body);
    struct slice message;
    size_t bytes = 0;
    uint32_t found = 0;
    while (link_packet_next(&iterator, &message)) {
        INVARIANT(message.size > 0 && message.size <= LIMIT_WIRE_BYTES);
        INVARIANT(message.data >= body.data &&
                  message.data + message.size <= body.data + body.size);
        bytes += link_packet_frame_bytes(message.size);
        found++;
    }
    INVARIANT(bytes + iterator.rest.size == body.size);
    INVARIANT(count == UINT32_MAX || found == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice bytes = {(const char *)data, size};
    struct link_packet packet;
    unsigned version;
    walk(bytes, UINT32_MAX); /* The iterator alone, on unchecked bytes. */
    if (link_packet_decode(&packet, bytes, &version) != ERR_OK)
        return 0;
    char header[LINK_HEADER_BYTES];
    link_packet_header(&packet, header);
    INVARIANT(version != LINK_VERSION ||
              memcmp(header, data, sizeof(header)) == 0);
    if (packet.kind == LINK_PACKET_DATA)
        walk(packet.body, packet.count);
    if (packet.kind == LINK_PACKET_RESET || packet.kind == LINK_PACKET_BYE) {
        char reason[LINK_REASON_BYTES_MAX + 1];
        link_packet_reason(reason, packet.body);
        INVARIANT(strlen(reason) <= LINK_REASON_BYTES_MAX);
    }
    return 0;
}
