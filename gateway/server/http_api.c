/* The server API's listener: checks the key, collects the body, waits for the
 * broker, answers. What the calls mean is in gateway/api. */
#include "gateway/server/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/api_call.h"

/* WSI_TOKEN_ has none for it; the library keeps names in lower case. */
#define KEY_HEADER "x-api-key:"

/* One request, from its headers to its answer. */
struct http_call {
    struct lws *wsi;
    struct api_call *call; /* While the broker is asked. */
    const char *method;
    struct buf path;
    struct buf query;
    struct buf body;
    unsigned status; /* Of the answer; 0: not yet. */
    struct buf answer;
    const char *allow;
};

/* Accepts NULL. */
static void call_destroy(struct http_call *call) {
    if (!call)
        return;
    api_call_cancel(call->call);
    buf_finish(&call->path);
    buf_finish(&call->query);
    buf_finish(&call->body);
    buf_finish(&call->answer);
    free(call);
}

static void session_clear(struct session *session) {
    call_destroy(session->call);
    session->call = NULL;
}

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

static void on_done(void *payload, unsigned status, struct slice body,
                    const char *allow) {
    struct http_call *call = payload;
    call->call = NULL;
    call->status = status;
    call->allow = allow;
    buf_append_slice(&call->answer, body);
    lws_callback_on_writable(call->wsi);
}

static void ask(struct server *server, struct http_call *call) {
    struct call_request request = {
        .method = slice_of(call->method),
        .path = buf_slice(&call->path),
        .query = buf_slice(&call->query),
        .body = buf_slice(&call->body),
    };
    call->call = api_call_begin(&server->gateway, &request, on_done, call);
}

static int begin(struct server *server, struct lws *wsi,
                 struct session *session) {
    char text[SERVER_HEADER_BYTES_MAX];
    struct slice path;
    session_clear(session);
    const char *method = request_method(wsi, &path);
    if (!key_is_right(server, wsi))
        return error(wsi, 401, "api_key", "X-API-Key is missing or unknown");
    if (path.size < 5 || memcmp(path.data, "/api/", 5) != 0)
        return error(wsi, 404, "not_found", "there is nothing at this path");
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return error(wsi, 411, "length_required",
                     "the body must have a Content-Length");
    struct slice length =
        request_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof(text));
    unsigned long long size = 0;
    for (size_t i = 0; i < length.size && size <= CALL_BODY_BYTES_MAX; i++)
        size = size * 10 + (unsigned)(length.data[i] - '0');
    if (size > CALL_BODY_BYTES_MAX)
        return error(wsi, 413, "too_large", "the body is larger than 1 MiB");
    struct http_call *call = mem_zalloc(sizeof(*call));
    session->call = call;
    call->wsi = wsi;
    call->method = method;
    buf_append_slice(&call->path, path);
    buf_append_slice(&call->query, request_query(wsi, text, sizeof(text)));
    if (size == 0)
        ask(server, call);
    return 0;
}

static int answer(struct lws *wsi, struct session *session) {
    struct http_call *call = session->call;
    if (!call || call->status == 0)
        return 0;
    session->call = NULL; /* The session may end with the response. */
    char headers[256];
    snprintf(headers, sizeof(headers), "Cache-Control: no-store\r\n%s%s%s",
             call->allow ? "Allow: " : "", call->allow ? call->allow : "",
             call->allow ? "\r\n" : "");
    int result = response_send(
        wsi, &(struct response){
                 .status = call->status,
                 .type = call->answer.size ? "application/json" : NULL,
                 .headers = headers,
                 .body = buf_slice(&call->answer),
                 .head_only = strcmp(call->method, "HEAD") == 0,
             });
    call_destroy(call);
    return result;
}

int http_api_event(struct server *server, struct lws *wsi,
                   enum lws_callback_reasons reason, struct session *session,
                   void *in, size_t size) {
    struct http_call *call = session ? session->call : NULL;
    switch ((int)reason) { /* Most of the library's many are not for us. */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* No WebSockets here. */
    case LWS_CALLBACK_HTTP:
        return begin(server, wsi, session);
    case LWS_CALLBACK_HTTP_BODY:
        if (!call || call->body.size + size > CALL_BODY_BYTES_MAX)
            return -1;
        buf_append(&call->body, in, size);
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (call && !call->call && call->status == 0)
            ask(server, call);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return answer(wsi, session);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (session)
            session_clear(session);
        return 0;
    default:
        return 0;
    }
}
