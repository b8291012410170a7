/* typing.c - see typing.h: a sorted array. What is too old to matter goes when
 * the array would have to grow, so it holds few more than type at once. */
#include "broker/core/typing.h"

#include <stdlib.h>

/* Where |user| stands or would stand. */
static uint32_t index_of(const struct typing *typing, user_id user) {
    uint32_t low = 0, high = typing->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (typing->users[middle].user.value < user.value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct typing *typing, uint32_t index, user_id user) {
    return index < typing->count &&
           typing->users[index].user.value == user.value;
}

static void purge(struct typing *typing, int64_t now_us) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < typing->count; i++)
        if (typing->users[i].at_us + TYPING_SHOWN_US > now_us)
            typing->users[kept++] = typing->users[i];
    typing->count = kept;
}

static void make_room(struct typing *typing, int64_t now_us) {
    if (typing->count < typing->capacity)
        return;
    purge(typing, now_us);
    /* Half stays free, or the next would purge again. */
    if (typing->count <= typing->capacity / 2 && typing->capacity > 0)
        return;
    typing->capacity = typing->capacity ? typing->capacity * 2 : 4;
    typing->users =
        mem_realloc(typing->users, typing->capacity * sizeof *typing->users);
}

bool typing_passes(struct typing *typing, user_id user, int64_t now_us) {
    uint32_t index = index_of(typing, user);
    if (is_at(typing, index, user)) {
        struct typed *known = &typing->users[index];
        if (known->at_us + TYPING_INTERVAL_US > now_us)
            return false;
        known->at_us = now_us;
        return true;
    }
    make_room(typing, now_us);
    index = index_of(typing, user);
    memmove(&typing->users[index + 1], &typing->users[index],
            (typing->count - index) * sizeof *typing->users);
    typing->users[index] = (struct typed){user, now_us};
    typing->count++;
    return true;
}

void typing_forget(struct typing *typing, user_id user) {
    uint32_t index = index_of(typing, user);
    if (!is_at(typing, index, user))
        return;
    typing->count--;
    memmove(&typing->users[index], &typing->users[index + 1],
            (typing->count - index) * sizeof *typing->users);
}

void typing_finish(struct typing *typing) {
    free(typing->users);
    *typing = (struct typing){0};
}
