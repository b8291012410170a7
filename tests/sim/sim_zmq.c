/* sim_zmq.c - the functions of libzmq and czmq that common/link calls, over
 * the simulated network instead of sockets. The linker finds these first.
 *
 * Only what common/link does is there; anything else aborts. */
#include <czmq.h>
#include <poll.h>
#include <stdlib.h>

#include "common/buf.h"
#include "tests/sim/sim.h"

/* Descriptors of simulated sockets: none of the system's. */
#define SIM_FD 0x40000000

struct _zsock_t {
    struct sim_socket *socket;
    struct sim_packet *packet; /* A ROUTER's, whose identity was read. */
    char identity[SIM_IDENTITY_BYTES]; /* To whom the next part goes. */
    size_t identity_size;
    int fd;
};

/* What is inside a zmq_msg_t. */
struct message {
    char *data;
    size_t size;
    zmq_free_fn *free_data;
    void *hint;
    bool more;
};

_Static_assert(sizeof(struct message) <= sizeof(zmq_msg_t), "it fits");

static struct message *inside(const zmq_msg_t *msg) {
    return (struct message *)(uintptr_t)msg;
}

/* --- Messages ------------------------------------------------------------- */

int zmq_msg_init(zmq_msg_t *msg) {
    *inside(msg) = (struct message){0};
    return 0;
}

static void free_plain(void *data, void *hint) {
    (void)hint;
    free(data);
}

int zmq_msg_init_size(zmq_msg_t *msg, size_t size) {
    *inside(msg) = (struct message){
        .data = mem_alloc(size + 1), .size = size, .free_data = free_plain};
    return 0;
}

int zmq_msg_init_data(zmq_msg_t *msg, void *data, size_t size,
                      zmq_free_fn *free_data, void *hint) {
    *inside(msg) = (struct message){
        .data = data, .size = size, .free_data = free_data, .hint = hint};
    return 0;
}

int zmq_msg_close(zmq_msg_t *msg) {
    struct message *message = inside(msg);
    if (message->free_data)
        message->free_data(message->data, message->hint);
    *message = (struct message){0};
    return 0;
}

void *zmq_msg_data(zmq_msg_t *msg) {
    return inside(msg)->data;
}

size_t zmq_msg_size(const zmq_msg_t *msg) {
    return inside(msg)->size;
}

int zmq_msg_more(const zmq_msg_t *msg) {
    return inside(msg)->more;
}

static void fill(zmq_msg_t *msg, struct slice bytes, bool more) {
    zmq_msg_close(msg);
    zmq_msg_init_size(msg, bytes.size);
    if (bytes.size)
        memcpy(inside(msg)->data, bytes.data, bytes.size);
    inside(msg)->more = more;
}

int zmq_msg_recv(zmq_msg_t *msg, void *handle, int flags) {
    zsock_t *zsock = handle;
    struct sim_socket *socket = zsock->socket;
    PRE(flags & ZMQ_DONTWAIT);
    socket->signalled = false;
    struct sim_packet *packet = zsock->packet;
    zsock->packet = NULL;
    if (packet) {
        fill(msg, sim_packet_bytes(packet), false);
        sim_packet_free(packet);
        return (int)zmq_msg_size(msg);
    }
    packet = sim_socket_receive(socket);
    if (!packet) {
        errno = EAGAIN;
        return -1;
    }
    if (socket->is_router) {
        fill(msg, sim_packet_identity(packet), true);
        zsock->packet = packet;
    } else {
        fill(msg, sim_packet_bytes(packet), false);
        sim_packet_free(packet);
    }
    return (int)zmq_msg_size(msg);
}

/* The identity before a ROUTER's message. */
int zmq_send(void *handle, const void *data, size_t size, int flags) {
    zsock_t *zsock = handle;
    PRE(zsock->socket->is_router && flags & ZMQ_SNDMORE);
    PRE(size <= sizeof zsock->identity);
    zsock->socket->signalled = false;
    memcpy(zsock->identity, data, size);
    zsock->identity_size = size;
    if (sim_socket_reaches(zsock->socket, (struct slice){data, size}))
        return (int)size;
    errno = EHOSTUNREACH;
    return -1;
}

int zmq_msg_send(zmq_msg_t *msg, void *handle, int flags) {
    zsock_t *zsock = handle;
    struct slice identity = {zsock->identity, zsock->identity_size};
    struct slice bytes = {inside(msg)->data, inside(msg)->size};
    (void)flags;
    zsock->socket->signalled = false;
    if (!sim_socket_send(zsock->socket, identity, bytes)) {
        errno = EAGAIN;
        return -1;
    }
    zmq_msg_close(msg);
    return (int)bytes.size;
}

/* --- Sockets -------------------------------------------------------------- */

zsock_t *zsock_new_checked(int type, const char *file, size_t line) {
    zsock_t *zsock = mem_zalloc(sizeof *zsock);
    (void)file;
    (void)line;
    PRE(type == ZMQ_DEALER || type == ZMQ_ROUTER);
    PRE(sim_running);
    zsock->socket = sim_socket_create(sim_running, type == ZMQ_ROUTER);
    zsock->fd = SIM_FD + (int)sim_running->sockets_made;
    return zsock;
}

void zsock_destroy_checked(zsock_t **zsock, const char *file, size_t line) {
    (void)file;
    (void)line;
    if (!*zsock)
        return;
    if ((*zsock)->packet)
        sim_packet_free((*zsock)->packet);
    sim_socket_close((*zsock)->socket);
    free(*zsock);
    *zsock = NULL;
}

void *zsock_resolve(void *zsock) {
    return zsock;
}

SOCKET zsock_fd(void *zsock) {
    return ((zsock_t *)zsock)->fd;
}

int zmq_bind(void *handle, const char *endpoint) {
    zsock_t *zsock = handle;
    if (sim_socket_bind(zsock->socket, endpoint))
        return 0;
    errno = EADDRINUSE;
    return -1;
}

int zmq_connect(void *handle, const char *endpoint) {
    sim_socket_connect(((zsock_t *)handle)->socket, endpoint);
    return 0;
}

int zmq_setsockopt(void *handle, int option, const void *value, size_t size) {
    struct sim_socket *socket = ((zsock_t *)handle)->socket;
    if (option == ZMQ_LINGER) {
        memcpy(&socket->linger_ms, value, sizeof socket->linger_ms);
    } else if (option == ZMQ_ROUTING_ID) {
        PRE(size <= sizeof socket->identity);
        memcpy(socket->identity, value, size);
        socket->identity_size = size;
    }
    return 0; /* The others are how it is here anyway. */
}

int zmq_getsockopt(void *handle, int option, void *value, size_t *size) {
    zsock_t *zsock = handle;
    struct sim_socket *socket = zsock->socket;
    if (option == ZMQ_EVENTS) {
        int events = socket->first || zsock->packet ? ZMQ_POLLIN : 0;
        if (sim_socket_is_connected(socket))
            events |= ZMQ_POLLOUT;
        socket->signalled = false;
        memcpy(value, &events, sizeof events);
    } else if (option == ZMQ_FD) {
        memcpy(value, &zsock->fd, sizeof zsock->fd);
    } else {
        INVARIANT(option == ZMQ_LAST_ENDPOINT);
        PRE(*size > strlen(socket->endpoint));
        memcpy(value, socket->endpoint, strlen(socket->endpoint) + 1);
    }
    return 0;
}

int zmq_errno(void) {
    return errno;
}

const char *zmq_strerror(int error) {
    return strerror(error);
}

/* --- Waiting -------------------------------------------------------------- */

bool sim_fd_signalled(int fd) {
    return fd >= SIM_FD &&
           sim_process_signalled(sim_running, (uint64_t)(fd - SIM_FD));
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* What the descriptors of the process's sockets say now; never waits. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    int ready = 0;
    (void)timeout_ms;
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = sim_fd_signalled(fds[i].fd) ? POLLIN : 0;
        ready += fds[i].revents != 0;
    }
    sim_running->poll_signalled = ready > 0;
    return ready;
}
