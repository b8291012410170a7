/* The greetings' bytes; see hello.h. Written out by hand so that no encoder's
 * change can ever alter what two versions say to each other first. */
#include "common/wire/hello.h"

#include "common/little_endian.h"

#define GATEWAY_BYTES (1u + 8u)
#define BROKER_BYTES_MIN (1u + 4u + 8u + 4u)
#define BROKER_BYTES (BROKER_BYTES_MIN + 8u)

static enum err check(struct slice bytes, size_t size) {
    if (bytes.size < 1)
        return ERR_MALFORMED;
    if ((unsigned char)bytes.data[0] != HELLO_VERSION)
        return ERR_VERSION;
    return bytes.size < size ? ERR_MALFORMED : ERR_OK;
}

void hello_gateway_encode(const struct hello_gateway *hello, struct buf *out) {
    PRE(hello->incarnation != 0);
    char bytes[GATEWAY_BYTES] = {HELLO_VERSION};
    put_u64(bytes + 1, hello->incarnation);
    buf_append(out, bytes, sizeof(bytes));
}

void welcome_broker_encode(const struct welcome_broker *welcome,
                           struct buf *out) {
    PRE(welcome->gateway != 0);
    PRE(welcome->commands_max != 0);
    char bytes[BROKER_BYTES] = {HELLO_VERSION};
    put_u32(bytes + 1, welcome->gateway);
    put_u64(bytes + 5, welcome->epoch);
    put_u32(bytes + 13, welcome->commands_max);
    put_u64(bytes + 17, (uint64_t)welcome->claimed_us);
    buf_append(out, bytes, sizeof(bytes));
}

enum err hello_gateway_decode(struct slice bytes, struct hello_gateway *out) {
    enum err err = check(bytes, GATEWAY_BYTES);
    if (err != ERR_OK)
        return err;
    out->incarnation = get_u64(bytes.data + 1);
    return out->incarnation != 0 ? ERR_OK : ERR_MALFORMED;
}

enum err welcome_broker_decode(struct slice bytes, struct welcome_broker *out) {
    enum err err = check(bytes, BROKER_BYTES_MIN);
    if (err != ERR_OK)
        return err;
    out->gateway = get_u32(bytes.data + 1);
    out->epoch = get_u64(bytes.data + 5);
    out->commands_max = get_u32(bytes.data + 13);
    out->claimed_us = bytes.size >= BROKER_BYTES
                          ? (int64_t)get_u64(bytes.data + 17)
                          : INT64_MAX;
    return out->gateway != 0 && out->commands_max != 0 ? ERR_OK : ERR_MALFORMED;
}
