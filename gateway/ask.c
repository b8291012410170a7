/* ask.c - see ask.h. */
#include "gateway/ask.h"

#include "gateway/gateway.h"

void ask_send(struct ask *ask, struct wire *command) {
    PRE(!ask->pending);
    ask->pending = broker_ask(&ask->gateway->broker, command, (struct slice){0},
                              PENDING_OF_ASK, ask);
}

void ask_cancel(struct ask *ask) {
    if (ask->pending)
        broker_abandon(&ask->gateway->broker, ask->pending);
    ask->pending = NULL;
}

void ask_answer(struct ask *ask, struct pending *pending,
                const struct wire *reply) {
    INVARIANT(ask->pending == pending);
    ask->pending = NULL;
    ask->done(ask->payload, reply);
    pending_destroy(pending);
}
