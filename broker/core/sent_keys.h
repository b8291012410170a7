/* sent_keys.h - which message keys the store may not know yet.
 *
 * A command that may be a repetition asks the store for its key when it
 * arrives, and runs later. In between, or not yet on disk, the same key may
 * have been stored by another command. This table holds, per partition, the
 * digests of the keys of all messages that some waiting command's answer, or
 * the next one's, can have missed; a hit says: ask again, once this sequence is
 * committed. Two keys with one digest cost a needless question, no more. */
#ifndef BROKER_CORE_SENT_KEYS_H
#define BROKER_CORE_SENT_KEYS_H

#include "broker/core/mailbox.h"
#include "broker/core/ring.h"
#include "common/table.h"

struct sent_keys {
    struct table latest; /* digest to sequence (as a pointer) */
    struct ring order;   /* struct sent_key, by sequence */
    struct waiting *keyed_first;
    struct waiting *keyed_last;
};

struct sent_key {
    uint64_t digest;
    uint64_t seq;
};

void sent_keys_init(struct sent_keys *keys);
void sent_keys_finish(struct sent_keys *keys);

uint64_t sent_key_digest(room_id room, user_id sender, enum sent_by by,
                         struct slice key);

/* A message of |seq| carries the key. Sequences come in order. */
void sent_keys_add(struct sent_keys *keys, uint64_t digest, uint64_t seq);

/* The sequence of the latest message with the key that is remembered, or 0. */
uint64_t sent_keys_find(const struct sent_keys *keys, uint64_t digest);

/* |waiting| looks keys up: what it may miss is kept until it is destroyed. */
void sent_keys_hold(struct sent_keys *keys, struct waiting *waiting);
void sent_keys_let_go(struct sent_keys *keys, struct waiting *waiting);

/* Forget what everybody's answers contain; |committed| is on disk. */
void sent_keys_purge(struct sent_keys *keys, uint64_t committed);

/* Forget all from |seq| on: it was not stored. */
void sent_keys_cut(struct sent_keys *keys, uint64_t seq);

#endif
