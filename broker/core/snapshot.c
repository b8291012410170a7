/* snapshot.c - see snapshot.h: the order of the pieces, and those that are of
 * the core itself. */
#include "broker/core/snapshot.h"

#include <stdlib.h>

#include "broker/core/interest.h"
#include "broker/core/snapshot_parts.h"
#include "broker/core/user.h"

/* --- Saving -------------------------------------------------------------- */

/* Whether it has nothing that a new one has not. */
static bool is_fresh(const struct core *core) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        if (core->partitions[i].is_owned)
            return false;
    return core->now_us == 0 && core->stats.refusals_total == 0 &&
           table_count(&core->gateways) == 0;
}

static void save_core(const struct core *core, const struct saver *saver) {
    const struct core_stats *stats = &core->stats;
    struct wire state = {.kind = STATE_CORE};
    state.as.state_core = (struct state_core){
        .now_us = core->now_us,
        .last_read = core->reads.last,
        .activations_total = stats->activations_total,
        .passivations_total = stats->passivations_total,
        .refusals_total = stats->refusals_total,
        .messages_total = stats->messages_total,
        .duplicates_total = stats->duplicates_total,
        .presence_changes_total = stats->presence_changes_total,
        .seen_lost_total = stats->seen_lost_total,
        .typing_passed_total = stats->typing_passed_total,
        .typing_throttled_total = stats->typing_throttled_total};
    saver->take(saver->payload, &state);
}

static void save_partitions(const struct core *core,
                            const struct saver *saver) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        const struct partition *partition = &core->partitions[i];
        struct wire state = {.kind = STATE_PARTITION, .partition = i};
        state.as.state_partition.next_seq = partition->next_seq;
        state.as.state_partition.committed = partition->committed;
        if (partition->is_owned)
            saver->take(saver->payload, &state);
    }
}

static void save_sent_keys(const struct core *core, const struct saver *saver) {
    struct state_sent_key page[64];
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        const struct ring *order = &core->partitions[i].sent_keys.order;
        struct wire state = {.kind = STATE_SENT_KEYS, .partition = i};
        state.as.state_sent_keys.keys = page;
        for (uint32_t at = 0; at < order->count;) {
            uint32_t count = 0;
            for (; at < order->count && count < 64; at++, count++) {
                const struct sent_key *key = ring_at(order, at);
                page[count] = (struct state_sent_key){key->digest, key->seq};
            }
            state.as.state_sent_keys.keys_count = count;
            saver->take(saver->payload, &state);
        }
    }
}

static void save_gateways(const struct core *core, const struct saver *saver) {
    const struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));) {
        struct wire state = {.kind = STATE_GATEWAY};
        state.as.state_gateway.number = gateway->number;
        state.as.state_gateway.is_up = gateway->is_up;
        saver->take(saver->payload, &state);
    }
}

/* The keys of the table, in its order, from |at| on; at most a page. */
static uint32_t fill_ids(const struct table *table, size_t *at,
                         struct state_id *ids) {
    uint32_t count = 0;
    while (count < LIMIT_STATE_ITEMS && table_next(table, at, &ids[count].id))
        count++;
    return count;
}

static void save_links(const struct core *core, const struct saver *saver,
                       struct state_id *ids) {
    const struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));) {
        struct wire state = {.kind = STATE_LINKS};
        struct state_links *links = &state.as.state_links;
        uint32_t count;
        links->gateway = gateway->number;
        links->rooms = ids;
        for (size_t i = 0; (count = fill_ids(&gateway->rooms, &i, ids));) {
            links->rooms_count = count;
            saver->take(saver->payload, &state);
        }
        links->rooms_count = 0;
        links->users = ids;
        for (size_t i = 0; (count = fill_ids(&gateway->users, &i, ids));) {
            links->users_count = count;
            saver->take(saver->payload, &state);
        }
    }
}

static void save_online(const struct core *core, const struct saver *saver,
                        struct state_id *ids) {
    struct wire state = {.kind = STATE_ONLINE};
    state.as.state_online.users = ids;
    uint32_t count;
    for (size_t at = 0; (count = fill_ids(&core->online, &at, ids));) {
        state.as.state_online.users_count = count;
        saver->take(saver->payload, &state);
    }
}

static void save_uploads(const struct core *core, const struct saver *saver) {
    for (const struct upload *upload = core->uploads.first; upload;
         upload = upload->next) {
        uint32_t index = 0;
        while (upload->user->uploads[index] != upload)
            index++;
        struct wire state = {.kind = STATE_UPLOAD};
        state.as.state_upload =
            (struct state_upload){.user = upload->user->user,
                                  .index = index,
                                  .gateway = upload->gateway,
                                  .file = upload->file,
                                  .size = upload->size,
                                  .last_offset = upload->last_offset,
                                  .last_digest = upload->last_digest,
                                  .created_us = upload->created_us,
                                  .used_us = upload->used_us,
                                  .is_whole = upload->whole};
        saver->take(saver->payload, &state);
    }
}

static void save_idle(const struct core *core, const struct saver *saver) {
    struct state_unused page[64];
    struct wire state = {.kind = STATE_IDLE};
    state.as.state_idle.actors = page;
    const struct actor *actor = core->idle.first;
    while (actor) {
        uint32_t count = 0;
        for (; actor && count < 64; actor = actor->idle_next)
            page[count++] = (struct state_unused){state_actor_of(actor),
                                                  actor->idle_since_us};
        state.as.state_idle.actors_count = count;
        saver->take(saver->payload, &state);
    }
}

void core_save(const struct core *core,
               void (*take)(void *payload, const struct wire *state),
               void *payload) {
    PRE(core->out == NULL);
    if (is_fresh(core))
        return;
    struct buf waiting = {0};
    struct saver saver = {take, payload, &waiting};
    struct state_id *ids = mem_alloc(LIMIT_STATE_ITEMS * sizeof *ids);
    save_core(core, &saver);
    save_partitions(core, &saver);
    save_sent_keys(core, &saver);
    save_reads(core, &saver);
    save_gateways(core, &saver);
    save_rooms(core, &saver);
    save_users(core, &saver);
    save_keys(core, &saver);
    save_waiting(&saver);
    save_links(core, &saver, ids);
    save_online(core, &saver, ids);
    save_uploads(core, &saver);
    save_pending(core, &saver);
    save_idle(core, &saver);
    buf_finish(&waiting);
    free(ids);
}
