/* sim_check_marks.c - read marks only rise, acknowledged ones stay, and what is
 * told to be unread is what the history and the marks give. */
#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/sim_check.h"

/* Somebody may have taken the user out: marks begin anew then. */
static bool was_taken_out(const struct past *past, uint64_t user) {
    for (uint32_t i = 0; i < past->memberships_count; i++) {
        const struct membership *remove = &past->memberships[i];
        if (remove->user == user && !remove->put &&
            deed_may_be(&remove->deed, NEVER))
            return true;
    }
    return false;
}

static void check_moves(struct history *history, const struct past *past,
                        uint64_t user, const struct course *course) {
    for (uint64_t place = 2; place <= course->places; place++) {
        const struct fact *fact = past_fact(past, place);
        if (!fact || fact->kind != EVENT_MARK_MOVED || fact->actor != user)
            continue;
        history->checked.marks++;
        if (fact->mark <= course->mark[place - 1] || fact->mark >= place ||
            !course->member[place])
            history_broken(
                history, "6",
                "user %" PRIu64 "'s mark in room %" PRIu64
                " moves from %" PRIu64 " to %" PRIu64 " at place %" PRIu64 "%s",
                user, past->room, course->mark[place - 1], fact->mark, place,
                course->member[place] ? "" : ", without a member");
        const struct seen *seen = history_seen(history, fact->message);
        if (seen && seen->place != fact->mark)
            history_broken(history, "6",
                           "the mark at place %" PRIu64 " of room %" PRIu64
                           " is %" PRIu64 " and its message's place %" PRIu64,
                           place, past->room, fact->mark, seen->place);
    }
}

static const struct member *stored_member(const struct past *past,
                                          uint64_t user) {
    for (uint32_t i = 0; i < past->stored_members_count; i++)
        if (past->stored_members[i].user == user)
            return &past->stored_members[i];
    return NULL;
}

static void check_stored(struct history *history, const struct past *past,
                         uint64_t user, const struct course *course) {
    const struct member *member = stored_member(past, user);
    if (!past->is_stored)
        return;
    if ((member != NULL) != course->member[course->places])
        history_broken(history, "7",
                       "user %" PRIu64 " is %s in room %" PRIu64
                       " and its events say otherwise",
                       user, member ? "stored as a member" : "not stored",
                       past->room);
    if (member && member->mark != course->mark[course->places])
        history_broken(history, "6",
                       "user %" PRIu64 "'s mark in room %" PRIu64
                       " is stored as %" PRIu64 " and its events give %" PRIu64,
                       user, past->room, member->mark,
                       course->mark[course->places]);
    if (member && member->mark > past->stored_place)
        history_broken(history, "6", "a mark beyond the last place");
}

static void check_acked(struct history *history, const struct past *past,
                        uint64_t user) {
    const struct member *member = stored_member(past, user);
    if (was_taken_out(past, user))
        return;
    for (uint32_t i = 0; i < past->marks_count; i++) {
        const struct acked_mark *mark = &past->marks[i];
        if (mark->user != user)
            continue;
        if (past->is_stored && (!member || member->mark < mark->mark))
            history_broken(
                history, "6",
                "user %" PRIu64 "'s mark in room %" PRIu64
                " was acknowledged at %" PRIu64 " and is stored as %" PRIu64,
                user, past->room, mark->mark, member ? member->mark : 0);
        for (uint32_t j = i + 1; j < past->marks_count; j++) {
            const struct acked_mark *later = &past->marks[j];
            if (later->user == user && later->asked > mark->ok &&
                later->mark < mark->mark)
                history_broken(history, "6",
                               "user %" PRIu64 "'s mark in room %" PRIu64
                               " went from %" PRIu64 " back to %" PRIu64,
                               user, past->room, mark->mark, later->mark);
        }
    }
}

/* --- Unread --------------------------------------------------------------- */

/* What events tell as they happen. */
static void check_counts(struct history *history, const struct past *past,
                         uint64_t user, const struct course *course) {
    for (uint64_t place = 2; place <= course->places; place++) {
        const struct fact *fact = past_fact(past, place);
        if (!fact || !fact->is_counted)
            continue;
        for (uint32_t i = 0; i < fact->counts_count; i++) {
            if (fact->counts[i].user != user)
                continue;
            history->checked.counts++;
            if (fact->counts[i].unread != course->unread[place])
                history_broken(history, "6",
                               "the event at place %" PRIu64 " of room %" PRIu64
                               " tells %" PRIu64 " unread to user %" PRIu64
                               ", and there are %" PRIu64,
                               place, past->room, fact->counts[i].unread, user,
                               course->unread[place]);
        }
    }
}

static void check_members_told(struct history *history,
                               const struct past *past) {
    uint64_t places = course_places(past);
    for (uint64_t place = 2; place <= places; place++) {
        const struct fact *fact = past_fact(past, place);
        if (!fact || !fact->is_counted)
            continue;
        uint32_t members = course_members(past, place);
        if (fact->members_count != members ||
            fact->counts_count != (members <= 2 ? members : 0))
            history_broken(history, "6",
                           "the event at place %" PRIu64 " of room %" PRIu64
                           " tells %" PRIu32 " members and %" PRIu32
                           " counts, and there are %" PRIu32,
                           place, past->room, fact->members_count,
                           fact->counts_count, members);
    }
}

/* A message that was sent after |seq| is not counted before it. */
static bool is_later(const struct history *history, const struct past *past,
                     uint64_t place, uint64_t seq) {
    const struct fact *fact = past_fact(past, place);
    if (!fact || fact->kind != EVENT_MESSAGE_CREATED)
        return false;
    const struct seen *seen = history_seen(history, fact->message);
    return seen && seen->said != UINT32_MAX &&
           history->saids[seen->said].deed.asked > seq;
}

/* The count is that after some place between those that were known when it was
 * asked for and when it came. */
static void check_told(struct history *history, const struct past *past,
                       uint64_t user, const struct course *course) {
    for (uint32_t i = 0; i < history->unreads_count; i++) {
        const struct unread *told = &history->unreads[i];
        if (told->room != past->room || told->user != user ||
            (told->is_quiet && !past->is_stored) ||
            told->place_min > course->places || !past->is_stored)
            continue;
        uint64_t place = told->is_quiet ? course->places : told->place_min;
        if (place == 0)
            place = 1;
        bool fits = false;
        history->checked.unreads++;
        for (uint64_t from = place; place <= course->places && !fits; place++) {
            if (place > from && is_later(history, past, place, told->got))
                break;
            fits =
                course->unread[place] == told->count || !course->member[place];
        }
        if (!fits)
            history_broken(history, "6",
                           "user %" PRIu64 " is told that %" PRIu64
                           " are unread in room %" PRIu64
                           "%s, and after place %" PRIu64 " there are %" PRIu64,
                           user, told->count, past->room,
                           told->is_quiet ? " when all is quiet" : "",
                           place - 1, course->unread[place - 1]);
    }
}

static void check_room(struct history *history, const struct past *past,
                       uint64_t user, uint64_t *rooms, uint64_t *dialogs) {
    struct course course;
    if (!course_init(history, past, user, true, &course))
        return;
    check_moves(history, past, user, &course);
    check_stored(history, past, user, &course);
    check_acked(history, past, user);
    check_counts(history, past, user, &course);
    check_told(history, past, user, &course);
    bool unread = past->is_stored && course.member[course.places] &&
                  course.unread[course.places] > 0;
    *rooms += unread;
    *dialogs += unread && course_members(past, course.places) == 2;
    course_finish(&course);
}

static void check_user(struct history *history, uint64_t user) {
    uint64_t rooms = 0, dialogs = 0;
    for (uint32_t i = 0; i < history->pasts_count; i++)
        check_room(history, &history->pasts[i], user, &rooms, &dialogs);
    for (uint32_t i = 0; i < history->unreads_count; i++) {
        const struct unread *told = &history->unreads[i];
        if (told->room != 0 || told->user != user || !told->is_quiet)
            continue;
        uint64_t count = told->dialogs ? dialogs : rooms;
        history->checked.unreads++;
        if (told->count != count)
            history_broken(history, "6",
                           "all is quiet and user %" PRIu64
                           " is told that something is unread in %" PRIu64
                           " %s, and it is in %" PRIu64,
                           user, told->count,
                           told->dialogs ? "dialogs" : "rooms", count);
    }
}

void check_marks(struct history *history) {
    for (uint32_t i = 0; i < history->pasts_count; i++)
        check_members_told(history, &history->pasts[i]);
    for (uint64_t user = 1; user <= history->users_count; user++)
        check_user(history, user);
}
