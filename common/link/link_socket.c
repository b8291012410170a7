/* link_socket.c - what both sides of a link do with their sockets. */
#include <czmq.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/link/link_internal.h"

void link_socket_set(void *handle, int option, int value) {
    int rc = zmq_setsockopt(handle, option, &value, sizeof(value));
    INVARIANT(rc == 0);
}

void link_socket_set_bounds(void *handle, uint32_t window_packets) {
    /* Our window is the bound. The library frees its places in lumps of half
     * its mark, so it must be more than twice the window never to be hit. */
    int mark = (int)window_packets * 2 + 1024;
    link_socket_set(handle, ZMQ_SNDHWM, mark);
    link_socket_set(handle, ZMQ_RCVHWM, mark);
    int64_t bytes_max = LIMIT_PACKET_BYTES;
    int rc =
        zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &bytes_max, sizeof(bytes_max));
    INVARIANT(rc == 0);
}

void link_socket_set_router(void *handle, uint32_t window_packets) {
    /* An error instead of silence for a peer that is gone; a newcomer with a
     * known identity is the same peer on a new connection. */
    link_socket_set(handle, ZMQ_ROUTER_MANDATORY, 1);
    link_socket_set(handle, ZMQ_ROUTER_HANDOVER, 1);
    link_socket_set(handle, ZMQ_LINGER, LINK_LINGER_MS);
    link_socket_set_bounds(handle, window_packets);
}

int link_socket_events(void *handle) {
    int events = 0;
    size_t size = sizeof(events);
    int rc;
    do {
        rc = zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size);
    } while (rc != 0 && errno == EINTR);
    INVARIANT(rc == 0);
    return events;
}

bool link_socket_send(void *handle, const struct slice *identity,
                      zmq_msg_t *msg) {
    int rc = 0;
    if (identity)
        do {
            rc = zmq_send(handle, identity->data, identity->size,
                          ZMQ_DONTWAIT | ZMQ_SNDMORE);
        } while (rc < 0 && errno == EINTR);
    if (rc >= 0)
        do {
            rc = zmq_msg_send(msg, handle, ZMQ_DONTWAIT);
        } while (rc < 0 && errno == EINTR);
    if (rc < 0)
        zmq_msg_close(msg);
    return rc >= 0;
}

/* Whether somebody listens on a path: the library would unlink the path of a
 * living server and take its place without a word. */
static bool is_ipc_served(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return false; /* The bind will say so. */
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool served =
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return served;
}

static enum err refuse_bind(struct buf *reason, const char *endpoint,
                            int error) {
    if (reason) {
        buf_append_slice(reason, slice_of(endpoint));
        buf_append_slice(reason, SLICE(": "));
        buf_append_slice(reason, slice_of(zmq_strerror(error)));
    }
    return error == EADDRINUSE ? ERR_EXISTS : ERR_IO;
}

enum err link_socket_bind(void *handle, const char *endpoint,
                          struct buf *reason) {
    struct link_endpoint parsed;
    enum err err = link_endpoint_parse(&parsed, endpoint, reason);
    if (err != ERR_OK)
        return err;
    if (parsed.ipc_path && is_ipc_served(parsed.ipc_path))
        return refuse_bind(reason, endpoint, EADDRINUSE);
    link_socket_set(handle, ZMQ_IPV6, parsed.ipv6);
    if (zmq_bind(handle, parsed.text) != 0)
        return refuse_bind(reason, endpoint, errno);
    return ERR_OK;
}
