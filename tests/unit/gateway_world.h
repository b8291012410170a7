/* gateway_world.h - a gateway without sockets, for tests: a fake broker at the
 * other end of its link, connections whose clients are buffers, and a dialect
 * of plain words:
 *
 *   sub N       -> subscribed N       and "said TEXT", "joined", ... from then
 *   place N     -> place P            the same; the events come after place P
 *   unsub N     -> unsubscribed N
 *   send N TEXT -> sent TEXT
 *   pages N     -> one message in parts: the texts of all messages, each with
 *                  a blank behind it
 *   echo TEXT   -> echo TEXT          without the broker
 *   list        -> listed
 *   events N    -> what              the room's first event
 *   mark N      -> answered
 *   key A_B TEXT -> sent TEXT         to the direct room of that key
 *   hide, show  -> ok                 online or not, as the user wants it
 *   rubbish     -> rubbish            which counts as no object
 *
 * Errors are "error CODE", throttled requests "slower". */
#ifndef TESTS_UNIT_GATEWAY_WORLD_H
#define TESTS_UNIT_GATEWAY_WORLD_H

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"
#include "tests/unit/fake_broker.h"

#define WORLD_CLIENTS_MAX 64u

/* One client: what its socket took, cut into messages. */
struct client {
    struct connection *connection; /* NULL: ended. */
    struct buf raw;                /* Not cut up yet. */
    struct buf partial;            /* The parts of a message. */
    struct buf texts;              /* Messages, each ending with '\n'. */
    uint32_t messages;
    uint32_t writes;
    uint32_t pings;
    unsigned close_code; /* 0: no close frame came. */
    bool stuck;          /* The socket takes nothing. */
    bool busy;           /* Something is kept. */
    bool asked;
    bool paused;
    bool cut;
};

struct world {
    struct gateway gateway;
    struct gateway_config config;
    struct fake_broker *broker;
    char endpoint[64];
    struct metrics *metrics;
    struct client clients[WORLD_CLIENTS_MAX];
    uint32_t clients_count;
    uint64_t skew_ms; /* How far the world's clock is ahead. */
};

/* With |config| NULL: no limits, no pings, patience 30 s. */
void world_init(struct world *world, const struct gateway_config *config);
void world_finish(struct world *world);

/* Runs turns until |done| says so; fails the test after 10 s. */
void world_until(struct world *world, bool (*done)(struct world *world));

/* Runs turns until nothing happens any more. */
void world_settle(struct world *world);

/* Moves the gateway's clock; the link does not notice. */
void world_pass(struct world *world, uint64_t ms);

/* A client of |user|, registered. */
struct client *world_connect(struct world *world, uint64_t user);

/* The same, without waiting for the broker. */
struct client *world_connect_only(struct world *world, uint64_t user);

/* The same, of a dialect whose connections follow all rooms of their user. It
 * says "KEY TEXT" of a message, "marked", "typing U", "online U", "offline U",
 * "unread N", and takes the requests above. Its HTTP calls, GET
 * /flow-calls/..., send to the direct room "1_2" and say "by AUTHOR NAME". */
struct client *world_flow(struct world *world, uint64_t user);
struct client *world_flow_only(struct world *world, uint64_t user);

/* The socket of |client| ended. */
void world_hang_up(struct client *client);

void client_say(struct client *client, const char *text);

/* The messages so far, and forgets them; borrowed until the next message. */
const char *client_heard(struct client *client);

/* The test fails if the messages so far are others; forgets them. */
void client_expect(struct client *client, const char *texts);

/* The socket takes bytes again. */
void client_unstick(struct client *client);

/* For world_until: whether the link is down, or up. */
bool world_is_down(struct world *world);
bool world_is_up(struct world *world);

/* The broker goes away; comes back with what it had stored. */
void world_broker_down(struct world *world);
void world_broker_up(struct world *world, uint64_t epoch);

/* The broker has a room of two, or a project of the users 1, 2 and 3. */
void world_dialog(struct world *world, room_id room, const char *key,
                  uint64_t a, uint64_t b);
void world_project(struct world *world, room_id room, const char *key);

/* The broker tells of a message by |user| that no client here sent. */
void world_say_as(struct world *world, room_id room, uint64_t user,
                  const char *text);

#endif
