/* ask.h - one command to the broker whose answer goes to whoever asked: for
 * transfers of files, which are neither a connection's requests nor calls. */
#ifndef GATEWAY_ASK_H
#define GATEWAY_ASK_H

#include "gateway/pending.h"

struct gateway;

/* Zeroed: nothing is under way. It must not move while something is. */
struct ask {
    struct gateway *gateway;
    struct pending *pending;
    /* The answer, or a WIRE_REPLY_ERROR that the gateway made; borrowed. */
    void (*done)(void *payload, const struct wire *reply);
    void *payload;
};

/* At most one at a time. */
void ask_send(struct ask *ask, struct wire *command);

static inline bool ask_is_under_way(const struct ask *ask) {
    return ask->pending != NULL;
}

/* Nobody waits any more. */
void ask_cancel(struct ask *ask);

/* For dispatch.c: frees |pending|. */
void ask_answer(struct ask *ask, struct pending *pending,
                const struct wire *reply);

#endif
