/* sim_schedule.h - what happens to a cluster, and when: an array of actions,
 * made from the seed before the run. Each has a sub-seed of its own, so a
 * schedule with some of them left out is a schedule as well. Pure. */
#ifndef TESTS_SIM_SIM_SCHEDULE_H
#define TESTS_SIM_SIM_SCHEDULE_H

#include "common/buf.h"
#include "tests/sim/sim.h"

/* X(name, text, weight): what there is, and how often. |weight| is by 1,000
 * faults; ACT is apart. */
#define SIM_ACTION_TABLE(X)                                                    \
    X(ACT, "people", 0)                                                        \
    X(CRASH, "crash", 130)                                                     \
    X(VANISH, "vanish", 30)                                                    \
    X(STOP, "stop", 60)                                                        \
    X(PAUSE, "pause", 110)                                                     \
    X(PARTITION, "partition", 120)                                             \
    X(CUT, "cut", 120)                                                         \
    X(LOSS, "loss", 90)                                                        \
    X(DUPLICATE, "duplicate", 50)                                              \
    X(REORDER, "reorder", 60)                                                  \
    X(DELAY, "delay", 60)                                                      \
    X(CLOCK_JUMP, "clock_jump", 40)                                            \
    X(SECOND_BROKER, "second_broker", 40)                                      \
    X(SLOW_DISK, "slow_disk", 40)                                              \
    X(FULL_DISK, "full_disk", 50)                                              \
    X(FAIL_WRITE, "fail_write", 20)                                            \
    X(KILL_IN_WRITE, "kill_in_write", 40)                                      \
    X(OUTAGE, "outage", 25)

enum sim_action_kind {
#define SIM_ACTION_ENUM(name, text, weight) SIM_ACTION_##name,
    SIM_ACTION_TABLE(SIM_ACTION_ENUM)
#undef SIM_ACTION_ENUM
        SIM_ACTION_COUNT
};

struct sim_action {
    uint64_t at_us;
    enum sim_action_kind kind;
    uint64_t key;     /* Choices that are not below. */
    uint32_t one;     /* The process concerned, by its place, or both. */
    uint32_t other;   /* SIM_PROCESSES_MAX: all. */
    uint64_t for_us;  /* How long it lasts, or how long it is down. */
    uint64_t much_us; /* How much: delays, jumps, writes. */
    uint32_t ppm;     /* Of the packets. */
};

struct sim_schedule {
    struct sim_action *actions; /* By time. */
    uint32_t count;
    uint64_t end_us; /* From here on everything heals. */
};

void sim_schedule_make(struct sim_schedule *schedule,
                       const struct sim_config *config);
void sim_schedule_finish(struct sim_schedule *schedule);

/* One line, of a fault. What people do is known when they do it:
 * people_config.told. */
void sim_schedule_print_fault(const struct sim_action *action, struct buf *out);

/* The same for all, apart from those of the people. */
void sim_schedule_print(const struct sim_schedule *schedule,
                        const struct sim_config *config, struct buf *out);

#endif
