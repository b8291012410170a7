/* Each step is what the translator says: ask the broker again, or answer. */
#include "gateway/api_call.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"
#include "gateway/profile.h"

struct api_call {
    struct gateway *gateway;
    const struct call_handler *handler;
    struct wire_profile *self; /* NULL: the application. */
    struct list all;
    struct pending *pending;
    api_call_done *done;
    void *payload;
    unsigned steps;
};

static void destroy(struct api_call *call) {
    call->gateway->api_calls_count--;
    list_remove(&call->all);
    free(call->self);
    free(call);
}

static void finish(struct api_call *call, unsigned status, struct slice body,
                   const char *allow) {
    call->done(call->payload, status, body, allow);
    destroy(call);
}

/* True: the call goes on; else it is answered and freed. */
static bool step(struct api_call *call, struct call_next *next) {
    bool on = next->ask && call->steps < CALL_STEPS_MAX;
    if (on) {
        call->steps++;
        if (call->self && next->command.kind == WIRE_SEND)
            next->command.as.send.author = *call->self;
        rooms_name(call->gateway, &next->command);
        call->pending =
            broker_ask(&call->gateway->broker, &next->command,
                       buf_slice(&next->memo), PENDING_OF_API, call);
    } else {
        INVARIANT(!next->ask);
        finish(call, next->status, buf_slice(&next->body), next->allow);
    }
    arena_finish(next->arena);
    buf_finish(&next->memo);
    buf_finish(&next->body);
    return on;
}

struct api_call *api_call_begin(struct gateway *gateway,
                                const struct call_handler *handler,
                                const struct wire_profile *self,
                                const struct call_request *request,
                                api_call_done *done, void *payload) {
    if (gateway->api_calls_count >= API_CALLS_MAX ||
        broker_is_full(&gateway->broker)) {
        if (self)
            metrics_add_by(gateway->config.metrics, METRIC_CALLS_REFUSED,
                           CALL_REFUSAL_FULL, 1);
        done(payload, 503,
             SLICE("{\"error\":{\"code\":\"try_again\",\"detail\":"
                   "\"too many calls under way\",\"field\":null}}"),
             NULL);
        return NULL;
    }
    struct api_call *call = mem_zalloc(sizeof(*call));
    call->gateway = gateway;
    call->handler = handler;
    call->self = self ? profile_copy(self) : NULL;
    call->done = done;
    call->payload = payload;
    list_append(&gateway->api_calls, &call->all);
    gateway->api_calls_count++;
    struct arena arena = {0};
    struct call_next next = {.arena = &arena,
                             .config = &gateway->config.frontend,
                             .self = call->self};
    handler->request(request, &next);
    return step(call, &next) ? call : NULL;
}

void api_call_cancel(struct api_call *call) {
    if (!call)
        return;
    broker_abandon(&call->gateway->broker, call->pending);
    destroy(call);
}

void api_call_answer(struct api_call *call, struct pending *pending,
                     const struct wire *reply) {
    struct arena arena = {0};
    struct call_next next = {.arena = &arena,
                             .config = &call->gateway->config.frontend,
                             .self = call->self};
    INVARIANT(call->pending == pending);
    call->pending = NULL;
    call->handler->reply(pending_memo(pending), reply, &next);
    pending_destroy(pending);
    (void)step(call, &next);
}
