/* What a browser gets without a WebSocket: the demo page, and the answers to
 * its questions before (CORS). */
#include "gateway/server/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/server/web_files.h"
#include "gateway/token.h"

#define DEMO_USERS_BYTES_MAX (64u << 10)

#define PAGE_POLICY                                                            \
    "Content-Security-Policy: default-src 'self'; "                            \
    "connect-src 'self' ws: wss:\r\n"                                          \
    "Referrer-Policy: no-referrer\r\n"                                         \
    "Cache-Control: no-cache\r\n"

void append_cors(struct server *server, struct lws *wsi, struct buf *headers) {
    char origin[512], host[512];
    struct slice from =
        request_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin));
    struct slice to = request_header(wsi, WSI_TOKEN_HOST, host, sizeof(host));
    buf_append_slice(headers, SLICE("Vary: Origin\r\n"));
    if (from.size == 0 || !origin_allowed(from, to, server->config.origins,
                                          server->config.origins_count))
        return;
    buf_append_slice(headers, SLICE("Access-Control-Allow-Origin: "));
    buf_append_slice(headers, from);
    buf_append_slice(headers, SLICE("\r\n"));
}

static int send_options(struct server *server, struct lws *wsi) {
    struct buf headers = {0};
    append_cors(server, wsi, &headers);
    buf_append_slice(
        &headers,
        SLICE("Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
              "Access-Control-Allow-Headers: Authorization, Content-Type\r\n"
              "Access-Control-Max-Age: 600\r\n"));
    buf_append(&headers, "", 1);
    int result = response_send(
        wsi, &(struct response){.status = 204, .headers = headers.data});
    buf_finish(&headers);
    return result;
}

static int send_file(struct server *server, struct lws *wsi,
                     const struct web_file *file, bool head_only) {
    char known[128];
    struct slice etag =
        request_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, known, sizeof(known));
    bool same = slice_equal(etag, slice_of(file->etag));
    struct buf headers = {0};
    buf_append_slice(&headers, SLICE(PAGE_POLICY "ETag: "));
    buf_append_slice(&headers, slice_of(file->etag));
    buf_append_slice(&headers, SLICE("\r\n"));
    append_cors(server, wsi, &headers);
    buf_append(&headers, "", 1);
    int result = response_send(
        wsi, &(struct response){
                 .status = same ? 304 : 200,
                 .type = same ? NULL : file->type,
                 .headers = headers.data,
                 .body = same ? (struct slice){0}
                              : (struct slice){(const char *)file->bytes,
                                               file->size},
                 .head_only = head_only,
             });
    buf_finish(&headers);
    return result;
}

/* Tokens are in it: only for this very machine, and not through a name that
 * somebody else made point here. */
static bool is_local(struct lws *wsi) {
    bool loopback;
    char text[128];
    (void)handshake_address(wsi, &loopback);
    struct slice host = request_header(wsi, WSI_TOKEN_HOST, text, sizeof(text));
    for (size_t i = host.size; i > 0; i--) {
        char c = host.data[i - 1];
        if (c == ':')
            host.size = i - 1;
        if (c < '0' || c > '9')
            break;
    }
    return loopback && (slice_equal(host, SLICE("localhost")) ||
                        slice_equal(host, SLICE("127.0.0.1")) ||
                        slice_equal(host, SLICE("[::1]")));
}

static int send_demo_users(struct server *server, struct lws *wsi,
                           bool head_only) {
    char bytes[DEMO_USERS_BYTES_MAX];
    int fd = open(server->config.demo_users, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return response_error(wsi, 404, "not_found", "no demo users", NULL,
                              false);
    return response_send(wsi, &(struct response){
                                  .status = 200,
                                  .type = "application/json",
                                  .headers = "Cache-Control: no-store\r\n",
                                  .body = {bytes, (size_t)size},
                                  .head_only = head_only,
                              });
}

static bool has_body(struct lws *wsi) {
    char text[32];
    struct slice length =
        request_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof(text));
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
           (length.size > 0 && !slice_equal(length, SLICE("0")));
}

/* A plain GET where a WebSocket is. Browsers hide why a handshake failed, so
 * pages ask in this way whether it was the token. */
static int send_not_upgraded(struct server *server, struct lws *wsi) {
    bool given;
    enum jwt_result result = handshake_token(server, wsi, &given);
    if (given && result != JWT_OK)
        return response_error(wsi, 401, jwt_result_code(result),
                              jwt_result_text(result),
                              "WWW-Authenticate: Bearer\r\n", false);
    return response_error(wsi, 426, "upgrade_required",
                          "this is the path of a WebSocket",
                          "Upgrade: websocket\r\n", false);
}

int http_request(struct server *server, struct lws *wsi) {
    struct slice path;
    const char *method = request_method(wsi, &path);
    bool head_only = strcmp(method, "HEAD") == 0;
    bool get = head_only || strcmp(method, "GET") == 0;
    uint32_t dialect;
    metrics_add(server->gateway.config.metrics, METRIC_HTTP_REQUESTS, 1);
    if (has_body(wsi))
        return response_error(wsi, 405, "method_not_allowed",
                              "nothing here takes a body",
                              "Allow: GET, HEAD, OPTIONS\r\n", true);
    if (strcmp(method, "OPTIONS") == 0)
        return send_options(server, wsi);
    if (!get)
        return response_error(wsi, 405, "method_not_allowed",
                              "only GET, HEAD and OPTIONS",
                              "Allow: GET, HEAD, OPTIONS\r\n", true);
    if (gateway_dialect(&server->gateway, path, &dialect))
        return send_not_upgraded(server, wsi);
    if (server->config.demo_users &&
        slice_equal(path, SLICE("/demo/users.json")) && is_local(wsi))
        return send_demo_users(server, wsi, head_only);
    const struct web_file *file = web_file_find(path);
    if (file)
        return send_file(server, wsi, file, head_only);
    return response_error(wsi, 404, "not_found",
                          "there is nothing at this path", NULL, false);
}
