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
    /* A SEND that waits until it is known how its author is shown. */
    struct buf waiting;
    struct buf waiting_memo;
    bool looked_up; /* The directory was asked for |self|. */
    api_call_done *done;
    void *payload;
    unsigned steps;
};

static void destroy(struct api_call *call) {
    call->gateway->api_calls_count--;
    list_remove(&call->all);
    buf_finish(&call->waiting);
    buf_finish(&call->waiting_memo);
    free(call->self);
    free(call);
}

static void finish(struct api_call *call, unsigned status, struct slice body,
                   const char *allow) {
    call->done(call->payload, status, body, allow);
    destroy(call);
}

static void ask(struct api_call *call, struct wire *command,
                struct slice memo) {
    call->pending =
        broker_ask(&call->gateway->broker, command, memo, PENDING_OF_API, call);
}

/* Others see a message's author as the directory has them; who is not connected
 * here is known by claims only. */
static void look_up_self(struct api_call *call, const struct wire *command,
                         struct slice memo) {
    struct wire get = {.kind = WIRE_USER_GET};
    get.as.user_get.user = call->self->user;
    call->looked_up = true;
    wire_encode(command, &call->waiting);
    buf_append_slice(&call->waiting_memo, memo);
    ask(call, &get, (struct slice){0});
}

/* The directory's answer: what waited goes on. */
static void looked_up(struct api_call *call, const struct wire *reply) {
    struct arena arena = {0};
    struct wire command;
    struct buf waiting = call->waiting;
    struct buf memo = call->waiting_memo;
    call->waiting = (struct buf){0};
    call->waiting_memo = (struct buf){0};
    if (reply->kind == WIRE_REPLY_PROFILE &&
        reply->as.reply_profile.profile.from_directory) {
        free(call->self);
        call->self = profile_copy(&reply->as.reply_profile.profile);
    }
    enum err err = wire_decode(buf_slice(&waiting), &arena, &command, NULL);
    INVARIANT(err == ERR_OK);
    command.as.send.author = *call->self;
    ask(call, &command, buf_slice(&memo));
    arena_finish(&arena);
    buf_finish(&waiting);
    buf_finish(&memo);
}

/* True: the call goes on; else it is answered and freed. */
static bool step(struct api_call *call, struct call_next *next) {
    bool on = next->ask && call->steps < CALL_STEPS_MAX;
    if (on) {
        call->steps++;
        if (call->self && next->command.kind == WIRE_SEND)
            next->command.as.send.author = *call->self;
        rooms_name(call->gateway, &next->command);
        bool unknown = call->self && next->command.kind == WIRE_SEND &&
                       !call->self->from_directory && !call->looked_up;
        if (unknown)
            look_up_self(call, &next->command, buf_slice(&next->memo));
        else
            ask(call, &next->command, buf_slice(&next->memo));
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
    if (call->waiting.size > 0) {
        pending_destroy(pending);
        looked_up(call, reply);
        return;
    }
    call->handler->reply(pending_memo(pending), reply, &next);
    pending_destroy(pending);
    (void)step(call, &next);
}
