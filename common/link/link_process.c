/* link_process.c - see link_process.h. */
#include "common/link/link_process.h"

#include <czmq.h>

#include "common/err.h"

/* Sockets of one process: a link or a pipe takes one or two, and sessions that
 * ended hold theirs for a moment. */
#define SOCKETS_MAX 4096

void link_process_init(void) {
    zsys_handler_set(NULL);
    void *context = zsys_init();
    INVARIANT(context != NULL);
    zsys_set_max_sockets(SOCKETS_MAX);
}

void link_process_finish(void) {
    zsys_shutdown();
}
