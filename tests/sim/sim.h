/* sim.h - one simulated run: a cluster, its network and its disk on virtual
 * time, in one thread, all of it decided by a seed and a schedule.
 *
 * There is one run at a time (|sim_now|): clocks and sockets of the real code
 * know no other way to reach it. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "broker/core/core.h"
#include "tests/sim/sim_draw.h"
#include "tests/sim/sim_loop.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

struct people;
struct sim_disk;
struct sim_tap;

#define SIM_MS UINT64_C(1000)
#define SIM_SECOND UINT64_C(1000000)

/* 2026-11-25, when a run begins. */
#define SIM_EPOCH_US UINT64_C(1795600000000000)

/* What the world is like; drawn from the seed (sim_config.c). */
struct sim_config {
    uint64_t seed;
    uint32_t gateways;
    uint32_t users;
    uint32_t rooms;
    struct core_config core;
    struct sim_net_config net;
    uint64_t turn_us;         /* A turn takes so long at least, */
    uint64_t turn_more_us;    /* and up to so much longer; */
    uint64_t sync_us;         /* an fsync so long, */
    uint64_t sync_more_us;    /* and up to so much longer. */
    uint64_t read_more_us;    /* A read takes up to so long. */
    uint64_t queue_bytes_max; /* Of a gateway's client. */
    uint64_t patience_ms;
    uint64_t ping_ms; /* Between two pings; 0: none. */
    uint32_t grace_ms;
    uint32_t check_every; /* core_check() each so many steps. */
};

void sim_config_draw(struct sim_config *config, uint64_t seed);

/* What can happen to a cluster; how often it did. X(name, text). */
#define SIM_FAULT_TABLE(X)                                                     \
    X(CRASH_PERSISTER, "persister_crash")                                      \
    X(CRASH_BROKER, "broker_crash")                                            \
    X(CRASH_GATEWAY, "gateway_crash")                                          \
    X(VANISH, "vanish")                                                        \
    X(STOP_PERSISTER, "persister_stop")                                        \
    X(STOP_BROKER, "broker_stop")                                              \
    X(STOP_GATEWAY, "gateway_stop")                                            \
    X(OUTAGE, "outage")                                                        \
    X(PAUSE, "pause")                                                          \
    X(PARTITION, "partition")                                                  \
    X(CUT, "cut")                                                              \
    X(LOSS, "loss")                                                            \
    X(DUPLICATE, "duplicate")                                                  \
    X(REORDER, "reorder")                                                      \
    X(DELAY, "delay")                                                          \
    X(CLOCK_JUMP, "clock_jump")                                                \
    X(SECOND_BROKER, "second_broker")                                          \
    X(TAKEOVER, "takeover")                                                    \
    X(SLOW_DISK, "slow_disk")                                                  \
    X(FULL_DISK, "full_disk")                                                  \
    X(FAILED_WRITE, "failed_write")                                            \
    X(CRASH_IN_WRITE, "crash_in_write")                                        \
    X(WRITE_LOST, "write_lost")                                                \
    X(WRITE_TORN, "write_torn")                                                \
    X(WRITE_KEPT, "write_kept")

enum sim_fault {
#define SIM_FAULT_ENUM(name, text) SIM_FAULT_##name,
    SIM_FAULT_TABLE(SIM_FAULT_ENUM)
#undef SIM_FAULT_ENUM
        SIM_FAULT_COUNT
};

extern const char *const sim_fault_names[SIM_FAULT_COUNT];

#define SIM_PROMISE_BYTES 32u
#define SIM_TEXT_BYTES 1024u

struct sim {
    struct sim_config config;
    struct sim_loop loop;
    struct sim_net net;
    struct sim_process processes[SIM_PROCESSES_MAX];
    uint32_t processes_count;
    struct sim_disk *disk;
    struct sim_tap *tap;
    struct people *people;
    bool verbose;
    bool settling; /* The faults are over. */
    bool over;     /* A promise was broken: nothing more happens. */
    char promise[SIM_PROMISE_BYTES];
    char text[SIM_TEXT_BYTES];
    uint64_t digest; /* Of everything that passed. */
    uint64_t packets;
    uint64_t steps; /* Of cores. */
    uint64_t writes;
    uint64_t faults[SIM_FAULT_COUNT];
};

extern struct sim *sim_now;

static inline uint64_t sim_time_us(void) {
    return sim_now->loop.now_us;
}

/* The |index|th process of |role|. */
struct sim_process *sim_process_of(struct sim *sim, enum sim_role role,
                                   uint32_t index);

/* A promise is broken; the first one counts. */
void sim_violated(struct sim *sim, const char *promise, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* |number| becomes part of the run's digest. */
static inline void sim_note(struct sim *sim, uint64_t number) {
    sim->digest = sim_key(sim->digest, number);
}

static inline void sim_count(struct sim *sim, enum sim_fault fault) {
    sim->faults[fault]++;
}

#endif
