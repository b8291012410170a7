/* Who may open a WebSocket: the checks in the order that DIALECTS.md gives, so
 * that a refusal tells a stranger as little as it can. */
#include "gateway/server/internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "gateway/token.h"

#define RETRY_AFTER "Retry-After: 5\r\n"

static void refuse(struct server *server, struct lws *wsi, enum refusal reason,
                   unsigned status, const char *code, const char *detail,
                   const char *headers) {
    metrics_add_by(server->gateway.config.metrics, METRIC_REFUSED, reason, 1);
    (void)response_error(wsi, status, code, detail, headers, true);
}

uint64_t handshake_address(struct lws *wsi, bool *loopback) {
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof(peer);
    bool local = false;
    uint64_t address = 0;
    int fd = (int)lws_get_socket_fd(wsi);
    if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0) {
        if (peer.ss_family == AF_INET) {
            const struct sockaddr_in *in = (struct sockaddr_in *)&peer;
            address = ntohl(in->sin_addr.s_addr);
            local = address >> 24 == 127;
        } else if (peer.ss_family == AF_INET6) {
            const struct sockaddr_in6 *in = (struct sockaddr_in6 *)&peer;
            const unsigned char *bytes = in->sin6_addr.s6_addr;
            bool mapped = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
            local = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) ||
                    (mapped && bytes[12] == 127);
            /* A host has a /64 of its own at least. */
            for (size_t i = mapped ? 12 : 0; i < (mapped ? 16u : 8u); i++)
                address = address << 8 | bytes[i];
        }
    }
    if (loopback)
        *loopback = local;
    return address;
}

/* The misprint "/ws/token?=<jwt>" of an old document means "/ws/". */
static struct slice without_misprint(struct slice path, struct slice query) {
    struct slice word = SLICE("/token");
    if (query.size && query.data[0] == '=' && path.size > word.size &&
        memcmp(path.data + path.size - word.size, word.data, word.size) == 0)
        path.size -= word.size - 1;
    return path;
}

static bool version_is_right(struct lws *wsi) {
    char text[8];
    struct slice version =
        request_header(wsi, WSI_TOKEN_VERSION, text, sizeof(text));
    return slice_equal(version, SLICE("13"));
}

static bool origin_is_right(struct server *server, struct lws *wsi) {
    char origin[512], host[512];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) >= (int)sizeof(origin))
        return false;
    return origin_allowed(
        request_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin)),
        request_header(wsi, WSI_TOKEN_HOST, host, sizeof(host)),
        server->config.origins, server->config.origins_count);
}

/* The token that the header gives, and what else of |places| is filled in. */
static enum jwt_result check_token(struct server *server, struct lws *wsi,
                                   struct token_places *places, bool *given) {
    char authorization[SERVER_HEADER_BYTES_MAX];
    places->has_authorization =
        lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_AUTHORIZATION) > 0;
    places->authorization =
        request_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization,
                       sizeof(authorization));
    struct slice token = token_find(places);
    *given = token.size > 0;
    jwt_claims_finish(&server->admitted_claims);
    return jwt_verify(server->config.key_set, &server->config.jwt,
                      server->gateway.wall_us / 1000000, token,
                      &server->admitted_claims);
}

/* Where the list of subprotocols stands: see door.c. */
static enum lws_token_indexes list_header(struct lws *wsi) {
    return lws_hdr_total_length(wsi, HANDSHAKE_CARRIER_TOKEN) > 0
               ? HANDSHAKE_CARRIER_TOKEN
               : WSI_TOKEN_PROTOCOL;
}

/* The same of a handshake; a token as subprotocol only where the dialect takes
 * it. */
static enum jwt_result check_handshake(struct server *server, struct lws *wsi,
                                       struct slice query, uint32_t dialect,
                                       bool *given) {
    char subprotocol[SERVER_HEADER_BYTES_MAX];
    struct token_places places = {.query = query};
    if (server->gateway.config.frontends[dialect]->bearer_subprotocol)
        places.subprotocol = request_header(wsi, list_header(wsi), subprotocol,
                                            sizeof(subprotocol));
    return check_token(server, wsi, &places, given);
}

static void refuse_token(struct server *server, struct lws *wsi,
                         enum jwt_result result, bool given) {
    refuse(server, wsi, REFUSAL_TOKEN, 401,
           given ? jwt_result_code(result) : "token_missing",
           given ? jwt_result_text(result) : "there is no token",
           "WWW-Authenticate: Bearer\r\n");
}

static enum refusal refusal_of(enum admission admission) {
    switch (admission) {
    case ADMISSION_USER:
        return REFUSAL_USER;
    case ADMISSION_ADDRESS:
        return REFUSAL_ADDRESS;
    case ADMISSION_DRAINING:
        return REFUSAL_DRAINING;
    case ADMISSION_BROKER:
        return REFUSAL_BROKER;
    case ADMISSION_OK:
    case ADMISSION_TOTAL:
        break;
    }
    return REFUSAL_TOTAL;
}

static struct wire_profile profile_of(const struct jwt_claims *claims) {
    return (struct wire_profile){
        .user = claims->user,
        .username = claims->username,
        .email = claims->email,
        .first_name = claims->first_name,
        .last_name = claims->last_name,
    };
}

static void remember(struct server *server, struct lws *wsi, uint32_t dialect,
                     uint64_t address) {
    const struct jwt_claims *claims = &server->admitted_claims;
    server->admitted_profile = profile_of(claims);
    server->admitted = (struct connection_config){
        .socket = wsi,
        .dialect = dialect,
        .claims = &server->admitted_profile,
        .expires_us = claims->expires_s * 1000000,
        .address = address,
    };
}

bool handshake_check(struct server *server, struct lws *wsi) {
    char buffer[SERVER_HEADER_BYTES_MAX];
    uint32_t dialect;
    struct slice path;
    const char *method = request_method(wsi, &path);
    struct slice query = request_query(wsi, buffer, sizeof(buffer));
    gateway_clock(&server->gateway, monotonic_ms(), (int64_t)wall_us());
    path = without_misprint(path, query);
    if (!gateway_dialect(&server->gateway, path, &dialect)) {
        refuse(server, wsi, REFUSAL_PATH, 404, "not_found",
               "there is nothing at this path", NULL);
        return false;
    }
    if (strcmp(method, "GET") != 0) {
        refuse(server, wsi, REFUSAL_METHOD, 405, "method_not_allowed",
               "a WebSocket begins with GET", "Allow: GET\r\n");
        return false;
    }
    if (!version_is_right(wsi)) {
        refuse(server, wsi, REFUSAL_VERSION, 426, "version_not_supported",
               "only version 13 of the WebSocket protocol",
               "Sec-WebSocket-Version: 13\r\n");
        return false;
    }
    if (!origin_is_right(server, wsi)) {
        refuse(server, wsi, REFUSAL_ORIGIN, 403, "origin_not_allowed",
               "pages of this origin may not connect", NULL);
        return false;
    }
    bool given;
    enum jwt_result result =
        check_handshake(server, wsi, query, dialect, &given);
    if (result != JWT_OK) {
        refuse_token(server, wsi, result, given);
        return false;
    }
    uint64_t address = handshake_address(wsi, NULL);
    enum admission admission =
        gateway_admit(&server->gateway, server->admitted_claims.user, address);
    if (admission != ADMISSION_OK) {
        refuse(server, wsi, refusal_of(admission), 503,
               admission_code(admission), admission_text(admission),
               RETRY_AFTER);
        return false;
    }
    remember(server, wsi, dialect, address);
    return true;
}

bool handshake_subprotocol(struct server *server, struct lws *wsi) {
    char text[SERVER_HEADER_BYTES_MAX];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) <= 0)
        return true;
    struct slice offered =
        request_header(wsi, WSI_TOKEN_PROTOCOL, text, sizeof(text));
    bool known = token_offers(offered, SLICE(HANDSHAKE_SUBPROTOCOL)) ||
                 token_offers(offered, SLICE(HANDSHAKE_BEARER));
    if (known && offered.size <= HANDSHAKE_SUBPROTOCOLS_BYTES_MAX)
        return true;
    if (!handshake_check(server, wsi)) /* What else is wrong comes first. */
        return false;
    if (known)
        refuse(server, wsi, REFUSAL_SUBPROTOCOL, 400, "subprotocol_too_long",
               "the list of subprotocols is too long", NULL);
    else
        refuse(server, wsi, REFUSAL_SUBPROTOCOL, 400,
               "subprotocol_not_supported", "no subprotocol offered is known",
               NULL);
    return false;
}

enum jwt_result handshake_token(struct server *server, struct lws *wsi,
                                uint32_t dialect, bool *given) {
    char buffer[SERVER_HEADER_BYTES_MAX];
    struct slice query = request_query(wsi, buffer, sizeof(buffer));
    gateway_clock(&server->gateway, monotonic_ms(), (int64_t)wall_us());
    return check_handshake(server, wsi, query, dialect, given);
}

enum jwt_result handshake_bearer(struct server *server, struct lws *wsi,
                                 bool *given, struct wire_profile *claims) {
    struct token_places places = {0};
    gateway_clock(&server->gateway, monotonic_ms(), (int64_t)wall_us());
    enum jwt_result result = check_token(server, wsi, &places, given);
    *claims = profile_of(&server->admitted_claims);
    return result;
}
