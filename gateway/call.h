/* call.h - one HTTP call that the broker answers: what a translator gets, and
 * what it says is to happen next. The server API (gateway/api) and the HTTP
 * calls of the dialects (frontend.h) are such translators.
 *
 * A pure translator: no I/O, no clock, no globals, nothing that blocks. The
 * gateway owns the listener, checks who asks, collects the body (at most
 * CALL_BODY_BYTES_MAX), sends the command, waits and writes the response.
 * "Borrowed" means valid until the function returns.
 *
 *   request --> answer                       at once: refused, or no such call
 *           \-> ask --> reply --> answer     the usual way
 *                   \-> reply --> ask ...    when one command needs another
 *
 * A request is answered after at most CALL_STEPS_MAX commands. */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/wire/wire.h"

#define CALL_BODY_BYTES_MAX (1u << 20)
/* The longest is a list of all chats of a user, in pages. */
#define CALL_STEPS_MAX 128u

struct frontend_config;

/* One complete HTTP request; all borrowed. */
struct call_request {
    struct slice method; /* "GET", "PUT", ... */
    struct slice path;   /* "/api/rooms/65"; percent-encoded, no query. */
    struct slice query;  /* "before=9&limit=20"; percent-encoded. */
    struct slice body;   /* As it came; not checked to be UTF-8. */
};

/* What is to happen next: |ask| tells which half counts. The gateway gives it
 * with everything zeroed but the arena, which lives until it has used it,
 * |config|, and |self|. */
struct call_next {
    struct arena *arena; /* For the texts and lists of |command|. */
    const struct frontend_config *config;
    const struct wire_profile *self; /* Who asks, by their token; NULL: the
                                        application, by its key. */
    bool ask;

    /* Ask the broker. Correlation, partition and, for WIRE_SEND, origin_key
     * (and author, where there is a |self|) are filled in by the gateway.
     * |memo| comes back with the reply. */
    struct wire command;
    struct buf memo;

    /* Answer the client. |body| is JSON, or empty (204). Errors have the
     * shape {"error": {"code", "detail", "field"}}. */
    unsigned status;
    struct buf body;
    const char *allow; /* With 405: the header Allow; static. Else NULL. */
};

struct call_handler {
    /* Who asks was checked; the path begins as the handler's calls do.
     * Mandatory. */
    void (*request)(const struct call_request *request, struct call_next *next);

    /* The broker's reply to a command, or a WIRE_REPLY_ERROR that the gateway
     * made (patience, link lost). Mandatory. */
    void (*reply)(struct slice memo, const struct wire *reply,
                  struct call_next *next);
};

#endif
