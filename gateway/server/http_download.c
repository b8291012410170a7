/* GET and HEAD /media/...: first the broker says which file it is, then its
 * chunks come one by one, each asked for when the one before was written. */
#include "gateway/server/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/process/log.h"
#include "gateway/files/file_name.h"
#include "gateway/files/file_type.h"
#include "gateway/files/range.h"
#include "gateway/json/error.h"
#include "gateway/media.h"

/* A file never changes, and whoever has its address may keep it. Nothing in it
 * may run as a page of ours. */
#define MEDIA_HEADERS                                                          \
    "Cache-Control: private, max-age=31536000, immutable\r\n"                  \
    "Content-Security-Policy: default-src 'none'; sandbox\r\n"                 \
    "Accept-Ranges: bytes\r\n"

struct download {
    struct server *server;
    struct lws *wsi;
    struct ask ask;
    bool head_only;
    struct buf path;
    struct buf range;    /* The header's value; empty: none. */
    struct buf if_range; /* The same. */
    struct buf known;    /* If-None-Match. */
    char secret[LIMIT_FILE_SECRET_BYTES];
    file_id file;
    bool has_head; /* The head was written. */
    uint64_t at;   /* Of the next byte to be written. */
    uint64_t end;
    struct buf out; /* To be written. */
    unsigned error; /* Status of an answer without a file; 0: none. */
    const char *code;
    const char *detail;
    bool broken; /* The bytes do not come: the answer cannot be completed. */
};

void download_destroy(struct download *download) {
    if (!download)
        return;
    ask_cancel(&download->ask);
    buf_finish(&download->path);
    buf_finish(&download->range);
    buf_finish(&download->if_range);
    buf_finish(&download->known);
    buf_finish(&download->out);
    download->server->downloads_count--;
    free(download);
}

static void set_timer(struct download *download) {
    lws_set_timer_usecs(download->wsi,
                        (lws_usec_t)TRANSFER_STEP_MS * LWS_US_PER_MS);
}

static void write_soon(struct download *download) {
    set_timer(download);
    lws_callback_on_writable(download->wsi);
}

static void refuse(struct download *download, unsigned status, const char *code,
                   const char *detail) {
    download->error = status;
    download->code = code;
    download->detail = detail;
    write_soon(download);
}

static void ask_chunk(struct download *download) {
    struct wire wire = {.kind = WIRE_FILE_BYTES};
    wire.as.file_bytes.file = download->file;
    wire.as.file_bytes.offset =
        download->at - download->at % LIMIT_FILE_CHUNK_BYTES;
    ask_send(&download->ask, &wire);
    set_timer(download);
}

/* --- The head ------------------------------------------------------------- */

static void append_text(struct buf *out, const char *format, uint64_t a,
                        uint64_t b, uint64_t c)
    __attribute__((format(printf, 2, 0)));

static void append_text(struct buf *out, const char *format, uint64_t a,
                        uint64_t b, uint64_t c) {
    char line[160];
    int size = snprintf(line, sizeof(line), format, a, b, c);
    INVARIANT(size > 0 && (size_t)size < sizeof(line));
    buf_append(out, line, (size_t)size);
}

static void put_common(struct download *download, struct slice etag,
                       struct buf *out) {
    buf_append_slice(out, SLICE(MEDIA_HEADERS "ETag: "));
    buf_append_slice(out, etag);
    buf_append_slice(out, SLICE("\r\n"));
    append_cors(download->server, download->wsi, out);
}

static void put_entity(const struct wire_file *file, struct buf *out) {
    bool picture = file_type_is_picture(file->mime);
    buf_append_slice(out, SLICE("Content-Type: "));
    buf_append_slice(out, file->mime);
    buf_append_slice(out, SLICE("\r\nContent-Disposition: "));
    file_name_disposition(picture ? "inline" : "attachment", file->name, out);
    buf_append_slice(out, SLICE("\r\n"));
}

/* What of the file is wanted, and the status that says so. */
static unsigned choose_part(struct download *download,
                            const struct wire_file *file, struct slice etag) {
    struct slice range = buf_slice(&download->range);
    struct slice if_range = buf_slice(&download->if_range);
    download->at = 0;
    download->end = file->size;
    if (slice_equal(buf_slice(&download->known), etag))
        return 304;
    if (range.size == 0 || (if_range.size && !slice_equal(if_range, etag)))
        return 200;
    switch (range_read(range, file->size, &download->at, &download->end)) {
    case RANGE_PART:
        return 206;
    case RANGE_NONE:
        return 416;
    case RANGE_WHOLE:
        break;
    }
    return 200;
}

static void put_head(struct download *download, const struct wire_file *file) {
    struct buf *out = &download->out;
    char text[32];
    int size =
        snprintf(text, sizeof(text), "\"f%" PRIu64 "\"", file->file.value);
    struct slice etag = {text, (size_t)size};
    unsigned status = choose_part(download, file, etag);
    append_text(out, "HTTP/1.1 %" PRIu64, status, 0, 0);
    buf_append_slice(out, SLICE(" "));
    buf_append_slice(out, slice_of(response_status_text(status)));
    buf_append_slice(out, SLICE("\r\nX-Content-Type-Options: nosniff\r\n"));
    put_common(download, etag, out);
    if (status == 206)
        append_text(
            out, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
            download->at, download->end - 1, file->size);
    if (status == 416)
        append_text(out, "Content-Range: bytes */%" PRIu64 "\r\n", file->size,
                    0, 0);
    if (status == 304 || status == 416)
        download->end = download->at = 0;
    else
        put_entity(file, out);
    if (status != 304)
        append_text(out, "Content-Length: %" PRIu64 "\r\n",
                    download->end - download->at, 0, 0);
    buf_append_slice(out, SLICE("\r\n"));
    download->has_head = true;
    if (download->head_only)
        download->end = download->at;
}

/* --- What the broker says ------------------------------------------------- */

static void found(struct download *download, const struct wire_row_files *row) {
    if (row->files_count != 1 ||
        !media_is_path(buf_slice(&download->path), &row->files[0])) {
        refuse(download, 404, "not_found", "there is nothing at this path");
        return;
    }
    download->file = row->files[0].file;
    put_head(download, &row->files[0]);
    write_soon(download);
}

static void bytes_came(struct download *download, struct slice bytes) {
    uint64_t skipped = download->at % LIMIT_FILE_CHUNK_BYTES;
    uint64_t wanted = download->end - download->at;
    if (bytes.size <= skipped) {
        log_error("file_bytes_missing", LOG_UINT("file", download->file.value),
                  LOG_UINT("offset", download->at));
        download->broken = true;
    } else {
        bytes.data += skipped;
        bytes.size -= skipped;
        if (bytes.size > wanted)
            bytes.size = (size_t)wanted;
        buf_append_slice(&download->out, bytes);
        download->at += bytes.size;
    }
    lws_callback_on_writable(download->wsi);
}

static void on_reply(void *payload, const struct wire *reply) {
    struct download *download = payload;
    if (reply->kind == WIRE_ROW_FILES) {
        found(download, &reply->as.row_files);
    } else if (reply->kind == WIRE_ROW_BYTES) {
        bytes_came(download, reply->as.row_bytes.bytes);
    } else if (download->has_head) {
        download->broken = true;
        lws_callback_on_writable(download->wsi);
    } else {
        struct transfer_refusal refusal = transfer_refusal(reply);
        refuse(download, refusal.status, refusal.code, refusal.detail);
    }
}

/* --- What the socket says ------------------------------------------------- */

static int answer_error(struct session *session) {
    struct download *download = session->download;
    struct buf body = {0};
    struct buf headers = {0};
    struct lws *wsi = download->wsi;
    error_put_body(&body, download->code, slice_of(download->detail),
                   (struct slice){0});
    buf_append_slice(&headers, SLICE(TRANSFER_NO_STORE));
    if (download->error == 503)
        buf_append_slice(&headers, SLICE("Retry-After: 5\r\n"));
    append_cors(download->server, wsi, &headers);
    buf_append(&headers, "", 1);
    struct response response = {.status = download->error,
                                .type = "application/json",
                                .headers = headers.data,
                                .body = buf_slice(&body),
                                .head_only = download->head_only};
    session->download = NULL; /* The session may end with the response. */
    download_destroy(download);
    lws_set_timer_usecs(wsi, LWS_SET_TIMER_USEC_CANCEL);
    int result = response_send(wsi, &response);
    buf_finish(&body);
    buf_finish(&headers);
    return result;
}

static int write_out(struct download *download) {
    struct buf padded = {0};
    buf_reserve(&padded, LWS_PRE + download->out.size);
    padded.size = LWS_PRE;
    buf_append_slice(&padded, buf_slice(&download->out));
    int written =
        lws_write(download->wsi, (unsigned char *)padded.data + LWS_PRE,
                  download->out.size, LWS_WRITE_RAW);
    buf_finish(&padded);
    buf_clear(&download->out);
    return written < 0 ? -1 : 0;
}

int download_writeable(struct session *session) {
    struct download *download = session->download;
    struct lws *wsi = download->wsi;
    if (download->error)
        return answer_error(session);
    if (download->broken)
        return -1;
    if (!download->has_head || ask_is_under_way(&download->ask))
        return 0;
    if (download->out.size && write_out(download) != 0)
        return -1;
    if (download->at < download->end) {
        ask_chunk(download);
        return 0;
    }
    session->download = NULL;
    download_destroy(download);
    lws_set_timer_usecs(wsi, LWS_SET_TIMER_USEC_CANCEL);
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static void keep_header(struct lws *wsi, enum lws_token_indexes token,
                        struct buf *out) {
    char text[256];
    buf_append_slice(out, request_header(wsi, token, text, sizeof(text)));
}

int download_begin(struct server *server, struct lws *wsi,
                   struct session *session, struct slice path, bool head_only) {
    struct gateway *gateway = &server->gateway;
    struct download *download = mem_zalloc(sizeof(*download));
    session->download = download;
    server->downloads_count++;
    download->server = server;
    download->wsi = wsi;
    download->head_only = head_only;
    download->ask =
        (struct ask){.gateway = gateway, .done = on_reply, .payload = download};
    metrics_add(gateway->config.metrics, METRIC_HTTP_REQUESTS, 1);
    if (!media_take_path(path, download->secret)) {
        refuse(download, 404, "not_found", "there is nothing at this path");
        return 0;
    }
    if (server->downloads_count > DOWNLOADS_MAX ||
        broker_away_ms(&gateway->broker) > 0 ||
        broker_is_full(&gateway->broker)) {
        refuse(download, 503, "try_again",
               "the server cannot do it now; try again");
        return 0;
    }
    buf_append_slice(&download->path, path);
    keep_header(wsi, WSI_TOKEN_HTTP_RANGE, &download->range);
    keep_header(wsi, WSI_TOKEN_HTTP_IF_RANGE, &download->if_range);
    keep_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, &download->known);
    struct wire_file_name name = {
        .secret = {download->secret, sizeof(download->secret)}};
    struct wire wire = {.kind = WIRE_FILES};
    wire.as.files.names = &name;
    wire.as.files.names_count = 1;
    lws_request_waits(wsi); /* For the broker, and then for a slow reader. */
    ask_send(&download->ask, &wire);
    return 0;
}
