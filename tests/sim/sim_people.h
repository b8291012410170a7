/* sim_people.h - the people of a simulated cluster: clients that come and go,
 * say things, hear things, and do not believe what they are told.
 *
 * They sit on the gateways' side of the simulator: their sockets are memory,
 * their dialects are translators of wire messages, everything that they choose
 * derives from seeds. What they did and saw is a history (sim_history.h);
 * checkers (sim_check.h) hold it against the promises of DESIGN.md while it
 * goes on and against the store at the end. One thread. */
#ifndef TESTS_SIM_SIM_PEOPLE_H
#define TESTS_SIM_SIM_PEOPLE_H

#include "gateway/frontend.h"
#include "gateway/transport.h"
#include "persister/store.h"

struct gateway;
struct people;

/* Gateways that there may be. */
#define PEOPLE_GATEWAYS_MAX 16u

struct people_config {
    uint64_t seed;
    uint32_t users;    /* 2 .. 64 */
    uint32_t rooms;    /* 1 .. 64 */
    uint32_t gateways; /* 1 .. PEOPLE_GATEWAYS_MAX */
    /* A promise is broken: |promise| is "1".."8" of DESIGN.md or another short
     * name. The run is over (the callee records it; it returns). Called once.
     */
    void (*violated)(void *payload, const char *promise, const char *text);
    /* What an action of people came to, a line of text; NULL: nobody asks. */
    void (*told)(void *payload, const char *line);
    void *payload;
};

/* |config| is copied. */
struct people *people_create(const struct people_config *config);

/* All gateways are down. Accepts NULL. */
void people_destroy(struct people *people);

/* For gateway_config.frontends; ends with NULL. */
extern const struct frontend *const people_dialects[];

/* For gateway_config.transport. */
extern const struct transport people_transport;

/* People may connect to it from now on. Borrowed until it is down. */
void people_gateway_up(struct people *people, uint32_t index,
                       struct gateway *gateway);

/* All connections to it and calls through it are destroyed before it returns;
 * then it may be finished. */
void people_gateway_down(struct people *people, uint32_t index);

/* One action of the workload. All its choices derive from |choice|, so that
 * leaving an action out changes the others as little as possible. What comes
 * of it is said at the next people_turn of the gateway concerned. */
void people_act(struct people *people, uint64_t choice, uint64_t now_ms);

/* Between gateway_begin_turn and gateway_end_turn: the clients of this gateway
 * read, retry, connect again, say what is queued. */
void people_turn(struct people *people, uint32_t gateway, uint64_t now_ms);

/* When that gateway must be turned for the clients' sake at the latest, by the
 * clock of people_turn; UINT64_MAX: never. */
uint64_t people_due_ms(const struct people *people, uint32_t gateway);

/* Whether there may be a broker that was replaced and does not know it yet. It
 * stores nothing any more, but who is a member is what it remembers. */
void people_doubt(struct people *people, bool is_doubtful);

/* The clocks of the brokers and gateways differ by more than a feed looks back
 * for. From then on the rooms in which somebody came to be while a link was
 * away may begin too late in their feed. */
void people_clocks_apart(struct people *people);

/* Faults are over: everybody comes back and asks again for what is unanswered.
 */
void people_come_back(struct people *people, uint64_t now_ms);

/* Everything was asked and answered, and 15 s have passed since. */
bool people_is_settled(const struct people *people);

/* What was seen and acknowledged against what is stored. */
void people_check_end(struct people *people, const struct store_ops *ops,
                      struct store *store);

/* Why people_is_settled() does not come true; for the one who waits. */
void people_explain(const struct people *people, struct buf *out);

struct people_stats {
    uint64_t actions;
    uint64_t sent; /* Requests. */
    uint64_t acknowledged;
    uint64_t refused;
    uint64_t events;
    uint64_t reconnects;
    uint64_t resumed;
    uint64_t pages;
};
struct people_stats people_stats(const struct people *people);

/* How often what was covered, by name. A name whose count stays 0 over many
 * seeds is a weakness of the workload or of the checkers. */
struct people_cover {
    const char *name; /* Static. */
    uint64_t count;
};

/* Borrowed; |*count| says how many. */
const struct people_cover *people_coverage(const struct people *people,
                                           uint32_t *count);

#endif
