/* link_poll.c - see link_poll.h. */
#include "common/link/link_poll.h"

#include <limits.h>
#include <zmq.h>

#include <stdlib.h>

#include "common/link/link_internal.h"

struct link_poll {
    uint32_t count;
    zmq_pollitem_t items[LINK_POLL_ITEMS_MAX];
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

static uint32_t add(struct link_poll *poll, void *socket, int fd,
                    short events) {
    PRE(poll->count < LINK_POLL_ITEMS_MAX);
    poll->items[poll->count] =
        (zmq_pollitem_t){.socket = socket, .fd = fd, .events = events};
    return poll->count++;
}

uint32_t link_poll_add_client(struct link_poll *poll,
                              struct link_client *client) {
    bool writable;
    void *socket = link_client_socket(client, &writable);
    /* Without a socket the item is there, and is never ready. */
    return add(poll, socket, -1,
               (short)(ZMQ_POLLIN | (writable ? ZMQ_POLLOUT : 0)));
}

uint32_t link_poll_add_server(struct link_poll *poll,
                              struct link_server *server) {
    return add(poll, link_server_socket(server), -1, ZMQ_POLLIN);
}

uint32_t link_poll_add_pipe(struct link_poll *poll, struct link_pipe *pipe) {
    return add(poll, link_pipe_socket(pipe), -1, ZMQ_POLLIN);
}

uint32_t link_poll_add_fd(struct link_poll *poll, int fd, bool readable,
                          bool writable) {
    PRE(fd >= 0);
    return add(poll, NULL, fd,
               (short)((readable ? ZMQ_POLLIN : 0) |
                       (writable ? ZMQ_POLLOUT : 0) | ZMQ_POLLERR));
}

uint32_t link_poll_wait(struct link_poll *poll, int64_t timeout_ms) {
    long timeout = timeout_ms > INT_MAX ? INT_MAX : (long)timeout_ms;
    int rc = zmq_poll(poll->items, (int)poll->count, timeout);
    if (rc >= 0)
        return (uint32_t)rc;
    INVARIANT(errno == EINTR); /* Else an item is not what it was. */
    for (uint32_t i = 0; i < poll->count; i++)
        poll->items[i].revents = 0;
    return 0;
}

bool link_poll_ready(const struct link_poll *poll, uint32_t index) {
    PRE(index < poll->count);
    return poll->items[index].revents != 0;
}
