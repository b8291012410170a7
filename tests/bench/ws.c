/* ws.c - see ws.h. */
#include "tests/bench/ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

/* A client's mask must not be zero: servers skip the work for that one. */
static const uint8_t client_mask[4] = {0x37, 0xfa, 0x21, 0x3d};

static void mask_bytes(char *data, size_t size, const uint8_t mask[4]) {
    uint64_t wide;
    uint8_t twice[8] = {mask[0], mask[1], mask[2], mask[3],
                        mask[0], mask[1], mask[2], mask[3]};
    memcpy(&wide, twice, sizeof(wide));
    size_t at = 0;
    for (; at + sizeof(wide) <= size; at += sizeof(wide)) {
        uint64_t word;
        memcpy(&word, data + at, sizeof(word));
        word ^= wide;
        memcpy(data + at, &word, sizeof(word));
    }
    for (; at < size; at++)
        data[at] = (char)((uint8_t)data[at] ^ mask[at % 4]);
}

static uint64_t big_endian(const char *data, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (uint8_t)data[i];
    return value;
}

/* The bytes that the first frame of |data| takes, 0 while they are not all
 * there, SIZE_MAX if it is no frame. Fills |out| and unmasks when whole. */
static size_t take_frame(char *data, size_t size, struct ws_frame *out) {
    if (size < 2)
        return 0;
    size_t header_size = 2;
    uint64_t payload_size = (uint8_t)data[1] & 0x7f;
    if (payload_size >= 126) {
        size_t length_size = payload_size == 126 ? 2 : 8;
        if (size < 2 + length_size)
            return 0;
        payload_size = big_endian(data + 2, length_size);
        header_size += length_size;
    }
    if (payload_size > WS_PAYLOAD_BYTES_MAX || ((uint8_t)data[0] & 0x70))
        return SIZE_MAX;
    bool is_masked = (uint8_t)data[1] & 0x80;
    size_t mask_at = header_size;
    header_size += is_masked ? 4 : 0;
    if (size < header_size + payload_size)
        return 0;
    *out = (struct ws_frame){.opcode = (uint8_t)data[0] & 0x0f,
                             .is_final = (uint8_t)data[0] & 0x80,
                             .payload = data + header_size,
                             .size = (size_t)payload_size};
    if (is_masked)
        mask_bytes(out->payload, out->size, (const uint8_t *)data + mask_at);
    return header_size + (size_t)payload_size;
}

bool ws_feed(struct buf *inbox, char *data, size_t size, ws_handler *handle,
             void *context) {
    bool was_left_over = inbox->size > 0;
    if (was_left_over) {
        buf_append(inbox, data, size);
        data = inbox->data;
        size = inbox->size;
    }
    size_t at = 0;
    while (at < size) {
        struct ws_frame frame;
        size_t taken = take_frame(data + at, size - at, &frame);
        if (taken == 0)
            break;
        if (taken == SIZE_MAX || !handle(context, &frame))
            return false;
        at += taken;
    }
    if (was_left_over)
        buf_consume(inbox, at);
    else
        buf_append(inbox, data + at, size - at);
    if (inbox->size == 0)
        buf_finish(inbox);
    return true;
}

size_t ws_header(char out[WS_HEADER_BYTES_MAX], enum ws_opcode opcode,
                 size_t size, const uint8_t mask[4]) {
    uint8_t *byte = (uint8_t *)out;
    size_t at = 2;
    byte[0] = (uint8_t)(0x80 | opcode);
    if (size < 126) {
        byte[1] = (uint8_t)size;
    } else {
        size_t length_size = size <= UINT16_MAX ? 2 : 8;
        byte[1] = length_size == 2 ? 126 : 127;
        for (size_t i = 0; i < length_size; i++)
            byte[at++] = (uint8_t)((uint64_t)size >> 8 * (length_size - 1 - i));
    }
    if (mask != NULL) {
        byte[1] |= 0x80;
        memcpy(out + at, mask, 4);
        at += 4;
    }
    return at;
}

void ws_append_masked(struct buf *out, enum ws_opcode opcode, const char *data,
                      size_t size) {
    char header[WS_HEADER_BYTES_MAX];
    buf_append(out, header, ws_header(header, opcode, size, client_mask));
    buf_append(out, data, size);
    if (size > 0)
        mask_bytes(out->data + out->size - size, size, client_mask);
}

void ws_accept_key(struct slice key, char out[WS_ACCEPT_BYTES]) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[128];
    PRE(key.size + sizeof(guid) <= sizeof(joined));
    memcpy(joined, key.data, key.size);
    memcpy(joined + key.size, guid, sizeof(guid) - 1);
    uint8_t digest[SHA_DIGEST_LENGTH];
    SHA1((const uint8_t *)joined, key.size + sizeof(guid) - 1, digest);
    EVP_EncodeBlock((uint8_t *)out, digest, sizeof(digest));
}
