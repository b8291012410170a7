/* core.c - the step: one input, applied whole. */
#include "broker/core/core.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/presence.h"
#include "broker/core/room.h"
#include "broker/core/route.h"
#include "broker/core/user.h"

struct core *core_create(const struct core_config *config) {
    PRE(config->actors_max > 0 && config->mailbox_max > 0);
    PRE(config->waiting_max > 0 && config->pending_max > 0);
    struct core *core = mem_zalloc(sizeof *core);
    core->config = *config;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        pending_init(&core->partitions[i].pending);
        sent_keys_init(&core->partitions[i].sent_keys);
    }
    return core;
}

static void actor_discard(struct core *core, struct actor *actor) {
    actor->pending = 0;
    actor->pins = 0;
    actor->type->destroy(core, actor);
}

static void actors_finish(struct core *core) {
    struct actor *actor;
    for (size_t at = 0; (actor = table_next(&core->rooms, &at, NULL));) {
        room_of(actor)->interest_count = 0;
        actor_discard(core, actor);
    }
    for (size_t at = 0; (actor = table_next(&core->users, &at, NULL));) {
        user_of(actor)->connections_count = 0;
        user_of(actor)->leaving_index = 0;
        uploads_discard(core, user_of(actor));
        actor_discard(core, actor);
    }
    for (size_t at = 0; (actor = text_table_next(&core->keys, &at, NULL));)
        actor_discard(core, actor);
    table_finish(&core->rooms);
    table_finish(&core->users);
    table_finish(&core->online);
    leaving_finish(&core->leaving);
    text_table_finish(&core->keys);
}

void core_destroy(struct core *core) {
    if (!core)
        return;
    actors_finish(core);
    gateways_finish(core);
    reads_finish(core);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        pending_finish(&core->partitions[i].pending);
        sent_keys_finish(&core->partitions[i].sent_keys);
    }
    arena_finish(&core->arena);
    free(core);
}

/* The first time: here it is. Again, after a new link: all up to the head is
 * on disk, the rest is sent again by the shell. */
static void take_partition(struct core *core, uint32_t index, uint64_t head) {
    struct partition *partition = core_partition(core, index);
    if (partition->is_owned) {
        PRE(head >= partition->committed);
        pending_commit(core, index, head);
        return;
    }
    partition->is_owned = true;
    partition->committed = head;
    partition->next_seq = head + 1;
}

/* Nothing waits for the sequences in between: whatever they were, whoever
 * committed them said so to others. */
static void skip(struct core *core, uint32_t index, uint64_t seq) {
    struct partition *partition = core_partition(core, index);
    PRE(partition->is_owned);
    if (seq >= partition->next_seq)
        partition->next_seq = seq + 1;
}

void core_step(struct core *core, const struct core_input *input,
               struct effects *out) {
    PRE(input->now_us >= core->now_us);
    core->now_us = input->now_us;
    core->out = out;
    arena_reset(&core->arena);
    switch (input->kind) {
    case INPUT_PARTITION:
        take_partition(core, input->partition, input->seq);
        break;
    case INPUT_COMMAND:
        route_command(core, input->gateway, input->wire);
        break;
    case INPUT_READ_DONE:
        read_done(core, input->wire, input->bytes);
        break;
    case INPUT_COMMITTED:
        pending_commit(core, input->partition, input->seq);
        break;
    case INPUT_REFUSED:
        pending_refuse(core, input->partition, input->seq, input->refusal);
        break;
    case INPUT_GATEWAY_UP:
        gateway_up(core, input->gateway);
        break;
    case INPUT_GATEWAY_GONE:
        gateway_gone(core, input->gateway);
        break;
    case INPUT_TICK:
        uploads_tick(core);
        actors_tick(core);
        break;
    case INPUT_SKIP:
        skip(core, input->partition, input->seq);
        break;
    }
    do {
        actors_run(core);
    } while (presence_expire(core));
    core->out = NULL;
}

int64_t core_deadline_us(const struct core *core) {
    int64_t deadline_us = uploads_deadline_us(core);
    if (core->idle.first) {
        int64_t idle_us =
            core->idle.first->idle_since_us + core->config.idle_us;
        deadline_us = idle_us < deadline_us ? idle_us : deadline_us;
    }
    const struct user *leaving = leaving_first(&core->leaving);
    if (leaving && leaving->leaves_us < deadline_us)
        deadline_us = leaving->leaves_us;
    return deadline_us;
}

struct core_stats core_stats(const struct core *core) {
    return core->stats;
}

uint64_t core_last_seq(const struct core *core, uint32_t partition) {
    PRE(partition < PARTITION_COUNT);
    PRE(core->partitions[partition].is_owned);
    return core->partitions[partition].next_seq - 1;
}
