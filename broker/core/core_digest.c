/* core_digest.c - one number for all state. Actors are summed up, so the order
 * in which they came does not count; what waits, who is online, and the
 * gateways with what they hear do count in their order. Of those who are idle
 * it counts since when, which is their order but for equals: a list of all
 * would be one more walk through memory, and that is what takes the time.
 *
 * A recording broker waits for it (broker/shard/recorder.h). One mix waits for
 * the one before, so whatever comes in numbers gets a digest of its own, which
 * the processor works out beside the others. */
#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/key.h"
#include "broker/core/room.h"
#include "broker/core/snapshot_parts.h"
#include "broker/core/user.h"
#include "common/hash.h"

static void mix(uint64_t *digest, uint64_t value) {
    *digest = hash_u64(*digest, value);
}

static void mix_text(uint64_t *digest, struct slice text) {
    mix(digest, text.size ? hash_bytes(text.size, text) : 0);
}

static void mix_lookup(uint64_t *digest, const struct lookup *lookup) {
    mix(digest, lookup->state);
    if (lookup->state == LOOKUP_NONE)
        return;
    mix(digest, lookup->floor);
    mix(digest, lookup->read);
    mix(digest, lookup->refusal);
    mix(digest, lookup->count);
    mix(digest, lookup->after_place);
    mix(digest, lookup->up_to_place);
    mix_text(digest, (struct slice){lookup->row, lookup->row_size});
}

static void mix_waiting(uint64_t *digest, const struct waiting *waiting) {
    mix(digest, waiting->gateway);
    mix(digest, waiting->hops);
    mix(digest, waiting->floor);
    mix(digest, waiting->is_keyed);
    for (int i = 0; i < LOOKUPS; i++)
        mix_lookup(digest, &waiting->lookups[i]);
    mix_text(digest, (struct slice){waiting->bytes, waiting->size});
}

static uint64_t actor_digest(const struct actor *actor,
                             enum state_actor_type type) {
    uint64_t digest = type;
    mix(&digest, actor->state);
    mix(&digest, actor->partition);
    mix(&digest, actor->pending);
    mix(&digest, actor->pins);
    mix(&digest, actor->load_read);
    mix(&digest, actor->load_floor);
    mix(&digest, actor->is_idle ? (uint64_t)actor->idle_since_us : 0);
    const struct waiting *waiting = actor->mailbox.first;
    for (; waiting; waiting = waiting->next)
        mix_waiting(&digest, waiting);
    return digest;
}

static uint64_t room_state_digest(const struct wire_room_state *state) {
    uint64_t digest = state->place;
    mix(&digest, state->ordinal);
    mix(&digest, state->live_total);
    mix(&digest, (uint64_t)state->activity_us);
    mix(&digest, state->reader1.value);
    mix(&digest, state->mark1);
    mix(&digest, state->reader2.value);
    mix(&digest, state->mark2);
    return digest;
}

static uint64_t member_digest(const struct wire_member *member) {
    uint64_t digest = member->user.value;
    mix(&digest, member->role);
    mix(&digest, member->mark);
    mix(&digest, (uint64_t)member->read_us);
    mix(&digest, member->seen);
    mix(&digest, member->own_total);
    return digest;
}

static uint64_t recent_digest(const struct recent *recent) {
    uint64_t digest = recent->first;
    for (uint32_t i = 0; i < recent->messages.count; i++) {
        const struct recent_message *message = ring_at(&recent->messages, i);
        mix(&digest, message->author.value << 1 | message->is_deleted);
    }
    return digest;
}

static uint64_t room_digest(const struct room *room) {
    uint64_t digest = actor_digest(&room->actor, STATE_IS_ROOM);
    mix(&digest, room->info.room.value);
    mix(&digest, room->released_place);
    for (uint32_t i = 0; i < room->interest_count; i++) {
        const struct interest *interest = &room->interest[i];
        mix(&digest, interest->gateway);
        mix(&digest, interest->is_live);
        mix(&digest, interest->position);
        mix(&digest, interest->read);
        mix(&digest, interest->correlation);
    }
    if (room->actor.state != ACTOR_READY)
        return digest;
    for (uint32_t i = 0; i < room->typing.count; i++) {
        mix(&digest, room->typing.users[i].user.value);
        mix(&digest, (uint64_t)room->typing.users[i].at_us);
    }
    mix(&digest, recent_digest(&room->recent));
    mix(&digest, room->info.kind);
    mix(&digest, room->info.open);
    mix(&digest, (uint64_t)room->info.created_us);
    mix_text(&digest, room->info.key);
    mix_text(&digest, room->info.title);
    mix(&digest, room_state_digest(&room->state));
    mix(&digest, room->created_seq);
    mix(&digest, room->changed_seq);
    mix(&digest, room->marked_seq);
    mix(&digest, room->roster_seq);
    mix(&digest, (uint64_t)room->last_us);
    mix(&digest, room->is_deleted);
    for (uint32_t i = 0; i < room->members_count; i++)
        mix(&digest, member_digest(&room->members[i]));
    return digest;
}

static uint64_t user_digest(const struct user *user) {
    uint64_t digest = actor_digest(&user->actor, STATE_IS_USER);
    mix(&digest, user->user.value);
    for (uint32_t i = 0; i < user->connections_count; i++) {
        mix(&digest, user->connections[i].gateway);
        mix(&digest, user->connections[i].number);
        mix(&digest, user->connections[i].grace_ms);
    }
    mix(&digest, user->is_online);
    mix(&digest, user->is_hidden);
    mix(&digest, user->leaving_index > 0);
    mix(&digest, user->unsaved);
    mix(&digest, (uint64_t)user->leaves_us);
    mix(&digest, (uint64_t)user->last_seen_us);
    for (uint32_t i = 0; i < user->uploads_count; i++) {
        const struct upload *upload = user->uploads[i];
        mix(&digest, upload->gateway);
        mix(&digest, upload->file.value);
        mix(&digest, upload->size);
        mix(&digest, upload->last_offset);
        mix(&digest, upload->last_digest);
        mix(&digest, (uint64_t)upload->created_us);
        mix(&digest, (uint64_t)upload->used_us);
        mix(&digest, upload->whole);
    }
    if (user->actor.state != ACTOR_READY)
        return digest;
    const struct wire_profile *profile = &user->profile.value;
    mix(&digest, user->has_row);
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++)
        mix_text(&digest, profile_text_of(profile, i));
    mix(&digest, profile->email_notifications);
    mix(&digest, profile->email_confirmed);
    mix(&digest, profile->from_directory);
    return digest;
}

static uint64_t key_digest(const struct key *key) {
    uint64_t digest = actor_digest(&key->actor, STATE_IS_KEY);
    mix(&digest, key->kind);
    mix_text(&digest, key->text);
    if (key->actor.state != ACTOR_READY)
        return digest;
    mix(&digest, key->room.value);
    mix(&digest, key->has_review);
    mix(&digest, key->customer.value);
    mix(&digest, key->executor.value);
    mix_text(&digest, key->status);
    return digest;
}

/* Which one it is, not how it is. */
static uint64_t name_digest(const struct actor *actor) {
    struct state_actor name = state_actor_of(actor);
    uint64_t digest = name.type;
    mix(&digest, name.id);
    if (name.type == STATE_IS_KEY) {
        mix(&digest, name.kind);
        mix_text(&digest, name.key);
    }
    return digest;
}

static void mix_partition(uint64_t *digest, const struct partition *partition) {
    mix(digest, partition->is_owned);
    mix(digest, partition->next_seq);
    mix(digest, partition->committed);
    const struct pending *pending = &partition->pending;
    for (uint32_t i = 0; i < pending->items.count; i++) {
        const struct pending_item *item = ring_at(&pending->items, i);
        mix(digest, item->kind);
        mix(digest, item->has_record);
        mix(digest, item->gateway);
        mix(digest, item->correlation);
        mix(digest, item->seq);
        mix(digest, item->place);
        mix(digest, item->detail);
        mix(digest, item->grace_ms);
        mix(digest, item->connect);
        mix(digest, item->record_size);
        mix(digest, item->notice_size);
        mix(digest, item->event_size);
        mix(digest, item->reply_size);
        mix(digest, name_digest(item->actor));
        mix(digest, item->also ? name_digest(item->also) : 0);
    }
    if (pending->bytes.size > pending->bytes_head)
        mix_text(digest,
                 (struct slice){pending->bytes.data + pending->bytes_head,
                                pending->bytes.size - pending->bytes_head});
    const struct ring *order = &partition->sent_keys.order;
    for (uint32_t i = 0; i < order->count; i++) {
        const struct sent_key *key = ring_at(order, i);
        mix(digest, key->digest);
        mix(digest, key->seq);
    }
}

static void mix_stats(uint64_t *digest, const struct core_stats *stats) {
    mix(digest, stats->commands_waiting);
    mix(digest, stats->activations_total);
    mix(digest, stats->passivations_total);
    mix(digest, stats->refusals_total);
    mix(digest, stats->messages_total);
    mix(digest, stats->duplicates_total);
    mix(digest, stats->presence_changes_total);
    mix(digest, stats->seen_lost_total);
    mix(digest, stats->typing_passed_total);
    mix(digest, stats->typing_throttled_total);
}

static void mix_order(uint64_t *digest, const struct table *table) {
    uint64_t key;
    for (size_t at = 0; table_next(table, &at, &key);)
        mix(digest, key);
}

/* In this order they end. */
static void mix_uploads(uint64_t *digest, const struct core *core) {
    for (const struct upload *upload = core->uploads.first; upload;
         upload = upload->next) {
        mix(digest, upload->user->user.value);
        mix(digest, upload->file.value);
    }
}

static void mix_reads(uint64_t *digest, const struct reads *reads) {
    const struct read *read;
    uint64_t correlation;
    for (size_t at = 0;
         (read = table_next(&reads->by_correlation, &at, &correlation));) {
        mix(digest, correlation);
        mix(digest, read->purpose);
        mix(digest, read->gateway);
        mix(digest, read->correlation);
        mix(digest, read->room.value);
        mix(digest, read->answer);
        if (read->purpose == READ_ROUTE) {
            mix(digest, read->floor);
            mix_waiting(digest, read->waiting);
        }
    }
    mix(digest, reads->last);
}

uint64_t core_digest(const struct core *core) {
    uint64_t digest = 1;
    uint64_t sum = 0;
    const void *value;
    for (size_t at = 0; (value = table_next(&core->rooms, &at, NULL));)
        sum += room_digest(value);
    for (size_t at = 0; (value = table_next(&core->users, &at, NULL));)
        sum += user_digest(value);
    for (size_t at = 0; (value = text_table_next(&core->keys, &at, NULL));)
        sum += key_digest(value);
    mix(&digest, sum);
    /* Notices go out, and pages are made, in these orders. */
    const struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));) {
        mix(&digest, gateway->number);
        mix(&digest, gateway->is_up);
        mix_order(&digest, &gateway->rooms);
        mix_order(&digest, &gateway->users);
    }
    mix_order(&digest, &core->online);
    mix_uploads(&digest, core);
    mix_reads(&digest, &core->reads);
    mix(&digest, (uint64_t)core->now_us);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        mix_partition(&digest, &core->partitions[i]);
    mix_stats(&digest, &core->stats);
    return digest;
}
