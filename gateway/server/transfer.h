/* transfer.h - uploads (POST /api/files/) and downloads (/media/...) on the
 * clients' listener. Their bytes flow chunk by chunk between the socket and the
 * broker: of each transfer two chunks are in memory at most. Private to this
 * folder. */
#ifndef GATEWAY_SERVER_TRANSFER_H
#define GATEWAY_SERVER_TRANSFER_H

#include "gateway/ask.h"
#include "gateway/server/internal.h"

/* Of one gateway; beyond, 503. The broker allows a user eight uploads. */
#define UPLOADS_MAX 64u
#define DOWNLOADS_MAX 256u

/* A chunk takes no longer than this, whoever is slow. The broker forgets an
 * upload of which it hears nothing for 60 s. */
#define TRANSFER_STEP_MS 50000u

/* After an error that comes before the body's end, so much of the rest is read
 * and forgotten, for so long: a socket that is closed with bytes unread loses
 * the answer as well. */
#define UPLOAD_DISCARD_BYTES_MAX (32u << 20)
#define UPLOAD_DISCARD_MS 10000u

#define TRANSFER_NO_STORE "Cache-Control: no-store\r\n"

struct upload;
struct download;

/* http_upload.c. Each returns what the callback returns. */
int upload_begin(struct server *server, struct lws *wsi,
                 struct session *session);
int upload_body(struct session *session, struct slice bytes);
int upload_body_end(struct session *session);
int upload_writeable(struct session *session);
int upload_timeout(struct session *session);
void upload_destroy(struct upload *upload); /* Accepts NULL. */

/* http_download.c. */
int download_begin(struct server *server, struct lws *wsi,
                   struct session *session, struct slice path, bool head_only);
int download_writeable(struct session *session);
void download_destroy(struct download *download); /* Accepts NULL. */

/* http_transfer.c: the status for a refusal of the broker, its code and a text
 * for people; static. */
struct transfer_refusal {
    unsigned status;
    const char *code;
    const char *detail;
};

struct transfer_refusal transfer_refusal(const struct wire *reply);

#endif
