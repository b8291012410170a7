/* sim_check.h - the end's checkers: the whole history, with what the store
 * has, against the promises of DESIGN.md (1 .. 8) and the invariants of
 * RELIABILITY.md.
 *
 *   sim_check_messages.c  1, 2, 3, 5 (I1 .. I4, I9)
 *   sim_check_streams.c   4, 7 (I5, I7)
 *   sim_check_marks.c     6 (I6)
 *   sim_check_pages.c     1, 2 at the edges of pages */
#ifndef TESTS_SIM_SIM_CHECK_H
#define TESTS_SIM_SIM_CHECK_H

#include "tests/sim/sim_history.h"

void check_messages(struct history *history);
void check_streams(struct history *history);
void check_marks(struct history *history);
void check_pages(struct history *history);

/* All of them. */
static inline void check_all(struct history *history) {
    check_messages(history);
    check_streams(history);
    check_marks(history);
    check_pages(history);
}

/* What the model says of one user in one room after each of its places, up to
 * the last that is known. Index 0 is unused. */
struct course {
    bool *member;
    uint64_t *unread;
    uint64_t *mark;
    uint64_t places; /* The last. */
};

/* False: too little is known of the room. Without |counts|, |unread| stays 0.
 */
bool course_init(const struct history *history, const struct past *past,
                 uint64_t user, bool counts, struct course *course);
void course_finish(struct course *course);

/* The members after |place|. */
uint32_t course_members(const struct past *past, uint64_t place);

/* The last place up to which the course of the room can be told; 0: none. */
uint64_t course_places(const struct past *past);

#endif
