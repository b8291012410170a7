/* people.h - the users that an answer names, each once, in order of id: the
 * order in which answers carry profiles, whatever the store. Pure. */
#ifndef PERSISTER_PEOPLE_H
#define PERSISTER_PEOPLE_H

#include "common/arena.h"
#include "common/types.h"

/* Zeroed is empty. The list is the arena's. */
struct people {
    user_id *users;
    uint32_t count;
    uint32_t capacity;
};

/* Adds |user|; 0 (nobody) is left out. */
void people_add(struct people *people, struct arena *arena, user_id user);

/* Sorts, and drops those that are there twice. */
void people_settle(struct people *people);

#endif
