/* address.c - see address.h. */
#include "common/process/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

static bool is_host_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte == '_';
}

static bool is_ipv6_byte(char byte) {
    return (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F') ||
           (byte >= '0' && byte <= '9') || byte == ':' || byte == '.';
}

/* Reads the digits of a port; false when they are none. */
static bool parse_port(struct slice text, uint16_t *out) {
    uint32_t port = 0;
    if (text.size < 1 || text.size > 5)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(text.data[i] - '0');
    }
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

enum err address_parse(struct slice text, struct address *out,
                       const char **reason) {
    const char *colon = text.size ? memrchr(text.data, ':', text.size) : NULL;
    *out = (struct address){0};
    *reason = "is not HOST:PORT";
    if (!colon)
        return ERR_MALFORMED;
    struct slice host = {text.data, (size_t)(colon - text.data)};
    struct slice port = {colon + 1, text.size - host.size - 1};
    *reason = "does not end in a port from 0 to 65535";
    if (!parse_port(port, &out->port))
        return ERR_MALFORMED;
    *reason = "has no valid host before the port";
    bool ipv6 =
        host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']';
    if (ipv6)
        host = (struct slice){host.data + 1, host.size - 2};
    if (host.size < 1 || host.size > ADDRESS_HOST_BYTES_MAX)
        return ERR_MALFORMED;
    bool any = slice_equal(host, SLICE("*")) && !ipv6;
    for (size_t i = 0; i < host.size && !any; i++) {
        if (ipv6 ? !is_ipv6_byte(host.data[i]) : !is_host_byte(host.data[i]))
            return ERR_MALFORMED;
    }
    memcpy(out->host, host.data, host.size);
    return ERR_OK;
}

enum err address_resolve(const struct address *address,
                         struct sockaddr_storage *out, socklen_t *size) {
    PRE(address_given(address));
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    bool any = strcmp(address->host, "*") == 0;
    struct addrinfo hints = {.ai_family = any ? AF_INET : AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(any ? NULL : address->host, port, &hints, &found) != 0)
        return ERR_NOT_FOUND;
    *out = (struct sockaddr_storage){0};
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *size = found->ai_addrlen;
    freeaddrinfo(found);
    return ERR_OK;
}

int address_listen(const struct address *address, int backlog, bool share) {
    struct sockaddr_storage where;
    socklen_t size;
    if (address_resolve(address, &where, &size) != ERR_OK) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd =
        socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const int on = 1;
    bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (ok && share)
        ok = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    if (ok && bind(fd, (const struct sockaddr *)&where, size) == 0 &&
        listen(fd, backlog) == 0)
        return fd;
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

uint16_t address_bound_port(int fd) {
    struct sockaddr_storage where = {0};
    socklen_t size = sizeof where;
    if (getsockname(fd, (struct sockaddr *)&where, &size) != 0)
        return 0;
    if (where.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&where)->sin_port);
    if (where.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&where)->sin6_port);
    return 0;
}
