/* transport.h - what a connection wants of the socket under it. The server
 * implements it over libwebsockets, a test over memory. */
#ifndef GATEWAY_TRANSPORT_H
#define GATEWAY_TRANSPORT_H

#include "common/err.h"
#include "common/types.h"

/* All slots are mandatory. None calls back. */
struct transport {
    /* Sends whole frames. What does not fit into the socket is kept by the
     * transport, which is then busy. ERR_IO: the socket is lost; the end of
     * the connection is reported later. */
    enum err (*write)(void *socket, struct slice frames) MUST_CHECK;

    /* Whether something is kept. Nothing may be written then. */
    bool (*is_busy)(void *socket);

    /* Call connection_writeable() when nothing is kept any more. */
    void (*ask_writeable)(void *socket);

    /* Stops reading from the socket, or goes on. */
    void (*pause)(void *socket, bool paused);

    /* Ends the socket without another word. */
    void (*cut)(void *socket);
};

#endif
