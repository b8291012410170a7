/* The server API's listener: checks the key. What the calls mean is in
 * gateway/api. */
#include "gateway/server/internal.h"

/* WSI_TOKEN_ has none for it; the library keeps names in lower case. */
#define KEY_HEADER "x-api-key:"

static bool key_is_right(struct server *server, struct lws *wsi) {
    char key[API_KEY_BYTES_MAX + 1];
    int name_size = (int)strlen(KEY_HEADER);
    int size = lws_hdr_custom_length(wsi, KEY_HEADER, name_size);
    if (size <= 0 || (size_t)size >= sizeof(key) ||
        lws_hdr_custom_copy(wsi, key, (int)sizeof(key), KEY_HEADER, name_size) <
            0)
        return false;
    return api_keys_match(server->config.api_keys,
                          (struct slice){key, (size_t)size});
}

static int error(struct lws *wsi, unsigned status, const char *code,
                 const char *detail) {
    return response_error(wsi, status, code, detail,
                          "Cache-Control: no-store\r\n", true);
}

static int begin(struct server *server, struct lws *wsi,
                 struct session *session) {
    struct slice path;
    http_call_end(session);
    (void)request_method(wsi, &path);
    if (!key_is_right(server, wsi))
        return error(wsi, 401, "api_key", "X-API-Key is missing or unknown");
    if (path.size < 5 || memcmp(path.data, "/api/", 5) != 0)
        return error(wsi, 404, "not_found", "there is nothing at this path");
    metrics_add(server->gateway.config.metrics, METRIC_API_REQUESTS, 1);
    return http_call_begin(server, wsi, session,
                           &(struct http_call_config){
                               .handler = server->gateway.config.api,
                               .headers = "Cache-Control: no-store\r\n",
                           });
}

int http_api_event(struct server *server, struct lws *wsi,
                   enum lws_callback_reasons reason, struct session *session,
                   const void *in, size_t size) {
    int result;
    if (http_call_event(server, wsi, reason, session, in, size, &result))
        return result;
    switch ((int)reason) { /* Most of the library's many are not for us. */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* No WebSockets here. */
    case LWS_CALLBACK_HTTP:
        return begin(server, wsi, session);
    case LWS_CALLBACK_HTTP_BODY:
        return -1; /* Of a request that was refused. */
    default:
        return 0;
    }
}
