/* libwebsockets as a guest in our loop: no listener of its own, no timers for
 * idle connections (they stand in one sorted list), no extensions (frames are
 * made once and shared). */
#include "gateway/server/internal.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/process/log.h"

/* --- What connections want of their sockets (transport.h) ----------------- */

static enum err write_frames(void *socket, struct slice frames) {
    /* Without extensions RAW only reads what it is given. */
    int written = lws_write(socket, (unsigned char *)(uintptr_t)frames.data,
                            frames.size, LWS_WRITE_RAW);
    if (written >= 0)
        return ERR_OK;
    lws_set_timeout(socket, PENDING_TIMEOUT_KILLED_BY_PARENT,
                    LWS_TO_KILL_ASYNC);
    return ERR_IO;
}

static bool is_busy(void *socket) {
    return lws_partial_buffered(socket) != 0;
}

static void ask_writeable(void *socket) {
    lws_callback_on_writable(socket);
}

static void pause_reading(void *socket, bool paused) {
    lws_rx_flow_control(socket, paused ? 0 : 1);
}

static void cut(void *socket) {
    lws_set_timeout(socket, PENDING_TIMEOUT_KILLED_BY_PARENT,
                    LWS_TO_KILL_ASYNC);
}

const struct transport lws_transport = {
    .write = write_frames,
    .is_busy = is_busy,
    .ask_writeable = ask_writeable,
    .pause = pause_reading,
    .cut = cut,
};

void lws_request_waits(struct lws *wsi) {
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
}

void lws_request_goes_on(struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, SERVER_TIMEOUT_S);
}

/* --- Events of WebSockets ------------------------------------------------- */

static void established(struct server *server, struct session *session) {
    session->connection =
        connection_create(&server->gateway, &server->admitted);
    jwt_claims_finish(&server->admitted_claims);
}

static void receive(struct server *server, struct lws *wsi,
                    struct session *session, const char *data, size_t size) {
    if (!session->connection)
        return;
    gateway_clock(&server->gateway, monotonic_ms(), (int64_t)wall_us());
    connection_receive(session->connection, (struct slice){data, size},
                       lws_is_first_fragment(wsi), lws_is_final_fragment(wsi),
                       lws_frame_is_binary(wsi));
}

/* The client answers our close frame, or sends the first. The library would
 * echo whatever it gets, and in Debian's build (_DEBUG) a close with a reason
 * of ours loses its frame: so we write that frame ourselves. */
static int peer_closes(struct lws *wsi, const struct session *session,
                       const unsigned char *payload, size_t size) {
    static const char protocol_error[] = {(char)FRAME_CLOSE, 2, 0x03,
                                          (char)0xea};
    if (session->connection && session->connection->state == CONNECTION_CLOSING)
        return -1;
    if (size == 0)
        return 0;
    unsigned code = size >= 2 ? (unsigned)payload[0] << 8 | payload[1] : 0;
    bool valid = (code >= 1000 && code <= 1003) ||
                 (code >= 1007 && code <= 1014) ||
                 (code >= 3000 && code <= 4999);
    if (valid)
        return 0;
    struct slice frame = {protocol_error, sizeof(protocol_error)};
    if (!is_busy(wsi) && write_frames(wsi, frame) != ERR_OK)
        log_debug("close_not_sent");
    return -1;
}

static void closed(struct session *session) {
    if (session->connection)
        connection_destroy(session->connection);
    session->connection = NULL;
}

static int on_public(struct lws *wsi, enum lws_callback_reasons reason,
                     void *user, void *in, size_t size) {
    struct session *session = user;
    int result;
    if (session && session->call &&
        http_call_event(server_of(wsi), wsi, reason, session, in, size,
                        &result))
        return result;
    if (http_transfer_event(reason, session, in, size, &result))
        return result;
    switch ((int)reason) { /* Most of the library's many are not for us. */
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return handshake_subprotocol(server_of(wsi), wsi) ? 0 : -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return handshake_check(server_of(wsi), wsi) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
        established(server_of(wsi), session);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        receive(server_of(wsi), wsi, session, in, size);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        if (session->connection)
            connection_heard(session->connection);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (session->connection)
            connection_writeable(session->connection);
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return peer_closes(wsi, session, in, size);
    case LWS_CALLBACK_CLOSED:
        closed(session);
        return 0;
    case LWS_CALLBACK_HTTP:
        http_call_end(session);
        if (http_transfer_request(server_of(wsi), wsi, session, &result))
            return result;
        if (http_user_request(server_of(wsi), wsi, session, &result))
            return result;
        return http_request(server_of(wsi), wsi);
    case LWS_CALLBACK_ADD_POLL_FD:
    case LWS_CALLBACK_DEL_POLL_FD:
    case LWS_CALLBACK_CHANGE_MODE_POLL_FD:
    case LWS_CALLBACK_LOCK_POLL:
    case LWS_CALLBACK_UNLOCK_POLL:
        return 0;
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return -1; /* No page takes a body. */
    default:
        return 0;
    }
}

/* The library chooses the virtual host by the header Host, which the client
 * writes: so a socket is marked with the listener that it came through. */
static const char api_mark;

static int on_event(struct lws *wsi, enum lws_callback_reasons reason,
                    void *user, void *in, size_t size) {
    switch ((int)reason) { /* Those that come without a session. */
    case LWS_CALLBACK_PROTOCOL_DESTROY:
        guest_of(wsi)->ended = true;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (guest_of(wsi)->sockets > 0)
            guest_of(wsi)->sockets--;
        return 0;
    default:
        break;
    }
    if (wsi && lws_get_opaque_user_data(wsi) == &api_mark)
        return http_api_event(server_of(wsi), wsi, reason, user, in, size);
    return on_public(wsi, reason, user, in, size);
}

/* --- Set-up --------------------------------------------------------------- */

static void on_log(int level, const char *line) {
    /* Said as an error, but it is how it tells that all goes well. */
    if (strncmp(line, "adopt_socket_readbuf: ", 22) == 0)
        level = LLL_NOTICE;
    size_t size = strlen(line);
    while (size && (line[size - 1] == '\n' || line[size - 1] == '\r'))
        size--;
    struct slice text = {line, size};
    if (level == LLL_ERR)
        log_error("libwebsockets", LOG_SLICE("line", text));
    else
        log_debug("libwebsockets", LOG_SLICE("line", text));
}

/* The library takes memory for every descriptor that there may be. */
static void limit_descriptors(const struct server *server) {
    uint64_t connections = server->gateway.config.admission.connections_max;
    struct rlimit limit;
    if (connections == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t wanted = connections + SERVER_SPARE_DESCRIPTORS;
    if (limit.rlim_cur < wanted) {
        log_warn("descriptors_few", LOG_UINT("have", limit.rlim_cur),
                 LOG_UINT("want", wanted));
        return;
    }
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static const lws_retry_bo_t no_idle_timers;

static const struct lws_protocols protocols[] = {
    {HANDSHAKE_SUBPROTOCOL, on_event, sizeof(struct session), 1024, 0, NULL,
     65536},
    {HANDSHAKE_BEARER, on_event, sizeof(struct session), 1024, 0, NULL, 65536},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static struct lws_vhost *create_vhost(const struct guest *guest,
                                      const char *name, bool tls) {
    const struct server_config *config = &guest->server->config;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = name,
        .protocols = protocols,
        .alpn = "http/1.1",
        .keepalive_timeout = 30,
        .timeout_secs = SERVER_TIMEOUT_S,
        .retry_and_idle_policy = &no_idle_timers,
        .options = LWS_SERVER_OPTION_VALIDATE_UTF8,
    };
    if (tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = config->tls_cert;
        info.ssl_private_key_filepath = config->tls_key;
    }
    return lws_create_vhost(guest->context, &info);
}

static enum err start_guest(struct server *server, struct guest *guest) {
    void *loops[1] = {&server->loop};
    bool tls = server->config.tls_cert != NULL;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_VALIDATE_UTF8,
        .foreign_loops = loops,
        .user = guest,
        .pt_serv_buf_size = 16384,
        .max_http_header_data = SERVER_HEADER_BYTES_MAX,
        .max_http_header_pool = SERVER_SPARE_DESCRIPTORS / SERVER_GUESTS,
        .timeout_secs = SERVER_TIMEOUT_S,
        .retry_and_idle_policy = &no_idle_timers,
        .server_string = "parlance",
    };
    if (tls)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    guest->server = server;
    guest->context = lws_create_context(&info);
    if (!guest->context)
        return ERR_IO;
    guest->public_vhost = create_vhost(guest, "public", tls);
    if (!guest->public_vhost)
        return ERR_IO;
    if (!address_given(&server->config.api_listen))
        return ERR_OK;
    guest->api_vhost = create_vhost(guest, "api", false);
    return guest->api_vhost ? ERR_OK : ERR_IO;
}

enum err lws_start(struct server *server) {
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    limit_descriptors(server);
    enum err err = ERR_OK;
    for (size_t i = 0; i < SERVER_GUESTS && err == ERR_OK; i++)
        err = start_guest(server, &server->guests[i]);
    return err;
}

void lws_stop(struct server *server) {
    for (size_t i = 0; i < SERVER_GUESTS; i++) {
        struct guest *guest = &server->guests[i];
        if (guest->context && !guest->ended)
            lws_context_destroy(guest->context);
    }
}

void lws_take(struct server *server, int fd, bool api, struct slice head) {
    struct guest *guest = &server->guests[0];
    for (size_t i = 1; i < SERVER_GUESTS; i++) {
        if (server->guests[i].sockets < guest->sockets)
            guest = &server->guests[i];
    }
    guest->sockets++;
    struct lws_vhost *vhost = api ? guest->api_vhost : guest->public_vhost;
    if (head.size) {
        (void)lws_adopt_socket_vhost_readbuf(vhost, fd, head.data, head.size);
        return;
    }
    struct lws *wsi = lws_adopt_socket_vhost(vhost, fd);
    if (!wsi)
        return; /* It has closed the socket. */
    if (api)
        lws_set_opaque_user_data(wsi, (void *)(uintptr_t)&api_mark);
    if (lws_is_ssl(wsi))
        return; /* TLS has steps of its own first. */
    /* The listener waited for the request: it is read now, not when the loop
     * has asked about the socket. Nothing there is fine, too. */
    struct lws_pollfd ready = {
        .fd = fd, .events = LWS_POLLIN, .revents = LWS_POLLIN};
    lws_service_fd(guest->context, &ready);
}
