/* snapshot_restore.c - see snapshot.h: back from the pieces. What they say is
 * checked one by one as far as one alone can be wrong, and in the end as a
 * whole by what core_check() knows. */
#include "broker/core/core_check.h"
#include "broker/core/interest.h"
#include "broker/core/room.h"
#include "broker/core/snapshot.h"
#include "broker/core/snapshot_parts.h"
#include "broker/core/user.h"

/* Beyond this no clock goes, and sums of times do not overflow. */
#define TIME_MAX_US (INT64_MAX / 4)

/* Sequences give ids, which end at ID_MAX. */
#define SEQ_MAX (ID_MAX / PARTITION_COUNT / 2)

static const char *restore_core(struct core *core, const struct wire *wire) {
    const struct state_core *state = &wire->as.state_core;
    if (state->now_us < -TIME_MAX_US || state->now_us > TIME_MAX_US)
        return "now_us: no such time";
    if (state->last_read > ID_MAX)
        return "last_read: too large";
    core->now_us = state->now_us;
    core->reads.last = state->last_read;
    struct core_stats *stats = &core->stats;
    stats->activations_total = state->activations_total;
    stats->passivations_total = state->passivations_total;
    stats->refusals_total = state->refusals_total;
    stats->messages_total = state->messages_total;
    stats->duplicates_total = state->duplicates_total;
    stats->presence_changes_total = state->presence_changes_total;
    stats->seen_lost_total = state->seen_lost_total;
    stats->typing_passed_total = state->typing_passed_total;
    stats->typing_throttled_total = state->typing_throttled_total;
    return NULL;
}

static const char *restore_partition(struct core *core,
                                     const struct wire *wire) {
    const struct state_partition *state = &wire->as.state_partition;
    struct partition *partition = core_partition(core, wire->partition);
    if (partition->is_owned)
        return "partition: came before";
    if (state->next_seq > SEQ_MAX || state->committed >= state->next_seq)
        return "next_seq, committed: not in order";
    partition->is_owned = true;
    partition->next_seq = state->next_seq;
    partition->committed = state->committed;
    return NULL;
}

static const char *restore_sent_keys(struct core *core,
                                     const struct wire *wire) {
    const struct state_sent_keys *state = &wire->as.state_sent_keys;
    struct partition *partition = core_partition(core, wire->partition);
    struct sent_keys *keys = &partition->sent_keys;
    uint64_t last = 1;
    if (keys->order.count > 0)
        last = ((const struct sent_key *)ring_at(&keys->order,
                                                 keys->order.count - 1))
                   ->seq;
    for (uint32_t i = 0; i < state->keys_count; i++) {
        uint64_t seq = state->keys[i].seq;
        if (seq < last || seq >= partition->next_seq)
            return "keys: not in the order of sequences dealt";
        sent_keys_add(keys, state->keys[i].digest, seq);
        last = seq;
    }
    return NULL;
}

static const char *restore_gateway(struct core *core, const struct wire *wire) {
    const struct state_gateway *state = &wire->as.state_gateway;
    if (state->number == 0 || gateway_find(core, state->number))
        return "number: 0, or came before";
    gateway_get(core, state->number)->is_up = state->is_up;
    return NULL;
}

/* Puts those named to the end of the table's order, one after the other. */
static const char *reorder(struct table *table, const struct state_id *ids,
                           uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        void *value = table_remove(table, ids[i].id);
        if (!value)
            return "an id of somebody who is not there";
        table_put(table, ids[i].id, value);
    }
    return NULL;
}

/* Rooms and users told of their gateways, so only the order is new. */
static const char *restore_links(struct core *core, const struct wire *wire) {
    const struct state_links *state = &wire->as.state_links;
    struct gateway *gateway = gateway_find(core, state->gateway);
    if (!gateway)
        return "gateway: not there";
    const char *why =
        reorder(&gateway->rooms, state->rooms, state->rooms_count);
    if (!why)
        why = reorder(&gateway->users, state->users, state->users_count);
    return why;
}

static const char *restore_online(struct core *core, const struct wire *wire) {
    const struct state_online *state = &wire->as.state_online;
    return reorder(&core->online, state->users, state->users_count);
}

static const char *restore_idle(struct core *core, const struct wire *wire) {
    const struct state_idle *state = &wire->as.state_idle;
    for (uint32_t i = 0; i < state->actors_count; i++) {
        int64_t since_us = state->actors[i].since_us;
        struct actor *actor = state_actor_find(core, &state->actors[i].actor);
        if (!actor || actor->is_idle)
            return "actors: one is not there, or came before";
        if (since_us < -TIME_MAX_US || since_us > core->now_us)
            return "since_us: not before now";
        actor_restore_idle(core, actor, since_us);
    }
    return NULL;
}

typedef const char *restorer(struct core *core, const struct wire *state);

static restorer *const restorers[] = {
    [STATE_CORE - STATE_CORE] = restore_core,
    [STATE_PARTITION - STATE_CORE] = restore_partition,
    [STATE_SENT_KEYS - STATE_CORE] = restore_sent_keys,
    [STATE_READ - STATE_CORE] = restore_read,
    [STATE_GATEWAY - STATE_CORE] = restore_gateway,
    [STATE_ROOM - STATE_CORE] = restore_room,
    [STATE_INTEREST - STATE_CORE] = restore_interest,
    [STATE_USER - STATE_CORE] = restore_user,
    [STATE_CONNECTIONS - STATE_CORE] = restore_connections,
    [STATE_KEY - STATE_CORE] = restore_key,
    [STATE_WAITING - STATE_CORE] = restore_waiting,
    [STATE_LINKS - STATE_CORE] = restore_links,
    [STATE_ONLINE - STATE_CORE] = restore_online,
    [STATE_UPLOAD - STATE_CORE] = restore_upload,
    [STATE_PENDING - STATE_CORE] = restore_pending,
    [STATE_IDLE - STATE_CORE] = restore_idle,
};

enum err core_restore(struct core *core, const struct wire *state,
                      const char **why) {
    PRE(core->out == NULL);
    *why = NULL;
    bool is_first = core->restored == 0;
    if (!wire_is_state(state->kind))
        *why = "no state";
    else if (is_first != (state->kind == STATE_CORE))
        *why = "the core itself does not come first, and once";
    else if (state->kind < core->restored)
        *why = "out of order";
    if (*why)
        return ERR_MALFORMED;
    core->restored = state->kind;
    arena_reset(&core->arena);
    *why = restorers[state->kind - STATE_CORE](core, state);
    /* Whoever was made here is as it was left: nobody is to be looked at. */
    actors_calm(core);
    return *why ? ERR_MALFORMED : ERR_OK;
}

enum err core_restored(struct core *core, const char **why) {
    *why = restore_keyed(core);
    if (!*why)
        *why = restore_claimed(core);
    if (!*why)
        *why = core_fault(core);
    return *why ? ERR_MALFORMED : ERR_OK;
}
