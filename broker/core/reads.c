/* reads.c - see reads.h. */
#include "broker/core/reads.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/interest.h"
#include "broker/core/reply.h"
#include "broker/core/route.h"

void read_restore(struct core *core, uint64_t correlation,
                  const struct read *read) {
    struct read *kept = mem_alloc(sizeof *kept);
    *kept = *read;
    table_put(&core->reads.by_correlation, correlation, kept);
}

uint64_t read_ask(struct core *core, const struct read *read,
                  uint32_t partition, struct wire *wire) {
    wire->correlation = ++core->reads.last;
    wire->partition = partition;
    read_restore(core, wire->correlation, read);
    effects_read(core->out, wire);
    return wire->correlation;
}

void read_pass(struct core *core, const struct command *command,
               uint32_t partition, struct wire *wire) {
    /* One that waited is counted until it is done. */
    uint64_t others = core->stats.commands_waiting - !!command->waiting;
    if (others >= core->config.waiting_max)
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    else
        read_pass_stored(core, command->gateway, command->wire->correlation,
                         partition, wire);
}

void read_pass_stored(struct core *core, uint32_t gateway, uint64_t correlation,
                      uint32_t partition, struct wire *wire) {
    struct read read = {
        .purpose = READ_PASS, .gateway = gateway, .correlation = correlation};
    if (wire->kind == WIRE_READ_HISTORY)
        read.answer = WIRE_REPLY_PAGE;
    else if (wire->kind == WIRE_READ_LIST)
        read.answer = WIRE_REPLY_LIST;
    else if (wire->kind == WIRE_READ_UNREAD)
        read.answer = WIRE_ROW_COUNT;
    else if (wire->kind == WIRE_READ_FEED)
        read.answer = WIRE_ROW_FEED;
    else if (wire->kind == WIRE_READ_EVENTS)
        read.answer = WIRE_ROW_EVENTS;
    else if (wire->kind == WIRE_READ_FILES)
        read.answer = WIRE_ROW_FILES;
    else if (wire->kind == WIRE_READ_BYTES)
        read.answer = WIRE_ROW_BYTES;
    else
        read.answer = WIRE_REPLY_VIEW;
    read_ask(core, &read, partition, wire);
    core->stats.commands_waiting++;
}

void read_forget(struct core *core, uint64_t correlation) {
    if (correlation)
        free(table_remove(&core->reads.by_correlation, correlation));
}

uint8_t read_refusal(const struct wire *row, enum wire_kind kind) {
    if (row->kind == kind)
        return 0;
    if (row->kind == WIRE_REPLY_ERROR && row->as.reply_error.refusal)
        return row->as.reply_error.refusal;
    return REFUSED_STORAGE_FAILED;
}

/* The persister's words reach the asker untouched. */
static void pass_on(struct core *core, const struct read *read,
                    const struct wire *wire, struct slice bytes) {
    INVARIANT(core->stats.commands_waiting > 0);
    core->stats.commands_waiting--;
    uint8_t refusal = read_refusal(wire, read->answer);
    bool is_error =
        wire->kind == WIRE_REPLY_ERROR && wire->as.reply_error.refusal;
    if (refusal && !is_error) {
        reply_refuse_to(core, read->gateway, read->correlation, wire->partition,
                        refusal);
        return;
    }
    core->stats.refusals_total += is_error;
    effects_reply_as(core->out, read->gateway, read->correlation, bytes);
}

void read_done(struct core *core, const struct wire *wire, struct slice bytes) {
    struct read *read =
        table_remove(&core->reads.by_correlation, wire->correlation);
    if (!read)
        return;
    switch (read->purpose) {
    case READ_LOAD:
        actor_loaded(core, read->actor, wire);
        break;
    case READ_LOOKUP:
        lookup_answer(read->waiting, read->lookup, wire, bytes);
        actor_wake(core, read->waiting->actor);
        break;
    case READ_ROUTE:
        route_found(core, read->waiting, read->floor, wire, bytes);
        break;
    case READ_PASS:
        pass_on(core, read, wire, bytes);
        break;
    case READ_CATCH_UP:
        interest_page(core, read->room, read->gateway, wire->correlation, wire);
        break;
    }
    free(read);
}

void reads_finish(struct core *core) {
    struct read *read;
    for (size_t at = 0;
         (read = table_next(&core->reads.by_correlation, &at, NULL));) {
        if (read->purpose == READ_ROUTE)
            waiting_destroy(core, read->waiting);
        free(read);
    }
    table_finish(&core->reads.by_correlation);
}

/* NULL: no such question of |purpose|. */
static struct read *find(struct core *core, uint64_t correlation,
                         enum read_purpose purpose) {
    struct read *read = table_find(&core->reads.by_correlation, correlation);
    return read && read->purpose == purpose ? read : NULL;
}

bool read_claim_load(struct core *core, uint64_t correlation,
                     struct actor *actor) {
    struct read *read = find(core, correlation, READ_LOAD);
    if (!read || read->actor)
        return false;
    read->actor = actor;
    return true;
}

bool read_claim_lookup(struct core *core, uint64_t correlation,
                       struct waiting *waiting, enum lookup_index index) {
    struct read *read = find(core, correlation, READ_LOOKUP);
    if (!read || read->waiting || read->lookup != index)
        return false;
    read->waiting = waiting;
    return true;
}

bool read_claim_page(struct core *core, uint64_t correlation, room_id room,
                     uint32_t gateway) {
    const struct read *read = find(core, correlation, READ_CATCH_UP);
    return read && read->room.value == room.value && read->gateway == gateway;
}
