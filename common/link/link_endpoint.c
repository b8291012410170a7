/* link_endpoint.c - which endpoints a server may listen on.
 *
 * Links are neither encrypted nor authenticated, so an address that other
 * hosts reach is refused: nobody opens the broker to a network by mistake. */
#include <arpa/inet.h>
#include <stdio.h>

#include "common/link/link_internal.h"

static enum err refuse(struct buf *reason, enum err err, const char *endpoint,
                       const char *why) {
    if (reason) {
        buf_append_slice(reason, slice_of(endpoint));
        buf_append_slice(reason, SLICE(": "));
        buf_append_slice(reason, slice_of(why));
    }
    return err;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_port(const char *text) {
    if (strcmp(text, "*") == 0)
        return true;
    unsigned port = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 5; digits++)
        port = port * 10 + (unsigned)(text[digits] - '0');
    return digits > 0 && text[digits] == 0 && port <= 65535;
}

/* The first byte of 127.0.0.0/8. */
static bool is_loopback_v4(const char *host) {
    struct in_addr address;
    return inet_pton(AF_INET, host, &address) == 1 &&
           ((const unsigned char *)&address)[0] == 127;
}

static bool is_loopback_v6(const char *host) {
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1 &&
           IN6_IS_ADDR_LOOPBACK(&address);
}

static enum err parse_tcp(struct link_endpoint *out, const char *text,
                          struct buf *reason) {
    char host[64];
    const char *start = text + strlen("tcp://");
    const char *port = strrchr(start, ':');
    if (!port || !is_port(port + 1))
        return refuse(reason, ERR_MALFORMED, text,
                      "expected tcp://ADDRESS:PORT");
    size_t size = (size_t)(port - start);
    out->ipv6 = size >= 2 && start[0] == '[' && start[size - 1] == ']';
    if (out->ipv6) {
        start++;
        size -= 2;
    }
    if (size == 0 || size >= sizeof(host))
        return refuse(reason, ERR_MALFORMED, text,
                      "expected tcp://ADDRESS:PORT");
    memcpy(host, start, size);
    host[size] = 0;
    /* The library would take "localhost" for the name of an interface. */
    if (!out->ipv6 && strcmp(host, "localhost") == 0)
        snprintf(host, sizeof(host), "127.0.0.1");
    if (out->ipv6 ? !is_loopback_v6(host) : !is_loopback_v4(host))
        return refuse(reason, ERR_DENIED, text,
                      "links are not encrypted, so they listen on loopback "
                      "only (127.0.0.0/8, [::1]) or on ipc://");
    snprintf(out->text, sizeof(out->text),
             out->ipv6 ? "tcp://[%s]%s" : "tcp://%s%s", host, port);
    return ERR_OK;
}

enum err link_endpoint_parse(struct link_endpoint *out, const char *text,
                             struct buf *reason) {
    *out = (struct link_endpoint){0};
    if (strlen(text) >= sizeof(out->text))
        return refuse(reason, ERR_MALFORMED, text, "too long");
    if (starts_with(text, "tcp://"))
        return parse_tcp(out, text, reason);
    bool is_ipc = starts_with(text, "ipc://");
    if (!is_ipc && !starts_with(text, "inproc://"))
        return refuse(reason, ERR_MALFORMED, text,
                      "expected ipc://PATH or tcp://ADDRESS:PORT");
    memcpy(out->text, text, strlen(text) + 1);
    const char *name = strchr(out->text, '/') + 2;
    if (*name == 0)
        return refuse(reason, ERR_MALFORMED, text, "the name is missing");
    if (is_ipc && *name != '*' && *name != '@')
        out->ipc_path = name;
    return ERR_OK;
}
