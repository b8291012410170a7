/* fresh.c - see fresh.h. */
#include "persister/rocksdb/fresh.h"

static uint32_t position_of(const struct fresh *fresh, user_id user) {
    uint32_t at = 0;
    while (at < fresh->count && fresh->authors[at].user.value != user.value)
        at++;
    return at;
}

const struct fresh_author *fresh_find(const struct fresh *fresh, user_id user) {
    uint32_t at = position_of(fresh, user);
    return at < fresh->count ? &fresh->authors[at] : NULL;
}

bool fresh_set(struct fresh *fresh, user_id user, uint64_t own_total) {
    uint32_t at = position_of(fresh, user);
    if (at == FRESH_MAX)
        return false;
    fresh->authors[at] = (struct fresh_author){user, own_total};
    if (at == fresh->count)
        fresh->count++;
    return true;
}

void fresh_drop(struct fresh *fresh, user_id user) {
    uint32_t at = position_of(fresh, user);
    if (at < fresh->count)
        fresh->authors[at] = fresh->authors[--fresh->count];
}
