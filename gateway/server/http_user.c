/* HTTP calls of the dialects, by users with a token, on the listener of the
 * clients. What the calls mean is in gateway/frontends. */
#include "gateway/server/internal.h"
#include "gateway/user_call.h"

static int refuse(struct server *server, struct lws *wsi, struct buf *headers,
                  enum call_refusal reason, unsigned status, const char *code,
                  const char *detail, const char *extra) {
    metrics_add_by(server->gateway.config.metrics, METRIC_CALLS_REFUSED, reason,
                   1);
    buf_append_slice(headers, slice_of(extra));
    buf_append(headers, "", 1);
    return response_error(wsi, status, code, detail, headers->data, true);
}

static int checked(struct server *server, struct lws *wsi,
                   struct session *session, struct buf *headers,
                   const struct call_handler *handler) {
    struct gateway *gateway = &server->gateway;
    struct wire_profile claims;
    bool given;
    enum jwt_result result = handshake_bearer(server, wsi, &given, &claims);
    if (result != JWT_OK)
        return refuse(server, wsi, headers, CALL_REFUSAL_TOKEN, 401,
                      given ? jwt_result_code(result) : "token_missing",
                      given ? jwt_result_text(result) : "there is no token",
                      "WWW-Authenticate: Bearer\r\n");
    switch (user_call_check(gateway, claims.user)) {
    case USER_CALL_THROTTLED:
        return refuse(server, wsi, headers, CALL_REFUSAL_RATE, 429, "throttled",
                      "too many requests", "Retry-After: 1\r\n");
    case USER_CALL_AWAY:
        return refuse(server, wsi, headers, CALL_REFUSAL_BROKER, 503,
                      "try_again", "the broker is away", "Retry-After: 5\r\n");
    case USER_CALL_OK:
        break;
    }
    buf_append(headers, "", 1);
    return http_call_begin(server, wsi, session,
                           &(struct http_call_config){
                               .handler = handler,
                               .self = user_call_self(gateway, &claims),
                               .headers = headers->data,
                               .head_is_get = true,
                           });
}

bool http_user_request(struct server *server, struct lws *wsi,
                       struct session *session, int *result) {
    struct slice path;
    const char *method = request_method(wsi, &path);
    const struct call_handler *handler =
        user_call_handler(&server->gateway, path);
    if (!handler || strcmp(method, "OPTIONS") == 0)
        return false; /* OPTIONS: as for the page. */
    struct buf headers = {0};
    buf_append_slice(&headers, SLICE("Cache-Control: no-store\r\n"));
    append_cors(server, wsi, &headers);
    metrics_add(server->gateway.config.metrics, METRIC_CALLS, 1);
    *result = checked(server, wsi, session, &headers, handler);
    buf_finish(&headers);
    return true;
}
