/* core.h - the chat broker as a deterministic state machine.
 *
 * Inputs in, effects out. Same config and same inputs give the same effects,
 * byte for byte, on every machine. Nothing here performs I/O, reads a clock,
 * draws entropy, starts a thread or walks an unordered table; time is part of
 * the input. One struct core belongs to one shard and to one thread at a time.
 *
 * The core applies a command at once and speculatively: it deals the next
 * place and sequence and emits EFFECT_APPEND. Every effect that tells anybody
 * about it is kept back until INPUT_COMMITTED covers the sequence
 * (DESIGN.md, "Commit before anyone sees"). */
#ifndef BROKER_CORE_CORE_H
#define BROKER_CORE_CORE_H

#include "common/wire/wire.h"

struct core;

/* Hard bounds; reaching one refuses the request that would pass it. */
struct core_config {
    uint32_t actors_max;        /* Resident rooms, users and keys together. */
    uint32_t mailbox_max;       /* Commands that wait for one actor. */
    uint32_t waiting_max;       /* Commands that wait for any actor. */
    uint32_t pending_max;       /* Effects that wait for their commit. */
    uint64_t pending_bytes_max; /* The same, in bytes of their records. */
    int64_t idle_us;            /* An actor unused for so long is put away. */
};

#define CORE_CONFIG_DEFAULT                                                    \
    ((struct core_config){.actors_max = 262144,                                \
                          .mailbox_max = 4096,                                 \
                          .waiting_max = 65536,                                \
                          .pending_max = 131072,                               \
                          .pending_bytes_max = 16u << 20,                      \
                          .idle_us = 60 * INT64_C(1000000)})

enum core_input_kind {
    INPUT_PARTITION,    /* The partition is this core's from now on; |seq| is
                           its head. Before that its commands are refused
                           (TRY_AGAIN). Said again after a new link: all up to
                           |seq| is on disk, the rest is sent again. */
    INPUT_COMMAND,      /* |wire| came from |gateway|. */
    INPUT_READ_DONE,    /* |wire| answers the EFFECT_READ with its correlation.
                           |bytes| is its encoding, for handing through. */
    INPUT_COMMITTED,    /* |partition|: all up to |seq| is on disk. */
    INPUT_REFUSED,      /* |partition|: nothing from |seq| on was stored, for
                           |refusal|. The core forgets what it had applied. */
    INPUT_GATEWAY_UP,   /* |gateway| has a link: it gets everybody who is online
                           now, and all notices from here on. */
    INPUT_GATEWAY_GONE, /* |gateway|'s link is over: its interest is forgotten,
                           and its connections have ended. */
    INPUT_TICK,         /* Time has passed; put idle actors away, tell who is no
                           longer there. */
    INPUT_SKIP          /* |partition|: the sequences up to |seq| were dealt to
                           what is left out here, so that the next one, and
                           what is numbered by it, is as it was. Only traces
                           that were cut have it. What was dealt stays. */
};

struct core_input {
    enum core_input_kind kind;
    int64_t now_us; /* Must not decrease. */
    uint32_t gateway;
    uint32_t partition;
    uint64_t seq;
    uint8_t refusal; /* enum wire_refusal */
    const struct wire *wire;
    struct slice bytes;
};

enum effect_kind {
    EFFECT_REPLY,  /* Send |bytes| to |gateway|. */
    EFFECT_EVENT,  /* Send |bytes| to each of |gateways|. */
    EFFECT_APPEND, /* Log |bytes|, a RECORD_*, as |seq| of |partition|. */
    EFFECT_READ    /* Ask the persister |bytes|; answer by INPUT_READ_DONE. */
};

/* Offsets into the effects' own memory, so that a list is one block. */
struct effect {
    enum effect_kind kind;
    uint32_t gateway;       /* EFFECT_REPLY */
    uint32_t gateways;      /* EFFECT_EVENT: index of the first in the list */
    uint32_t gateway_count; /* EFFECT_EVENT */
    uint32_t partition;     /* EFFECT_APPEND */
    uint64_t seq;           /* EFFECT_APPEND */
    size_t bytes_offset;    /* An encoded wire message. */
    size_t bytes_size;
};

/* An ordered list of effects. Zeroed is empty. Carry them out in order. */
struct effects {
    struct effect *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t *gateways;
    uint32_t gateways_count;
    uint32_t gateways_capacity;
    struct buf bytes;
};

void effects_clear(struct effects *effects);
void effects_finish(struct effects *effects);

static inline struct slice effect_bytes(const struct effects *effects,
                                        const struct effect *effect) {
    return (struct slice){effects->bytes.data + effect->bytes_offset,
                          effect->bytes_size};
}

static inline const uint32_t *effect_gateways(const struct effects *effects,
                                              const struct effect *effect) {
    return effects->gateways + effect->gateways;
}

/* |config| is copied. Aborts when out of memory, as does every call below:
 * limits are the policy, the abort is the backstop. */
struct core *core_create(const struct core_config *config);

/* Accepts NULL. */
void core_destroy(struct core *core);

/* Apply one input and append its effects to |out|. A refused command is no
 * error: the refusal is an EFFECT_REPLY. |input| is borrowed; its |wire| must
 * come from wire_decode (or satisfy what that checks). */
void core_step(struct core *core, const struct core_input *input,
               struct effects *out);

/* When to step INPUT_TICK next, in microseconds; INT64_MAX: never. */
int64_t core_deadline_us(const struct core *core);

/* What operators see. Plain numbers, O(1). */
struct core_stats {
    uint64_t rooms_resident;
    uint64_t users_resident;
    uint64_t keys_resident;
    uint64_t commands_waiting;
    uint64_t effects_pending;
    uint64_t pending_bytes;
    uint64_t activations_total;
    uint64_t passivations_total;
    uint64_t refusals_total;
    uint64_t messages_total;   /* Accepted, committed or not yet. */
    uint64_t duplicates_total; /* Recognised by a key. */
    uint64_t users_online;
    uint64_t presence_changes_total;
    uint64_t seen_lost_total; /* Not stored: too much waited already. */
    uint64_t typing_passed_total;
    uint64_t typing_throttled_total; /* Came too soon after another. */
};

struct core_stats core_stats(const struct core *core);

/* The last sequence dealt in a partition that is the core's own. */
uint64_t core_last_seq(const struct core *core, uint32_t partition);

/* A digest of all state: equal state, equal digest. O(state). */
uint64_t core_digest(const struct core *core);

/* Assert every invariant. O(state); for tests and the simulator. */
void core_check(const struct core *core);

#endif
