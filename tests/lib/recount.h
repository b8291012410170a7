/* recount.h - how a room stood right after one of its events, found by going
 * through its events from the beginning: slow, obvious, and nothing that the
 * core or a store computed is believed. */
#ifndef TESTS_LIB_RECOUNT_H
#define TESTS_LIB_RECOUNT_H

#include "tests/lib/model_store.h"

#define RECOUNT_MEMBERS_MAX 64u

struct recount {
    const struct model_room *room;
    uint64_t place;
    user_id members[RECOUNT_MEMBERS_MAX];
    uint32_t members_count;
};

/* |place|: of the room's making (1) or of one of its events. */
struct recount recount_at(const struct model_room *room, uint64_t place);

/* Messages by others above the user's mark that are not deleted. */
uint64_t recount_unread(const struct recount *recount, user_id user);

/* When a mark of another of the two members first reached the message; 0: not
 * yet, or there are not just two. */
int64_t recount_read_us(const struct recount *recount,
                        const struct wire_message *message);

#endif
