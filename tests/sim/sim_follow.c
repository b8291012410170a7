/* sim_follow.c - a client in its rooms. A follower subscribes, and then reads
 * what it missed since it last saw the room (it resumes); a feed is given all
 * rooms of its user from the connection on. */
#include <inttypes.h>

#include "tests/sim/sim_crowd.h"

/* After a refusal that passes. */
#define AGAIN_MS 100u

struct following *follow_find(const struct client *client, uint64_t room) {
    for (uint32_t i = 0; i < client->followings_count; i++)
        if (client->followings[i].room == room)
            return &client->followings[i];
    return NULL;
}

static struct following *find_or_add(struct client *client, uint64_t room) {
    struct following *following = follow_find(client, room);
    if (following)
        return following;
    following =
        history_grow(&client->followings, &client->followings_count,
                     &client->followings_capacity, sizeof(*client->followings));
    following->room = room;
    following->stream = following->resume = UINT32_MAX;
    return following;
}

static void ask_subscribe(struct client *client, struct following *following) {
    struct people *people = client->people;
    struct request *request = ask_new(people, client, WIRE_SUBSCRIBE);
    struct wire command = {.kind = WIRE_SUBSCRIBE};
    request->room = following->room;
    command.as.subscribe.room.value = following->room;
    command.as.subscribe.members = random_chance(&client->random, 30);
    following->again_ms = 0;
    ask_queue(people, client, request, &command);
    following->state =
        request->outcome == OUTCOME_OPEN ? FOLLOW_ASKED : FOLLOW_WANTED;
}

void follow_want(struct client *client, uint64_t room) {
    if (client->dialect != DIALECT_FOLLOWER)
        return;
    struct following *following = find_or_add(client, room);
    if (following->state == FOLLOW_NOT)
        following->state = FOLLOW_WANTED;
    if (client->connection && following->state == FOLLOW_WANTED)
        ask_subscribe(client, following);
}

void follow_begin(struct client *client) {
    for (uint32_t i = 0; i < client->followings_count; i++) {
        struct following *following = &client->followings[i];
        if (following->state != FOLLOW_NOT &&
            client->dialect == DIALECT_FOLLOWER)
            ask_subscribe(client, following);
    }
}

/* What was seen without a gap on this connection: all that is live, unless the
 * part before it is not read yet. */
static void keep_last(struct client *client, struct following *following) {
    struct history *history = &client->people->history;
    if (following->resume != UINT32_MAX)
        following->last = history->streams[following->resume].last;
    else if (following->stream != UINT32_MAX &&
             history->streams[following->stream].last != NEVER)
        following->last = history->streams[following->stream].last;
    following->stream = following->resume = UINT32_MAX;
}

void follow_end(struct client *client) {
    struct people *people = client->people;
    for (uint32_t i = 0; i < client->followings_count; i++) {
        struct following *following = &client->followings[i];
        keep_last(client, following);
        if (following->state != FOLLOW_NOT)
            following->state = FOLLOW_WANTED;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < client->queue_count; i++) {
        struct request *request = &people->requests[client->queue[i]];
        bool of_connection = request->kind == WIRE_SUBSCRIBE ||
                             request->kind == WIRE_UNSUBSCRIBE ||
                             request->kind == WIRE_EVENTS;
        if (of_connection)
            request->outcome = OUTCOME_REFUSED; /* Was never asked. */
        else
            client->queue[kept++] = client->queue[i];
    }
    client->queue_count = kept;
}

/* --- A follower ----------------------------------------------------------- */

static void ask_events(struct client *client, struct following *following) {
    struct people *people = client->people;
    struct request *request = ask_new(people, client, WIRE_EVENTS);
    struct wire command = {.kind = WIRE_EVENTS};
    request->room = following->room;
    request->number = following->resume;
    command.as.events.room.value = following->room;
    command.as.events.after_place =
        people->history.streams[following->resume].last;
    command.as.events.limit = 1 + random_below(&client->random, 30);
    ask_queue(people, client, request, &command);
    if (request->outcome != OUTCOME_OPEN) { /* Too much to do: later. */
        following->last = people->history.streams[following->resume].last;
        following->resume = UINT32_MAX;
        follow_left(client, following->room);
    }
}

static void begin_live(struct client *client, struct following *following,
                       uint64_t place) {
    struct people *people = client->people;
    struct stream stream = {.connection = client->number,
                            .user = client->person + 1,
                            .room = following->room,
                            .last = place};
    following->state = FOLLOW_ON;
    following->stream = history_follow(&people->history, &stream);
    following->resume = UINT32_MAX;
    if (following->last == 0 || following->last >= place)
        return;
    stream.last = following->last;
    stream.resumes = true;
    following->resume = history_follow(&people->history, &stream);
    following->resume_to = place;
    ask_events(client, following);
}

void follow_answer(struct client *client, const struct request *request,
                   const struct wire *reply) {
    struct following *following = find_or_add(client, request->room);
    if (reply->kind == WIRE_REPLY_SUBSCRIBED) {
        if (following->stream == UINT32_MAX || following->state != FOLLOW_ON)
            begin_live(client, following, reply->as.reply_subscribed.place);
        return;
    }
    uint8_t refusal = reply->as.reply_error.refusal;
    bool again = refusal != REFUSED_NOT_FOUND && refusal != REFUSED_FORBIDDEN;
    following->state = again ? FOLLOW_WANTED : FOLLOW_NOT;
    if (again)
        following->again_ms = client->people->now_ms + AGAIN_MS;
}

uint64_t follow_due_ms(const struct client *client) {
    uint64_t due_ms = UINT64_MAX;
    for (uint32_t i = 0; i < client->followings_count; i++) {
        const struct following *following = &client->followings[i];
        if (following->state == FOLLOW_WANTED && following->again_ms &&
            following->again_ms < due_ms)
            due_ms = following->again_ms;
    }
    return due_ms;
}

void follow_turn(struct client *client) {
    uint64_t now_ms = client->people->now_ms;
    for (uint32_t i = 0; i < client->followings_count; i++) {
        struct following *following = &client->followings[i];
        if (following->state == FOLLOW_WANTED && following->again_ms &&
            following->again_ms <= now_ms)
            ask_subscribe(client, following);
    }
}

void follow_events(struct client *client, const struct request *request,
                   const struct wire_row_events *rows) {
    struct people *people = client->people;
    struct history *history = &people->history;
    struct following *following = find_or_add(client, request->room);
    if (following->resume != request->number || request->number == UINT32_MAX)
        return; /* It was for another reason. */
    uint64_t before = history->streams[following->resume].last;
    for (uint32_t i = 0; i < rows->events_count; i++) {
        cover(people, COVER_event_read_back);
        history_stream_event(history, following->resume, &rows->events[i]);
    }
    history_stream_up_to(history, following->resume, rows->last_place);
    if (rows->events_count > 0)
        cover(people, COVER_resume_found_events);
    uint64_t last = history->streams[following->resume].last;
    if (last >= following->resume_to) {
        following->resume = UINT32_MAX;
        people->stats.resumed++;
        cover(people, COVER_resumed);
    } else if (last == before &&
               !history_past(history, request->room)->deletion.tries) {
        history_broken(history, "4",
                       "user %" PRIu64 " resumes room %" PRIu64
                       " after place %" PRIu64 " and is not led on to %" PRIu64,
                       request->user, request->room, last,
                       following->resume_to);
    } else if (last > before) {
        ask_events(client, following);
    }
}

void follow_left(struct client *client, uint64_t room) {
    struct people *people = client->people;
    struct following *following = follow_find(client, room);
    if (!following || following->state != FOLLOW_ON)
        return;
    struct request *request = ask_new(people, client, WIRE_UNSUBSCRIBE);
    struct wire command = {.kind = WIRE_UNSUBSCRIBE};
    request->room = room;
    command.as.unsubscribe.room.value = room;
    ask_queue(people, client, request, &command);
}

/* --- What comes ----------------------------------------------------------- */

/* The stream of a feed begins with its first event; after the user left and
 * came back it goes on. */
static bool begin_feed(struct client *client, struct following *following) {
    struct history *history = &client->people->history;
    struct stream stream = {.connection = client->number,
                            .user = client->person + 1,
                            .room = following->room,
                            .last = NEVER,
                            .own_apart = true};
    if (following->stream != UINT32_MAX)
        stream.last = history->streams[following->stream].last;
    following->stream = history_follow(history, &stream);
    following->state = FOLLOW_ON;
    return true;
}

static bool is_current(const struct client *client,
                       const struct following *following) {
    return following && following->stream != UINT32_MAX &&
           !client->people->history.streams[following->stream].ended;
}

void follow_event(struct client *client, const struct wire_event *event) {
    struct people *people = client->people;
    struct history *history = &people->history;
    struct following *following = follow_find(client, event->room.value);
    if (!is_current(client, following)) {
        if (client->dialect == DIALECT_FOLLOWER) {
            history_broken(history, "7",
                           "connection %" PRIu64 " of user %" PRIu32
                           " got %s at place %" PRIu64 " of room %" PRIu64
                           " and does not follow it",
                           client->number, client->person + 1,
                           wire_event_name(event->kind), event->place,
                           event->room.value);
            return;
        }
        following = find_or_add(client, event->room.value);
        begin_feed(client, following);
    }
    history_stream_event(history, following->stream, event);
    if (!history->streams[following->stream].ended)
        return;
    if (event->kind == EVENT_ROOM_DELETED)
        cover(people, COVER_room_deletion_seen);
    else
        cover(people, COVER_own_removal_seen);
    if (client->dialect == DIALECT_FOLLOWER) {
        keep_last(client, following);
        following->state = FOLLOW_NOT;
    }
}

void follow_given(struct client *client, const struct wire_message *message) {
    struct following *following = follow_find(client, message->room.value);
    if (is_current(client, following))
        history_stream_given(&client->people->history, following->stream,
                             message->place);
}

void follow_typed(struct client *client, const struct wire_typed *typed) {
    struct people *people = client->people;
    struct history *history = &people->history;
    const struct following *following = follow_find(client, typed->room.value);
    uint64_t from = client_hears_since(client);
    cover(people, COVER_typed);
    if (typed->user.value == client->person + 1)
        history_broken(history, "7", "user %" PRIu64 " is told of typing",
                       typed->user.value);
    if (is_current(client, following))
        return;
    /* A feed may hear of typing before its first event, and read of it late. */
    if (client->dialect == DIALECT_FEED &&
        (!following || following->stream == UINT32_MAX))
        return;
    if (client->dialect != DIALECT_FEED ||
        history_never_member(history, typed->room.value, client->person + 1,
                             from, history->seq))
        history_broken(history, "7",
                       "connection %" PRIu64 " of user %" PRIu32
                       " is told who types in room %" PRIu64
                       " and is not in it",
                       client->number, client->person + 1, typed->room.value);
}
