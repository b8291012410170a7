/* internal.h - what the files of this folder share. */
#ifndef GATEWAY_SERVER_INTERNAL_H
#define GATEWAY_SERVER_INTERNAL_H

#include <libwebsockets.h>
#include <uv.h>

#include "gateway/gateway_metrics.h"
#include "gateway/list.h"
#include "gateway/server/listener.h"
#include "gateway/server/server.h"
#include "gateway/upgrade.h"

/* What libwebsockets keeps for each of its connections; zeroed. */
struct session {
    struct connection *connection; /* Of a WebSocket. */
    struct http_call *call;        /* Of an HTTP call. */
    struct upload *upload;         /* Of a file on its way in, ... */
    struct download *download;     /* ... or out. */
};

/* One instance of libwebsockets. There are several in the one loop, and each
 * new connection goes to the emptiest: Debian's build looks at every one of an
 * instance's connections whenever one ends (an assertion of its own), so the
 * fewer it has the better. Each costs some 300 KB. */
#define SERVER_GUESTS 4u

struct guest {
    struct server *server;
    struct lws_context *context;
    struct lws_vhost *public_vhost;
    struct lws_vhost *api_vhost; /* NULL: none. */
    uint32_t sockets;
    bool ended; /* It has let go of its virtual hosts. */
};

struct server {
    struct server_config config;
    struct gateway gateway;
    uv_loop_t loop;
    uv_prepare_t turn;
    uv_idle_t busy;
    uv_timer_t timer;
    uv_timer_t drain_timer;
    uv_poll_t signals;
    uv_poll_t *link; /* Watches the link's descriptor, or NULL. */
    uint64_t link_generation;
    bool link_woken; /* Its descriptor gave a sign since the last turn. */
    struct listener *public_listener;
    struct listener *api_listener; /* NULL: none. */
    struct guest guests[SERVER_GUESTS];
    struct list waiting; /* Connections at the door, with half a request. */
    size_t waiting_count;
    uv_timer_t waiting_timer; /* Runs while there are any. */
    uint64_t drain_until_ms;  /* 0: not draining. */
    uint32_t uploads_count;
    uint32_t downloads_count;
    bool over;
    /* From the handshake's checks to its end, in one call of the loop. */
    struct connection_config admitted;
    struct jwt_claims admitted_claims;
    struct wire_profile admitted_profile;
};

static inline struct guest *guest_of(struct lws *wsi) {
    return lws_context_user(lws_get_context(wsi));
}

static inline struct server *server_of(struct lws *wsi) {
    return guest_of(wsi)->server;
}

/* --- lws.c ---------------------------------------------------------------- */

extern const struct transport lws_transport;

/* ERR_IO: libwebsockets said why. */
enum err lws_start(struct server *server) MUST_CHECK;

/* Ends all connections. A guest's end takes turns of the loop, and if there
 * was none to wait for, a second call. */
void lws_stop(struct server *server);

/* Gives it a socket, accepted for the server API or for everybody, and takes
 * what the client has said already: |head|, if that is not empty, and then
 * what is in the socket. */
void lws_take(struct server *server, int fd, bool api, struct slice head);

/* --- door.c --------------------------------------------------------------- */

void door_init(struct server *server);

/* Gives the library a socket accepted for everybody, as soon as it is clear
 * that the library can read the request, or made so. With TLS at once. */
void door_take(struct server *server, int fd);

/* Closes the connections that wait. */
void door_close(struct server *server);

/* --- handshake.c ---------------------------------------------------------- */

/* Whether the WebSocket handshake may go on; if not, it was answered. */
bool handshake_check(struct server *server, struct lws *wsi);

/* The subprotocols that libwebsockets knows; of any other it would close the
 * connection without a word. */
#define HANDSHAKE_SUBPROTOCOL "parlance"
#define HANDSHAKE_BEARER "Bearer"

/* Nor does it read a longer list of them. Where the door can, it puts that into
 * another header: one that the library knows and makes nothing of. Whoever
 * sends it unasked gains nothing by it. */
#define HANDSHAKE_SUBPROTOCOLS_BYTES_MAX 126u
#define HANDSHAKE_CARRIER "Sec-WebSocket-Draft"
#define HANDSHAKE_CARRIER_TOKEN WSI_TOKEN_DRAFT

/* Whether the subprotocols offered, if any, have one of them; if not, the
 * handshake was answered. */
bool handshake_subprotocol(struct server *server, struct lws *wsi);

/* What the request's token is worth; |given| tells whether there is one. */
enum jwt_result handshake_token(struct server *server, struct lws *wsi,
                                uint32_t dialect, bool *given);

/* The same of an HTTP call: only the header Authorization counts. |claims|
 * borrows from |server|, until the next token. */
enum jwt_result handshake_bearer(struct server *server, struct lws *wsi,
                                 bool *given, struct wire_profile *claims);

/* The peer's address as admission counts it; |loopback| may be NULL. */
uint64_t handshake_address(struct lws *wsi, bool *loopback);

/* --- http.c, http_api.c --------------------------------------------------- */

/* A request for a page. Returns what the callback returns. */
int http_request(struct server *server, struct lws *wsi);

/* Appends the CORS headers if there is an Origin that may have them. */
void append_cors(struct server *server, struct lws *wsi, struct buf *headers);

/* All that happens on the server API's listener. */
int http_api_event(struct server *server, struct lws *wsi,
                   enum lws_callback_reasons reason, struct session *session,
                   const void *in, size_t size);

/* --- lws.c, for requests whose answer takes its time ---------------------- */

/* A connection is ended when its request is not answered so long after its
 * head, or the next piece of its body has not come. */
#define SERVER_TIMEOUT_S 10

/* Between these two that does not hold: the request has a bound of its own, the
 * gateway's patience or a timer. */
void lws_request_waits(struct lws *wsi);
void lws_request_goes_on(struct lws *wsi);

/* --- http_call.c ---------------------------------------------------------- */

struct http_call_config {
    const struct call_handler *handler;
    const struct wire_profile *self; /* NULL: the application. Copied. */
    const char *headers; /* Of the answer, each with its end. Copied. */
    bool head_is_get;    /* The handler knows no HEAD. */
};

/* Begins the call of a request whose asker was checked. Returns what the
 * callback returns. */
int http_call_begin(struct server *server, struct lws *wsi,
                    struct session *session,
                    const struct http_call_config *config);

/* True: it was about the session's call, and the callback returns |*result|. */
bool http_call_event(struct server *server, struct lws *wsi,
                     enum lws_callback_reasons reason, struct session *session,
                     const void *in, size_t size, int *result);

/* Ends the session's call, if there is one. */
void http_call_end(struct session *session);

/* --- http_user.c ---------------------------------------------------------- */

/* True: it is a call of a dialect, and the callback returns |*result|. */
bool http_user_request(struct server *server, struct lws *wsi,
                       struct session *session, int *result);

/* --- http_transfer.c ------------------------------------------------------ */

/* Whether the request, or what happens on its connection, is about a file; if
 * so, |*result| is what the callback returns. */
bool http_transfer_request(struct server *server, struct lws *wsi,
                           struct session *session, int *result);
bool http_transfer_event(enum lws_callback_reasons reason,
                         struct session *session, void *in, size_t size,
                         int *result);

/* Ends what is under way, if anything is. */
void http_transfer_end(struct session *session);

/* --- request.c ------------------------------------------------------------ */

/* The value of a header, or of the query, in |out| of |size|; the empty slice
 * if there is none or it is too large. */
struct slice request_header(struct lws *wsi, enum lws_token_indexes token,
                            char *out, size_t size);
struct slice request_query(struct lws *wsi, char *out, size_t size);

/* "GET" and so on, and the path; a static text and one of the request. */
const char *request_method(struct lws *wsi, struct slice *path);

/* --- response.c ----------------------------------------------------------- */

struct response {
    unsigned status;
    const char *type;    /* NULL: no body. */
    const char *headers; /* Further lines, each with its end; may be NULL. */
    struct slice body;
    bool head_only; /* The request was HEAD. */
    bool last;      /* Close the connection after it. */
};

/* Writes it whole. Returns what the callback returns. */
int response_send(struct lws *wsi, const struct response *response);

/* The same but for the end: the connection stays as it is. */
int response_write(struct lws *wsi, const struct response *response);

/* "OK" and so on; static. */
const char *response_status_text(unsigned status);

/* {"error": {"code", "detail", "field": null}}; both are plain ASCII without
 * quotes. The answer to HEAD has no body. */
int response_error(struct lws *wsi, unsigned status, const char *code,
                   const char *detail, const char *headers, bool last);

#endif
