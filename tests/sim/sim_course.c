/* sim_course.c - how a room went for one user, counted again from the
 * beginning: slow, obvious, and nothing is believed. */
#include <stdlib.h>

#include "common/buf.h"
#include "tests/sim/sim_check.h"

uint64_t course_places(const struct past *past) {
    if (!past->first_known)
        return 0;
    if (past->is_stored)
        return past->stored_place;
    uint64_t place = 1; /* As far as it was seen without a gap. */
    while (past_fact(past, place + 1))
        place++;
    return place;
}

static bool is_first(const struct past *past, uint64_t user) {
    for (uint32_t i = 0; i < past->first_count; i++)
        if (past->first[i] == user)
            return true;
    return false;
}

uint32_t course_members(const struct past *past, uint64_t place) {
    /* Users of the simulator are few, their ids small. */
    bool members[256] = {false};
    uint32_t count = 0;
    for (uint32_t i = 0; i < past->first_count; i++)
        members[past->first[i] % 256] = true;
    for (uint64_t p = 2; p <= place; p++) {
        const struct fact *fact = past_fact(past, p);
        if (fact && fact->kind == EVENT_MEMBER_PUT)
            members[fact->member % 256] = true;
        else if (fact && fact->kind == EVENT_MEMBER_REMOVED)
            members[fact->member % 256] = false;
    }
    for (uint32_t i = 0; i < 256; i++)
        count += members[i];
    return count;
}

/* The place of a message that lives after |place| and is by another; 0: it
 * does not count. |deleted_at|: by index of |seens|. */
static uint64_t counts_at(const struct seen *seen, const struct past *past,
                          uint64_t user, uint64_t place, uint64_t deleted_at) {
    bool counts = seen->room == past->room && seen->author != user &&
                  seen->place <= place && deleted_at > place;
    return counts ? seen->place : 0;
}

static uint64_t count(const struct history *history, const struct past *past,
                      const uint32_t *of_room, uint32_t of_room_count,
                      const uint64_t *deleted_at, uint64_t user, uint64_t place,
                      uint64_t mark) {
    uint64_t unread = 0;
    for (uint32_t i = 0; i < of_room_count; i++) {
        uint32_t index = of_room[i];
        unread += counts_at(&history->seens[index], past, user, place,
                            deleted_at[index]) > mark;
    }
    return unread;
}

/* The seens of the room; |deleted_at| is filled with the places of deletions.
 */
static uint32_t collect(const struct history *history, const struct past *past,
                        uint32_t *of_room, uint64_t *deleted_at) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < history->seens_count; i++) {
        deleted_at[i] = NEVER;
        if (history->seens[i].room == past->room)
            of_room[count++] = i;
    }
    for (uint64_t p = 2; p < past->facts_count; p++) {
        const struct fact *fact = past_fact(past, p);
        if (fact && fact->kind == EVENT_MESSAGE_DELETED) {
            uint32_t index = map_get(&history->seen_of, fact->message);
            if (index != UINT32_MAX)
                deleted_at[index] = p;
        }
    }
    return count;
}

bool course_init(const struct history *history, const struct past *past,
                 uint64_t user, bool counts, struct course *course) {
    *course = (struct course){.places = course_places(past)};
    if (course->places == 0)
        return false;
    size_t places = course->places + 1, seens = history->seens_count + 1;
    course->member = mem_zalloc(places * sizeof(*course->member));
    course->unread = mem_zalloc(places * sizeof(*course->unread));
    course->mark = mem_zalloc(places * sizeof(*course->mark));
    uint32_t *of_room = mem_zalloc(seens * sizeof(*of_room));
    uint64_t *deleted_at = mem_zalloc(seens * sizeof(*deleted_at));
    uint32_t of_room_count =
        counts ? collect(history, past, of_room, deleted_at) : 0;
    bool member = is_first(past, user);
    uint64_t mark = 0, unread = 0;
    for (uint64_t p = 1; p < places; p++) {
        const struct fact *fact = past_fact(past, p);
        bool recounts = p == 1;
        if (!fact || fact->kind == EVENT_MESSAGE_CREATED ||
            fact->kind == EVENT_MESSAGE_DELETED)
            recounts = true;
        if (fact && fact->kind == EVENT_MEMBER_PUT && fact->member == user)
            member = true;
        if (fact && fact->kind == EVENT_MEMBER_REMOVED &&
            fact->member == user) {
            member = false;
            mark = 0;
            recounts = true;
        }
        if (fact && fact->kind == EVENT_MARK_MOVED && fact->actor == user) {
            mark = fact->mark;
            recounts = true;
        }
        if (recounts && counts)
            unread = count(history, past, of_room, of_room_count, deleted_at,
                           user, p, mark);
        course->member[p] = member;
        course->mark[p] = mark;
        course->unread[p] = unread;
    }
    free(of_room);
    free(deleted_at);
    return true;
}

void course_finish(struct course *course) {
    free(course->member);
    free(course->unread);
    free(course->mark);
    *course = (struct course){0};
}
