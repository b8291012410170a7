/* memory_read.c - the reads of the reference store, but for history. */
#include <stdlib.h>

#include "persister/memory/memory.h"

struct wire_profile memory_profile(const struct store *store, user_id user) {
    const struct wire_profile *known = memory_user(store, user);
    return known ? *known : (struct wire_profile){.user = user};
}

struct wire_profile *memory_profiles(const struct store *store,
                                     struct people *people, struct arena *arena,
                                     uint32_t *count) {
    people_settle(people);
    *count = people->count;
    if (people->count == 0)
        return NULL;
    struct wire_profile *profiles =
        arena_alloc(arena, people->count * sizeof *profiles);
    for (uint32_t i = 0; i < people->count; i++)
        profiles[i] = memory_profile(store, people->users[i]);
    return profiles;
}

static bool is_read(const struct memory_room *room, user_id author,
                    uint64_t place) {
    const struct wire_room_state *state = &room->state;
    const user_id readers[2] = {state->reader1, state->reader2};
    const uint64_t marks[2] = {state->mark1, state->mark2};
    for (int i = 0; i < 2; i++)
        if (readers[i].value != 0 && readers[i].value != author.value &&
            marks[i] >= place)
            return true;
    return false;
}

/* When another of the two members first had it below their mark. */
static int64_t read_us(const struct memory_room *room,
                       const struct wire_message *message) {
    const struct memory_mark *marks =
        (const struct memory_mark *)room->marks.data;
    int64_t first = 0;
    if (MEMORY_COUNT(room->members, struct wire_member) != 2)
        return 0;
    for (size_t i = 0; i < MEMORY_COUNT(room->marks, struct memory_mark); i++)
        if (marks[i].user.value != message->author.value &&
            marks[i].place >= message->place &&
            (first == 0 || marks[i].at_us < first))
            first = marks[i].at_us;
    return first;
}

struct wire_message memory_shown(const struct memory_room *room,
                                 const struct wire_message *message) {
    struct wire_message shown = *message;
    shown.read = is_read(room, message->author, message->place);
    shown.read_us = read_us(room, message);
    shown.quote = (struct wire_quote){0};
    const struct wire_message *quoted =
        message->reply_to.value ? memory_message(room, message->reply_to)
                                : NULL;
    if (quoted)
        shown.quote = (struct wire_quote){
            .message = quoted->message,
            .author = quoted->author,
            .text = quoted->text,
            .created_us = quoted->created_us,
            .edited = quoted->edited,
            .deleted = quoted->deleted,
            .read = is_read(room, quoted->author, quoted->place),
            .files = quoted->files,
            .files_count = quoted->files_count,
            .place = quoted->place};
    return shown;
}

static uint64_t files_weight(const struct wire_file *files, uint32_t count) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += files[i].secret.size + files[i].name.size + files[i].mime.size;
    return bytes;
}

uint64_t memory_weight(const struct wire_message *message) {
    const struct wire_quote *quote = &message->quote;
    return message->text.size + quote->text.size +
           files_weight(message->files, message->files_count) +
           files_weight(quote->files, quote->files_count);
}

static int by_user(const void *left, const void *right) {
    uint64_t a = ((const struct wire_member *)left)->user.value;
    uint64_t b = ((const struct wire_member *)right)->user.value;
    return (a > b) - (a < b);
}

/* The members by user id. */
static struct wire_member *members_of(const struct memory_room *room,
                                      struct arena *arena, uint32_t *count) {
    *count = (uint32_t)MEMORY_COUNT(room->members, struct wire_member);
    if (*count == 0)
        return NULL;
    struct wire_member *members = arena_alloc(arena, room->members.size);
    memcpy(members, room->members.data, room->members.size);
    qsort(members, *count, sizeof *members, by_user);
    return members;
}

static void answer_room(const struct store *store, room_id id,
                        struct arena *arena, struct wire_row_room *out) {
    const struct memory_room *room = memory_room(store, id);
    if (!room)
        return;
    out->found = true;
    out->room = room->room;
    out->state = room->state;
    out->members = members_of(room, arena, &out->members_count);
}

static void answer_key(const struct store *store,
                       const struct wire_read_key *ask,
                       struct wire_row_key *out) {
    const struct memory_room *rooms =
        (const struct memory_room *)store->rooms.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->rooms, struct memory_room); i++)
        if (!rooms[i].deleted && rooms[i].room.kind == ask->kind &&
            slice_equal(rooms[i].room.key, ask->key))
            out->room = rooms[i].room.room;
    const struct wire_review *review = memory_review(store, ask->key);
    if (ask->kind == ROOM_ORDER && review)
        out->review = *review;
}

static void answer_message(const struct store *store, message_id id,
                           struct wire_row_message *out) {
    const struct memory_room *rooms =
        (const struct memory_room *)store->rooms.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->rooms, struct memory_room);
         i++) {
        const struct wire_message *message =
            rooms[i].deleted ? NULL : memory_message(&rooms[i], id);
        if (!message)
            continue;
        out->found = true;
        out->message = memory_shown(&rooms[i], message);
        out->author = memory_profile(store, message->author);
    }
}

/* The latest message with the key. */
static void answer_sent(const struct store *store,
                        const struct wire_read_sent *ask,
                        struct wire_row_message *out) {
    const struct memory_room *room = memory_room(store, ask->room);
    message_id found = {0};
    if (!room)
        return;
    const struct memory_sent *sent =
        (const struct memory_sent *)room->sent.data;
    for (size_t i = 0; i < MEMORY_COUNT(room->sent, struct memory_sent); i++)
        if (sent[i].sender.value == ask->sender.value &&
            sent[i].by == ask->by && slice_equal(sent[i].key, ask->key))
            found = sent[i].message;
    answer_message(store, found, out);
}

void memory_fill_view(const struct memory_room *room, user_id user,
                      struct arena *arena, struct wire_view *view) {
    uint32_t count;
    const struct wire_member *members = members_of(room, arena, &count);
    const struct wire_message *list =
        (const struct wire_message *)room->messages.data;
    view->room = room->room;
    view->activity_us = room->state.activity_us;
    view->members_count = count;
    for (uint32_t i = count; i-- > 0;) {
        if (members[i].role == ROLE_CUSTOMER)
            view->customer = members[i].user;
        if (members[i].role == ROLE_EXECUTOR)
            view->executor = members[i].user;
        if (count == 2 && members[i].user.value != user.value &&
            memory_member(room, user))
            view->other = members[i].user;
        uint64_t known = members[i].own_total + members[i].seen;
        if (members[i].user.value == user.value &&
            known < room->state.live_total)
            view->unread = room->state.live_total - known;
    }
    for (size_t i = 0; i < MEMORY_COUNT(room->messages, struct wire_message);
         i++)
        if (!list[i].deleted)
            view->last = memory_shown(room, &list[i]);
}

void memory_name_people(const struct wire_view *view, struct arena *arena,
                        struct people *people) {
    people_add(people, arena, view->customer);
    people_add(people, arena, view->executor);
    people_add(people, arena, view->other);
    people_add(people, arena, view->last.author);
}

bool memory_view(const struct store *store, const struct wire_read_view *ask,
                 struct arena *arena, struct wire_reply_view *out) {
    const struct memory_room *room = memory_room(store, ask->room);
    struct people people = {0};
    if (!room)
        return false;
    memory_fill_view(room, ask->user, arena, &out->view);
    memory_name_people(&out->view, arena, &people);
    out->profiles =
        memory_profiles(store, &people, arena, &out->profiles_count);
    return true;
}

static uint64_t texts_of(const struct wire_event *event) {
    const struct wire_profile *author = &event->author;
    return memory_weight(&event->message) + author->username.size +
           author->email.size + author->first_name.size +
           author->last_name.size + author->github_url.size +
           author->avatar.size + author->thumbnail_avatar.size;
}

static struct wire_event event_of(const struct store *store,
                                  const struct memory_room *room,
                                  const struct memory_event *event) {
    const struct wire_message *message = memory_message(room, event->message);
    struct wire_event out = {.kind = event->kind,
                             .room = room->room.room,
                             .place = event->place,
                             .at_us = event->at_us,
                             .actor = event->actor,
                             .member = event->member,
                             .role = event->role,
                             .mark = event->mark};
    if (message) {
        out.message = memory_shown(room, message);
        out.author = memory_profile(store, message->author);
    }
    return out;
}

/* The creation and the edits of what is deleted now are not told. */
static bool is_told(const struct wire_event *event) {
    return !event->message.deleted || (event->kind != EVENT_MESSAGE_CREATED &&
                                       event->kind != EVENT_MESSAGE_EDITED);
}

static void answer_events(const struct store *store,
                          const struct wire_read_events *ask,
                          struct arena *arena, struct wire_row_events *out) {
    const struct memory_room *room = memory_room(store, ask->room);
    uint64_t bytes = 0;
    out->last_place = ask->after_place;
    if (!room)
        return;
    const struct memory_event *events =
        (const struct memory_event *)room->events.data;
    out->events = arena_alloc(arena, ask->limit * sizeof *out->events);
    for (size_t i = 0; i < MEMORY_COUNT(room->events, struct memory_event);
         i++) {
        if (events[i].place <= ask->after_place)
            continue;
        if (events[i].place - ask->after_place > ask->limit) {
            out->has_more = true;
            return;
        }
        struct wire_event event = event_of(store, room, &events[i]);
        if (is_told(&event)) {
            bytes += texts_of(&event);
            if (out->events_count > 0 && bytes > LIMIT_PAGE_BYTES) {
                out->has_more = true;
                return;
            }
            out->events[out->events_count++] = event;
        }
        out->last_place = events[i].place;
    }
}

static void answer_count(const struct store *store,
                         const struct wire_read_count *ask,
                         struct wire_row_count *out) {
    const struct memory_room *room = memory_room(store, ask->room);
    if (!room)
        return;
    const struct wire_message *list =
        (const struct wire_message *)room->messages.data;
    for (size_t i = 0; i < MEMORY_COUNT(room->messages, struct wire_message);
         i++) {
        const struct wire_message *message = &list[i];
        if (message->deleted || message->place <= ask->after_place)
            continue;
        if (ask->up_to_place != 0 && message->place > ask->up_to_place)
            continue;
        if (ask->not_by.value != 0 &&
            message->author.value == ask->not_by.value)
            continue;
        if (ask->by.value != 0 && message->author.value != ask->by.value)
            continue;
        out->count++;
    }
}

void memory_answer(const struct store *store, const struct wire *request,
                   struct arena *arena, struct wire *out) {
    memset(out, 0, sizeof *out);
    out->correlation = request->correlation;
    out->partition = request->partition;
    if (request->kind == WIRE_READ_ROOM) {
        out->kind = WIRE_ROW_ROOM;
        answer_room(store, request->as.read_room.room, arena,
                    &out->as.row_room);
    } else if (request->kind == WIRE_READ_KEY) {
        out->kind = WIRE_ROW_KEY;
        answer_key(store, &request->as.read_key, &out->as.row_key);
    } else if (request->kind == WIRE_READ_USER) {
        const struct wire_profile *known =
            memory_user(store, request->as.read_user.user);
        out->kind = WIRE_ROW_USER;
        out->as.row_user.found = known != NULL;
        if (known)
            out->as.row_user.profile = *known;
        const struct record_user_seen *seen =
            memory_seen(store, request->as.read_user.user);
        out->as.row_user.last_seen_us = seen ? seen->last_seen_us : 0;
    } else if (request->kind == WIRE_READ_MESSAGE) {
        out->kind = WIRE_ROW_MESSAGE;
        answer_message(store, request->as.read_message.message,
                       &out->as.row_message);
    } else if (request->kind == WIRE_READ_SENT) {
        out->kind = WIRE_ROW_MESSAGE;
        answer_sent(store, &request->as.read_sent, &out->as.row_message);
    } else if (request->kind == WIRE_READ_HISTORY) {
        out->kind = WIRE_REPLY_PAGE;
        memory_history(store, &request->as.read_history, arena,
                       &out->as.reply_page);
    } else if (request->kind == WIRE_READ_LIST) {
        out->kind = WIRE_REPLY_LIST;
        memory_list(store, &request->as.read_list, arena, &out->as.reply_list);
    } else if (request->kind == WIRE_READ_UNREAD) {
        out->kind = WIRE_ROW_COUNT;
        memory_unread(store, &request->as.read_unread, arena,
                      &out->as.row_count);
    } else if (request->kind == WIRE_READ_FEED) {
        out->kind = WIRE_ROW_FEED;
        memory_feed(store, &request->as.read_feed, arena, &out->as.row_feed);
    } else if (request->kind == WIRE_READ_EVENTS) {
        out->kind = WIRE_ROW_EVENTS;
        answer_events(store, &request->as.read_events, arena,
                      &out->as.row_events);
    } else if (request->kind == WIRE_READ_COUNT) {
        out->kind = WIRE_ROW_COUNT;
        answer_count(store, &request->as.read_count, &out->as.row_count);
    } else if (request->kind == WIRE_READ_FILES) {
        out->kind = WIRE_ROW_FILES;
        memory_files(store, &request->as.read_files, arena, &out->as.row_files);
    } else if (request->kind == WIRE_READ_BYTES) {
        out->kind = WIRE_ROW_BYTES;
        memory_bytes(store, &request->as.read_bytes, &out->as.row_bytes);
    } else {
        INVARIANT(request->kind == WIRE_READ_VIEW);
        out->kind = WIRE_REPLY_VIEW;
        if (!memory_view(store, &request->as.read_view, arena,
                         &out->as.reply_view)) {
            memset(&out->as, 0, sizeof out->as);
            out->kind = WIRE_REPLY_ERROR;
            out->as.reply_error.refusal = REFUSED_NOT_FOUND;
        }
    }
}
