/* fresh.h - the members of a room whose rows lag behind in own_total.
 *
 * A message changes one number of its author's row. Instead of that row the
 * message's own row says the number, for the few who wrote lately; what it
 * says goes before the member row's. A row that is put whole is exact, and its
 * member leaves the list, so that the two never disagree. Pure. */
#ifndef PERSISTER_ROCKSDB_FRESH_H
#define PERSISTER_ROCKSDB_FRESH_H

#include "common/types.h"

#define FRESH_MAX 8u

struct fresh_author {
    user_id user;
    uint64_t own_total;
};

/* Zeroed is empty. */
struct fresh {
    uint32_t count;
    struct fresh_author authors[FRESH_MAX];
};

/* The user's entry, or NULL. */
const struct fresh_author *fresh_find(const struct fresh *fresh, user_id user);

/* False: the user is not listed and the list is full. */
bool fresh_set(struct fresh *fresh, user_id user, uint64_t own_total);

/* Also when the user is not listed. */
void fresh_drop(struct fresh *fresh, user_id user);

#endif
