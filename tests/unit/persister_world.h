/* persister_world.h - a whole persister in a thread, over the reference store,
 * and brokers that talk to it over real links. The store can be made to fail,
 * to lack space, or to take its time. */
#ifndef TESTS_UNIT_PERSISTER_WORLD_H
#define TESTS_UNIT_PERSISTER_WORLD_H

#include <pthread.h>

#include "common/link/link_client.h"
#include "persister/persister_io.h"

#define WORLD_PEERS_MAX 2u

/* What the store does with the next call. Guarded by the mutex. */
struct behaviour {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool gate_appends; /* Appends wait. */
    bool gate_reads;   /* Reads wait. */
    enum err append_error;
    enum err read_error;
    uint32_t appends_total;
    uint32_t appends_waiting;
    uint32_t reads_waiting;
    uint32_t collects_total;
    int64_t collect_before_us;
};

/* One broker: what it was sent, printed, a line each. */
struct peer {
    struct link_client *client;
    struct buf heard;
    uint32_t downs;
    char down_reason[128];
};

struct persister_world {
    char directory[64];
    char endpoint[96];
    struct behaviour behaviour;
    struct store *store;
    struct metrics *metrics;
    struct readiness *readiness;
    struct health *health;
    struct persister *persister;
    pthread_t thread;
    int stop_fd;
    bool stopped;
    uint32_t readers_count;
    uint32_t min_free_percent;
    struct peer peers[WORLD_PEERS_MAX];
};

/* Zeroes |world| and starts it with one reader; peers are not there yet. */
void persister_world_start(struct persister_world *world,
                           uint32_t min_free_percent);
void persister_world_finish(struct persister_world *world);

/* Asks the persister to stop; does not wait. */
void persister_world_stop(struct persister_world *world);

/* Connects, waits until the link is up. */
void persister_world_connect(struct persister_world *world, uint32_t peer);

void persister_world_send(struct persister_world *world, uint32_t peer,
                          const struct wire *wire);
void persister_world_send_bytes(struct persister_world *world, uint32_t peer,
                                struct slice bytes);

/* Waits until the peer has heard a line that begins with |line|; takes all
 * lines up to it away. Fails after 20 s. */
void persister_world_expect(struct persister_world *world, uint32_t peer,
                            const char *line);

/* Waits until the peer's link is down; fails unless its reason holds |text|. */
void persister_world_expect_down(struct persister_world *world, uint32_t peer,
                                 const char *text);

/* Takes the partitions as |instance|, and attaches. */
void persister_world_claim(struct persister_world *world, uint32_t peer,
                           uint64_t instance, uint64_t epoch);

/* Sends an append of one profile of |user| as |seq| of partition 1. */
void persister_world_append(struct persister_world *world, uint32_t peer,
                            uint64_t epoch, uint64_t seq, uint64_t user);

/* Changes how the store behaves; lets those go on that wait. */
void behaviour_set(struct behaviour *behaviour, bool gate_appends,
                   bool gate_reads);
void behaviour_fail(struct behaviour *behaviour, enum err append_error,
                    enum err read_error);
uint32_t behaviour_get(struct behaviour *behaviour, const uint32_t *number);

#endif
