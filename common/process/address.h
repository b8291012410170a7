/* address.h - where a TCP listener of ours listens: host:port, as an operator
 * writes it, and as the system wants it. */
#ifndef COMMON_PROCESS_ADDRESS_H
#define COMMON_PROCESS_ADDRESS_H

#include <sys/socket.h>

#include "common/err.h"
#include "common/types.h"

#define ADDRESS_HOST_BYTES_MAX 253u

/* Zeroed means "none". */
struct address {
    char host[ADDRESS_HOST_BYTES_MAX + 1]; /* Name, IPv4, IPv6 or "*". */
    uint16_t port;                         /* 0: the system chooses. */
};

static inline bool address_given(const struct address *address) {
    return address->host[0] != '\0';
}

/* Reads "host:port", "[ipv6]:port" or "*:port". ERR_MALFORMED otherwise; then
 * |*reason| is a static text. Pure. */
enum err address_parse(struct slice text, struct address *out,
                       const char **reason) MUST_CHECK;

/* The first socket address of |address|, which is given; may block on DNS
 * when the host is a name. ERR_NOT_FOUND: no such host. */
enum err address_resolve(const struct address *address,
                         struct sockaddr_storage *out,
                         socklen_t *size) MUST_CHECK;

/* A listening TCP socket, non-blocking, closed on exec; owned by the caller.
 * With |share| several processes may listen on the same port (SO_REUSEPORT).
 * Returns -1 with errno set; a host without an address is EADDRNOTAVAIL. */
int address_listen(const struct address *address, int backlog,
                   bool share) MUST_CHECK;

/* The port that the socket |fd| is bound to; 0 if it is not. */
uint16_t address_bound_port(int fd);

#endif
