/* people.c - see people.h. */
#include "persister/people.h"

#include <stdlib.h>

void people_add(struct people *people, struct arena *arena, user_id user) {
    if (user.value == 0)
        return;
    if (people->count == people->capacity) {
        uint32_t capacity = people->capacity ? 2 * people->capacity : 16;
        user_id *users = arena_alloc(arena, capacity * sizeof *users);
        if (people->count)
            memcpy(users, people->users, people->count * sizeof *users);
        people->users = users;
        people->capacity = capacity;
    }
    people->users[people->count++] = user;
}

static int by_id(const void *left, const void *right) {
    uint64_t a = ((const user_id *)left)->value;
    uint64_t b = ((const user_id *)right)->value;
    return (a > b) - (a < b);
}

void people_settle(struct people *people) {
    uint32_t kept = 0;
    if (people->count)
        qsort(people->users, people->count, sizeof *people->users, by_id);
    for (uint32_t i = 0; i < people->count; i++) {
        if (kept == 0 ||
            people->users[kept - 1].value != people->users[i].value)
            people->users[kept++] = people->users[i];
    }
    people->count = kept;
}
