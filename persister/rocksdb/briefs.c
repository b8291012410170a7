/* briefs.c - see briefs.h. */
#include "persister/rocksdb/briefs.h"

#include <stdlib.h>

#include "common/err.h"

struct briefs_entry {
    room_id room;
    uint64_t from; /* True from this group on. */
    bool is_known; /* Else only |from| counts. */
    struct brief brief;
    struct briefs_entry *newer;
    struct briefs_entry *older;
};

void briefs_init(struct briefs *briefs) {
    *briefs = (struct briefs){.dropped_from = 0};
    int status = pthread_mutex_init(&briefs->lock, NULL);
    INVARIANT(status == 0);
}

static void unlink_entry(struct briefs *briefs, struct briefs_entry *entry) {
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        briefs->newest = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        briefs->oldest = entry->newer;
}

static void link_newest(struct briefs *briefs, struct briefs_entry *entry) {
    entry->newer = NULL;
    entry->older = briefs->newest;
    if (briefs->newest)
        briefs->newest->newer = entry;
    else
        briefs->oldest = entry;
    briefs->newest = entry;
}

static struct briefs_entry *find(struct briefs *briefs, room_id room) {
    struct briefs_entry *entry = table_find(&briefs->rooms, room.value);
    if (entry) {
        unlink_entry(briefs, entry);
        link_newest(briefs, entry);
    }
    return entry;
}

static void drop_oldest(struct briefs *briefs) {
    struct briefs_entry *entry = briefs->oldest;
    if (entry->from > briefs->dropped_from)
        briefs->dropped_from = entry->from;
    unlink_entry(briefs, entry);
    table_remove(&briefs->rooms, entry->room.value);
    free(entry);
}

static struct briefs_entry *add(struct briefs *briefs, room_id room) {
    while (table_count(&briefs->rooms) >= BRIEFS_MAX)
        drop_oldest(briefs);
    struct briefs_entry *entry = mem_zalloc(sizeof *entry);
    entry->room = room;
    link_newest(briefs, entry);
    table_put(&briefs->rooms, room.value, entry);
    return entry;
}

void briefs_clear(struct briefs *briefs) {
    pthread_mutex_lock(&briefs->lock);
    while (briefs->oldest)
        drop_oldest(briefs);
    pthread_mutex_unlock(&briefs->lock);
}

void briefs_finish(struct briefs *briefs) {
    briefs_clear(briefs);
    table_finish(&briefs->rooms);
    pthread_mutex_destroy(&briefs->lock);
}

static struct brief_member *member_of(struct brief *brief, user_id user) {
    for (uint32_t i = 0; i < BRIEF_MEMBERS_MAX; i++)
        if (brief->members[i].user.value == user.value)
            return &brief->members[i];
    return NULL;
}

uint64_t brief_unread(const struct brief *brief, user_id user) {
    PRE(brief->members_count <= BRIEF_MEMBERS_MAX);
    for (uint32_t i = 0; i < brief->members_count; i++)
        if (brief->members[i].user.value == user.value)
            return brief->live_total > brief->members[i].known
                       ? brief->live_total - brief->members[i].known
                       : 0;
    return 0;
}

/* --- The writer ----------------------------------------------------------- */

/* The room's entry, locked; a new one knows nothing. */
static struct briefs_entry *begin_change(struct briefs *briefs, room_id room,
                                         uint64_t from) {
    pthread_mutex_lock(&briefs->lock);
    struct briefs_entry *entry = find(briefs, room);
    if (!entry)
        entry = add(briefs, room);
    entry->from = from;
    return entry;
}

void briefs_put(struct briefs *briefs, room_id room, uint64_t from,
                const struct brief *brief) {
    struct briefs_entry *entry = begin_change(briefs, room, from);
    entry->is_known = true;
    entry->brief = *brief;
    pthread_mutex_unlock(&briefs->lock);
}

static void set_state(struct briefs_entry *entry,
                      const struct wire_room_state *state, int64_t at_us) {
    struct brief *brief = &entry->brief;
    brief->place = state->place;
    brief->live_total = state->live_total;
    brief->activity_us = state->activity_us;
    brief->last_us = at_us;
    brief->members_count = state->members_count;
}

/* Of a room with few members, all of whom are known but perhaps this one. */
static void set_member(struct briefs_entry *entry,
                       const struct wire_member *member) {
    struct brief_member *known = member_of(&entry->brief, member->user);
    if (!known)
        known = member_of(&entry->brief, (user_id){0});
    if (!known) {
        entry->is_known = false; /* More than the state says. */
        return;
    }
    *known =
        (struct brief_member){member->user, member->own_total + member->seen};
}

void briefs_change(struct briefs *briefs, room_id room, uint64_t from,
                   const struct wire_room_state *state, int64_t at_us,
                   const struct wire_member *members, uint32_t count) {
    struct briefs_entry *entry = begin_change(briefs, room, from);
    set_state(entry, state, at_us);
    for (uint32_t i = 0; i < count; i++)
        if (state->members_count <= BRIEF_MEMBERS_MAX)
            set_member(entry, &members[i]);
    pthread_mutex_unlock(&briefs->lock);
}

void briefs_leave(struct briefs *briefs, room_id room, uint64_t from,
                  const struct wire_room_state *state, int64_t at_us,
                  user_id user) {
    struct briefs_entry *entry = begin_change(briefs, room, from);
    struct brief_member *member = member_of(&entry->brief, user);
    bool were_few = entry->brief.members_count <= BRIEF_MEMBERS_MAX;
    set_state(entry, state, at_us);
    /* Of many, nobody is known. */
    if (!were_few)
        entry->is_known =
            entry->is_known && state->members_count > BRIEF_MEMBERS_MAX;
    else if (member) {
        *member = entry->brief.members[1];
        entry->brief.members[1] = (struct brief_member){.known = 0};
    }
    pthread_mutex_unlock(&briefs->lock);
}

void briefs_drop(struct briefs *briefs, room_id room, uint64_t from) {
    begin_change(briefs, room, from)->is_known = false;
    pthread_mutex_unlock(&briefs->lock);
}

/* --- Readers -------------------------------------------------------------- */

bool briefs_find(struct briefs *briefs, room_id room, uint64_t as_of,
                 struct brief *out) {
    pthread_mutex_lock(&briefs->lock);
    const struct briefs_entry *entry = find(briefs, room);
    bool found = entry && entry->is_known && entry->from <= as_of;
    if (found)
        *out = entry->brief;
    pthread_mutex_unlock(&briefs->lock);
    return found;
}

void briefs_learn(struct briefs *briefs, room_id room, uint64_t as_of,
                  const struct brief *brief) {
    pthread_mutex_lock(&briefs->lock);
    struct briefs_entry *entry = find(briefs, room);
    if (!entry && briefs->dropped_from <= as_of)
        entry = add(briefs, room);
    if (entry && !entry->is_known && entry->from <= as_of) {
        entry->is_known = true;
        entry->brief = *brief;
    }
    pthread_mutex_unlock(&briefs->lock);
}
