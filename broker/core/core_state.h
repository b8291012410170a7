/* core_state.h - the whole state of a core. Private to broker/core. */
#ifndef BROKER_CORE_CORE_STATE_H
#define BROKER_CORE_CORE_STATE_H

#include "broker/core/actor.h"
#include "broker/core/core.h"
#include "broker/core/leaving.h"
#include "broker/core/pending.h"
#include "broker/core/reads.h"
#include "broker/core/sent_keys.h"
#include "broker/core/uploads.h"
#include "common/table.h"
#include "common/text_table.h"

/* One log. committed < next_seq: what lies between is under way. */
struct partition {
    bool is_owned;
    uint64_t next_seq;
    uint64_t committed;
    struct pending pending;
    struct sent_keys sent_keys;
};

struct core {
    struct core_config config;
    int64_t now_us;
    struct effects *out; /* Of the step being made; else NULL. */
    struct partition partitions[PARTITION_COUNT];
    struct table rooms;     /* room id to struct room */
    struct table users;     /* user id to struct user */
    struct text_table keys; /* kind and key to struct key */
    struct table gateways;  /* number to struct gateway */
    struct table online;    /* user id to struct user; in the order in which
                               they came */
    struct leaving leaving;
    struct reads reads;
    struct idle_list idle;
    struct awake_list awake;
    struct upload_list uploads;
    uint32_t actors_count;
    struct arena arena; /* Of the command being run. */
    uint32_t restored;  /* The kind of state that core_restore() took last. */
    struct core_stats stats;
};

static inline struct partition *core_partition(struct core *core,
                                               uint32_t partition) {
    PRE(partition < PARTITION_COUNT);
    return &core->partitions[partition];
}

static inline uint64_t core_committed(const struct core *core,
                                      uint32_t partition) {
    PRE(partition < PARTITION_COUNT);
    return core->partitions[partition].committed;
}

#endif
