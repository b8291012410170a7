/* claim.h - the broker's right to write: it takes all partitions from the
 * persister under a new epoch, says every second that it lives, and gives them
 * back when it stops. One link of its own; the router's thread. */
#ifndef BROKER_SHARD_CLAIM_H
#define BROKER_SHARD_CLAIM_H

#include "common/link/link_client.h"

struct claim; /* Opaque. */

enum claim_state {
    CLAIM_WANTED, /* Asking, again and again. */
    CLAIM_HELD,   /* |claim_epoch| is ours, as far as we know. */
    CLAIM_LOST    /* Another broker has taken the partitions: stop. */
};

/* |persister| is copied; |incarnation| is random, never 0. */
struct claim *claim_create(const char *persister, uint64_t incarnation);

/* Gives the partitions back if they are held (best effort). Accepts NULL. */
void claim_destroy(struct claim *claim);

/* One turn: receive, ask or say that we live, send. */
void claim_turn(struct claim *claim, uint64_t now_ms);

/* When the next turn is due at the latest. */
uint64_t claim_due_ms(const struct claim *claim);

struct link_client *claim_link(struct claim *claim);
enum claim_state claim_state(const struct claim *claim);
uint64_t claim_epoch(const struct claim *claim);

#endif
