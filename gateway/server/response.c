/* Responses are written in one piece; libwebsockets keeps what the socket does
 * not take. They are put together here, byte by byte: the library's own way
 * answers a refused handshake as HTTP/1.0. */
#include "gateway/server/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/json/error.h"

const char *response_status_text(unsigned status) {
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 411:
        return "Length Required";
    case 413:
        return "Content Too Large";
    case 416:
        return "Range Not Satisfiable";
    case 422:
        return "Unprocessable Content";
    case 426:
        return "Upgrade Required";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    case 507:
        return "Insufficient Storage";
    default:
        return "Status";
    }
}

static void append_head(const struct response *response, struct buf *out) {
    char line[128];
    int size =
        snprintf(line, sizeof(line),
                 "HTTP/1.1 %u %s\r\n"
                 "X-Content-Type-Options: nosniff\r\n",
                 response->status, response_status_text(response->status));
    buf_append(out, line, (size_t)size);
    if (response->type) {
        buf_append_slice(out, SLICE("Content-Type: "));
        buf_append_slice(out, slice_of(response->type));
        buf_append_slice(out, SLICE("\r\n"));
    }
    if (response->headers)
        buf_append_slice(out, slice_of(response->headers));
    if (response->status != 204 && response->status != 304) {
        size = snprintf(line, sizeof(line), "Content-Length: %zu\r\n",
                        response->body.size);
        buf_append(out, line, (size_t)size);
    }
    if (response->last)
        buf_append_slice(out, SLICE("Connection: close\r\n"));
    buf_append_slice(out, SLICE("\r\n"));
}

int response_write(struct lws *wsi, const struct response *response) {
    struct buf out = {0};
    buf_reserve(&out, LWS_PRE);
    out.size = LWS_PRE;
    append_head(response, &out);
    if (!response->head_only)
        buf_append_slice(&out, response->body);
    size_t size = out.size - LWS_PRE;
    int written = lws_write(wsi, (unsigned char *)out.data + LWS_PRE, size,
                            LWS_WRITE_RAW);
    buf_finish(&out);
    return written < 0 ? -1 : 0;
}

int response_send(struct lws *wsi, const struct response *response) {
    if (response_write(wsi, response) != 0 || response->last)
        return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static bool is_head(struct lws *wsi) {
    struct slice path;
    return strcmp(request_method(wsi, &path), "HEAD") == 0;
}

int response_error(struct lws *wsi, unsigned status, const char *code,
                   const char *detail, const char *headers, bool last) {
    struct buf body = {0};
    error_put_body(&body, code, slice_of(detail), (struct slice){0});
    int result = response_send(wsi, &(struct response){
                                        .status = status,
                                        .type = "application/json",
                                        .headers = headers,
                                        .body = buf_slice(&body),
                                        .head_only = is_head(wsi),
                                        .last = last,
                                    });
    buf_finish(&body);
    return result;
}
