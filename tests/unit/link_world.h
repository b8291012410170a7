/* link_world.h - one server and a few clients in one process and one thread,
 * for the tests of links. The clock is the real one plus what a test adds to
 * it, so silence is waited for without waiting. Every wait is for a
 * condition. */
#ifndef TESTS_UNIT_LINK_WORLD_H
#define TESTS_UNIT_LINK_WORLD_H

#include <check.h>

#include "common/buf.h"
#include "common/link/link_client.h"
#include "common/link/link_poll.h"
#include "common/link/link_server.h"

#define CLIENTS_MAX 3
#define PATIENCE_MS 30000

/* One side's view of what happened: texts, one a line, and numbered messages
 * that are checked to come 1, 2, 3, ... */
struct view {
    struct world *world;
    struct buf log;
    uint64_t next_in[64]; /* By peer; clients use 0. */
    const char *greeting; /* Hello of a client. */
    const char *refuse;   /* Reason to refuse welcomes or hellos, or NULL. */
    bool echo;
};

struct world {
    char dir[64];
    char endpoint[128];
    struct link_session_config session;
    struct link_server *server;
    struct link_client *clients[CLIENTS_MAX];
    struct view server_view;
    struct view client_views[CLIENTS_MAX];
    struct link_poll *poll;
    uint64_t extra_ms;
    bool server_frozen;
    bool client_frozen[CLIENTS_MAX];
};

/* With a directory of its own and nobody in it. */
void world_init(struct world *world);

void world_finish(struct world *world);

/* A server of the caller's that listens nowhere yet. */
struct link_server *world_create_server(struct world *world);

/* On |endpoint|, which becomes the one really bound. */
void world_start_server(struct world *world);

void world_stop_server(struct world *world);

/* |index|: 0 ann, 1 bob, 2 cid. */
void world_start_client_as(struct world *world, int index,
                           uint64_t incarnation);

void world_start_client(struct world *world, int index);

void world_stop_client(struct world *world, int index);

bool world_is_up(const struct world *world, int index);

/* The real clock plus |extra_ms|. */
uint64_t world_now_ms(const struct world *world);

/* One turn of everybody; waits at most until something is due. */
void world_turn(struct world *world);

/* A numbered message: the number and some bytes that depend on it. |out|: 256
 * bytes, borrowed by the result. */
struct slice world_message(char *out, uint64_t number);

/* Whether |text| is in the log. */
bool view_has(const struct view *view, const char *text);

/* Fails the test unless the log is |expected|. */
void view_check(const struct view *view, const char *expected);

/* Turns until |condition|; fails the test when patience ends. */
#define PUMP_UNTIL(world, condition)                                           \
    do {                                                                       \
        uint64_t start_ms = world_now_ms(world) - (world)->extra_ms;           \
        while (!(condition)) {                                                 \
            ck_assert_msg(world_now_ms(world) - (world)->extra_ms - start_ms < \
                              PATIENCE_MS,                                     \
                          "never: %s", #condition);                            \
            world_turn(world);                                                 \
        }                                                                      \
    } while (0)

#endif
