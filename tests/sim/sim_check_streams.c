/* sim_check_streams.c - what each connection was given of each room: all of
 * it, within its user's membership, and nothing else. */
#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/sim_check.h"

static bool was_given(const struct history *history,
                      const struct stream *stream, uint64_t place) {
    for (uint32_t i = 0; i < history->givens_count; i++) {
        const struct given *given = &history->givens[i];
        if (given->connection == stream->connection &&
            given->room == stream->room && given->place == place)
            return true;
    }
    return false;
}

/* Deleted in the end: what is read back leaves such out. */
static bool is_of_deleted(const struct history *history,
                          const struct fact *fact) {
    const struct seen *seen = history_seen(history, fact->message);
    return (fact->kind == EVENT_MESSAGE_CREATED ||
            fact->kind == EVENT_MESSAGE_EDITED) &&
           seen && seen->deletion.tries > seen->deletion.refused;
}

/* Its own changes are answers to a feed. */
static bool is_own_change(const struct stream *stream,
                          const struct fact *fact) {
    return stream->own_apart && fact->actor == stream->user &&
           (fact->kind == EVENT_MESSAGE_EDITED ||
            fact->kind == EVENT_MESSAGE_DELETED ||
            fact->kind == EVENT_MARK_MOVED);
}

/* The user left before the stream went on: a feed that learns of that first,
 * on a new link, gives nothing of the time before either. */
static bool left_before_next(const struct history *history, uint32_t index,
                             const struct past *past,
                             const struct course *course, uint64_t place) {
    uint64_t next = course->places + 1;
    for (uint32_t i = 0; i < history->gifts_count; i++) {
        const struct gift *gift = &history->gifts[i];
        if (gift->stream == index && gift->place > place && gift->place < next)
            next = gift->place;
    }
    if (next > course->places && !past->is_stored)
        return true; /* Nobody saw enough of a room that is gone. */
    for (uint64_t p = place; p < next; p++)
        if (!course->member[p])
            return true;
    return false;
}

/* Whether a connection may have passed over the place. */
static bool is_excused(struct history *history, uint32_t index,
                       const struct past *past, const struct course *course,
                       uint64_t place) {
    const struct stream *stream = &history->streams[index];
    const struct fact *fact = past_fact(past, place);
    /* Nobody saw it (the store leaves out what is deleted), or nobody saw
     * enough of a room that is gone. */
    if (!fact || place > course->places)
        return true;
    if (is_own_change(stream, fact)) {
        history->checked.holes_own++;
        return true;
    }
    if (is_of_deleted(history, fact)) {
        history->checked.holes_deleted++;
        return true;
    }
    if (was_given(history, stream, place))
        return true;
    bool leaves =
        fact->kind == EVENT_MEMBER_REMOVED && fact->member == stream->user;
    if (!stream->resumes &&
        (!course->member[place - 1] || leaves ||
         (stream->own_apart &&
          left_before_next(history, index, past, course, place)))) {
        history->checked.holes_away++;
        return true;
    }
    return false;
}

/* The user was away and came back, perhaps while the link was away: from when
 * on, the feed asks by the time, which the clocks must agree on. */
static bool began_by_the_clock(const struct history *history,
                               const struct stream *stream,
                               const struct course *course, uint64_t place) {
    if (!history->clocks_apart || !stream->own_apart)
        return false;
    for (uint64_t p = 1; p < place; p++)
        if (!course->member[p])
            return true;
    return false;
}

static void check_holes(struct history *history, uint32_t index,
                        const struct past *past, const struct course *course) {
    const struct stream *stream = &history->streams[index];
    for (uint32_t i = 0; i < history->holes_count; i++) {
        const struct hole *hole = &history->holes[i];
        if (hole->stream != index)
            continue;
        history->checked.holes++;
        if (is_excused(history, index, past, course, hole->place))
            continue;
        if (began_by_the_clock(history, stream, course, hole->place))
            history->checked.holes_clock++;
        else
            history_broken(history, "4",
                           "connection %" PRIu64 " of user %" PRIu64
                           " passed over place %" PRIu64 " of room %" PRIu64
                           ", %s by %" PRIu64 "%s",
                           stream->connection, stream->user, hole->place,
                           stream->room,
                           wire_event_name(past_fact(past, hole->place)->kind),
                           past_fact(past, hole->place)->actor,
                           stream->resumes ? ", when it resumed" : "");
    }
}

/* The user became a member again after the place, and that was asked before
 * |seq|: who is a member may read all that was before. */
static bool came_back(const struct past *past, const struct course *course,
                      uint64_t user, uint64_t place, uint64_t seq) {
    bool is_back = false, was_asked = false;
    for (uint64_t p = place + 1; p <= course->places; p++)
        is_back = is_back || course->member[p];
    for (uint32_t i = 0; i < past->memberships_count; i++) {
        const struct membership *put = &past->memberships[i];
        was_asked = was_asked || (put->user == user && put->put &&
                                  deed_may_be(&put->deed, seq));
    }
    return is_back && was_asked;
}

static void check_membership(struct history *history, uint32_t index,
                             const struct past *past,
                             const struct course *course) {
    const struct stream *stream = &history->streams[index];
    if (course->places < past->last_place)
        return; /* The room is gone, and not all of it was seen. */
    for (uint32_t i = 0; i < history->gifts_count; i++) {
        const struct gift *gift = &history->gifts[i];
        if (gift->stream != index || gift->place > course->places)
            continue;
        history->checked.members++;
        if (!course->member[gift->place] && !course->member[gift->place - 1] &&
            !came_back(past, course, stream->user, gift->place, gift->seq))
            history_broken(history, "7",
                           "connection %" PRIu64 " of user %" PRIu64
                           " was given place %" PRIu64 " of room %" PRIu64
                           " and is no member there",
                           stream->connection, stream->user, gift->place,
                           stream->room);
    }
}

/* All is quiet, and the connection still follows. */
static void check_end(struct history *history, uint32_t index,
                      const struct past *past, const struct course *course) {
    const struct stream *stream = &history->streams[index];
    if (!stream->is_live || !past->is_stored || stream->last == NEVER ||
        !course->member[course->places])
        return;
    if (stream->ended) {
        if (stream->own_apart && !history->clocks_apart)
            history_broken(
                history, "4",
                "all is quiet, user %" PRIu64 " is back in room %" PRIu64
                " and connection %" PRIu64 " has nothing behind place %" PRIu64
                ", where they left",
                stream->user, stream->room, stream->connection, stream->last);
        return;
    }
    for (uint64_t place = stream->last + 1; place <= past->stored_place;
         place++) {
        if (!is_excused(history, index, past, course, place))
            history_broken(history, "4",
                           "all is quiet and connection %" PRIu64
                           " of user %" PRIu64 " has room %" PRIu64
                           " up to place %" PRIu64 " of %" PRIu64,
                           stream->connection, stream->user, stream->room,
                           stream->last, past->stored_place);
    }
}

void check_streams(struct history *history) {
    for (uint32_t i = 0; i < history->streams_count; i++) {
        struct course course;
        const struct stream *stream = &history->streams[i];
        const struct past *past = history_past(history, stream->room);
        if (!course_init(history, past, stream->user, false, &course))
            continue;
        check_holes(history, i, past, &course);
        check_membership(history, i, past, &course);
        check_end(history, i, past, &course);
        course_finish(&course);
    }
}
