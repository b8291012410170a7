/* sink.h - where a frontend's output goes; the gateway's side of
 * frontend.h's struct sink.
 *
 * Made on the stack for each call of a frontend. Output goes out at once,
 * unless it must wait for its turn: then it is written down (connection.held)
 * and played back later. */
#ifndef GATEWAY_SINK_H
#define GATEWAY_SINK_H

#include "gateway/frontend.h"

struct connection;

struct sink {
    struct connection *connection;
    uint64_t place; /* Of the REPLY_SUBSCRIBED that is handed over, or 0. */
    bool ahead;     /* Answers are under way: only a SEND may join them. */
    bool commanded; /* A frontend gives at most one command. */
    bool no_object; /* sink_not_an_object was called. */
};

/* Plays back what is held, all of it. The connection has nothing under way. */
void sink_play(struct connection *connection);

#endif
