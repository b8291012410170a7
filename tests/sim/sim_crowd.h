/* sim_crowd.h - what the files behind sim_people.h share: the people, their
 * clients, what they ask.
 *
 *   sim_people.c    who is there, turns, the end
 *   sim_client.c    one client's socket and connection
 *   sim_ask.c       requests: asked, answered, asked again
 *   sim_hear.c      what a client makes of what it hears
 *   sim_follow.c    a client in a room: subscribing, catching up
 *   sim_workload.c  what people want to do
 *   sim_office.c    the application's calls, and calls by users
 *   sim_settle.c    calm, and the questions asked then
 *   sim_stored.c    what is in the store at the end */
#ifndef TESTS_SIM_SIM_CROWD_H
#define TESTS_SIM_SIM_CROWD_H

#include "common/buf.h"
#include "gateway/api_call.h"
#include "gateway/gateway.h"
#include "tests/sim/sim_cover.h"
#include "tests/sim/sim_dialect.h"
#include "tests/sim/sim_history.h"
#include "tests/sim/sim_people.h"
#include "tests/sim/sim_random.h"

#define CLIENTS_PER_USER 2u /* A follower and a feed. */
#define USERS_MAX 64u
#define SLOTS_MAX 64u
#define CLIENT_QUEUE_MAX 160u    /* Not asked yet; more is left undone. */
#define CLIENT_OPEN_MAX 6u       /* Asked, not answered, ... */
#define CLIENT_FLOOD_MAX 128u    /* ... and when it says all at once. */
#define CALM_MS 15000u           /* I8: by then presence is right. */
#define ANSWER_PATIENCES_MAX 12u /* As requests wait for each other. */

/* A room as the application knows it: it may be made, deleted, made again. */
struct slot {
    uint8_t kind; /* enum room_kind */
    char key[24];
    bool open;
    uint64_t first[USERS_MAX]; /* Its members when it is made; ascending. */
    uint8_t roles[USERS_MAX];
    uint32_t first_count;
    uint64_t room; /* The one that was last heard of; 0: none. */
};

struct person {
    uint64_t id;
    bool stays_away; /* In the calm at the end. */
    uint64_t file;   /* The latest whole one; 0: none. */
    struct wire_file row;
    char secret[LIMIT_FILE_SECRET_BYTES];
};

struct request {
    uint64_t id; /* Its index + 1: the correlation. */
    enum wire_kind kind;
    enum outcome outcome;
    bool is_asked;
    bool is_quiet;   /* Asked in the calm at the end. */
    uint32_t client; /* UINT32_MAX: a call. */
    uint64_t connection;
    uint64_t user;  /* 0: the application. */
    uint64_t asked; /* |seq| */
    uint64_t asked_ms;
    uint64_t room;
    uint64_t message;
    uint64_t about;  /* Another user. */
    uint32_t slot;   /* UINT32_MAX: none. */
    uint32_t number; /* Of the message, the edit, the membership; or a
                        stream. UINT32_MAX: none. */
    bool may_retry;  /* Asking again does no harm. */
    bool online;     /* PRESENCE_SET */
    bool dialogs;    /* UNREAD, LIST */
    uint64_t ordinal_min;
    uint64_t place_min;
    struct wire_query query;
    struct buf command; /* Encoded; until it is answered. */
};

enum follow_state {
    FOLLOW_NOT,
    FOLLOW_WANTED, /* To be asked for. */
    FOLLOW_ASKED,
    FOLLOW_ON,
};

/* A client in a room. */
struct following {
    uint64_t room;
    enum follow_state state;
    uint64_t last;   /* Everything up to here was seen, over all connections. */
    uint32_t stream; /* UINT32_MAX: none. */
    uint64_t again_ms; /* WANTED: when to ask again; 0: something else does. */
    uint32_t resume;   /* The stream that catches up; UINT32_MAX: none. */
    uint64_t resume_to;
};

struct client {
    struct people *people;
    uint32_t index;
    uint32_t person; /* Index. */
    uint32_t dialect;
    struct random random;
    /* The connection. */
    struct connection *connection; /* NULL: none. */
    uint32_t gateway;
    uint64_t number;   /* Unique over the run; of the connection, or last. */
    uint64_t retry_ms; /* Without a connection: when the next is tried. */
    uint64_t attempts;
    bool was_connected;
    bool is_questioned; /* In the calm at the end. */
    uint64_t open_ms;   /* When it was made. */
    /* The socket. */
    struct buf raw;     /* Not cut up yet. */
    struct buf partial; /* The parts of a message. */
    bool is_stuck;      /* It does not read until |unstick_ms|. */
    uint64_t late_ms;   /* What it hears until then may be as old as */
    uint64_t late_seq;  /* this. */
    uint64_t unstick_ms;
    bool is_busy;
    bool is_asked; /* For connection_writeable. */
    bool is_paused;
    bool is_cut;
    bool hangs_up;       /* By its own wish. */
    unsigned close_code; /* 0: no close frame. */
    /* What it wants and knows. */
    uint32_t queue[CLIENT_QUEUE_MAX]; /* Indexes of requests. */
    uint32_t queue_count;
    bool floods; /* Until it has said all. */
    uint32_t open_count;
    struct following *followings;
    uint32_t followings_count, followings_capacity;
    /* As told while they shared a room for good; 0: not, 1 offline, 2 online.
     */
    uint8_t presence[USERS_MAX + 1];
    uint64_t presence_by[USERS_MAX + 1]; /* That room. */
    bool unread_told;
    uint64_t unread;
};

/* A call under way. */
struct call {
    struct people *people;
    struct api_call *call; /* NULL: not begun, or done. */
    uint32_t gateway;
    uint32_t request;
    bool is_done;
};

enum settle_phase {
    SETTLE_NOT,
    SETTLE_RETURN, /* All come back and ask for what is unanswered. */
    SETTLE_SHOW,   /* All want to be seen as they are. */
    SETTLE_CALM,   /* Nothing is asked. */
    SETTLE_ASK,    /* Questions whose answers are known exactly. */
    SETTLE_DONE,
};

struct people {
    struct people_config config;
    struct history history;
    struct person persons[USERS_MAX];
    struct slot slots[SLOTS_MAX];
    struct client *clients;
    uint32_t clients_count;
    struct gateway *gateways[PEOPLE_GATEWAYS_MAX]; /* NULL: down. */
    struct request *requests;
    uint32_t requests_count, requests_capacity;
    uint32_t open_from;  /* Below this index all requests are over. */
    uint32_t again_from; /* In the calm: where to look for what is unknown. */
    struct call **calls; /* Under way or queued. */
    uint32_t calls_count, calls_capacity;
    uint64_t connections; /* So far. */
    uint64_t now_ms;
    bool is_acting;
    uint32_t told_count; /* Lines about this action. */
    enum settle_phase phase;
    uint64_t calm_ms; /* When the phase began. */
    bool shown;       /* In SETTLE_SHOW: it was asked for. */
    uint64_t file_bytes_max;
    struct people_stats stats;
    struct people_cover cover[COVER_COUNT];
    struct arena arena; /* Of the message that is being read. */
};

static inline void cover(struct people *people, enum cover which) {
    people->cover[which].count++;
}

/* With the logs of the programs, when those are wanted. |client| NULL: a call.
 */
void people_log(const struct client *client, const char *what,
                const struct wire *wire);

/* --- sim_tell.c ----------------------------------------------------------- */

/* Who does not act by a gateway. */
#define TELL_NOWHERE UINT32_MAX

/* Between these two what is done is told, if somebody asks. */
void tell_begin(struct people *people);
void tell_end(struct people *people);

/* |user| (0: the application) says |wire| to a gateway. */
void tell_says(struct people *people, uint64_t user, uint32_t gateway,
               const struct wire *wire);

/* A client does something else. */
void tell_does(const struct client *client, const char *what);

/* --- sim_client.c --------------------------------------------------------- */

void client_init(struct people *people, uint32_t index);
void client_finish(struct client *client);

/* Its part of a turn of its gateway. */
void client_turn(struct client *client);

/* Without a connection: tries to get one to |gateway|, if that is where it
 * would go now. */
void client_try(struct client *client, uint32_t gateway);

/* Which gateway a client without a connection would go to; UINT32_MAX: all are
 * down. */
uint32_t client_target(const struct client *client);

uint64_t client_due_ms(const struct client *client);

/* Ends the connection, whatever the reason. */
void client_end(struct client *client);

/* Reads nothing for a while. */
void client_stall(struct client *client, uint64_t ms);

/* What it hears now was said after this (a |seq|). */
uint64_t client_hears_since(const struct client *client);

/* --- sim_ask.c ------------------------------------------------------------ */

/* A request of |client| (NULL: a call by the application), to be filled in
 * further; borrowed until the next. */
struct request *ask_new(struct people *people, const struct client *client,
                        enum wire_kind kind);

/* Encodes the command, which is in the request's words now, and queues it. */
void ask_queue(struct people *people, struct client *client,
               struct request *request, struct wire *command);

/* The first in the line goes to the gateway, while there is room. */
void ask_some(struct client *client);

/* What a request is a try of; NULL: it changes nothing that is checked. */
struct deed *ask_deed(struct people *people, const struct request *request);

/* The request is being sent. */
void ask_begin(struct people *people, struct request *request);

/* It is over; the command is forgotten unless it is to be asked again. */
void ask_end(struct people *people, struct request *request,
             enum outcome outcome);

/* Whether the next request may be said. */
bool ask_may(const struct client *client);

/* Queues the same command once more, at any client of its user. */
void ask_again(struct people *people, uint32_t request);

/* The connection is over: what is open stays unknown. */
void ask_lost(struct client *client);

/* Whether anything is open or to be asked. */
bool ask_is_idle(const struct people *people);

/* --- sim_hear.c ----------------------------------------------------------- */

/* One whole message of the gateway. */
void hear(struct client *client, struct slice text);

/* The answer to a request, to a client or (NULL) a call. */
void hear_answer(struct people *people, struct client *client,
                 struct request *request, const struct wire *reply);

/* --- sim_follow.c --------------------------------------------------------- */

struct following *follow_find(const struct client *client, uint64_t room);

/* A new connection: begins anew with all that it wants. */
void follow_begin(struct client *client);

/* The connection is over. */
void follow_end(struct client *client);

/* Asks again for what was refused a while ago; when there is such. */
void follow_turn(struct client *client);
uint64_t follow_due_ms(const struct client *client);

/* Wants the room. */
void follow_want(struct client *client, uint64_t room);
void follow_answer(struct client *client, const struct request *request,
                   const struct wire *reply);
void follow_events(struct client *client, const struct request *request,
                   const struct wire_row_events *rows);
void follow_left(struct client *client, uint64_t room);
void follow_event(struct client *client, const struct wire_event *event);
void follow_given(struct client *client, const struct wire_message *message);
void follow_typed(struct client *client, const struct wire_typed *typed);

/* --- sim_office.c --------------------------------------------------------- */

/* Begins the calls that are queued for |gateway|; forgets those that are over.
 */
void office_turn(struct people *people, uint32_t gateway);

/* Queues |command| as a call: by the application, or by request->user. */
void office_call(struct people *people, struct request *request,
                 struct wire *command, uint32_t gateway);
void office_down(struct people *people, uint32_t gateway);

/* Makes the slot's room, or finds it. */
void office_make(struct people *people, uint32_t slot, uint32_t gateway);

/* Any that is up, by |choice|; UINT32_MAX: none. */
uint32_t office_any_gateway(const struct people *people, uint64_t choice);

/* The slot's room is known to be that. */
void office_learn(struct people *people, uint32_t slot, uint64_t room);

/* Whether there is, or may soon be, a room that both are in from its making
 * on. */
bool office_may_share(const struct people *people, uint64_t one,
                      uint64_t other);

/* The room is gone. */
void office_forget(struct people *people, uint64_t room);

/* The slot that (kind, key) names; UINT32_MAX: none. */
uint32_t office_slot(const struct people *people, uint8_t kind,
                     struct slice key);

/* --- sim_settle.c --------------------------------------------------------- */

void settle_turn(struct people *people);

/* A room that both are in since it was made, which was before |by| (a |seq|),
 * so that nobody wanted to take one of them out; 0: none. */
uint64_t settle_share(const struct people *people, uint64_t one, uint64_t other,
                      uint64_t by);

/* The client is where it should be in the calm. */
bool settle_is_back(const struct client *client);

/* Of the feeds that are there at the end; the store was read. */
void check_feeds(struct people *people);

/* --- sim_stored.c, sim_check_*.c ------------------------------------------ */

/* Reads all rooms that anybody knows. */
void stored_read(struct people *people, const struct store_ops *ops,
                 struct store *store);

/* Of one gateway, in its turn. */
void check_bounds(struct people *people, const struct gateway *gateway);

#endif
