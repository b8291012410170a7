/* link_poll.c - see link_poll.h.
 *
 * The library's descriptors are edge-triggered and say no more than "ask the
 * socket"; asking costs system calls. So a socket is asked only if something
 * was done with it since it was last found empty, or if its descriptor says
 * so; of the others the wait tells, by struct link_watch, that there is nothing
 * to look for. */
#include "common/link/link_poll.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <zmq.h>

#include <stdlib.h>

#include "common/link/link_internal.h"

struct item {
    void *socket; /* NULL: a plain descriptor, or nothing (fd is -1). */
    struct link_watch *watch;
    short events; /* ZMQ_POLLIN, ZMQ_POLLOUT. */
    bool ready;
};

struct link_poll {
    uint32_t count;
    struct item items[LINK_POLL_ITEMS_MAX];
    struct pollfd fds[LINK_POLL_ITEMS_MAX];
};

struct link_poll *link_poll_create(void) {
    return mem_zalloc(sizeof(struct link_poll));
}

void link_poll_destroy(struct link_poll *poll) {
    free(poll);
}

void link_poll_clear(struct link_poll *poll) {
    poll->count = 0;
}

static uint32_t add_socket(struct link_poll *poll, void *socket,
                           struct link_watch *watch, short events) {
    PRE(poll->count < LINK_POLL_ITEMS_MAX);
    int fd = -1;
    size_t size = sizeof(fd);
    if (socket) {
        int rc = zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
        INVARIANT(rc == 0);
    }
    poll->items[poll->count] =
        (struct item){.socket = socket, .watch = watch, .events = events};
    poll->fds[poll->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    return poll->count++;
}

uint32_t link_poll_add_client(struct link_poll *poll,
                              struct link_client *client) {
    bool writable;
    void *socket = link_client_socket(client, &writable);
    /* Without a socket the item is there, and is never ready. */
    return add_socket(poll, socket, link_client_watch(client),
                      (short)(ZMQ_POLLIN | (writable ? ZMQ_POLLOUT : 0)));
}

uint32_t link_poll_add_server(struct link_poll *poll,
                              struct link_server *server) {
    return add_socket(poll, link_server_socket(server),
                      link_server_watch(server), ZMQ_POLLIN);
}

uint32_t link_poll_add_pipe(struct link_poll *poll, struct link_pipe *pipe) {
    return add_socket(poll, link_pipe_socket(pipe), link_pipe_watch(pipe),
                      ZMQ_POLLIN);
}

uint32_t link_poll_add_fd(struct link_poll *poll, int fd, bool readable,
                          bool writable) {
    PRE(fd >= 0);
    PRE(poll->count < LINK_POLL_ITEMS_MAX);
    poll->items[poll->count] = (struct item){0};
    poll->fds[poll->count] = (struct pollfd){
        .fd = fd,
        .events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0))};
    return poll->count++;
}

/* Asks the socket; it is clean after that if it has nothing. */
static bool ask(struct item *item) {
    int events = link_socket_events(item->socket);
    item->watch->clean = !(events & ZMQ_POLLIN);
    item->ready = events & item->events;
    return item->ready;
}

/* Those that may have something without their descriptor saying so. */
static uint32_t ask_touched(struct link_poll *poll) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < poll->count; i++) {
        struct item *item = &poll->items[i];
        bool writable = item->events & ZMQ_POLLOUT;
        if (item->socket && (!item->watch->clean || writable))
            ready += ask(item);
    }
    return ready;
}

static uint32_t ask_signalled(struct link_poll *poll) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < poll->count; i++) {
        struct item *item = &poll->items[i];
        bool signalled = poll->fds[i].revents != 0;
        if (!item->socket) {
            item->ready = signalled;
            ready += signalled;
        } else if (signalled && !item->ready) {
            ready += ask(item);
        }
        /* A sign without a message may be the loss of a connection. */
        if (item->socket)
            item->watch->quiet =
                item->watch->clean && !item->ready && !signalled;
    }
    return ready;
}

uint32_t link_poll_wait(struct link_poll *set, int64_t timeout_ms) {
    uint32_t ready = ask_touched(set);
    int timeout = timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    /* The others are looked at too, or one that is never empty would hide
     * them. */
    if (poll(set->fds, set->count, ready ? 0 : timeout) < 0) {
        INVARIANT(errno == EINTR); /* Else an item is not what it was. */
        return ready;
    }
    return ready + ask_signalled(set);
}

bool link_poll_ready(const struct link_poll *poll, uint32_t index) {
    PRE(index < poll->count);
    return poll->items[index].ready;
}
