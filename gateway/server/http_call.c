/* One HTTP call that a translator (call.h) answers: collects the body, waits
 * for the broker, answers. Who may call was checked before. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/api_call.h"
#include "gateway/profile.h"
#include "gateway/server/internal.h"

/* One request, from its headers to its answer. */
struct http_call {
    struct lws *wsi;
    struct api_call *call; /* While the broker is asked. */
    const struct call_handler *handler;
    struct wire_profile *self; /* NULL: the application. */
    const char *method;
    bool head_only;
    struct buf path;
    struct buf query;
    struct buf body;
    struct buf headers; /* Of the answer, each with its end. */
    unsigned status;    /* Of the answer; 0: not yet. */
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
    buf_finish(&call->headers);
    buf_finish(&call->answer);
    free(call->self);
    free(call);
}

void http_call_end(struct session *session) {
    call_destroy(session->call);
    session->call = NULL;
}

static void on_done(void *payload, unsigned status, struct slice body,
                    const char *allow) {
    struct http_call *call = payload;
    call->call = NULL;
    call->status = status;
    call->allow = allow;
    buf_append_slice(&call->answer, body);
    lws_request_goes_on(call->wsi);
    lws_callback_on_writable(call->wsi);
}

static void ask(struct server *server, struct http_call *call) {
    struct call_request request = {
        .method = slice_of(call->method),
        .path = buf_slice(&call->path),
        .query = buf_slice(&call->query),
        .body = buf_slice(&call->body),
    };
    lws_request_waits(call->wsi);
    call->call = api_call_begin(&server->gateway, call->handler, call->self,
                                &request, on_done, call);
}

/* The body's size as the headers give it. False: it was refused. */
static bool body_size(struct lws *wsi, const char *headers,
                      unsigned long long *size) {
    char text[32];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        (void)response_error(wsi, 411, "length_required",
                             "the body must have a Content-Length", headers,
                             true);
        return false;
    }
    struct slice length =
        request_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof(text));
    *size = 0;
    for (size_t i = 0; i < length.size && *size <= CALL_BODY_BYTES_MAX; i++)
        *size = *size * 10 + (unsigned)(length.data[i] - '0');
    if (*size <= CALL_BODY_BYTES_MAX)
        return true;
    (void)response_error(wsi, 413, "too_large", "the body is larger than 1 MiB",
                         headers, true);
    return false;
}

int http_call_begin(struct server *server, struct lws *wsi,
                    struct session *session,
                    const struct http_call_config *config) {
    char text[SERVER_HEADER_BYTES_MAX];
    struct slice path;
    unsigned long long size;
    http_call_end(session);
    const char *method = request_method(wsi, &path);
    if (!body_size(wsi, config->headers, &size)) {
        if (config->self)
            metrics_add_by(server->gateway.config.metrics, METRIC_CALLS_REFUSED,
                           CALL_REFUSAL_BODY, 1);
        return -1;
    }
    struct http_call *call = mem_zalloc(sizeof(*call));
    session->call = call;
    call->wsi = wsi;
    call->handler = config->handler;
    call->head_only = strcmp(method, "HEAD") == 0;
    call->method = config->head_is_get && call->head_only ? "GET" : method;
    if (config->self)
        call->self = profile_copy(config->self);
    buf_append_slice(&call->headers, slice_of(config->headers));
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
    if (call->allow) {
        buf_append_slice(&call->headers, SLICE("Allow: "));
        buf_append_slice(&call->headers, slice_of(call->allow));
        buf_append_slice(&call->headers, SLICE("\r\n"));
    }
    buf_append(&call->headers, "", 1);
    int result = response_send(
        wsi, &(struct response){
                 .status = call->status,
                 .type = call->answer.size ? "application/json" : NULL,
                 .headers = call->headers.data,
                 .body = buf_slice(&call->answer),
                 .head_only = call->head_only,
             });
    call_destroy(call);
    return result;
}

bool http_call_event(struct server *server, struct lws *wsi,
                     enum lws_callback_reasons reason, struct session *session,
                     const void *in, size_t size, int *result) {
    struct http_call *call = session ? session->call : NULL;
    if (!call)
        return false;
    *result = 0;
    switch ((int)reason) { /* Most of the library's many are not for us. */
    case LWS_CALLBACK_HTTP_BODY:
        if (call->body.size + size > CALL_BODY_BYTES_MAX)
            *result = -1;
        else
            buf_append(&call->body, in, size);
        return true;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (!call->call && call->status == 0)
            ask(server, call);
        return true;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        *result = answer(wsi, session);
        return true;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        http_call_end(session);
        return true;
    default:
        return false;
    }
}
