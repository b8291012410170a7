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

/* Whether a connection may have passed over the place. */
static bool is_excused(struct history *history, const struct stream *stream,
                       const struct past *past, const struct course *course,
                       uint64_t place) {
    const struct fact *fact = past_fact(past, place);
    if (!fact) /* Nobody saw it; the store leaves out what is deleted. */
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
    if (place <= course->places && !stream->resumes &&
        (!course->member[place - 1] || leaves)) {
        history->checked.holes_away++;
        return true;
    }
    return false;
}

static bool is_hole(const struct history *history, uint32_t stream,
                    uint64_t place) {
    for (uint32_t i = 0; i < history->holes_count; i++)
        if (history->holes[i].stream == stream &&
            history->holes[i].place == place)
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
        if (!is_excused(history, stream, past, course, hole->place))
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

static void check_membership(struct history *history, uint32_t index,
                             const struct course *course) {
    const struct stream *stream = &history->streams[index];
    if (stream->resumes || stream->first == 0)
        return; /* Who is a member may read all that was before. */
    for (uint64_t place = stream->first;
         place <= stream->last && place <= course->places; place++) {
        if (course->member[place] || course->member[place - 1])
            history->checked.members++;
        else if (!is_hole(history, index, place))
            history_broken(history, "7",
                           "connection %" PRIu64 " of user %" PRIu64
                           " was given place %" PRIu64 " of room %" PRIu64
                           " and is no member there",
                           stream->connection, stream->user, place,
                           stream->room);
    }
}

/* All is quiet, and the connection still follows. */
static void check_end(struct history *history, uint32_t index,
                      const struct past *past, const struct course *course) {
    const struct stream *stream = &history->streams[index];
    if (!stream->is_live || stream->ended || !past->is_stored ||
        stream->last == NEVER || !course->member[course->places])
        return;
    for (uint64_t place = stream->last + 1; place <= past->stored_place;
         place++) {
        if (!is_excused(history, stream, past, course, place))
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
        check_membership(history, i, &course);
        check_end(history, i, past, &course);
        course_finish(&course);
    }
}
