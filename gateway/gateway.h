/* gateway.h - everything that a gateway is, apart from its sockets: the
 * connections, the rooms that they follow, the commands under way.
 *
 * A turn of the loop:
 *
 *     gateway_begin_turn    takes what the broker sent
 *     ... the server's callbacks: connection_receive and so on ...
 *     gateway_end_turn      hands out frames, writes, sends commands
 *
 * One thread. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "common/arena.h"
#include "common/process/metrics.h"
#include "common/process/readiness.h"
#include "gateway/broker.h"
#include "gateway/connection.h"
#include "gateway/fanout.h"
#include "gateway/feed.h"
#include "gateway/interest.h"
#include "gateway/limits.h"
#include "gateway/members.h"
#include "gateway/presence.h"
#include "gateway/transport.h"
#include "gateway/users.h"
#include "gateway/wheel.h"

struct call_handler;

struct gateway_config {
    const char *broker_endpoint;
    const struct frontend *const *frontends; /* Ends with NULL. */
    const struct call_handler *api;          /* NULL: none. */
    struct frontend_config frontend;
    const struct transport *transport;
    const struct metrics *metrics; /* Of gateway_metrics.h. */
    struct readiness *readiness;   /* NULL: none. */
    struct rate_config rate;
    struct admission_config admission;
    uint64_t ping_interval_ms; /* 0: no pings. */
    uint64_t patience_ms;
    uint64_t message_bytes_max;     /* From a client. */
    uint64_t queue_bytes_max;       /* To a client; 0: no limit. */
    uint32_t grace_ms;              /* Until a user counts as gone. */
    uint64_t incarnation;           /* Random, not 0. */
    uint64_t seed;                  /* Random. */
    void (*unwatch)(void *payload); /* The link's descriptor is going away. */
    void *payload;
};

struct gateway {
    struct gateway_config config;
    struct broker broker;
    struct users users;
    struct interest interest;
    struct members_index members; /* Of the rooms of feeds. */
    struct feeds feeds;
    struct presence presence;
    uint64_t presence_serial; /* Counts the changes that were told. */
    struct admission_counts admission;
    struct fanout fanout;
    struct frame_log answers; /* Frames for one connection each. */
    struct wheel wheel;
    struct list connections;
    struct list dirty;
    struct list waiting;
    struct list resume_again; /* Rooms whose RESUME was refused for now. */
    struct list api_calls;
    uint32_t api_calls_count;
    struct span ping;
    char *scratch;      /* FRAME_CHUNK_BYTES, for writing. */
    struct arena arena; /* Of the message that is being handled. */
    uint64_t connection_number;
    uint64_t now_ms;    /* Of this turn; never 0. */
    int64_t wall_us;    /* The same on the wall's clock. */
    uint64_t second_ms; /* When the once-a-second work was done. */
    /* Counted here and added to the metrics once a second. */
    uint64_t messages_in;
    uint64_t deliveries;
    uint64_t writes;
    uint64_t bytes_out;
    bool draining;
    bool broker_given_up; /* Away for longer than the patience. */
};

/* |config| is copied, what it points to borrowed. |now_ms|: see
 * gateway_begin_turn. */
void gateway_init(struct gateway *gateway, const struct gateway_config *config,
                  uint64_t now_ms, int64_t wall_us);

/* All connections and API calls are gone. */
void gateway_finish(struct gateway *gateway);

/* |now_ms| is any clock that does not go back and is not 0; |wall_us| is the
 * time of day in microseconds since the Unix epoch. True: more waits at the
 * link, so the loop must not sleep. gateway_clock only tells the time. */
void gateway_clock(struct gateway *gateway, uint64_t now_ms, int64_t wall_us);
bool gateway_begin_turn(struct gateway *gateway, uint64_t now_ms,
                        int64_t wall_us);
/* Hands out frames, writes, sends commands. True as above. */
bool gateway_end_turn(struct gateway *gateway);

/* When the next turn must be at the latest. */
uint64_t gateway_due_ms(const struct gateway *gateway);

/* The dialect at |path| as an index; false: none. */
bool gateway_dialect(const struct gateway *gateway, struct slice path,
                     uint32_t *dialect);

/* Whether one more connection of |user| from |address| may come in. */
enum admission gateway_admit(const struct gateway *gateway, user_id user,
                             uint64_t address);

/* From now on nobody is let in; closes up to |count| more connections with
 * 1001. Returns how many are left. */
size_t gateway_drain(struct gateway *gateway, size_t count);

/* --- Among the gateway's own files ---------------------------------------- */

/* dispatch.c: one message of the broker; false: no correct broker says it. */
bool dispatch_message(struct gateway *gateway, struct slice bytes);

/* dispatch.c: |reply| answers |pending|, which was taken from the broker's
 * tables; it is freed, now or when its answer has been handed over. */
void dispatch_taken(struct gateway *gateway, struct pending *pending,
                    const struct wire *reply);

/* gateway.c: the link came up, or was lost. */
void gateway_broker_up(struct gateway *gateway);
void gateway_broker_down(struct gateway *gateway, const char *reason);

/* rooms.c: a SUBSCRIBE of |room| was asked or answered (NULL: it will not be).
 */
void rooms_subscribing(struct gateway *gateway, room_id room);
void rooms_subscribed(struct gateway *gateway, room_id room,
                      const struct wire *reply);

/* rooms.c: what the answer to a SUBSCRIBE says of the room. */
void rooms_place(struct gateway *gateway, struct room *room,
                 const struct wire_reply_subscribed *reply);

/* rooms.c: puts in the room's id where the command gives kind and key of a
 * room that the broker tells us of. */
void rooms_name(const struct gateway *gateway, struct wire *command);

/* rooms.c: nobody may need the room any more: unsubscribes and forgets it. */
void rooms_settle(struct gateway *gateway, struct room *room);

/* rooms.c: false: |connection| follows too many rooms already, or the room is
 * not one that the broker tells us of. */
bool rooms_follow(struct gateway *gateway, struct connection *connection,
                  room_id room);
void rooms_unfollow(struct gateway *gateway, struct connection *connection,
                    room_id room);
void rooms_unfollow_all(struct gateway *gateway, struct connection *connection);

/* rooms.c: an event came, or a member types. */
void rooms_event(struct gateway *gateway, const struct wire_event *event);
void rooms_typed(struct gateway *gateway, const struct wire_typed *typed);

/* rooms.c: the connection has begun to follow the room: tells it who typed
 * there while it was on its way. */
void rooms_typed_before(struct gateway *gateway, const struct room *room,
                        struct connection *connection);

/* rooms.c: a SEND that will be sent again: RESUME of its room waits for its
 * answer, so that the message is known as the sender's own when it comes. */
void rooms_gate(struct gateway *gateway, struct pending *pending);
void rooms_ungate(struct gateway *gateway, struct pending *pending);

/* rooms.c: around a new link: the events stop; go on after the last place. */
void rooms_link_down(struct gateway *gateway);
void rooms_link_up(struct gateway *gateway);
void rooms_resume(struct gateway *gateway, struct room *room);
void rooms_resume_again(struct gateway *gateway, struct room *room);
void rooms_resumed(struct gateway *gateway, room_id room,
                   const struct wire *reply);

/* rooms.c: an answer to a SEND that came apart from its event, ahead of it:
 * keeps |pending| until the event comes. False: there is nothing to wait for.
 */
bool rooms_defer(struct gateway *gateway, struct pending *pending,
                 const struct wire *reply);

/* rooms.c: waits no longer: hands the answer over. */
void rooms_undefer(struct gateway *gateway, struct pending *pending);

#endif
