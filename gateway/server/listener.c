/* With no descriptor left, a connection that waits would wake the loop for
 * ever; one kept in reserve lets us take it and turn it away. */
#include "gateway/server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"

#define BACKLOG 4096

struct listener {
    uv_poll_t poll;
    int fd;
    int reserve;
    void (*accepted)(void *payload, int fd);
    void (*exhausted)(void *payload);
    void *payload;
};

static int open_reserve(void) {
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void turn_away(struct listener *listener) {
    if (listener->reserve >= 0)
        close(listener->reserve);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    listener->reserve = open_reserve();
    listener->exhausted(listener->payload);
}

/* What was said to the sockets of a batch goes out now, and from now on at
 * once. Sent one by one between other work, each answer wakes a client or proxy
 * on this machine that had just gone to sleep, which costs as much as sending
 * it. A descriptor that was closed meanwhile is none, or a later one of the
 * batch. */
static void answer_together(const int *fds, size_t count) {
    const int off = 0;
    for (size_t i = 0; i < count; i++)
        (void)setsockopt(fds[i], IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    struct listener *listener = poll->data;
    int fds[LISTENER_ACCEPTS_MAX];
    size_t count = 0;
    (void)status;
    (void)events;
    for (int i = 0; i < LISTENER_ACCEPTS_MAX; i++) {
        int fd =
            accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            fds[count++] = fd;
            listener->accepted(listener->payload, fd);
        } else if (errno == EMFILE || errno == ENFILE) {
            turn_away(listener);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            break;
        }
    }
    answer_together(fds, count);
}

/* Accepted sockets inherit what the listener has, so this costs no call for
 * each. A client speaks first in all that we serve: a connection that has not
 * said anything is no business of ours for a second, and whoever takes one
 * finds its request there. Small frames are not to wait for an answer of the
 * peer's TCP. TCP_CORK: see answer_together(). All are economies: none need
 * work. */
static void set_inherited(int fd) {
    static const int options[] = {TCP_DEFER_ACCEPT, TCP_NODELAY, TCP_CORK};
    const int one = 1; /* Of TCP_DEFER_ACCEPT: second. */
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        (void)setsockopt(fd, IPPROTO_TCP, options[i], &one, sizeof(one));
}

enum err listener_create(uv_loop_t *loop, const struct address *address,
                         bool share, void (*accepted)(void *payload, int fd),
                         void (*exhausted)(void *payload), void *payload,
                         struct listener **out) {
    int fd = address_listen(address, BACKLOG, share);
    if (fd < 0)
        return ERR_IO;
    set_inherited(fd);
    struct listener *listener = mem_zalloc(sizeof(*listener));
    listener->fd = fd;
    listener->reserve = open_reserve();
    listener->accepted = accepted;
    listener->exhausted = exhausted;
    listener->payload = payload;
    listener->poll.data = listener;
    if (uv_poll_init(loop, &listener->poll, fd) != 0) {
        close(fd);
        close(listener->reserve);
        free(listener);
        errno = EIO;
        return ERR_IO;
    }
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    *out = listener;
    return ERR_OK;
}

uint16_t listener_port(const struct listener *listener) {
    return address_bound_port(listener->fd);
}

static void on_closed(uv_handle_t *handle) {
    free(handle->data);
}

void listener_destroy(struct listener *listener) {
    if (!listener)
        return;
    uv_poll_stop(&listener->poll);
    close(listener->fd);
    close(listener->reserve);
    uv_close((uv_handle_t *)&listener->poll, on_closed);
}
