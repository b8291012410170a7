/* core_check.c - what is always true between two steps. */
#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/key.h"
#include "broker/core/room.h"
#include "broker/core/user.h"

/* Sums over all actors, to be compared with the core's own. */
struct totals {
    uint64_t actors;
    uint64_t idle;
    uint64_t waiting;
    uint64_t pending;
};

static void check_mailbox(const struct actor *actor) {
    uint32_t count = 0;
    uint64_t floor = 0;
    const struct waiting *waiting = actor->mailbox.first;
    for (; waiting; waiting = waiting->next) {
        INVARIANT(waiting->actor == actor);
        INVARIANT(waiting->partition == actor->partition);
        INVARIANT(waiting->is_keyed ? waiting->floor >= floor : true);
        floor = waiting->is_keyed ? waiting->floor : floor;
        count++;
    }
    INVARIANT(count == actor->mailbox.count);
}

static void check_actor(const struct core *core, const struct actor *actor,
                        struct totals *totals) {
    INVARIANT(!actor->is_awake);
    INVARIANT(actor->state != ACTOR_GONE);
    INVARIANT((actor->state == ACTOR_LOADING) == (actor->load_read != 0));
    bool is_needed = actor->mailbox.count || actor->pending || actor->pins ||
                     actor->state == ACTOR_LOADING;
    INVARIANT(is_needed != actor->is_idle);
    INVARIANT(!actor->is_idle || actor->state == ACTOR_READY);
    INVARIANT(actor->mailbox.count <= core->config.mailbox_max);
    check_mailbox(actor);
    totals->actors++;
    totals->idle += actor->is_idle;
    totals->waiting += actor->mailbox.count;
    totals->pending += actor->pending;
}

static void check_members(const struct room *room) {
    const struct wire_room_state *state = &room->state;
    uint64_t own_all = 0;
    for (uint32_t i = 0; i < room->members_count; i++) {
        const struct wire_member *member = &room->members[i];
        INVARIANT(i == 0 || member[-1].user.value < member->user.value);
        INVARIANT(member->mark <= state->place);
        INVARIANT(member->own_total + member->seen <= state->live_total);
        own_all += member->own_total;
        /* The two highest marks are known. */
        if (member->user.value == state->reader1.value)
            INVARIANT(member->mark <= state->mark1);
        else
            INVARIANT(member->mark <= state->mark2 || member->mark == 0);
    }
    INVARIANT(own_all <= state->live_total);
    INVARIANT(state->members_count == room->members_count);
}

static void check_typing(const struct core *core, const struct room *room) {
    const struct typing *typing = &room->typing;
    for (uint32_t i = 0; i < typing->count; i++) {
        const struct typed *typed = &typing->users[i];
        INVARIANT(i == 0 || typed[-1].user.value < typed->user.value);
        INVARIANT(typed->at_us <= core->now_us);
        INVARIANT(room_member(room, typed->user) != NULL);
    }
}

static void check_room(const struct core *core, const struct room *room) {
    INVARIANT(room_find(core, room->info.room) == room);
    INVARIANT(room->actor.pins == room->interest_count);
    for (uint32_t i = 0; i < room->interest_count; i++) {
        const struct interest *interest = &room->interest[i];
        INVARIANT(interest_find(room, interest->gateway) == interest);
        INVARIANT(interest->is_live || interest->read != 0);
        const struct gateway *gateway = gateway_find(core, interest->gateway);
        INVARIANT(gateway != NULL);
        INVARIANT(table_find(&gateway->rooms, room->info.room.value) == room);
    }
    check_typing(core, room);
    if (room->actor.state != ACTOR_READY)
        return;
    const struct wire_room_state *state = &room->state;
    INVARIANT(room->info.kind != 0);
    INVARIANT(room->released_place <= state->place);
    INVARIANT(room->actor.pending || room->released_place == state->place);
    INVARIANT(state->live_total <= state->ordinal);
    INVARIANT(state->ordinal <= state->place);
    INVARIANT(state->mark2 <= state->mark1 && state->mark1 <= state->place);
    INVARIANT(!state->reader2.value ||
              state->reader1.value != state->reader2.value);
    INVARIANT(room->recent.first + room->recent.messages.count ==
              state->ordinal + 1);
    check_members(room);
}

static void check_user(const struct core *core, const struct user *user) {
    INVARIANT(user_find(core, user->user) == user);
    bool leaves = user->leaving_index > 0;
    bool is_there = leaves || user->connections_count > 0;
    INVARIANT(user->actor.pins == user->connections_count + (leaves ? 1 : 0) +
                                      user->unsaved + user->uploads_count);
    INVARIANT(!leaves || user->connections_count == 0);
    INVARIANT(is_there || !user->is_hidden);
    INVARIANT(user->is_online == (is_there && !user->is_hidden));
    INVARIANT(table_find(&core->online, user->user.value) ==
              (user->is_online ? user : NULL));
    INVARIANT(user->uploads_count <= USER_UPLOADS_MAX);
    for (uint32_t i = 0; i < user->uploads_count; i++)
        INVARIANT(user->uploads[i]->user == user);
    for (uint32_t i = 0; i < user->connections_count; i++) {
        const struct gateway *gateway =
            gateway_find(core, user->connections[i].gateway);
        INVARIANT(gateway != NULL);
        INVARIANT(table_find(&gateway->users, user->user.value) == user);
    }
}

static void check_leaving(const struct core *core) {
    const struct leaving *leaving = &core->leaving;
    for (uint32_t i = 0; i < leaving->count; i++) {
        const struct user *user = leaving->users[i];
        const struct user *above = leaving->users[i > 0 ? (i - 1) / 2 : 0];
        INVARIANT(user_find(core, user->user) == user);
        INVARIANT(user->leaving_index == i + 1);
        INVARIANT(user->leaves_us > core->now_us);
        INVARIANT(above->leaves_us <= user->leaves_us);
    }
}

static void check_gateways(const struct core *core) {
    const struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));) {
        const struct room *room;
        for (size_t i = 0; (room = table_next(&gateway->rooms, &i, NULL));)
            INVARIANT(interest_find(room, gateway->number) != NULL);
        const struct user *user;
        for (size_t i = 0; (user = table_next(&gateway->users, &i, NULL));)
            INVARIANT(user->connections_count > 0);
    }
}

static void check_idle(const struct core *core, uint64_t count) {
    const struct actor *previous = NULL;
    uint64_t found = 0;
    for (const struct actor *actor = core->idle.first; actor;
         actor = actor->idle_next) {
        INVARIANT(actor->is_idle && actor->idle_previous == previous);
        INVARIANT(!previous || previous->idle_since_us <= actor->idle_since_us);
        previous = actor;
        found++;
    }
    INVARIANT(core->idle.last == previous);
    INVARIANT(found == count);
}

/* Returns how many there are. */
static uint64_t check_uploads(const struct core *core) {
    const struct upload *previous = NULL;
    uint64_t count = 0;
    for (const struct upload *upload = core->uploads.first; upload;
         upload = upload->next) {
        INVARIANT(upload->previous == previous);
        INVARIANT(!previous || previous->used_us <= upload->used_us);
        INVARIANT(upload->size <= LIMIT_FILE_BYTES);
        INVARIANT(file_partition(upload->file) ==
                  upload->user->actor.partition);
        INVARIANT(gateway_find(core, upload->gateway) != NULL);
        previous = upload;
        count++;
    }
    INVARIANT(core->uploads.last == previous);
    return count;
}

static void check_sent_keys(const struct partition *partition) {
    const struct sent_keys *keys = &partition->sent_keys;
    uint64_t seq = 0;
    for (uint32_t i = 0; i < keys->order.count; i++) {
        const struct sent_key *key = ring_at(&keys->order, i);
        INVARIANT(key->seq >= seq && key->seq < partition->next_seq);
        INVARIANT(sent_keys_find(keys, key->digest) >= key->seq);
        seq = key->seq;
    }
    INVARIANT(table_count(&keys->latest) <= keys->order.count);
    INVARIANT(keys->keyed_first || seq == 0 || seq > partition->committed);
}

/* Returns how many actors the partition's items count in. */
static uint64_t check_partition(const struct partition *partition,
                                struct core_stats *stats) {
    if (!partition->is_owned)
        return 0;
    INVARIANT(partition->committed < partition->next_seq);
    const struct pending *pending = &partition->pending;
    uint64_t counted = 0, seq = partition->committed, bytes = 0;
    for (uint32_t i = 0; i < pending->items.count; i++) {
        const struct pending_item *item = ring_at(&pending->items, i);
        INVARIANT(item->seq > partition->committed);
        INVARIANT(item->seq >= seq && item->seq < partition->next_seq);
        INVARIANT(!item->has_record || item->seq > seq || i == 0);
        if (item->kind == PENDING_SEEN)
            INVARIANT(((const struct user *)item->actor)->unsaved > 0);
        else
            INVARIANT(item->actor->pending > 0);
        seq = item->seq;
        uint64_t told =
            (uint64_t)item->notice_size + item->event_size + item->reply_size;
        bytes += told;
        stats->pending_bytes += told + item->record_size;
        counted += item->also ? 2 : 1;
    }
    INVARIANT(bytes == pending->bytes.size - pending->bytes_head);
    stats->effects_pending += pending->items.count;
    check_sent_keys(partition);
    return counted;
}

static uint64_t waiting_reads(const struct core *core) {
    const struct read *read;
    uint64_t count = 0, correlation;
    for (size_t at = 0;
         (read = table_next(&core->reads.by_correlation, &at, &correlation));) {
        INVARIANT(correlation <= core->reads.last);
        if (read->purpose == READ_LOOKUP)
            INVARIANT(read->waiting->lookups[read->lookup].read == correlation);
        if (read->purpose == READ_LOAD)
            INVARIANT(read->actor->load_read == correlation);
        count += read->purpose == READ_ROUTE || read->purpose == READ_PASS;
    }
    return count;
}

void core_check(const struct core *core) {
    struct totals totals = {0};
    struct core_stats sums = {0};
    const struct actor *actor;
    uint32_t leaving = 0;
    uint64_t uploads = 0;
    INVARIANT(core->out == NULL && core->awake.first == NULL);
    for (size_t at = 0; (actor = table_next(&core->rooms, &at, NULL));) {
        check_actor(core, actor, &totals);
        check_room(core, (const struct room *)actor);
    }
    for (size_t at = 0; (actor = table_next(&core->users, &at, NULL));) {
        check_actor(core, actor, &totals);
        check_user(core, (const struct user *)actor);
        totals.pending += ((const struct user *)actor)->unsaved;
        leaving += ((const struct user *)actor)->leaving_index > 0;
        uploads += ((const struct user *)actor)->uploads_count;
    }
    for (size_t at = 0; (actor = text_table_next(&core->keys, &at, NULL));)
        check_actor(core, actor, &totals);
    INVARIANT(uploads == check_uploads(core));
    check_gateways(core);
    check_leaving(core);
    INVARIANT(core->leaving.count == leaving);
    check_idle(core, totals.idle);
    uint64_t counted = 0;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        counted += check_partition(&core->partitions[i], &sums);
    INVARIANT(counted == totals.pending);
    INVARIANT(sums.effects_pending == core->stats.effects_pending);
    INVARIANT(sums.pending_bytes == core->stats.pending_bytes);
    INVARIANT(totals.waiting + waiting_reads(core) ==
              core->stats.commands_waiting);
    INVARIANT(totals.actors == core->actors_count);
    INVARIANT(core->actors_count <= core->config.actors_max);
    INVARIANT(table_count(&core->rooms) == core->stats.rooms_resident);
    INVARIANT(table_count(&core->users) == core->stats.users_resident);
    INVARIANT(text_table_count(&core->keys) == core->stats.keys_resident);
    INVARIANT(table_count(&core->online) == core->stats.users_online);
}
