/* leaving.h - users whose last connection has ended and who count as there for
 * a while: a binary heap, the first to go at its top. Those of one time go in
 * the order of their ids, in whatever order they came. */
#ifndef BROKER_CORE_LEAVING_H
#define BROKER_CORE_LEAVING_H

#include <stdint.h>

struct user;

/* Zeroed is empty. Users know where they stand (user.leaving_index). */
struct leaving {
    struct user **users;
    uint32_t count;
    uint32_t capacity;
};

/* |user| is not in it; goes at user.leaves_us. */
void leaving_add(struct leaving *leaving, struct user *user);

/* Does nothing when |user| is not in it. */
void leaving_remove(struct leaving *leaving, struct user *user);

/* Who goes first, or NULL. */
struct user *leaving_first(const struct leaving *leaving);

void leaving_finish(struct leaving *leaving);

#endif
