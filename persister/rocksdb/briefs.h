/* briefs.h - how rooms stand, in a few numbers, for those that changed or were
 * asked for lately: a user's list needs them of all their rooms, and reading
 * them from disk would cost two look-ups a room.
 *
 * Of any thread. The writer changes a brief before it writes the group, and
 * says from which group on it is true; a reader whose moment of the database is
 * older reads the rows. What a reader learned it gives back, unless the writer
 * may have changed the room since. So a brief that is found is always exact. */
#ifndef PERSISTER_ROCKSDB_BRIEFS_H
#define PERSISTER_ROCKSDB_BRIEFS_H

#include <pthread.h>

#include "common/table.h"
#include "common/wire/wire.h"

/* Some 20 MB; a room that fell out costs a few reads. */
#define BRIEFS_MAX 131072u

/* Members are kept of rooms that have at most so many. */
#define BRIEF_MEMBERS_MAX 2u

struct brief_member {
    user_id user;
    uint64_t known; /* own_total + seen */
};

struct brief {
    uint8_t kind; /* enum room_kind */
    uint64_t place;
    uint64_t live_total;
    int64_t activity_us;
    int64_t last_us; /* Of the event at |place|. */
    uint32_t members_count;
    struct brief_member members[BRIEF_MEMBERS_MAX];
};

struct briefs_entry;

struct briefs {
    pthread_mutex_t lock;
    struct table rooms; /* Of struct briefs_entry, by room id. */
    struct briefs_entry *newest;
    struct briefs_entry *oldest;
    uint64_t dropped_from; /* The highest |from| of those that fell out. */
};

void briefs_init(struct briefs *briefs);
void briefs_finish(struct briefs *briefs);

/* Forgets all, whose last changes were not written. */
void briefs_clear(struct briefs *briefs);

/* What is unread to a member of |brief|'s room, which has at most two. */
uint64_t brief_unread(const struct brief *brief, user_id user);

/* --- The writer: true from the group |from| on ---------------------------- */

/* A room is made. */
void briefs_put(struct briefs *briefs, room_id room, uint64_t from,
                const struct brief *brief);

/* An event; |members| are those whose counts changed. */
void briefs_change(struct briefs *briefs, room_id room, uint64_t from,
                   const struct wire_room_state *state, int64_t at_us,
                   const struct wire_member *members, uint32_t count);

/* The same when the user left. */
void briefs_leave(struct briefs *briefs, room_id room, uint64_t from,
                  const struct wire_room_state *state, int64_t at_us,
                  user_id user);

/* The room is gone. */
void briefs_drop(struct briefs *briefs, room_id room, uint64_t from);

/* --- Readers -------------------------------------------------------------- */

/* As it was when |as_of| groups were written. False: not known. */
bool briefs_find(struct briefs *briefs, room_id room, uint64_t as_of,
                 struct brief *out);

/* What the rows of that moment say. */
void briefs_learn(struct briefs *briefs, room_id room, uint64_t as_of,
                  const struct brief *brief);

#endif
