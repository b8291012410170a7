/* hello.h - what a gateway and a broker say to each other while their link
 * comes up, before the first message.
 *
 * These are the link's greetings (link_client.h, link_server.h), not messages
 * of wire.h: whoever reads them knows nothing yet about the version at the
 * other end. So they are as plain as can be: one version byte, then fixed
 * little-endian numbers. Bytes after the known ones are ignored, so fields
 * can be added at the end; another meaning is another version. Pure. */
#ifndef COMMON_WIRE_HELLO_H
#define COMMON_WIRE_HELLO_H

#include "common/buf.h"
#include "common/err.h"
#include "common/types.h"

#define HELLO_VERSION 1u

/* The gateway's part. */
struct hello_gateway {
    uint64_t incarnation; /* Random, drawn once by the process; never 0. */
};

/* The broker's answer. */
struct welcome_broker {
    uint32_t gateway;      /* The number of this session; never 0. */
    uint64_t epoch;        /* Of the broker; a lower one was replaced. */
    uint32_t commands_max; /* Unanswered commands at most; never 0. */
    int64_t claimed_us;    /* When it took over, by its clock: what it changed
                              is later. INT64_MAX: an older one that does not
                              say. */
};

/* Append the encoding. */
void hello_gateway_encode(const struct hello_gateway *hello, struct buf *out);
void welcome_broker_encode(const struct welcome_broker *welcome,
                           struct buf *out);

/* ERR_VERSION: the peer speaks another version. ERR_MALFORMED: too short, or
 * a number is 0 that must not be. |*out| is undefined then. */
enum err hello_gateway_decode(struct slice bytes,
                              struct hello_gateway *out) MUST_CHECK;
enum err welcome_broker_decode(struct slice bytes,
                               struct welcome_broker *out) MUST_CHECK;

#endif
