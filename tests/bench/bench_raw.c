/* bench_raw.c - the baseline: a chat server that does nothing but fan out.
 *
 * One thread, one epoll, no tokens, no membership, no disk. It takes the two
 * frames of the `messenger` dialect that the load client sends and answers
 * them in the dialect's shape, by string matching, so that one client drives
 * this server and Parlance alike. What it costs is the price of the sockets;
 * what Parlance costs beyond it is Parlance's.
 *
 *   bench_raw --port PORT [--coalesce]
 *
 * Prints "ready" when it listens. SIGTERM ends it. */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/raw_room.h"
#include "tests/bench/ws.h"

#define TURN_EVENTS_MAX 512
#define READ_BYTES 65536u
#define REQUEST_BYTES_MAX 8192u

struct server {
    int epoll_fd;
    int listen_fd;
    struct raw_rooms *rooms;
    char read[READ_BYTES];
};

/* Where one frame of one peer is handled. */
struct turn {
    struct server *server;
    struct raw_peer *peer;
};

/* The value behind |key| in a frame of our own client: up to a comma, brace
 * or quote, none of which a text of the bench holds. Empty if not there. */
static struct slice value_of(struct slice json, struct slice key) {
    const char *at = memmem(json.data, json.size, key.data, key.size);
    if (at == NULL)
        return (struct slice){NULL, 0};
    const char *end = json.data + json.size;
    at += key.size;
    const char *stop = at;
    while (stop < end && *stop != ',' && *stop != '}' && *stop != '"')
        stop++;
    return (struct slice){at, (size_t)(stop - at)};
}

static uint32_t number_of(struct slice digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return 0;
        value = value * 10 + (uint32_t)(digits.data[i] - '0');
        if (value >= RAW_ROOM_COUNT)
            return 0;
    }
    return value;
}

static void answer(struct turn *turn, const char *action, int status,
                   struct slice request_id) {
    char text[512];
    int request_size = request_id.size < 64 ? (int)request_id.size : 64;
    int size =
        snprintf(text + WS_HEADER_BYTES_MAX, sizeof(text) - WS_HEADER_BYTES_MAX,
                 "{\"errors\":[],\"data\":null,\"action\":\"%s\","
                 "\"response_status\":%d,\"request_id\":%.*s}",
                 action, status, request_size, request_id.data);
    char header[WS_HEADER_BYTES_MAX];
    size_t header_size = ws_header(header, WS_TEXT, (size_t)size, NULL);
    char *frame = text + WS_HEADER_BYTES_MAX - header_size;
    memcpy(frame, header, header_size);
    raw_peer_send(turn->server->epoll_fd, turn->peer, frame,
                  header_size + (size_t)size);
}

static bool handle_frame(void *context, const struct ws_frame *frame) {
    struct turn *turn = context;
    if (frame->opcode == WS_CLOSE)
        return false;
    if (frame->opcode != WS_TEXT || !frame->is_final)
        return true;
    struct slice json = {frame->payload, frame->size};
    struct slice action = value_of(json, SLICE("\"action\":\""));
    struct slice request_id = value_of(json, SLICE("\"request_id\":"));
    uint32_t room = number_of(value_of(json, SLICE("\"pk\":")));
    if (slice_equal(action, SLICE("create_message")) && room != 0) {
        raw_room_say(turn->server->rooms, room, turn->peer,
                     value_of(json, SLICE("\"message\":\"")), request_id);
    } else if (slice_equal(action, SLICE("subscribe_to_messages_in_room")) &&
               room != 0) {
        raw_room_join(turn->server->rooms, room, turn->peer);
        answer(turn, "subscribe_to_messages_in_room", 201, request_id);
    } else if (slice_equal(action, SLICE("user_chat_list_action"))) {
        answer(turn, "user_chat_list_action", 200, request_id);
    }
    return true;
}

/* Answers the upgrade once its blank line is there. */
static bool handle_request(struct server *server, struct raw_peer *peer) {
    struct slice request = buf_slice(&peer->in);
    if (memmem(request.data, request.size, "\r\n\r\n", 4) == NULL)
        return request.size < REQUEST_BYTES_MAX;
    static const char name[] = "Sec-WebSocket-Key: ";
    const char *key =
        memmem(request.data, request.size, name, sizeof(name) - 1);
    if (key == NULL ||
        (size_t)(key - request.data) + sizeof(name) + 24 > request.size)
        return false;
    char accept[WS_ACCEPT_BYTES];
    ws_accept_key((struct slice){key + sizeof(name) - 1, 24}, accept);
    char text[256];
    int size = snprintf(text, sizeof(text),
                        "HTTP/1.1 101 Switching Protocols\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n",
                        accept);
    buf_finish(&peer->in);
    peer->is_open = true;
    raw_peer_send(server->epoll_fd, peer, text, (size_t)size);
    return true;
}

static void peer_destroy(struct server *server, struct raw_peer *peer) {
    raw_room_leave(server->rooms, peer);
    close(peer->fd);
    buf_finish(&peer->in);
    buf_finish(&peer->out);
    free(peer);
}

/* False: the peer is gone. */
static bool peer_read(struct server *server, struct raw_peer *peer) {
    ssize_t size = recv(peer->fd, server->read, READ_BYTES, MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    if (size == 0)
        return false;
    if (!peer->is_open) {
        buf_append(&peer->in, server->read, (size_t)size);
        return handle_request(server, peer);
    }
    struct turn turn = {server, peer};
    return ws_feed(&peer->in, server->read, (size_t)size, handle_frame, &turn);
}

static void accept_all(struct server *server) {
    for (;;) {
        int fd = accept4(server->listen_fd, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct raw_peer *peer = mem_zalloc(sizeof(*peer));
        peer->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_on(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 4096) != 0) {
        fprintf(stderr, "bench_raw: port %u: %s\n", port, strerror(errno));
        exit(1);
    }
    return fd;
}

static _Noreturn void serve(struct server *server) {
    struct epoll_event events[TURN_EVENTS_MAX];
    for (;;) {
        int count = epoll_wait(server->epoll_fd, events, TURN_EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            struct raw_peer *peer = events[i].data.ptr;
            if (peer == NULL) {
                accept_all(server);
                continue;
            }
            if (events[i].events & EPOLLOUT)
                raw_peer_resume(server->epoll_fd, peer);
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) &&
                !peer_read(server, peer)) {
                /* Its own events of this turn must not name it later. */
                raw_rooms_flush(server->rooms);
                peer_destroy(server, peer);
            }
        }
        raw_rooms_flush(server->rooms);
    }
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"coalesce", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0}};
    int port = 0;
    bool is_coalescing = false;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            port = atoi(optarg);
        else if (option == 'c')
            is_coalescing = true;
        else
            return 2;
    }
    if (port <= 0 || port > UINT16_MAX) {
        fprintf(stderr, "usage: bench_raw --port PORT [--coalesce]\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct server *server = mem_zalloc(sizeof(*server));
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->rooms = raw_rooms_create(server->epoll_fd, is_coalescing);
    server->listen_fd = listen_on((uint16_t)port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->listen_fd, &event);
    printf("ready\n");
    fflush(stdout);
    serve(server);
}
