/* operator.c - see operator.h; the only user of libmicrohttpd. */
#include "common/process/operator.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <microhttpd.h>

#define LISTEN_BACKLOG 64
#define CONNECTIONS_MAX 64u
/* Request line, headers and the library's own state of one connection. */
#define CONNECTION_BYTES_MAX 16384u
#define SILENCE_S_MAX 10u

struct operator{
    struct MHD_Daemon *daemon;
    const struct metrics *metrics;
    struct readiness *readiness;
    uint16_t port;
};

/* Answers with |body|, which is copied. */
static enum MHD_Result answer(struct MHD_Connection *connection,
                              unsigned status, const char *content_type,
                              struct slice body) {
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.size, (void *)body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_add_response_header(
        response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (result == MHD_YES)
        result = MHD_add_response_header(
            response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (result == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                         "GET, HEAD");
    if (result == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_path(const struct operator* operator,
                                   struct MHD_Connection * connection,
                                   const char *path) {
    static const char text[] = "text/plain; charset=utf-8";
    struct buf body = {0};
    enum MHD_Result result;
    if (strcmp(path, "/healthz") == 0) {
        result = answer(connection, MHD_HTTP_OK, text, SLICE("ok\n"));
    } else if (strcmp(path, "/readyz") == 0) {
        bool met = readiness_render(operator->readiness, &body);
        result =
            answer(connection, met ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                   text, buf_slice(&body));
    } else if (strcmp(path, "/metrics") == 0) {
        metrics_render(operator->metrics, &body);
        metrics_render_process(operator->metrics, &body);
        result = answer(connection, MHD_HTTP_OK,
                        "text/plain; version=0.0.4; charset=utf-8",
                        buf_slice(&body));
    } else {
        result =
            answer(connection, MHD_HTTP_NOT_FOUND, text, SLICE("not found\n"));
    }
    buf_finish(&body);
    return result;
}

/* Called by the library when the headers are there, and again for a body. */
static enum MHD_Result handle(void *payload, struct MHD_Connection *connection,
                              const char *path, const char *method,
                              const char *version, const char *body,
                              size_t *body_size, void **state) {
    const struct operator* operator= payload;
    (void)version, (void)body, (void)body_size, (void)state;
    /* Answering in the first call refuses a body unread. */
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
        strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                      "text/plain; charset=utf-8",
                      SLICE("only GET and HEAD\n"));
    return answer_path(operator, connection, path);
}

/* What the library has to say is about its clients' mistakes; anyone could
 * fill the log with it. */
static void ignore_message(void *payload, const char *format, va_list list) {
    (void)payload, (void)format, (void)list;
}

enum err operator_create(const struct address *address,
                         const struct metrics *metrics,
                         struct readiness *readiness, struct operator** out) {
    int fd = address_listen(address, LISTEN_BACKLOG, false);
    if (fd < 0)
        return ERR_IO;
    struct operator* operator= mem_alloc(sizeof *operator);
    *operator=(struct operator){.metrics = metrics,
                                .readiness = readiness,
                                .port = address_bound_port(fd)};
    /* The logger stands first, for what the other options have to say. */
    operator->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, handle, operator, MHD_OPTION_EXTERNAL_LOGGER,
        ignore_message, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES_MAX,
        MHD_OPTION_END);
    if (!operator->daemon) {
        int saved_errno = errno;
        close(fd);
        free(operator);
        errno = saved_errno;
        return ERR_IO;
    }
    *out = operator;
    return ERR_OK;
}

void operator_destroy(struct operator* operator) {
    if (!operator)
        return;
    MHD_stop_daemon(operator->daemon);
    free(operator);
}

uint16_t operator_port(const struct operator* operator) {
    return operator->port;
}
