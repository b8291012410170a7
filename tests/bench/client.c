/* client.c - see client.h. */
#include "tests/bench/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/ws.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

#define TURN_EVENTS_MAX 1024
#define READ_BYTES (256u << 10)
#define RESPONSE_BYTES_MAX 16384u
#define TARGET_BYTES_MAX 4096u
/* Ports of closed connections rest for a minute, so one source address would
 * run out: connections take turns on these, 127.0.1.1 and on. */
#define SOURCE_COUNT 200u

struct client {
    int epoll_fd;
    uint16_t port;
    uint32_t source; /* Counts connections; where the next one comes from. */
    bool is_failed;
    const struct client_events *events;
    void *context;
    struct buf dirty; /* struct conn *[]. */
    char read[READ_BYTES];
};

/* Where one frame of one connection is handled. */
struct delivery {
    struct client *client;
    struct conn *conn;
};

struct client *client_create(uint16_t port, const struct client_events *events,
                             void *context) {
    struct client *client = mem_zalloc(sizeof(*client));
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    INVARIANT(client->epoll_fd >= 0);
    client->port = port;
    client->events = events;
    client->context = context;
    /* Two runs in a row should not begin on the same resting ports. */
    if (getrandom(&client->source, sizeof(client->source), 0) < 0)
        client->source = 0;
    return client;
}

void client_destroy(struct client *client) {
    if (client == NULL)
        return;
    close(client->epoll_fd);
    buf_finish(&client->dirty);
    free(client);
}

static void fail(struct client *client, struct conn *conn, const char *what,
                 const char *detail) {
    if (!client->is_failed)
        fprintf(stderr, "bench_load: user %llu: %s: %s\n",
                (unsigned long long)conn->user, what, detail);
    client->is_failed = true;
}

void client_connect(struct client *client, struct conn *conn,
                    const char *target) {
    PRE(conn->state == CONN_CLOSED);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail(client, conn, "socket", strerror(errno));
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    uint32_t host = 0x7f000101u + client->source++ % SOURCE_COUNT;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(host)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(client->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
         errno != EINPROGRESS)) {
        fail(client, conn, "connect", strerror(errno));
        close(fd);
        return;
    }
    conn->fd = fd;
    conn->state = CONN_CONNECTING;
    conn->wants_write = true;
    char *request = buf_reserve(&conn->out, TARGET_BYTES_MAX + 512);
    int size = snprintf(request, TARGET_BYTES_MAX + 512,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                        "Sec-WebSocket-Version: 13\r\n\r\n",
                        target, client->port);
    INVARIANT(size > 0 && (size_t)size < TARGET_BYTES_MAX + 512);
    conn->out.size += (size_t)size;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = conn};
    epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void mark_dirty(struct client *client, struct conn *conn) {
    if (conn->is_dirty)
        return;
    conn->is_dirty = true;
    buf_append(&client->dirty, &conn, sizeof(struct conn *));
}

void client_send(struct client *client, struct conn *conn, struct slice text) {
    PRE(conn->state == CONN_OPEN);
    ws_append_masked(&conn->out, WS_TEXT, text.data, text.size);
    mark_dirty(client, conn);
}

static void flush(struct client *client, struct conn *conn) {
    if (conn->out.size > 0) {
        ssize_t sent = send(conn->fd, conn->out.data, conn->out.size,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            fail(client, conn, "send", strerror(errno));
        if (sent > 0)
            buf_consume(&conn->out, (size_t)sent);
        if (conn->out.size == 0)
            buf_finish(&conn->out);
    }
    bool wants_write = conn->out.size > 0;
    if (wants_write != conn->wants_write) {
        struct epoll_event event = {
            .events = EPOLLIN | (wants_write ? (uint32_t)EPOLLOUT : 0),
            .data.ptr = conn};
        epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, conn->fd, &event);
        conn->wants_write = wants_write;
    }
}

/* Puts fragments together; most messages are one frame and pass through. */
static void handle_data(struct delivery *delivery,
                        const struct ws_frame *frame) {
    struct conn *conn = delivery->conn;
    struct slice text = {frame->payload, frame->size};
    if (!frame->is_final || conn->parts.size > 0) {
        buf_append_slice(&conn->parts, text);
        if (!frame->is_final)
            return;
        text = buf_slice(&conn->parts);
    }
    delivery->client->events->text(delivery->client->context, conn, text);
    buf_finish(&conn->parts);
}

static bool handle_frame(void *context, const struct ws_frame *frame) {
    struct delivery *delivery = context;
    struct conn *conn = delivery->conn;
    if (frame->opcode == WS_TEXT || frame->opcode == WS_CONTINUATION) {
        handle_data(delivery, frame);
    } else if (frame->opcode == WS_PING) {
        ws_append_masked(&conn->out, WS_PONG, frame->payload, frame->size);
        mark_dirty(delivery->client, conn);
    } else if (frame->opcode == WS_CLOSE) {
        char code[16] = "without a code";
        if (frame->size >= 2)
            snprintf(code, sizeof(code), "%u",
                     (uint32_t)(uint8_t)frame->payload[0] << 8 |
                         (uint8_t)frame->payload[1]);
        fail(delivery->client, conn, "closed by the server", code);
        return false;
    }
    return true;
}

/* The answer to the upgrade; frames may follow in the same read. */
static void handle_response(struct client *client, struct conn *conn) {
    struct slice all = buf_slice(&conn->in);
    const char *end = memmem(all.data, all.size, "\r\n\r\n", 4);
    if (end == NULL) {
        if (all.size > RESPONSE_BYTES_MAX)
            fail(client, conn, "handshake", "endless response");
        return;
    }
    if (all.size < 12 || memcmp(all.data + 8, " 101", 4) != 0) {
        char line[64];
        snprintf(line, sizeof(line), "%.*s", (int)strcspn(all.data, "\r"),
                 all.data);
        fail(client, conn, "handshake refused", line);
        return;
    }
    conn->state = CONN_OPEN;
    client->events->opened(client->context, conn);
    struct buf rest = conn->in;
    conn->in = (struct buf){0};
    size_t head = (size_t)(end - all.data) + 4;
    struct delivery delivery = {client, conn};
    if (!ws_feed(&conn->in, rest.data + head, rest.size - head, handle_frame,
                 &delivery))
        fail(client, conn, "frame", "malformed");
    buf_finish(&rest);
}

static void read_conn(struct client *client, struct conn *conn) {
    ssize_t size = recv(conn->fd, client->read, READ_BYTES, MSG_DONTWAIT);
    if (size <= 0) {
        if (size == 0)
            fail(client, conn, "recv", "end of stream");
        else if (errno != EAGAIN && errno != EINTR)
            fail(client, conn, "recv", strerror(errno));
        return;
    }
    if (conn->state == CONN_UPGRADING) {
        buf_append(&conn->in, client->read, (size_t)size);
        handle_response(client, conn);
        return;
    }
    struct delivery delivery = {client, conn};
    if (!ws_feed(&conn->in, client->read, (size_t)size, handle_frame,
                 &delivery))
        fail(client, conn, "frame", "malformed or closing");
}

static void handle_event(struct client *client, struct conn *conn,
                         uint32_t events) {
    if (conn->state == CONN_CONNECTING && (events & EPOLLOUT))
        conn->state = CONN_UPGRADING;
    if (events & EPOLLOUT)
        flush(client, conn);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_conn(client, conn);
}

bool client_turn(struct client *client, int timeout_ms) {
    struct epoll_event events[TURN_EVENTS_MAX];
    int count =
        client->dirty.size > 0
            ? 0
            : epoll_wait(client->epoll_fd, events, TURN_EVENTS_MAX, timeout_ms);
    for (int i = 0; i < count && !client->is_failed; i++)
        handle_event(client, events[i].data.ptr, events[i].events);
    size_t dirty_count = client->dirty.size / sizeof(struct conn *);
    for (size_t i = 0; i < dirty_count; i++) {
        struct conn *conn;
        memcpy(&conn, client->dirty.data + i * sizeof(conn), sizeof(conn));
        conn->is_dirty = false;
        flush(client, conn);
    }
    buf_clear(&client->dirty);
    return !client->is_failed;
}

void client_close(struct client *client, struct conn *conn) {
    if (conn->state == CONN_CLOSED)
        return;
    PRE(!conn->is_dirty || client->is_failed);
    if (conn->state == CONN_OPEN) {
        static const char code[2] = {0x03, (char)0xe8}; /* 1000 */
        ws_append_masked(&conn->out, WS_CLOSE, code, sizeof(code));
        send(conn->fd, conn->out.data, conn->out.size,
             MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close(conn->fd);
    buf_finish(&conn->in);
    buf_finish(&conn->parts);
    buf_finish(&conn->out);
    *conn = (struct conn){.fd = -1};
}
