/* link_poll.h - waiting for several things at once.
 *
 * Fill it anew every turn (a client's socket changes with its sessions; it is
 * cheap), then wait. It is level-triggered, whatever lies beneath: what was
 * left unread is reported again at once. One thread owns a poll. */
#ifndef COMMON_LINK_LINK_POLL_H
#define COMMON_LINK_LINK_POLL_H

#include "common/err.h"
#include "common/types.h"

#define LINK_POLL_ITEMS_MAX 128u

struct link_client;
struct link_pipe;
struct link_poll; /* Opaque. */
struct link_server;

struct link_poll *link_poll_create(void);

/* Accepts NULL. */
void link_poll_destroy(struct link_poll *poll);

/* Forgets all items. */
void link_poll_clear(struct link_poll *poll);

/* Each adds an item, to be remembered by the index that it returns. At most
 * LINK_POLL_ITEMS_MAX. What is added must live until the wait is over. */
uint32_t link_poll_add_client(struct link_poll *poll,
                              struct link_client *client);
uint32_t link_poll_add_server(struct link_poll *poll,
                              struct link_server *server);
uint32_t link_poll_add_pipe(struct link_poll *poll, struct link_pipe *pipe);
uint32_t link_poll_add_fd(struct link_poll *poll, int fd, bool readable,
                          bool writable);

/* Waits until an item is ready, |timeout_ms| passed (0: only look, -1: for
 * ever) or a signal came; returns the number of ready items. */
uint32_t link_poll_wait(struct link_poll *poll, int64_t timeout_ms);

/* Whether the item was ready when the wait ended (of a descriptor: readable,
 * writable, hung up or in error). */
bool link_poll_ready(const struct link_poll *poll, uint32_t index);

#endif
