/* Which requests are transfers of files, and what both directions share. */
#include "gateway/server/transfer.h"

static bool begins_with(struct slice text, struct slice prefix) {
    return text.size >= prefix.size &&
           memcmp(text.data, prefix.data, prefix.size) == 0;
}

bool http_transfer_request(struct server *server, struct lws *wsi,
                           struct session *session, int *result) {
    struct slice path;
    const char *method = request_method(wsi, &path);
    bool head_only = strcmp(method, "HEAD") == 0;
    http_transfer_end(session);
    if (strcmp(method, "OPTIONS") == 0)
        return false;
    if (slice_equal(path, SLICE("/api/files/")) ||
        slice_equal(path, SLICE("/api/files"))) {
        *result = strcmp(method, "POST") == 0
                      ? upload_begin(server, wsi, session)
                      : response_error(wsi, 405, "method_not_allowed",
                                       "a file is sent by POST",
                                       "Allow: POST, OPTIONS\r\n", true);
        return true;
    }
    if (!begins_with(path, SLICE("/media/")) ||
        (!head_only && strcmp(method, "GET") != 0))
        return false;
    *result = download_begin(server, wsi, session, path, head_only);
    return true;
}

bool http_transfer_event(enum lws_callback_reasons reason,
                         struct session *session, void *in, size_t size,
                         int *result) {
    *result = 0;
    if (!session || (!session->upload && !session->download))
        return false;
    switch ((int)reason) { /* Most of the library's many are not for us. */
    case LWS_CALLBACK_HTTP_BODY:
        *result = session->upload
                      ? upload_body(session, (struct slice){in, size})
                      : -1;
        return true;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        *result = session->upload ? upload_body_end(session) : 0;
        return true;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        *result = session->upload ? upload_writeable(session)
                                  : download_writeable(session);
        return true;
    case LWS_CALLBACK_TIMER:
        *result = session->upload ? upload_timeout(session) : -1;
        return true;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        http_transfer_end(session);
        return true;
    default:
        return false;
    }
}

void http_transfer_end(struct session *session) {
    upload_destroy(session->upload);
    download_destroy(session->download);
    session->upload = NULL;
    session->download = NULL;
}

struct transfer_refusal transfer_refusal(const struct wire *reply) {
    uint8_t refusal = reply->kind == WIRE_REPLY_ERROR
                          ? reply->as.reply_error.refusal
                          : REFUSED_STORAGE_FAILED;
    switch (refusal) {
    case REFUSED_OVERLOADED:
        return (struct transfer_refusal){503, "too_many_uploads",
                                         "too many files are on their way"};
    case REFUSED_STORAGE_FULL:
        return (struct transfer_refusal){507, "storage_full",
                                         "there is no space for files"};
    case REFUSED_STORAGE_FAILED:
        return (struct transfer_refusal){503, "storage_failed",
                                         "the storage fails"};
    case REFUSED_UNKNOWN_OUTCOME:
        return (struct transfer_refusal){504, "unknown_outcome",
                                         "the file may have been stored"};
    default:
        return (struct transfer_refusal){
            503, "try_again", "the server cannot do it now; try again"};
    }
}
