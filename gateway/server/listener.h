/* listener.h - a listening socket of our own in the loop. */
#ifndef GATEWAY_SERVER_LISTENER_H
#define GATEWAY_SERVER_LISTENER_H

#include <uv.h>

#include "common/err.h"
#include "common/process/address.h"

/* Sockets accepted in one go, before others get their turn. */
#define LISTENER_ACCEPTS_MAX 64

struct listener;

/* |accepted| owns the descriptor given to it, which is non-blocking; mostly
 * the client's first bytes are there already. What it writes in that call is
 * held back until the batch of accepted sockets is through.
 * |exhausted|: one was accepted and closed, since there are no descriptors
 * left. ERR_IO: errno says why. */
enum err listener_create(uv_loop_t *loop, const struct address *address,
                         bool share, void (*accepted)(void *payload, int fd),
                         void (*exhausted)(void *payload), void *payload,
                         struct listener **out) MUST_CHECK;

uint16_t listener_port(const struct listener *listener);

/* Closes the socket. The memory goes when the loop has let go of it, so the
 * loop must run once more. Accepts NULL. */
void listener_destroy(struct listener *listener);

#endif
