/* server.h - the sockets of a gateway: one libuv loop, with libwebsockets as a
 * guest in it, and listeners of our own in front.
 *
 * Only the files of this folder know libuv and libwebsockets. One thread. */
#ifndef GATEWAY_SERVER_SERVER_H
#define GATEWAY_SERVER_SERVER_H

#include "common/process/address.h"
#include "common/process/program.h"
#include "gateway/api_keys.h"
#include "gateway/auth/jwt.h"
#include "gateway/gateway.h"

/* HTTP headers of one request, the token's 8 KiB among them. */
#define SERVER_HEADER_BYTES_MAX 16384u

/* Descriptors beside those of connections: handshakes, pages, the rest. */
#define SERVER_SPARE_DESCRIPTORS 1024u

struct server;

struct server_config {
    const struct program *program; /* For its signals. */
    struct address listen;
    struct address api_listen; /* Not given: no server API. */
    const char *tls_cert;      /* NULL: no TLS. */
    const char *tls_key;
    const char *const *origins; /* Allowed; none: the same host only. */
    size_t origins_count;
    const char *demo_users; /* File of /demo/users.json; NULL: none. */
    struct jwt_policy jwt;
    struct keys_config keys;   /* For a reload. */
    struct key_set *key_set;   /* Owned by the server from here on. */
    const char *api_keys_file; /* For a reload. */
    struct api_keys *api_keys; /* Owned by the server from here on. */
    uint64_t drain_ms;         /* For the whole of a drain. */
};

/* Opens the listeners and makes the gateway of |gateway_config|, after filling
 * in its transport, unwatch and payload. ERR_IO: one line was said through the
 * program. The keys are the server's from here on, whatever is returned. */
enum err server_create(const struct server_config *config,
                       struct gateway_config *gateway_config,
                       struct server **out) MUST_CHECK;

/* Where it listens; useful when the address said 0. 0: no server API. */
uint16_t server_port(const struct server *server);
uint16_t server_api_port(const struct server *server);

/* Until a signal says stop and the drain is over. */
void server_run(struct server *server);

/* Accepts NULL. */
void server_destroy(struct server *server);

#endif
