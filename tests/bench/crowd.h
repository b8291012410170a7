/* crowd.h - the world in which users have many rooms: groups, each of ten
 * rooms that all its ten members share.
 *
 * Member 0 has these ten rooms. Member 1 has them and CROWD_FAR_ROOMS more, in
 * each of which there is one other user, who never comes. The rest listen. A
 * run connects the listeners and member 0 or member 1 (the subject), and what
 * the two of them cost is compared. */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include "tests/bench/load.h"

#define CROWD_ROOMS 10u
#define CROWD_MEMBERS 10u
#define CROWD_LISTENERS 8u
#define CROWD_FAR_ROOMS 190u

/* A group's connections: the subject, then the listeners. */
#define CROWD_CONNS (1u + CROWD_LISTENERS)

/* Names of rooms; see chats.h. Those of group g are crowd-10g and on, and
 * far-190g and on. */
#define CROWD_NAME "crowd"
#define CROWD_FAR_NAME "far"

struct crowd {
    uint32_t group_count;
    uint32_t conn_count;
    uint64_t user_first;
    struct conn *conns; /* Group after group; conn.room is the group. */
};

/* Of the world that was read; |load| has the options. Nothing is connected. */
void crowd_init(struct crowd *crowd, const struct load *load);

/* Hangs up. */
void crowd_finish(struct crowd *crowd, struct load *load);

struct conn *crowd_subject(const struct crowd *crowd, uint32_t group);

/* The group's user |member|. */
uint64_t crowd_user(const struct crowd *crowd, uint32_t group, uint32_t member);

/* Which member of |group| the user is; CROWD_MEMBERS: none. */
uint32_t crowd_member(const struct crowd *crowd, uint32_t group, uint64_t user);

/* Where the connection is in its group. */
uint32_t crowd_place(const struct crowd *crowd, const struct conn *conn);

/* Lets pass what the coming of everybody made them hear: until nothing was
 * heard for a while. |heard| counts what is heard. */
bool crowd_calm(struct load *load, const uint64_t *heard) MUST_CHECK;

#endif
