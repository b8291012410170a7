/* POST /api/files/: from a multipart body to chunks at the broker.
 *
 *   RECEIVING --whole body--> FINISHING --last chunk stored--> OVER
 *       \---------------------- error ------------------------/
 *
 * While a chunk is under way and the next one is full the socket is not read.
 * OVER: the answer waits for the socket, or was written and the rest of the
 * body is read and forgotten. */
#include "gateway/server/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/json_write.h"
#include "gateway/files/file_name.h"
#include "gateway/files/file_type.h"
#include "gateway/files/multipart.h"
#include "gateway/json/dates.h"
#include "gateway/json/error.h"
#include "gateway/media.h"
#include "gateway/token.h"

enum upload_state { UPLOAD_RECEIVING, UPLOAD_FINISHING, UPLOAD_OVER };

struct upload {
    struct server *server;
    struct lws *wsi;
    struct ask ask;
    enum upload_state state;
    user_id user;
    bool parses; /* |multipart| is to be finished. */
    struct multipart multipart;
    struct file_type type;
    struct buf name;
    struct buf bytes;   /* Of the file, not sent to the broker yet. */
    uint64_t size;      /* Of the file so far. */
    uint64_t offset;    /* Of |bytes| in it. */
    file_id file;       /* 0: the broker has not answered the first chunk. */
    bool last_sent;     /* The chunk under way is the last one. */
    bool body_over;     /* All of the body came. */
    bool answered;      /* The answer was written. */
    bool endless;       /* Nobody can tell where the body ends. */
    uint64_t forgotten; /* Bytes read after it was over. */
    char secret[LIMIT_FILE_SECRET_BYTES];
    unsigned status;
    const char *headers; /* Of the answer, besides; static. */
    struct buf answer;
};

void upload_destroy(struct upload *upload) {
    if (!upload)
        return;
    ask_cancel(&upload->ask);
    if (upload->parses)
        multipart_finish(&upload->multipart);
    buf_finish(&upload->name);
    buf_finish(&upload->bytes);
    buf_finish(&upload->answer);
    upload->server->uploads_count--;
    free(upload);
}

static void set_timer(struct upload *upload, uint64_t ms) {
    lws_set_timer_usecs(upload->wsi, (lws_usec_t)(ms * 1000));
}

/* The answer is known; it is written when the socket can take it. */
static void finish(struct upload *upload, unsigned status) {
    upload->state = UPLOAD_OVER;
    upload->status = status;
    ask_cancel(&upload->ask);
    buf_finish(&upload->bytes);
    lws_rx_flow_control(upload->wsi, 1);
    set_timer(upload, UPLOAD_DISCARD_MS);
    lws_callback_on_writable(upload->wsi);
}

static void fail(struct upload *upload, unsigned status, const char *code,
                 const char *detail, const char *field) {
    if (upload->state == UPLOAD_OVER)
        return;
    error_put_body(&upload->answer, code, slice_of(detail),
                   field ? slice_of(field) : (struct slice){0});
    finish(upload, status);
}

static void fail_multipart(struct upload *upload,
                           enum multipart_result result) {
    const char *field = multipart_field(result);
    fail(upload, 400, "bad_field", multipart_text(result),
         *field ? field : NULL);
}

/* --- The file on its way -------------------------------------------------- */

static void send_chunk(struct upload *upload, bool last) {
    size_t size = upload->bytes.size < LIMIT_FILE_CHUNK_BYTES
                      ? upload->bytes.size
                      : LIMIT_FILE_CHUNK_BYTES;
    struct wire wire = {.kind = WIRE_FILE_PUT};
    struct wire_file_put *put = &wire.as.file_put;
    put->user = upload->user;
    put->file = upload->file;
    put->offset = upload->offset;
    put->bytes = (struct slice){size ? upload->bytes.data : NULL, size};
    put->last = last;
    put->secret = (struct slice){upload->secret, sizeof(upload->secret)};
    put->name = buf_slice(&upload->name);
    if (last)
        put->mime = file_type_end(&upload->type);
    upload->last_sent = last;
    upload->offset += size;
    ask_send(&upload->ask, &wire);
    if (size)
        buf_consume(&upload->bytes, size);
    set_timer(upload, TRANSFER_STEP_MS);
}

/* Sends what can be sent, and reads on or not. */
static void push(struct upload *upload) {
    bool whole = upload->state == UPLOAD_FINISHING;
    if (!ask_is_under_way(&upload->ask)) {
        if (upload->bytes.size > LIMIT_FILE_CHUNK_BYTES)
            send_chunk(upload, false);
        else if (whole)
            send_chunk(upload, true);
    }
    if (whole)
        return;
    bool full = upload->bytes.size > LIMIT_FILE_CHUNK_BYTES;
    lws_rx_flow_control(upload->wsi, full ? 0 : 1);
    if (full) /* It is us who are slow, until the timer says otherwise. */
        lws_request_waits(upload->wsi);
}

/* The file as the dialect `dialogs` shows it. */
static void stored(struct upload *upload, const struct wire_file *file) {
    const struct zone *zone = upload->server->gateway.config.frontend.zone;
    struct buf *out = &upload->answer;
    json_put(out, "{\"id\":");
    json_put_uint(out, file->file.value);
    json_put(out, ",\"date_created\":");
    dates_put_local(out, zone, file->created_us);
    json_put(out, ",\"content\":\"");
    media_put_path(out, file);
    json_put(out, "\"}");
    finish(upload, 201);
}

static void on_reply(void *payload, const struct wire *reply) {
    struct upload *upload = payload;
    if (reply->kind != WIRE_REPLY_FILE) {
        struct transfer_refusal refusal = transfer_refusal(reply);
        upload->headers = "Retry-After: 5\r\n";
        fail(upload, refusal.status, refusal.code, refusal.detail, NULL);
        return;
    }
    const struct wire_file *file = &reply->as.reply_file.file;
    if (upload->last_sent) {
        stored(upload, file);
        return;
    }
    upload->file = file->file;
    push(upload);
}

/* --- What the socket says ------------------------------------------------- */

/* The name is known before the first byte of the file. */
static bool take_name(struct upload *upload) {
    if (!upload->multipart.has_file || upload->name.size)
        return true;
    if (file_name_clean(multipart_name(&upload->multipart), &upload->name))
        return true;
    fail_multipart(upload, MULTIPART_NO_NAME);
    return false;
}

int upload_body(struct session *session, struct slice bytes) {
    struct upload *upload = session->upload;
    if (upload->state == UPLOAD_OVER) {
        upload->forgotten += bytes.size;
        return upload->forgotten > UPLOAD_DISCARD_BYTES_MAX ? -1 : 0;
    }
    size_t before = upload->bytes.size;
    enum multipart_result result =
        multipart_take(&upload->multipart, bytes, &upload->bytes);
    struct slice fresh = {0};
    if (upload->bytes.size > before)
        fresh = (struct slice){upload->bytes.data + before,
                               upload->bytes.size - before};
    file_type_take(&upload->type, fresh);
    upload->size += fresh.size;
    if (result != MULTIPART_OK)
        fail_multipart(upload, result);
    else if (upload->size > LIMIT_FILE_BYTES)
        fail(upload, 413, "too_large", "a file has at most 10 MiB", "file");
    else if (take_name(upload))
        push(upload);
    return 0;
}

int upload_body_end(struct session *session) {
    struct upload *upload = session->upload;
    upload->body_over = true;
    if (upload->state == UPLOAD_OVER)
        return upload->answered ? -1 : 0;
    enum multipart_result result = multipart_end(&upload->multipart);
    if (result != MULTIPART_OK) {
        fail_multipart(upload, result);
        return 0;
    }
    upload->state = UPLOAD_FINISHING;
    push(upload);
    return 0;
}

int upload_writeable(struct session *session) {
    struct upload *upload = session->upload;
    char headers[1024];
    if (upload->state != UPLOAD_OVER || upload->answered)
        return 0;
    struct buf cors = {0};
    append_cors(upload->server, upload->wsi, &cors);
    snprintf(headers, sizeof(headers), TRANSFER_NO_STORE "%s%.*s",
             upload->headers ? upload->headers : "", (int)cors.size, cors.data);
    buf_finish(&cors);
    struct response response = {.status = upload->status,
                                .type = "application/json",
                                .headers = headers,
                                .body = buf_slice(&upload->answer),
                                .last = upload->endless || !upload->body_over};
    struct lws *wsi = upload->wsi;
    upload->answered = true;
    if (!upload->body_over)
        return response_write(wsi, &response);
    lws_set_timer_usecs(wsi, LWS_SET_TIMER_USEC_CANCEL);
    session->upload = NULL; /* The session may end with the response. */
    int result = response_send(wsi, &response);
    upload_destroy(upload);
    return result;
}

int upload_timeout(struct session *session) {
    struct upload *upload = session->upload;
    if (upload->state == UPLOAD_OVER)
        return -1;
    fail(upload, 408, "timeout", "the file came too slowly", "file");
    return upload_writeable(session);
}

/* --- Before the first byte ------------------------------------------------ */

/* A header only: an address bar has no place for tokens here. */
static bool check_token(struct upload *upload) {
    struct server *server = upload->server;
    char authorization[SERVER_HEADER_BYTES_MAX];
    struct jwt_claims claims = {0};
    struct token_places places = {.has_authorization = true};
    gateway_clock(&server->gateway, monotonic_ms(), (int64_t)wall_us());
    places.authorization =
        request_header(upload->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization,
                       sizeof(authorization));
    struct slice token = token_find(&places);
    enum jwt_result result =
        jwt_verify(server->config.key_set, &server->config.jwt,
                   server->gateway.wall_us / 1000000, token, &claims);
    if (result == JWT_OK) {
        upload->user = claims.user;
        jwt_claims_finish(&claims);
        return true;
    }
    upload->headers = "WWW-Authenticate: Bearer\r\n";
    fail(upload, 401, token.size ? jwt_result_code(result) : "token_missing",
         token.size ? jwt_result_text(result) : "there is no token", NULL);
    return false;
}

static bool check_server(struct upload *upload) {
    struct gateway *gateway = &upload->server->gateway;
    struct user *user = users_visit(&gateway->users, upload->user);
    if (rate_take(&gateway->config.rate, &user->rate, gateway->now_ms) !=
        RATE_TAKEN) {
        metrics_add(gateway->config.metrics, METRIC_THROTTLED, 1);
        upload->headers = "Retry-After: 1\r\n";
        fail(upload, 429, "throttled", "too many requests", NULL);
        return false;
    }
    if (upload->server->uploads_count > UPLOADS_MAX || gateway->draining ||
        broker_away_ms(&gateway->broker) > 0) {
        upload->headers = "Retry-After: 5\r\n";
        fail(upload, 503, "try_again", "no file can be taken now; try again",
             NULL);
        return false;
    }
    return true;
}

/* Of the body; false: it does not say. */
static bool read_length(struct lws *wsi, uint64_t *out) {
    char text[32];
    struct slice length =
        request_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof(text));
    *out = 0;
    for (size_t i = 0; i < length.size && *out < UINT64_MAX / 16; i++)
        *out = *out * 10 + (uint64_t)(length.data[i] - '0');
    return length.size > 0 &&
           lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) <= 0;
}

static void check_body(struct upload *upload, bool has_length,
                       uint64_t length) {
    char type[512];
    const char *why = NULL;
    struct slice content_type = request_header(
        upload->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof(type));
    if (!has_length) {
        fail(upload, 411, "length_required",
             "the body must have a Content-Length", NULL);
        return;
    }
    if (length > LIMIT_FILE_BYTES + MULTIPART_EXTRA_BYTES_MAX) {
        fail(upload, 413, "too_large", "a file has at most 10 MiB", "file");
        return;
    }
    upload->parses = multipart_init(&upload->multipart, content_type, &why);
    if (!upload->parses)
        fail(upload, 400, "bad_field", why, "Content-Type");
}

/* Those who ask first are told to go on; others do not wait for it. */
static int go_on(struct lws *wsi) {
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char bytes[LWS_PRE + sizeof(text)];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_EXPECT) <= 0)
        return 0;
    memcpy(bytes + LWS_PRE, text, sizeof(text) - 1);
    return lws_write(wsi, bytes + LWS_PRE, sizeof(text) - 1, LWS_WRITE_RAW) < 0
               ? -1
               : 0;
}

int upload_begin(struct server *server, struct lws *wsi,
                 struct session *session) {
    struct upload *upload = mem_zalloc(sizeof(*upload));
    uint64_t length;
    session->upload = upload;
    server->uploads_count++;
    upload->server = server;
    upload->wsi = wsi;
    upload->ask = (struct ask){
        .gateway = &server->gateway, .done = on_reply, .payload = upload};
    metrics_add(server->gateway.config.metrics, METRIC_HTTP_REQUESTS, 1);
    ssize_t got = getrandom(upload->secret, sizeof(upload->secret), 0);
    INVARIANT(got == (ssize_t)sizeof(upload->secret));
    bool has_length = read_length(wsi, &length);
    if (check_token(upload) && check_server(upload))
        check_body(upload, has_length, length);
    /* Where the library waits for no body, nobody will say that it is over. */
    upload->body_over = !has_length || length == 0;
    upload->endless = !has_length;
    if (upload->state == UPLOAD_OVER)
        return upload_writeable(session);
    if (length == 0) {
        fail_multipart(upload, MULTIPART_MALFORMED);
        return upload_writeable(session);
    }
    set_timer(upload, TRANSFER_STEP_MS);
    return go_on(wsi);
}
