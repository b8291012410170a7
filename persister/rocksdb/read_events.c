/* read_events.c - what happened in a room after a place.
 *
 * Each place is either the creation of a message, which is found by the
 * message itself, or has an event row. Both grow with the place, so the answer
 * is a merge of two scans. */
#include "persister/rocksdb/answers.h"

struct events {
    struct reading *reading;
    room_id room;
    struct wire_room_state state;
    uint64_t after_place;
    uint64_t up_to_place; /* Where this answer ends at the latest. */
    struct wire_row_events *out;
    uint64_t bytes;
    struct show show;
};

/* The message that an event is about, as it is now; left absent if the id
 * leads nowhere. */
static enum err find_message(const struct events *events, message_id id,
                             struct wire_message *out) {
    struct spot spot;
    if (id.value == 0)
        return ERR_OK;
    enum err err = reading_spot(events->reading, id, &spot);
    if (err == ERR_OK)
        err = reading_message(events->reading, spot.room, spot.ordinal, out);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static uint64_t profile_bytes(const struct wire_profile *profile) {
    return profile->username.size + profile->email.size +
           profile->first_name.size + profile->last_name.size +
           profile->github_url.size + profile->avatar.size +
           profile->thumbnail_avatar.size;
}

/* Adds |event|, with its author's profile. |*full|: it did not fit any more
 * and comes with the next answer. */
static enum err add(struct events *events, struct wire_event *event,
                    bool *full) {
    struct wire_row_events *out = events->out;
    if (event->message.message.value != 0) {
        enum err err = reading_profile(events->reading, event->message.author,
                                       &event->author);
        if (err != ERR_OK)
            return err;
        err = show_message(&events->show, &event->message);
        if (err != ERR_OK)
            return err;
    }
    events->bytes +=
        show_weight(&event->message) + profile_bytes(&event->author);
    *full = out->events_count > 0 && events->bytes > LIMIT_PAGE_BYTES;
    if (!*full)
        out->events[out->events_count++] = *event;
    return ERR_OK;
}

static enum err add_created(struct events *events, struct slice row,
                            bool *full) {
    struct wire_event event = {.kind = EVENT_MESSAGE_CREATED,
                               .room = events->room};
    struct arena *arena = events->reading->arena;
    if (row_get_message(arena_copy(arena, row), arena, &event.message) !=
        ERR_OK)
        return rocks_corrupt_row("message", events->reading->error);
    event.place = event.message.place;
    event.at_us = event.message.created_us;
    event.actor = event.message.author;
    *full = false;
    /* Its deletion follows; nobody needs to see it come. */
    return event.message.deleted ? ERR_OK : add(events, &event, full);
}

static enum err add_other(struct events *events, uint64_t place,
                          struct slice row, bool *full) {
    struct event_row stored;
    *full = false;
    if (row_get_event(row, &stored) != ERR_OK)
        return rocks_corrupt_row("event", events->reading->error);
    struct wire_event event = {.kind = stored.kind,
                               .room = events->room,
                               .place = place,
                               .at_us = stored.at_us,
                               .actor = stored.actor,
                               .member = stored.member,
                               .role = stored.role,
                               .mark = stored.mark};
    enum err err = find_message(events, stored.message, &event.message);
    if (err != ERR_OK)
        return err;
    if (stored.kind == EVENT_MESSAGE_EDITED && event.message.deleted)
        return ERR_OK;
    return add(events, &event, full);
}

/* One of the two scans, looked at one row ahead. */
struct head {
    struct scan scan;
    struct slice value;
    uint64_t place; /* UINT64_MAX: no more. */
};

static enum err step_message(struct events *events, struct head *head) {
    struct slice key;
    struct wire_message message;
    enum err err = scan_next(&head->scan, events->reading, &key, &head->value);
    head->place = UINT64_MAX;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_message(head->value, events->reading->arena, &message) !=
        ERR_OK)
        return rocks_corrupt_row("message", events->reading->error);
    head->place = message.place;
    return ERR_OK;
}

static enum err step_other(struct events *events, struct head *head) {
    struct slice key;
    enum err err = scan_next(&head->scan, events->reading, &key, &head->value);
    head->place = UINT64_MAX;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    head->place = key_last_number(key);
    return ERR_OK;
}

static enum err merge(struct events *events, struct head *created,
                      struct head *other) {
    enum err err = step_message(events, created);
    if (err == ERR_OK)
        err = step_other(events, other);
    while (err == ERR_OK) {
        bool from_created = created->place < other->place;
        uint64_t place = from_created ? created->place : other->place;
        bool full;
        if (place > events->up_to_place)
            break;
        err = from_created ? add_created(events, created->value, &full)
                           : add_other(events, place, other->value, &full);
        if (err != ERR_OK)
            return err;
        if (full) {
            events->up_to_place = place - 1;
            break;
        }
        err = from_created ? step_message(events, created)
                           : step_other(events, other);
    }
    return err;
}

static enum err fill(struct events *events) {
    struct head created = {.place = 0};
    struct head other = {.place = 0};
    uint64_t ordinal;
    uint64_t room = events->room.value;
    enum err err =
        answer_ordinal_at(events->reading, events->room, &events->state,
                          events->after_place, &ordinal);
    if (err != ERR_OK)
        return err;
    struct key first = key_message(events->room, ordinal + 1);
    struct key end = key_range(KEY_MESSAGE, room + 1);
    scan_open(&created.scan, events->reading, &first, &end);
    first = key_event(events->room, events->after_place + 1);
    end = key_range(KEY_EVENT, room + 1);
    scan_open(&other.scan, events->reading, &first, &end);
    err = merge(events, &created, &other);
    scan_close(&created.scan);
    scan_close(&other.scan);
    return err;
}

/* Every place has one event, so |limit| places are at most |limit| events. */
enum err read_events(struct reading *reading,
                     const struct wire_read_events *ask,
                     struct wire_row_events *out) {
    struct events events = {.reading = reading,
                            .room = ask->room,
                            .after_place = ask->after_place,
                            .out = out};
    uint64_t limit = ask->limit;
    out->last_place = ask->after_place;
    enum err err = reading_state(reading, ask->room, &events.state);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (ask->after_place >= events.state.place)
        return ERR_OK;
    show_begin(&events.show, reading, ask->room, &events.state);
    if (limit > events.state.place - ask->after_place)
        limit = events.state.place - ask->after_place;
    events.up_to_place = ask->after_place + limit;
    if (limit > 0) {
        out->events = arena_alloc(reading->arena, limit * sizeof *out->events);
        err = fill(&events);
    }
    out->last_place = events.up_to_place;
    out->has_more = events.up_to_place < events.state.place;
    if (out->events_count == 0)
        out->events = NULL;
    return err;
}
