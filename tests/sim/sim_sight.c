/* sim_sight.c - what people see, and what must be true of it at once: it was
 * sent, it is what everybody else saw at that place, nothing came twice. */
#include <inttypes.h>

#include "common/buf.h"
#include "tests/sim/sim_history.h"

#define GROW(list)                                                             \
    history_grow(&history->list, &history->list##_count,                       \
                 &history->list##_capacity, sizeof(*history->list))

uint32_t history_number(struct slice text, char letter) {
    uint64_t number = 0;
    size_t i = 1;
    if (text.size < 2 || text.data[0] != letter)
        return UINT32_MAX;
    for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    bool ends = i == text.size || text.data[i] == ' ';
    return i > 1 && ends && number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

/* --- Messages ------------------------------------------------------------- */

/* The message shows the text of an edit. */
static void check_edited(struct history *history,
                         const struct wire_message *message) {
    uint32_t number = history_number(message->text, 'e');
    if (number >= history->edits_count) {
        history_broken(history, "2",
                       "message %" PRIu64 " of room %" PRIu64
                       " has a text that nobody gave: %.*s",
                       message->message.value, message->room.value,
                       (int)message->text.size, message->text.data);
        return;
    }
    const struct edit *edit = &history->edits[number];
    if (edit->message != message->message.value || !message->edited)
        history_broken(history, "2",
                       "message %" PRIu64 " has the text of edit %" PRIu32
                       " of message %" PRIu64 "%s",
                       message->message.value, number, edit->message,
                       message->edited ? "" : " and is not marked as edited");
    else if (!deed_may_be(&edit->deed, NEVER))
        history_broken(history, "2",
                       "edit %" PRIu32 " was refused and is seen at message "
                       "%" PRIu64,
                       number, edit->message);
}

/* The room that a message was sent to by its key was deleted, perhaps; another
 * try found, or made, the next room of that key, which knows of no message.
 * What is seen of the two may come in either order. */
static void move_on(struct history *history, struct said *said,
                    const struct wire_message *message) {
    if (said->by_id || said->room == 0 || said->room == message->room.value ||
        (history_past(history, said->room)->deletion.tries == 0 &&
         history_past(history, message->room.value)->deletion.tries == 0))
        return;
    said->room = message->room.value;
    said->message = message->message.value;
    said->place = 0;
    said->deed.ok = NEVER;
}

/* Without a client key, a try that was on its way for long may come behind a
 * later one: only that one is looked up by the request key. */
static bool may_be_twice(const struct said *said) {
    return !said->has_key && said->deed.tries > 1;
}

/* The message shows the text with which it was sent. */
static void check_original(struct history *history, struct seen *seen,
                           const struct wire_message *message,
                           uint32_t number) {
    struct said *said = &history->saids[number];
    if (message->edited)
        history_broken(history, "2",
                       "message %" PRIu64 " is marked as edited and has the "
                       "text with which it was sent, m%" PRIu32,
                       seen->message, number);
    if (said->user != message->author.value)
        history_broken(history, "1",
                       "message m%" PRIu32 " of user %" PRIu64
                       " is shown as by user %" PRIu64,
                       number, said->user, message->author.value);
    move_on(history, said, message);
    if (said->room == 0)
        said->room = message->room.value;
    if (said->room != message->room.value)
        history_broken(history, "1",
                       "message m%" PRIu32 " was sent to room %" PRIu64
                       " and is in room %" PRIu64,
                       number, said->room, message->room.value);
    if (!deed_may_be(&said->deed, NEVER))
        history_broken(history, "2",
                       "message m%" PRIu32
                       " was refused and is seen as %" PRIu64
                       " in room %" PRIu64,
                       number, message->message.value, message->room.value);
    if (message->files_count != said->files)
        history_broken(history, "1",
                       "message m%" PRIu32 " has %" PRIu32
                       " files and was sent with %" PRIu32,
                       number, message->files_count, said->files);
    if (said->message == 0)
        said->message = message->message.value;
    if (said->message != message->message.value && !may_be_twice(said))
        history_broken(history, said->has_key ? "5" : "1",
                       "m%" PRIu32 " is stored twice in room %" PRIu64
                       ": as message %" PRIu64 " and as %" PRIu64,
                       number, message->room.value, said->message,
                       message->message.value);
    seen->said = number;
}

static void check_text(struct history *history, struct seen *seen,
                       const struct wire_message *message) {
    if (message->deleted) {
        if (message->text.size || message->files_count)
            history_broken(history, "2", "tombstone %" PRIu64 " has a text",
                           seen->message);
        if (!deed_may_be(&seen->deletion, NEVER))
            history_broken(history, "1",
                           "message %" PRIu64 " of room %" PRIu64
                           " is deleted and nobody asked for that",
                           seen->message, seen->room);
        return;
    }
    uint32_t number = history_number(message->text, 'm');
    if (number < history->saids_count)
        check_original(history, seen, message, number);
    else
        check_edited(history, message);
}

static void check_same(struct history *history, const struct seen *seen,
                       const struct wire_message *message) {
    history->checked.repeated_sights++;
    if (seen->room != message->room.value ||
        seen->ordinal != message->ordinal || seen->place != message->place ||
        seen->author != message->author.value ||
        seen->created_us != message->created_us)
        history_broken(
            history, "3",
            "message %" PRIu64 " was room %" PRIu64 " ordinal %" PRIu64
            " place %" PRIu64 " author %" PRIu64 " created %" PRId64
            " and is now room %" PRIu64 " ordinal %" PRIu64 " place %" PRIu64
            " author %" PRIu64 " created %" PRId64,
            seen->message, seen->room, seen->ordinal, seen->place, seen->author,
            seen->created_us, message->room.value, message->ordinal,
            message->place, message->author.value, message->created_us);
    if (seen->reply_to != message->reply_to.value)
        history_broken(history, "2",
                       "message %" PRIu64 " replied to %" PRIu64
                       " and now to %" PRIu64,
                       seen->message, seen->reply_to, message->reply_to.value);
}

void history_message(struct history *history,
                     const struct wire_message *message) {
    uint64_t id = message->message.value;
    if (id == 0)
        return;
    struct seen *seen = history_seen(history, id);
    if (!seen) {
        map_put(&history->seen_of, id, history->seens_count);
        seen = GROW(seens);
        *seen = (struct seen){.message = id,
                              .room = message->room.value,
                              .ordinal = message->ordinal,
                              .place = message->place,
                              .author = message->author.value,
                              .reply_to = message->reply_to.value,
                              .created_us = message->created_us,
                              .said = UINT32_MAX,
                              .stored_edit = UINT32_MAX,
                              .seen = ++history->seq};
        seen->deletion.ok = NEVER;
    } else {
        check_same(history, seen, message);
    }
    check_text(history, seen, message);
    struct past *past = history_past(history, message->room.value);
    if (past->last_ordinal < message->ordinal)
        past->last_ordinal = message->ordinal;
    if (past->last_place < message->place)
        past->last_place = message->place;
}

void history_sent(struct history *history, uint32_t number, uint64_t connection,
                  const struct wire_reply_message *reply) {
    struct said *said = &history->saids[number];
    const struct wire_message *message = &reply->message;
    if (!reply->created)
        history->checked.duplicates++;
    move_on(history, said, message);
    bool twice = may_be_twice(said);
    if (!twice && said->message && said->message != message->message.value)
        history_broken(history, said->has_key ? "5" : "1",
                       "m%" PRIu32 " is acknowledged as message %" PRIu64
                       " at place %" PRIu64 " and is message %" PRIu64,
                       number, message->message.value, message->place,
                       said->message);
    if (!twice && said->place && said->place != message->place)
        history_broken(history, "5",
                       "m%" PRIu32 " is acknowledged at place %" PRIu64
                       " and was at %" PRIu64,
                       number, message->place, said->place);
    said->message = message->message.value;
    said->place = message->place;
    history_message(history, message);
    if (connection) {
        struct given *given = GROW(givens);
        *given =
            (struct given){connection, message->room.value, message->place};
    }
    const struct seen *seen = history_seen(history, message->message.value);
    if (!message->deleted && !message->edited && seen->said != number)
        history_broken(history, "1",
                       "m%" PRIu32 " is acknowledged as message %" PRIu64
                       ", which is another one",
                       number, message->message.value);
}

/* --- Events --------------------------------------------------------------- */

static bool same_counts(const struct fact *fact,
                        const struct wire_event *event) {
    if (fact->members_count != event->members_count ||
        fact->counts_count != event->counts_count)
        return false;
    for (uint32_t i = 0; i < fact->counts_count; i++)
        if (fact->counts[i].user != event->counts[i].user.value ||
            fact->counts[i].unread != event->counts[i].unread)
            return false;
    return true;
}

/* An event as it happens says how it left the room; one that is read back does
 * not. */
static void see_counts(struct history *history, struct fact *fact,
                       const struct wire_event *event) {
    if (event->members_count == 0)
        return;
    if (event->counts_count > HISTORY_COUNTS_MAX) {
        history_broken(history, "6", "an event tells %" PRIu32 " counts",
                       event->counts_count);
        return;
    }
    if (fact->is_counted && !same_counts(fact, event))
        history_broken(history, "6",
                       "the event at place %" PRIu64 " of room %" PRIu64
                       " tells other counts than before",
                       event->place, event->room.value);
    fact->is_counted = true;
    fact->members_count = event->members_count;
    fact->counts_count = event->counts_count;
    for (uint32_t i = 0; i < event->counts_count; i++) {
        fact->counts[i].user = event->counts[i].user.value;
        fact->counts[i].unread = event->counts[i].unread;
    }
}

static struct fact *fact_at(struct past *past, uint64_t place) {
    while (past->facts_count <= place)
        (void)history_grow(&past->facts, &past->facts_count,
                           &past->facts_capacity, sizeof(*past->facts));
    return &past->facts[place];
}

static void check_fact(struct history *history, const struct fact *fact,
                       const struct wire_event *event) {
    history->checked.repeated_sights++;
    if (fact->kind != event->kind || fact->actor != event->actor.value ||
        fact->message != event->message.message.value ||
        fact->member != event->member.value || fact->role != event->role ||
        fact->mark != event->mark || fact->at_us != event->at_us)
        history_broken(
            history, "3",
            "place %" PRIu64 " of room %" PRIu64 " was %s by %" PRIu64
            " (message %" PRIu64 " member %" PRIu64 " mark %" PRIu64
            " at %" PRId64 ") and is %s by %" PRIu64 " (message %" PRIu64
            " member %" PRIu64 " mark %" PRIu64 " at %" PRId64 ")",
            event->place, event->room.value, wire_event_name(fact->kind),
            fact->actor, fact->message, fact->member, fact->mark, fact->at_us,
            wire_event_name(event->kind), event->actor.value,
            event->message.message.value, event->member.value, event->mark,
            event->at_us);
}

void history_event(struct history *history, const struct wire_event *event) {
    struct past *past = history_past(history, event->room.value);
    if (event->place == 0 || event->place > (UINT64_C(1) << 24)) {
        history_broken(history, "3", "an event at place %" PRIu64,
                       event->place);
        return;
    }
    struct fact *fact = fact_at(past, event->place);
    if (fact->kind == 0) {
        *fact = (struct fact){.kind = event->kind,
                              .role = event->role,
                              .actor = event->actor.value,
                              .message = event->message.message.value,
                              .member = event->member.value,
                              .mark = event->mark,
                              .at_us = event->at_us,
                              .seen = ++history->seq};
    } else {
        check_fact(history, fact, event);
    }
    see_counts(history, fact, event);
    if (event->kind == EVENT_ROOM_DELETED && past->deleted == NEVER)
        past->deleted = ++history->seq;
    if (event->kind == EVENT_MESSAGE_CREATED &&
        event->place != event->message.place)
        history_broken(
            history, "3",
            "message %" PRIu64 " of place %" PRIu64 " comes at place %" PRIu64,
            event->message.message.value, event->message.place, event->place);
    if (past->last_place < event->place)
        past->last_place = event->place;
    if (event->message.message.value)
        history_message(history, &event->message);
}

/* --- Answers with more than one thing ------------------------------------- */

void history_page(struct history *history, uint64_t room,
                  const struct wire_query *query, uint64_t asked,
                  uint64_t ordinal_min, const struct wire_reply_page *reply) {
    struct page *page = GROW(pages);
    *page = (struct page){.room = room,
                          .query = *query,
                          .asked = asked,
                          .got = ++history->seq,
                          .ordinal_min = ordinal_min,
                          .has_more = reply->has_more,
                          .next_ordinal = reply->next_ordinal,
                          .live_total = reply->live_total,
                          .rows = history->page_rows_count,
                          .rows_count = reply->messages_count};
    for (uint32_t i = 0; i < reply->messages_count; i++) {
        const struct wire_message *message = &reply->messages[i];
        struct page_row *row = GROW(page_rows);
        *row = (struct page_row){message->message.value, message->ordinal,
                                 message->deleted};
        if (message->room.value != room)
            history_broken(history, "7",
                           "a page of room %" PRIu64 " shows message %" PRIu64
                           " of room %" PRIu64,
                           room, message->message.value, message->room.value);
        history_message(history, message);
    }
}

void history_marked(struct history *history, uint64_t room, uint64_t user,
                    uint64_t asked, const struct wire_reply_mark *reply) {
    struct past *past = history_past(history, room);
    struct acked_mark *mark =
        history_grow(&past->marks, &past->marks_count, &past->marks_capacity,
                     sizeof(*past->marks));
    *mark = (struct acked_mark){user, reply->mark, asked, ++history->seq};
    if (reply->mark < reply->message.place)
        history_broken(history, "6",
                       "user %" PRIu64 "'s mark in room %" PRIu64
                       " is acknowledged at %" PRIu64
                       ", below the message at %" PRIu64,
                       user, room, reply->mark, reply->message.place);
    history_message(history, &reply->message);
}

void history_unread(struct history *history, const struct unread *unread) {
    struct unread *kept = GROW(unreads);
    *kept = *unread;
    kept->got = ++history->seq;
}

/* --- Streams -------------------------------------------------------------- */

uint32_t history_follow(struct history *history, const struct stream *stream) {
    uint32_t index = history->streams_count;
    struct stream *kept = GROW(streams);
    *kept = *stream;
    kept->begun = ++history->seq;
    return index;
}

static void add_holes(struct history *history, uint32_t index,
                      uint64_t before_place) {
    const struct stream *stream = &history->streams[index];
    if (before_place - stream->last > 4096) {
        history_broken(history, "4",
                       "connection %" PRIu64 " of user %" PRIu64
                       " jumps from place %" PRIu64 " of room %" PRIu64
                       " to %" PRIu64,
                       stream->connection, stream->user, stream->last,
                       stream->room, before_place);
        return;
    }
    for (uint64_t place = stream->last + 1; place < before_place; place++) {
        struct hole *hole = GROW(holes);
        *hole = (struct hole){index, place};
    }
}

void history_stream_event(struct history *history, uint32_t index,
                          const struct wire_event *event) {
    struct stream *stream = &history->streams[index];
    if (stream->last == NEVER)
        stream->last = event->place - 1;
    if (event->place <= stream->last) {
        history_broken(history, "4",
                       "connection %" PRIu64 " of user %" PRIu64
                       " got %s at place %" PRIu64 " of room %" PRIu64
                       " and had everything up to %" PRIu64,
                       stream->connection, stream->user,
                       wire_event_name(event->kind), event->place, stream->room,
                       stream->last);
        return;
    }
    if (stream->resumes) {
        history->checked.resumed_events++;
    } else {
        struct gift *gift = GROW(gifts);
        *gift = (struct gift){index, event->place, ++history->seq};
    }
    add_holes(history, index, event->place);
    if (stream->first == 0)
        stream->first = event->place;
    stream->last = event->place;
    bool leaves = event->kind == EVENT_MEMBER_REMOVED &&
                  event->member.value == stream->user;
    if ((leaves && !stream->resumes) || event->kind == EVENT_ROOM_DELETED)
        stream->ended = true;
}

void history_stream_up_to(struct history *history, uint32_t index,
                          uint64_t place) {
    struct stream *stream = &history->streams[index];
    if (stream->last == NEVER || place <= stream->last)
        return;
    add_holes(history, index, place + 1);
    stream->last = place;
}

void history_stream_given(struct history *history, uint32_t index,
                          uint64_t place) {
    struct stream *stream = &history->streams[index];
    if (stream->last != NEVER && place == stream->last + 1) {
        stream->last = place;
        if (stream->first == 0)
            stream->first = place;
    }
}
