/* core_check.c - see core_check.h. */
#include "broker/core/core_check.h"

#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/key.h"
#include "broker/core/room_run.h"
#include "broker/core/user.h"

/* In a function that returns what is wrong, or NULL. */
#define HOLDS(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            return #condition;                                                 \
    } while (0)
#define SOUND(fault)                                                           \
    do {                                                                       \
        const char *why = (fault);                                             \
        if (why)                                                               \
            return why;                                                        \
    } while (0)

/* Sums over all actors, to be compared with the core's own. */
struct totals {
    uint64_t actors;
    uint64_t idle;
    uint64_t waiting;
    uint64_t pending;
};

static const char *check_mailbox(const struct actor *actor) {
    uint32_t count = 0;
    uint64_t floor = 0;
    const struct waiting *waiting = actor->mailbox.first;
    for (; waiting; waiting = waiting->next) {
        HOLDS(waiting->actor == actor);
        HOLDS(waiting->partition == actor->partition);
        HOLDS(waiting->is_keyed ? waiting->floor >= floor : true);
        floor = waiting->is_keyed ? waiting->floor : floor;
        count++;
    }
    HOLDS(count == actor->mailbox.count);
    return NULL;
}

static const char *check_actor(const struct core *core,
                               const struct actor *actor,
                               struct totals *totals) {
    HOLDS(!actor->is_awake);
    HOLDS(actor->state != ACTOR_GONE);
    HOLDS(actor->state != ACTOR_UNLOADED || actor->mailbox.count == 0 ||
          actor->pending > 0);
    HOLDS((actor->state == ACTOR_LOADING) == (actor->load_read != 0));
    bool is_needed = actor->mailbox.count || actor->pending || actor->pins ||
                     actor->state == ACTOR_LOADING;
    HOLDS(is_needed != actor->is_idle);
    HOLDS(!actor->is_idle || actor->state == ACTOR_READY);
    HOLDS(actor->mailbox.count <= core->config.mailbox_max);
    SOUND(check_mailbox(actor));
    totals->actors++;
    totals->idle += actor->is_idle;
    totals->waiting += actor->mailbox.count;
    totals->pending += actor->pending;
    return NULL;
}

static const char *check_members(const struct room *room) {
    const struct wire_room_state *state = &room->state;
    uint64_t own_all = 0;
    for (uint32_t i = 0; i < room->members_count; i++) {
        const struct wire_member *member = &room->members[i];
        HOLDS(i == 0 || member[-1].user.value < member->user.value);
        HOLDS(member->mark <= state->place);
        HOLDS(member->own_total + member->seen <= state->live_total);
        own_all += member->own_total;
        /* The two highest marks are known. */
        if (member->user.value == state->reader1.value)
            HOLDS(member->mark <= state->mark1);
        else
            HOLDS(member->mark <= state->mark2 || member->mark == 0);
    }
    HOLDS(own_all <= state->live_total);
    HOLDS(state->members_count == room->members_count);
    return NULL;
}

static const char *check_typing(const struct core *core,
                                const struct room *room) {
    const struct typing *typing = &room->typing;
    if (room->actor.state != ACTOR_READY)
        return NULL;
    for (uint32_t i = 0; i < typing->count; i++) {
        const struct typed *typed = &typing->users[i];
        HOLDS(i == 0 || typed[-1].user.value < typed->user.value);
        HOLDS(typed->at_us <= core->now_us);
        HOLDS(room_member(room, typed->user) != NULL);
    }
    return NULL;
}

static const char *check_room(const struct core *core,
                              const struct room *room) {
    HOLDS(room_find(core, room->info.room) == room);
    HOLDS(room->actor.pins == room->interest_count);
    for (uint32_t i = 0; i < room->interest_count; i++) {
        const struct interest *interest = &room->interest[i];
        HOLDS(interest_find(room, interest->gateway) == interest);
        HOLDS(interest->is_live || interest->read != 0);
        const struct gateway *gateway = gateway_find(core, interest->gateway);
        HOLDS(gateway != NULL);
        HOLDS(table_find(&gateway->rooms, room->info.room.value) == room);
    }
    SOUND(check_typing(core, room));
    if (room->actor.state != ACTOR_READY)
        return NULL;
    const struct wire_room_state *state = &room->state;
    HOLDS(room->info.kind != 0);
    HOLDS(room->released_place <= state->place);
    HOLDS(room->actor.pending || room->released_place == state->place);
    HOLDS(state->live_total <= state->ordinal);
    HOLDS(state->ordinal <= state->place);
    HOLDS(state->mark2 <= state->mark1 && state->mark1 <= state->place);
    HOLDS(!state->reader2.value ||
          state->reader1.value != state->reader2.value);
    HOLDS(room->recent.first + room->recent.messages.count ==
          state->ordinal + 1);
    return check_members(room);
}

static const char *check_user(const struct core *core,
                              const struct user *user) {
    HOLDS(user_find(core, user->user) == user);
    bool leaves = user->leaving_index > 0;
    bool is_there = leaves || user->connections_count > 0;
    HOLDS(user->actor.pins == user->connections_count + (leaves ? 1 : 0) +
                                  user->unsaved + user->uploads_count);
    HOLDS(!leaves || user->connections_count == 0);
    HOLDS(is_there || !user->is_hidden);
    HOLDS(user->is_online == (is_there && !user->is_hidden));
    HOLDS(table_find(&core->online, user->user.value) ==
          (user->is_online ? user : NULL));
    HOLDS(user->uploads_count <= USER_UPLOADS_MAX);
    for (uint32_t i = 0; i < user->uploads_count; i++)
        HOLDS(user->uploads[i] && user->uploads[i]->user == user);
    for (uint32_t i = 0; i < user->connections_count; i++) {
        const struct gateway *gateway =
            gateway_find(core, user->connections[i].gateway);
        HOLDS(gateway != NULL);
        HOLDS(table_find(&gateway->users, user->user.value) == user);
    }
    return NULL;
}

static const char *check_leaving(const struct core *core) {
    const struct leaving *leaving = &core->leaving;
    for (uint32_t i = 0; i < leaving->count; i++) {
        const struct user *user = leaving->users[i];
        const struct user *above = leaving->users[i > 0 ? (i - 1) / 2 : 0];
        HOLDS(user_find(core, user->user) == user);
        HOLDS(user->leaving_index == i + 1);
        HOLDS(user->leaves_us > core->now_us);
        HOLDS(above->leaves_us <= user->leaves_us);
    }
    return NULL;
}

static const char *check_gateways(const struct core *core) {
    const struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));) {
        const struct room *room;
        for (size_t i = 0; (room = table_next(&gateway->rooms, &i, NULL));)
            HOLDS(interest_find(room, gateway->number) != NULL);
        const struct user *user;
        for (size_t i = 0; (user = table_next(&gateway->users, &i, NULL));)
            HOLDS(user_is_connected(user, gateway->number));
    }
    return NULL;
}

static const char *check_idle(const struct core *core, uint64_t count) {
    const struct actor *previous = NULL;
    uint64_t found = 0;
    for (const struct actor *actor = core->idle.first; actor;
         actor = actor->idle_next) {
        HOLDS(actor->is_idle && actor->idle_previous == previous);
        HOLDS(!previous || previous->idle_since_us <= actor->idle_since_us);
        previous = actor;
        found++;
    }
    HOLDS(core->idle.last == previous);
    HOLDS(found == count);
    return NULL;
}

static const char *check_uploads(const struct core *core, uint64_t wanted) {
    const struct upload *previous = NULL;
    uint64_t count = 0;
    for (const struct upload *upload = core->uploads.first; upload;
         upload = upload->next) {
        HOLDS(upload->previous == previous);
        HOLDS(!previous || previous->used_us <= upload->used_us);
        HOLDS(upload->size <= LIMIT_FILE_BYTES);
        HOLDS(file_partition(upload->file) == upload->user->actor.partition);
        HOLDS(gateway_find(core, upload->gateway) != NULL);
        previous = upload;
        count++;
    }
    HOLDS(core->uploads.last == previous);
    HOLDS(count == wanted);
    return NULL;
}

static const char *check_sent_keys(const struct partition *partition) {
    const struct sent_keys *keys = &partition->sent_keys;
    uint64_t seq = 0;
    for (uint32_t i = 0; i < keys->order.count; i++) {
        const struct sent_key *key = ring_at(&keys->order, i);
        HOLDS(key->seq >= seq && key->seq < partition->next_seq);
        HOLDS(sent_keys_find(keys, key->digest) >= key->seq);
        seq = key->seq;
    }
    HOLDS(table_count(&keys->latest) <= keys->order.count);
    HOLDS(keys->keyed_first || seq == 0 || seq > partition->committed);
    return NULL;
}

/* Adds up in how many actors the partition's items count. */
static const char *check_partition(const struct partition *partition,
                                   struct core_stats *stats,
                                   uint64_t *counted) {
    if (!partition->is_owned)
        return NULL;
    HOLDS(partition->committed < partition->next_seq);
    const struct pending *pending = &partition->pending;
    uint64_t seq = partition->committed, bytes = 0;
    for (uint32_t i = 0; i < pending->items.count; i++) {
        const struct pending_item *item = ring_at(&pending->items, i);
        HOLDS(item->seq > partition->committed);
        HOLDS(item->seq >= seq && item->seq < partition->next_seq);
        HOLDS(!item->has_record || item->seq > seq || i == 0);
        if (item->kind == PENDING_SEEN)
            HOLDS(((const struct user *)item->actor)->unsaved > 0);
        else
            HOLDS(item->actor->pending > 0);
        seq = item->seq;
        uint64_t told =
            (uint64_t)item->notice_size + item->event_size + item->reply_size;
        bytes += told;
        stats->pending_bytes += told + item->record_size;
        *counted += item->also ? 2 : 1;
    }
    HOLDS(bytes == pending->bytes.size - pending->bytes_head);
    stats->effects_pending += pending->items.count;
    return check_sent_keys(partition);
}

/* Counts the commands that wait for a read alone. */
static const char *check_reads(const struct core *core, uint64_t *count) {
    const struct read *read;
    uint64_t correlation;
    for (size_t at = 0;
         (read = table_next(&core->reads.by_correlation, &at, &correlation));) {
        HOLDS(correlation <= core->reads.last);
        if (read->purpose == READ_LOOKUP)
            HOLDS(read->waiting->lookups[read->lookup].read == correlation);
        if (read->purpose == READ_LOAD)
            HOLDS(read->actor->load_read == correlation);
        *count += read->purpose == READ_ROUTE || read->purpose == READ_PASS;
    }
    return NULL;
}

/* What waits tells a loaded room's events one after the other, up to the one
 * that was applied last, and nothing after its end. |last|: the latest such
 * item of each room. */
static const char *check_told(const struct core *core, struct table *last) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        const struct ring *items = &core->partitions[i].pending.items;
        for (uint32_t j = 0; j < items->count; j++) {
            struct pending_item *item = ring_at(items, j);
            if (item->actor->type != &room_type)
                continue;
            const struct room *room = (const struct room *)item->actor;
            uint64_t id = room->info.room.value;
            const struct pending_item *before = table_find(last, id);
            HOLDS(!before || before->kind != PENDING_ROOM_DELETED);
            if (item->place == 0)
                continue;
            HOLDS(room->actor.state != ACTOR_READY ||
                  item->place >
                      (before ? before->place : room->released_place));
            table_put(last, id, item);
        }
    }
    const struct room *room;
    uint64_t id;
    for (size_t at = 0; (room = table_next(&core->rooms, &at, &id));) {
        const struct pending_item *item = table_find(last, id);
        bool is_deleted = item && item->kind == PENDING_ROOM_DELETED;
        HOLDS(room->actor.state == ACTOR_READY || !is_deleted);
        if (room->actor.state != ACTOR_READY)
            continue;
        HOLDS(room->is_deleted == is_deleted);
        HOLDS(room->state.place == (item ? item->place : room->released_place));
    }
    return NULL;
}

static const char *check_actors(const struct core *core,
                                struct totals *totals) {
    const struct actor *actor;
    uint32_t leaving = 0;
    uint64_t uploads = 0;
    for (size_t at = 0; (actor = table_next(&core->rooms, &at, NULL));) {
        SOUND(check_actor(core, actor, totals));
        SOUND(check_room(core, (const struct room *)actor));
    }
    for (size_t at = 0; (actor = table_next(&core->users, &at, NULL));) {
        const struct user *user = (const struct user *)actor;
        SOUND(check_actor(core, actor, totals));
        SOUND(check_user(core, user));
        totals->pending += user->unsaved;
        leaving += user->leaving_index > 0;
        uploads += user->uploads_count;
    }
    for (size_t at = 0; (actor = text_table_next(&core->keys, &at, NULL));)
        SOUND(check_actor(core, actor, totals));
    HOLDS(core->leaving.count == leaving);
    return check_uploads(core, uploads);
}

const char *core_fault(const struct core *core) {
    struct totals totals = {0};
    struct core_stats sums = {0};
    HOLDS(core->out == NULL && core->awake.first == NULL);
    SOUND(check_actors(core, &totals));
    SOUND(check_gateways(core));
    SOUND(check_leaving(core));
    SOUND(check_idle(core, totals.idle));
    uint64_t counted = 0;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        SOUND(check_partition(&core->partitions[i], &sums, &counted));
    HOLDS(counted == totals.pending);
    HOLDS(sums.effects_pending == core->stats.effects_pending);
    HOLDS(sums.pending_bytes == core->stats.pending_bytes);
    struct table last = {0};
    const char *fault = check_told(core, &last);
    table_finish(&last);
    SOUND(fault);
    SOUND(check_reads(core, &totals.waiting));
    HOLDS(totals.waiting == core->stats.commands_waiting);
    HOLDS(totals.actors == core->actors_count);
    HOLDS(core->actors_count <= core->config.actors_max);
    HOLDS(table_count(&core->rooms) == core->stats.rooms_resident);
    HOLDS(table_count(&core->users) == core->stats.users_resident);
    HOLDS(text_table_count(&core->keys) == core->stats.keys_resident);
    HOLDS(table_count(&core->online) == core->stats.users_online);
    return NULL;
}

void core_check(const struct core *core) {
    const char *fault = core_fault(core);
    if (fault)
        err_abort("INVARIANT", fault, __FILE__, __LINE__);
}
