/* Reading a request's parts out of libwebsockets. */
#include "gateway/server/internal.h"

struct slice request_header(struct lws *wsi, enum lws_token_indexes token,
                            char *out, size_t size) {
    int total = lws_hdr_total_length(wsi, token);
    if (total <= 0 || (size_t)total >= size)
        return (struct slice){0};
    int copied = lws_hdr_copy(wsi, out, (int)size, token);
    return copied > 0 ? (struct slice){out, (size_t)copied} : (struct slice){0};
}

/* The library cuts the query at each '&'; put together again. */
struct slice request_query(struct lws *wsi, char *out, size_t size) {
    size_t filled = 0;
    for (int i = 0; filled + 2 < size; i++) {
        size_t at = filled + (i > 0);
        int copied = lws_hdr_copy_fragment(wsi, out + at, (int)(size - at),
                                           WSI_TOKEN_HTTP_URI_ARGS, i);
        if (copied < 0)
            break;
        if (i > 0)
            out[filled] = '&';
        filled = at + (size_t)copied;
    }
    return (struct slice){out, filled};
}

const char *request_method(struct lws *wsi, struct slice *path) {
    static const char *const names[LWSHUMETH_COLON_PATH] = {
        [LWSHUMETH_GET] = "GET",         [LWSHUMETH_POST] = "POST",
        [LWSHUMETH_OPTIONS] = "OPTIONS", [LWSHUMETH_PUT] = "PUT",
        [LWSHUMETH_PATCH] = "PATCH",     [LWSHUMETH_DELETE] = "DELETE",
        [LWSHUMETH_CONNECT] = "CONNECT", [LWSHUMETH_HEAD] = "HEAD",
    };
    char *uri = NULL;
    int size = 0;
    int method = lws_http_get_uri_and_method(wsi, &uri, &size);
    *path = (struct slice){uri, size > 0 ? (size_t)size : 0};
    if (method < 0 || method >= LWSHUMETH_COLON_PATH || !names[method])
        return "";
    return names[method];
}
