/* load.h - what every scenario of the load client stands on: the options, the
 * world (rooms and their members), and getting many connections ready with a
 * bounded number of handshakes in flight. */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include "tests/bench/client.h"
#include "tests/bench/procs.h"

enum dialect {
    DIALECT_MESSENGER = 0, /* Parlance, and the bench's raw server. */
    DIALECT_NCHAN,         /* The room is in the path; texts go verbatim. */
};

/* What a connection says first, and waits for, before it counts as ready. */
enum greeting {
    GREETING_NONE = 0,
    GREETING_SUBSCRIBE, /* To its room. */
    GREETING_LIST,      /* Page 1 of its user's rooms. */
    GREETING_FENCE,     /* `chats`: nothing, but an answer. */
};

struct world_room {
    uint64_t pk;
    uint64_t user_first; /* Members are this user and the ones after it. */
    uint32_t member_count;
};

struct load_options {
    const char *path; /* Of the dialect. */
    enum dialect dialect;
    uint32_t rooms;       /* 0: all of the world's. */
    uint32_t connections; /* idle, connects. */
    uint32_t window;      /* Messages in flight; per room in fanout. */
    uint32_t senders;     /* acked. */
    uint32_t handshakes_max;
    uint64_t count; /* acked: stop after so many, not by time; pages,
                       dialogs; typing: rounds. */
    double seconds;
    double warmup_s;
    bool is_one_room;   /* acked: all senders are members of one room. */
    bool is_subscribed; /* idle: connections subscribe to their room. */
    bool is_many;       /* crowd.h: the subject has many rooms. */
    bool is_everybody;  /* typing: not the subjects alone. */
    bool is_coming;     /* presence: the subjects come and go. */
};

struct load {
    struct load_options options;
    struct world_room *world;
    uint32_t world_count;
    struct slice secret; /* Empty: connect without a token. */
    struct procs procs;
    struct client *client;
    enum greeting greeting;
    uint32_t ready_count;
    bool is_failed;
    /* Every text for a ready connection. The scenario's. */
    void (*on_text)(struct load *load, struct conn *conn, struct slice text);
    void *scenario;
};

/* What the client of a load is created with; the context is the load. */
extern const struct client_events load_events;

/* Reads lines "pk first_user member_count". Exits if there is no such file or
 * it is malformed. */
void load_read_world(struct load *load, const char *path);

/* Reads the secret, less one newline at its end. Exits if it cannot. */
void load_read_secret(struct load *load, const char *path);

/* The user and the room of the world's |index|th member, rooms in order. */
void load_member(const struct load *load, uint32_t index, struct conn *out);

/* Connects all |conns| (user and room set) and waits until each is ready.
 * False: a connection failed, or none got ready for 20 s. */
bool load_dial(struct load *load, struct conn *conns, uint32_t count,
               enum greeting greeting) MUST_CHECK;

/* Starts to connect |conn|, closed, with user and room set. */
void load_dial_one(struct load *load, struct conn *conn);

/* One turn of the loop; false if the run is void. */
bool load_turn(struct load *load, int timeout_ms) MUST_CHECK;

/* Says why on stderr and makes the run void. */
void load_fail(struct load *load, const struct conn *conn, const char *what);

void load_hang_up(struct load *load, struct conn *conns, uint32_t count);

/* The scenarios. Each prints one line of JSON; false: the run is void. */
bool load_fanout(struct load *load) MUST_CHECK;
bool load_idle(struct load *load) MUST_CHECK;
bool load_connects(struct load *load) MUST_CHECK;
bool load_acked(struct load *load) MUST_CHECK;
bool load_pages(struct load *load) MUST_CHECK;
bool load_typing(struct load *load) MUST_CHECK;
bool load_presence(struct load *load) MUST_CHECK;
bool load_entry(struct load *load) MUST_CHECK;
bool load_dialogs(struct load *load) MUST_CHECK;

#endif
