/* snapshot_waiting.c - what waits in a core, as pieces of its state: questions
 * to the store, commands for their turn, effects for their commit. */
#include <stdlib.h>

#include "broker/core/key_run.h"
#include "broker/core/room_run.h"
#include "broker/core/route.h"
#include "broker/core/snapshot_parts.h"
#include "broker/core/user_run.h"

/* --- Questions ----------------------------------------------------------- */

static struct state_command command_of(const struct waiting *waiting) {
    return (struct state_command){.bytes = {waiting->bytes, waiting->size},
                                  .gateway = waiting->gateway,
                                  .hops = waiting->hops,
                                  .floor = waiting->floor};
}

void save_reads(const struct core *core, const struct saver *saver) {
    const struct read *read;
    uint64_t correlation;
    for (size_t at = 0;
         (read = table_next(&core->reads.by_correlation, &at, &correlation));) {
        struct wire state = {.kind = STATE_READ};
        struct state_read *out = &state.as.state_read;
        *out = (struct state_read){.read = correlation,
                                   .purpose = (uint8_t)read->purpose,
                                   .lookup = (uint8_t)read->lookup,
                                   .gateway = read->gateway,
                                   .correlation = read->correlation,
                                   .floor = read->floor,
                                   .room = read->room,
                                   .answer = (uint32_t)read->answer};
        if (read->purpose == READ_ROUTE) {
            state.partition = read->waiting->partition;
            out->command = command_of(read->waiting);
        }
        saver->take(saver->payload, &state);
    }
}

/* NULL: |command| is none that |actor| (NULL: a message's room, which is not
 * known yet) gets; |*why| says so. */
static struct waiting *take_command(struct core *core, uint32_t partition,
                                    const struct state_command *command,
                                    const struct actor *actor,
                                    const char **why) {
    struct wire wire;
    *why = NULL;
    if (wire_decode(command->bytes, &core->arena, &wire, NULL) != ERR_OK)
        *why = "command: malformed";
    else if (wire.partition != partition ||
             !route_leads_to(&wire, actor, command->hops))
        *why = "command: does not belong there";
    else if (command->gateway == 0)
        *why = "command: nobody's";
    else if (command->floor > core_committed(core, partition))
        *why = "command: came after what is committed";
    if (*why)
        return NULL;
    struct waiting *waiting =
        waiting_take(core, partition, command->gateway, command->bytes);
    waiting->hops = command->hops;
    waiting->floor = command->floor;
    return waiting;
}

const char *restore_read(struct core *core, const struct wire *wire) {
    const struct state_read *state = &wire->as.state_read;
    if (state->read == 0 || state->read > core->reads.last ||
        table_find(&core->reads.by_correlation, state->read))
        return "read: not dealt, or came before";
    if (state->purpose > READ_CATCH_UP || state->lookup >= LOOKUPS)
        return "purpose, lookup: not known";
    struct read read = {.purpose = (enum read_purpose)state->purpose,
                        .lookup = (enum lookup_index)state->lookup,
                        .gateway = state->gateway,
                        .correlation = state->correlation,
                        .floor = state->floor,
                        .room = state->room,
                        .answer = (enum wire_kind)state->answer};
    if ((read.purpose == READ_ROUTE) != (state->command.bytes.size > 0))
        return "command: there exactly when its room is asked for";
    if (read.purpose == READ_PASS && read.gateway == 0)
        return "gateway: missing";
    if (read.purpose == READ_ROUTE) {
        const char *why;
        if (!core->partitions[wire->partition].is_owned ||
            state->floor > core_committed(core, wire->partition))
            return "floor: above what is committed";
        read.waiting =
            take_command(core, wire->partition, &state->command, NULL, &why);
        if (!read.waiting)
            return why;
    }
    core->stats.commands_waiting += read.purpose == READ_PASS;
    read_restore(core, state->read, &read);
    return NULL;
}

/* Whoever waits for a load, a lookup or a page says so, which sets the actor,
 * the waiting command, or (to mark a page) nothing: pages are claimed by their
 * interest, which is looked for the other way round. */
const char *restore_claimed(const struct core *core) {
    const struct read *read;
    uint64_t correlation;
    for (size_t at = 0;
         (read = table_next(&core->reads.by_correlation, &at, &correlation));) {
        if (read->purpose == READ_LOAD && !read->actor)
            return "a load that nobody waits for";
        if (read->purpose == READ_LOOKUP && !read->waiting)
            return "a lookup that nobody waits for";
        if (read->purpose != READ_CATCH_UP)
            continue;
        const struct room *room = room_find(core, read->room);
        const struct interest *interest =
            room ? interest_find(room, read->gateway) : NULL;
        if (!interest || interest->read != correlation)
            return "a page that nobody waits for";
    }
    return NULL;
}

/* --- Commands ------------------------------------------------------------ */

static void save_waiting_one(const struct waiting *waiting,
                             const struct saver *saver) {
    struct state_lookup lookups[LOOKUPS];
    struct wire state = {.kind = STATE_WAITING,
                         .partition = waiting->partition};
    struct state_waiting *out = &state.as.state_waiting;
    out->actor = state_actor_of(waiting->actor);
    out->command = command_of(waiting);
    out->is_keyed = waiting->is_keyed;
    out->lookups = lookups;
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        const struct lookup *lookup = &waiting->lookups[i];
        if (lookup->state == LOOKUP_NONE)
            continue;
        lookups[out->lookups_count++] =
            (struct state_lookup){.index = (uint8_t)i,
                                  .state = (uint8_t)lookup->state,
                                  .refusal = lookup->refusal,
                                  .floor = lookup->floor,
                                  .read = lookup->read,
                                  .after_place = lookup->after_place,
                                  .up_to_place = lookup->up_to_place,
                                  .count = lookup->count,
                                  .row = {lookup->row, lookup->row_size}};
    }
    saver->take(saver->payload, &state);
}

static void save_mailbox(const struct actor *actor, const struct saver *saver) {
    const struct waiting *waiting = actor->mailbox.first;
    for (; waiting; waiting = waiting->next)
        save_waiting_one(waiting, saver);
}

void save_waiting(const struct saver *saver) {
    const struct actor *const *actors = (const void *)saver->waiting->data;
    size_t count = saver->waiting->size / sizeof(struct actor *);
    for (size_t i = 0; i < count; i++)
        save_mailbox(actors[i], saver);
}

/* Whether the row may be decoded again, as lookup_row() does. */
static bool is_row(struct core *core, struct slice bytes) {
    struct wire wire;
    return wire_decode(bytes, &core->arena, &wire, NULL) == ERR_OK &&
           wire.kind == WIRE_ROW_MESSAGE &&
           wire.as.row_message.message.message.value != 0;
}

static const char *restore_lookup(struct core *core, struct waiting *waiting,
                                  const struct state_lookup *state) {
    if (state->index >= LOOKUPS || state->state == LOOKUP_NONE ||
        state->state > LOOKUP_FAILED)
        return "lookups: no such one";
    struct lookup *lookup = &waiting->lookups[state->index];
    if (lookup->state != LOOKUP_NONE)
        return "lookups: one came before";
    if (state->floor > core_committed(core, waiting->partition))
        return "lookups: asked after what is committed";
    if ((state->state == LOOKUP_ASKED) != (state->read != 0))
        return "lookups: read is there exactly while it is asked";
    if ((state->state == LOOKUP_FAILED) != (state->refusal != 0))
        return "lookups: refusal is there exactly when it failed";
    bool has_row = state->state == LOOKUP_FOUND && state->index != LOOKUP_COUNT;
    if (has_row != (state->row.size > 0) ||
        (has_row && !is_row(core, state->row)))
        return "lookups: row is there exactly when it was found";
    if (state->read && !read_claim_lookup(core, state->read, waiting,
                                          (enum lookup_index)state->index))
        return "lookups: no such question, or another's";
    *lookup = (struct lookup){.state = (enum lookup_state)state->state,
                              .refusal = state->refusal,
                              .floor = state->floor,
                              .read = state->read,
                              .after_place = state->after_place,
                              .up_to_place = state->up_to_place,
                              .count = state->count};
    if (has_row) {
        lookup->row = mem_alloc(state->row.size);
        lookup->row_size = state->row.size;
        memcpy(lookup->row, state->row.data, state->row.size);
    }
    return NULL;
}

const char *restore_waiting(struct core *core, const struct wire *wire) {
    const struct state_waiting *state = &wire->as.state_waiting;
    struct actor *actor = state_actor_find(core, &state->actor);
    if (!actor || actor->partition != wire->partition)
        return "actor: not there";
    if (actor->mailbox.count >= core->config.mailbox_max)
        return "more commands than an actor may have";
    if (state->is_keyed && actor->type != &room_type)
        return "is_keyed: only a room asks for keys";
    const char *why;
    struct waiting *waiting =
        take_command(core, actor->partition, &state->command, actor, &why);
    if (!waiting)
        return why;
    waiting->actor = actor;
    /* restore_keyed() makes it so. */
    waiting->is_keyed = state->is_keyed;
    mailbox_push(&actor->mailbox, waiting);
    for (uint32_t i = 0; i < state->lookups_count && !why; i++)
        why = restore_lookup(core, waiting, &state->lookups[i]);
    return why;
}

/* One that looks keys up. */
struct keyed {
    struct waiting *waiting;
    size_t order;
};

static int by_floor(const void *a, const void *b) {
    const struct keyed *left = a, *right = b;
    if (left->waiting->floor != right->waiting->floor)
        return left->waiting->floor < right->waiting->floor ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

const char *restore_keyed(struct core *core) {
    size_t count = 0;
    const struct actor *room;
    struct keyed *all =
        mem_alloc((core->stats.commands_waiting + 1) * sizeof *all);
    for (size_t at = 0; (room = table_next(&core->rooms, &at, NULL));)
        for (struct waiting *waiting = room->mailbox.first; waiting;
             waiting = waiting->next)
            if (waiting->is_keyed) {
                all[count] = (struct keyed){waiting, count};
                count++;
            }
    qsort(all, count, sizeof *all, by_floor);
    for (size_t i = 0; i < count; i++) {
        struct waiting *waiting = all[i].waiting;
        waiting->is_keyed = false;
        sent_keys_hold(&core_partition(core, waiting->partition)->sent_keys,
                       waiting);
    }
    free(all);
    return NULL;
}

/* --- Effects ------------------------------------------------------------- */

static void save_item(const struct pending_item *item, uint32_t partition,
                      const char *bytes, const struct saver *saver) {
    struct wire state = {.kind = STATE_PENDING, .partition = partition};
    struct slice notice = {bytes, item->notice_size};
    struct slice event = {notice.data + notice.size, item->event_size};
    struct slice reply = {event.data + event.size, item->reply_size};
    state.as.state_pending =
        (struct state_pending){.kind = (uint8_t)item->kind,
                               .has_record = item->has_record,
                               .seq = item->seq,
                               .actor = state_actor_of(item->actor),
                               .also = state_actor_of(item->also),
                               .gateway = item->gateway,
                               .correlation = item->correlation,
                               .place = item->place,
                               .detail = item->detail,
                               .grace_ms = item->grace_ms,
                               .connect = item->connect,
                               .record_size = item->record_size,
                               .notice = notice,
                               .event = event,
                               .reply = reply};
    saver->take(saver->payload, &state);
}

void save_pending(const struct core *core, const struct saver *saver) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        const struct pending *pending = &core->partitions[i].pending;
        const char *bytes = pending->bytes.size ? pending->bytes.data : "";
        size_t at = pending->bytes_head;
        for (uint32_t j = 0; j < pending->items.count; j++) {
            const struct pending_item *item = ring_at(&pending->items, j);
            save_item(item, i, bytes + at, saver);
            at +=
                (size_t)item->notice_size + item->event_size + item->reply_size;
        }
    }
}

/* Whether it may be told as it is: pending.c trusts what it encoded. */
static bool is_told(struct core *core, const struct state_pending *state) {
    struct wire wire;
    if (state->notice.size &&
        (wire_decode(state->notice, &core->arena, &wire, NULL) != ERR_OK ||
         wire.kind != WIRE_MEMBERSHIP))
        return false;
    if (state->reply.size &&
        (wire_decode(state->reply, &core->arena, &wire, NULL) != ERR_OK ||
         !wire_is_reply(wire.kind) || state->gateway == 0))
        return false;
    if (state->event.size == 0)
        return state->kind != PENDING_MESSAGE;
    if (wire_decode(state->event, &core->arena, &wire, NULL) != ERR_OK)
        return false;
    if (state->kind == PENDING_PROFILE)
        return wire.kind == WIRE_PROFILE_CHANGED;
    if (wire.kind != WIRE_EVENT)
        return false;
    return state->kind != PENDING_MESSAGE ||
           (wire.as.event.message.message.value &&
            wire.as.event.author.user.value);
}

/* Whether |kind| of effect is one of such an actor. */
static bool is_of_kind(const struct state_pending *state,
                       const struct actor *actor) {
    bool is_room = actor->type == &room_type;
    bool is_user = actor->type == &user_type;
    if (state->place != 0 && !is_room)
        return false;
    switch ((enum pending_kind)state->kind) {
    case PENDING_TELL:
        return true;
    case PENDING_MESSAGE:
        return is_room && state->gateway != 0 && state->place != 0;
    case PENDING_VIEW:
        return is_room && state->gateway != 0 && state->detail != 0 &&
               state->detail <= ID_MAX;
    case PENDING_CONNECT:
        return is_user && state->gateway != 0;
    case PENDING_PROFILE:
        return is_user;
    case PENDING_SEEN:
        return is_user && state->has_record;
    case PENDING_ROOM_DELETED:
        return is_room && state->has_record;
    }
    return false;
}

const char *restore_pending(struct core *core, const struct wire *wire) {
    const struct state_pending *state = &wire->as.state_pending;
    struct partition *partition = core_partition(core, wire->partition);
    struct actor *actor = state_actor_find(core, &state->actor);
    struct actor *also = state_actor_find(core, &state->also);
    if (!actor || actor->partition != wire->partition ||
        (also ? also->type != &key_type || also->partition != wire->partition
              : state->also.type != STATE_NOBODY))
        return "actor, also: not there";
    if (state->kind > PENDING_ROOM_DELETED || !is_of_kind(state, actor))
        return "kind: not of such an actor";
    if (!is_told(core, state))
        return "notice, event, reply: not what is told then";
    uint64_t last = pending_last_seq(&partition->pending);
    last = last ? last : partition->committed;
    if (state->seq <= partition->committed || state->seq < last ||
        (state->has_record && state->seq == last &&
         partition->pending.items.count > 0) ||
        state->seq >= partition->next_seq)
        return "seq: not the next one that waits";
    struct pending_item item = {.kind = (enum pending_kind)state->kind,
                                .has_record = state->has_record,
                                .gateway = state->gateway,
                                .correlation = state->correlation,
                                .seq = state->seq,
                                .actor = actor,
                                .also = also,
                                .place = state->place,
                                .detail = state->detail,
                                .grace_ms = state->grace_ms,
                                .connect = state->connect,
                                .record_size = state->record_size,
                                .notice_size = (uint32_t)state->notice.size,
                                .event_size = (uint32_t)state->event.size,
                                .reply_size = (uint32_t)state->reply.size};
    pending_restore(core, &item, state->notice, state->event, state->reply);
    return NULL;
}
