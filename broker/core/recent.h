/* recent.h - the newest messages of a room, just enough to count how many by
 * others come after one of them: a mark that moves there then needs no
 * question to the store, however busy the room is. */
#ifndef BROKER_CORE_RECENT_H
#define BROKER_CORE_RECENT_H

#include "broker/core/ring.h"

/* How many are remembered. */
#define RECENT_MAX 64u

struct recent_message {
    user_id author;
    bool is_deleted;
};

/* The messages with ordinals |first| and on, without a gap. */
struct recent {
    struct ring messages; /* struct recent_message */
    uint64_t first;
};

void recent_init(struct recent *recent);
void recent_finish(struct recent *recent);

/* Forgets all; the next message is |next_ordinal|. */
void recent_restart(struct recent *recent, uint64_t next_ordinal);

void recent_add(struct recent *recent, user_id author);
void recent_delete(struct recent *recent, uint64_t ordinal);

/* Live messages after |ordinal| by others than |user|. False: not known. */
bool recent_count_after(const struct recent *recent, uint64_t ordinal,
                        user_id user, uint64_t *out);

#endif
