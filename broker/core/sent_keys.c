/* sent_keys.c - see sent_keys.h. */
#include "broker/core/sent_keys.h"

#include "common/hash.h"

void sent_keys_init(struct sent_keys *keys) {
    table_init(&keys->latest, 0);
    keys->order.item_size = sizeof(struct sent_key);
}

void sent_keys_finish(struct sent_keys *keys) {
    table_finish(&keys->latest);
    ring_finish(&keys->order);
}

uint64_t sent_key_digest(room_id room, user_id sender, enum sent_by by,
                         struct slice key) {
    uint64_t seed = hash_u64(hash_u64(room.value, by), sender.value);
    return hash_bytes(seed, key);
}

void sent_keys_add(struct sent_keys *keys, uint64_t digest, uint64_t seq) {
    struct sent_key *added = ring_push(&keys->order);
    *added = (struct sent_key){digest, seq};
    table_put(&keys->latest, digest, (void *)(uintptr_t)seq);
}

uint64_t sent_keys_find(const struct sent_keys *keys, uint64_t digest) {
    return (uintptr_t)table_find(&keys->latest, digest);
}

void sent_keys_hold(struct sent_keys *keys, struct waiting *waiting) {
    PRE(!waiting->is_keyed);
    PRE(!keys->keyed_last || keys->keyed_last->floor <= waiting->floor);
    waiting->is_keyed = true;
    waiting->keyed_previous = keys->keyed_last;
    if (keys->keyed_last)
        keys->keyed_last->keyed_next = waiting;
    else
        keys->keyed_first = waiting;
    keys->keyed_last = waiting;
}

void sent_keys_let_go(struct sent_keys *keys, struct waiting *waiting) {
    PRE(waiting->is_keyed);
    if (waiting->keyed_previous)
        waiting->keyed_previous->keyed_next = waiting->keyed_next;
    else
        keys->keyed_first = waiting->keyed_next;
    if (waiting->keyed_next)
        waiting->keyed_next->keyed_previous = waiting->keyed_previous;
    else
        keys->keyed_last = waiting->keyed_previous;
    waiting->is_keyed = false;
}

/* Forgets |key| unless a later message took it over. */
static void forget(struct sent_keys *keys, const struct sent_key *key) {
    if (sent_keys_find(keys, key->digest) == key->seq)
        table_remove(&keys->latest, key->digest);
}

void sent_keys_purge(struct sent_keys *keys, uint64_t committed) {
    uint64_t known = committed;
    if (keys->keyed_first && keys->keyed_first->floor < known)
        known = keys->keyed_first->floor;
    while (keys->order.count > 0) {
        const struct sent_key *key = ring_at(&keys->order, 0);
        if (key->seq > known)
            return;
        forget(keys, key);
        ring_drop_first(&keys->order);
    }
}

/* A key that was cut may have hidden an earlier message with the same one, so
 * the table is built anew; refusals are rare. */
void sent_keys_cut(struct sent_keys *keys, uint64_t seq) {
    while (keys->order.count > 0) {
        const struct sent_key *key =
            ring_at(&keys->order, keys->order.count - 1);
        if (key->seq < seq)
            break;
        ring_drop_last(&keys->order);
    }
    table_finish(&keys->latest);
    for (uint32_t i = 0; i < keys->order.count; i++) {
        const struct sent_key *key = ring_at(&keys->order, i);
        table_put(&keys->latest, key->digest, (void *)(uintptr_t)key->seq);
    }
}
