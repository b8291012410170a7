/* api.h - translate the server API (HTTP, JSON) to and from the commands and
 * replies of common/wire/wire.h.
 *
 * A pure translator, like a frontend: no I/O, no clock, no globals, nothing
 * that blocks. The gateway owns the listener, checks the key (X-API-Key),
 * collects the body (at most API_BODY_BYTES_MAX), sends the command, waits and
 * writes the response. "Borrowed" means valid until the call returns.
 *
 *   request --> answer                       at once: refused, or no such call
 *           \-> ask --> reply --> answer     the usual way
 *                   \-> reply --> ask ...    when one command needs another
 *
 * A request is answered after at most API_STEPS_MAX commands. */
#ifndef GATEWAY_API_API_H
#define GATEWAY_API_API_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/wire/wire.h"

#define API_BODY_BYTES_MAX (1u << 20)
#define API_STEPS_MAX 4u

/* One complete HTTP request; all borrowed. */
struct api_request {
    struct slice method; /* "GET", "PUT", ... */
    struct slice path;   /* "/api/rooms/65"; percent-encoded, no query. */
    struct slice query;  /* "before=9&limit=20"; percent-encoded. */
    struct slice body;   /* As it came; not checked to be UTF-8. */
};

/* What is to happen next: |ask| tells which half counts. The gateway gives it
 * with everything zeroed but the arena, which lives until it has used it. */
struct api_next {
    struct arena *arena; /* For the texts and lists of |command|. */
    bool ask;

    /* Ask the broker. Correlation, partition and, for WIRE_SEND, origin_key
     * are filled in by the gateway. |memo| comes back with the reply. */
    struct wire command;
    struct buf memo;

    /* Answer the client. |body| is JSON, or empty (204). Errors have the
     * shape {"error": {"code", "detail", "field"}}. */
    unsigned status;
    struct buf body;
    const char *allow; /* With 405: the header Allow; static. Else NULL. */
};

struct api_handler {
    /* The path begins with "/api/"; the key was right. Mandatory. */
    void (*request)(const struct api_request *request, struct api_next *next);

    /* The broker's reply to a command, or a WIRE_REPLY_ERROR that the gateway
     * made (patience, link lost). Mandatory. */
    void (*reply)(struct slice memo, const struct wire *reply,
                  struct api_next *next);
};

extern const struct api_handler api_server;

#endif
