/* api_call.h - one HTTP call, of the server API or of a dialect, on its way to
 * the broker and back. The HTTP side knows only begin, cancel and the end. */
#ifndef GATEWAY_API_CALL_H
#define GATEWAY_API_CALL_H

#include "gateway/call.h"
#include "gateway/pending.h"

struct api_call;
struct gateway;

/* Calls under way; beyond, 503. */
#define API_CALLS_MAX 1024u

/* The answer, once; everything is borrowed. |allow| may be NULL. */
typedef void api_call_done(void *payload, unsigned status, struct slice body,
                           const char *allow);

/* |self| is who asks; NULL: the application. Copied. Returns NULL when |done|
 * was called already; else it is called later, unless api_call_cancel() comes
 * first. */
struct api_call *api_call_begin(struct gateway *gateway,
                                const struct call_handler *handler,
                                const struct wire_profile *self,
                                const struct call_request *request,
                                api_call_done *done, void *payload);

/* Nobody waits any more. Accepts NULL. */
void api_call_cancel(struct api_call *call);

/* For dispatch.c: frees |pending|. */
void api_call_answer(struct api_call *call, struct pending *pending,
                     const struct wire *reply);

#endif
