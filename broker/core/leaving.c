/* leaving.c - see leaving.h. */
#include "broker/core/leaving.h"

#include <stdlib.h>

#include "broker/core/user.h"

static bool goes_before(const struct user *a, const struct user *b) {
    if (a->leaves_us != b->leaves_us)
        return a->leaves_us < b->leaves_us;
    return a->user.value < b->user.value;
}

static void set(struct leaving *leaving, uint32_t index, struct user *user) {
    leaving->users[index] = user;
    user->leaving_index = index + 1;
}

/* Puts |user| at the free place |index| or above it. */
static void sift_up(struct leaving *leaving, uint32_t index,
                    struct user *user) {
    while (index > 0 && goes_before(user, leaving->users[(index - 1) / 2])) {
        set(leaving, index, leaving->users[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    set(leaving, index, user);
}

/* Puts |user| at the free place |index| or below it. */
static void sift_down(struct leaving *leaving, uint32_t index,
                      struct user *user) {
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child + 1 < leaving->count &&
            goes_before(leaving->users[child + 1], leaving->users[child]))
            child++;
        if (child >= leaving->count ||
            !goes_before(leaving->users[child], user))
            break;
        set(leaving, index, leaving->users[child]);
        index = child;
    }
    set(leaving, index, user);
}

void leaving_add(struct leaving *leaving, struct user *user) {
    PRE(user->leaving_index == 0);
    if (leaving->count == leaving->capacity) {
        leaving->capacity = leaving->capacity ? leaving->capacity * 2 : 16;
        leaving->users = mem_realloc(leaving->users,
                                     leaving->capacity * sizeof(struct user *));
    }
    sift_up(leaving, leaving->count++, user);
}

void leaving_remove(struct leaving *leaving, struct user *user) {
    if (user->leaving_index == 0)
        return;
    uint32_t index = user->leaving_index - 1;
    INVARIANT(leaving->users[index] == user);
    struct user *last = leaving->users[--leaving->count];
    user->leaving_index = 0;
    if (last == user)
        return;
    if (index > 0 && goes_before(last, leaving->users[(index - 1) / 2]))
        sift_up(leaving, index, last);
    else
        sift_down(leaving, index, last);
}

struct user *leaving_first(const struct leaving *leaving) {
    return leaving->count ? leaving->users[0] : NULL;
}

void leaving_finish(struct leaving *leaving) {
    free(leaving->users);
    *leaving = (struct leaving){0};
}
