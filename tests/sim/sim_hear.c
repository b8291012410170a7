/* sim_hear.c - what a client makes of what it hears: the answers to what it
 * asked, each once, and all else that it is told. */
#include <inttypes.h>

#include "tests/sim/sim_crowd.h"

/* --- Answers -------------------------------------------------------------- */

static enum outcome outcome_of(struct people *people,
                               const struct wire *reply) {
    if (reply->kind != WIRE_REPLY_ERROR)
        return OUTCOME_OK;
    cover(people, COVER_refused);
    switch ((enum wire_refusal)reply->as.reply_error.refusal) {
    case REFUSED_UNKNOWN_OUTCOME:
        cover(people, COVER_unknown_outcome);
        return OUTCOME_UNKNOWN;
    case REFUSED_NOT_FOUND:
        cover(people, COVER_refused_not_found);
        break;
    case REFUSED_FORBIDDEN:
        cover(people, COVER_refused_forbidden);
        break;
    case REFUSED_BAD_FIELD:
        cover(people, COVER_refused_bad_field);
        break;
    case REFUSED_CONFLICT:
        cover(people, COVER_refused_conflict);
        break;
    case REFUSED_TRY_AGAIN:
    case REFUSED_STORAGE_FULL:
    case REFUSED_STORAGE_FAILED:
    case REFUSED_OVERLOADED:
        cover(people, COVER_refused_try_again);
        break;
    case REFUSED_HELD:
    case REFUSED_STALE:
        history_broken(&people->history, "answer",
                       "a client is told %s, which is between processes",
                       wire_refusal_name(reply->as.reply_error.refusal));
        break;
    }
    return OUTCOME_REFUSED;
}

static void cover_ok(struct people *people, enum wire_kind kind) {
    switch ((int)kind) {
#define COVER_CASE(name, wire)                                                 \
    case wire:                                                                 \
        cover(people, COVER_ok_##name);                                        \
        break;
        COVER_KINDS(COVER_CASE)
#undef COVER_CASE
    default:
        break;
    }
}

/* Whether the kind of reply belongs to the kind of command. */
static bool is_fit(enum wire_kind asked, enum wire_kind reply) {
    switch ((int)asked) {
    case WIRE_SEND:
    case WIRE_EDIT:
    case WIRE_DELETE:
        return reply == WIRE_REPLY_MESSAGE;
    case WIRE_MARK:
        return reply == WIRE_REPLY_MARK;
    case WIRE_HISTORY:
        return reply == WIRE_REPLY_PAGE;
    case WIRE_LIST:
        return reply == WIRE_REPLY_LIST;
    case WIRE_ROOM_VIEW:
    case WIRE_JOIN:
        return reply == WIRE_REPLY_VIEW;
    case WIRE_UNREAD:
        return reply == WIRE_ROW_COUNT;
    case WIRE_FEED:
        return reply == WIRE_ROW_FEED;
    case WIRE_EVENTS:
        return reply == WIRE_ROW_EVENTS;
    case WIRE_SUBSCRIBE:
        return reply == WIRE_REPLY_SUBSCRIBED;
    case WIRE_ROOM_CREATE:
    case WIRE_ROOM_GET:
    case WIRE_ROOM_PATCH:
        return reply == WIRE_REPLY_ROOM;
    case WIRE_REVIEW_PUT:
        return reply == WIRE_REPLY_REVIEW;
    case WIRE_PRESENCE_GET:
        return reply == WIRE_REPLY_PRESENCE;
    case WIRE_USER_PUT:
    case WIRE_USER_GET:
        return reply == WIRE_REPLY_PROFILE;
    case WIRE_FILE_PUT:
        return reply == WIRE_REPLY_FILE;
    case WIRE_FILES:
        return reply == WIRE_ROW_FILES;
    case WIRE_FILE_BYTES:
        return reply == WIRE_ROW_BYTES;
    default:
        return reply == WIRE_REPLY_OK;
    }
}

/* A room was read by who is certainly no member; or who certainly is one was
 * told that there is no such room. */
static void check_access(struct people *people, const struct request *request,
                         const struct wire *reply) {
    struct history *history = &people->history;
    bool reads = request->kind == WIRE_HISTORY ||
                 request->kind == WIRE_EVENTS ||
                 request->kind == WIRE_ROOM_VIEW ||
                 request->kind == WIRE_SUBSCRIBE || request->kind == WIRE_SEND;
    if (!reads || request->user == 0 || request->room == 0)
        return;
    bool refused = reply->kind == WIRE_REPLY_ERROR &&
                   reply->as.reply_error.refusal == REFUSED_NOT_FOUND;
    if (refused) {
        history->checked.non_members++;
        if (!history_is_doubtful(history, request->asked) &&
            history_ever_member(history, request->room, request->user,
                                request->asked, history->seq))
            history_broken(history, "7",
                           "user %" PRIu64 " is a member of room %" PRIu64
                           " and is told by %s that there is none",
                           request->user, request->room,
                           wire_kind_name(request->kind));
        cover(people, COVER_membership_denied);
    } else if (reply->kind != WIRE_REPLY_ERROR &&
               !history_is_doubtful(history, request->asked) &&
               history_never_member(history, request->room, request->user,
                                    request->asked, history->seq)) {
        history_broken(history, "7",
                       "user %" PRIu64 " is no member of room %" PRIu64
                       " and gets an answer to %s",
                       request->user, request->room,
                       wire_kind_name(request->kind));
    }
}

static void note_unread(struct people *people, const struct request *request,
                        uint64_t room, uint64_t count) {
    struct past *past = room ? history_past(&people->history, room) : NULL;
    struct unread unread = {.room = room,
                            .user = request->user,
                            .count = count,
                            .dialogs = request->dialogs,
                            .is_quiet = request->is_quiet,
                            .place_min = request->place_min};
    if (past && room != request->room)
        unread.place_min = 0; /* Not known of when the list was asked for. */
    if (request->is_quiet && past)
        unread.place_min = past->last_place;
    if (room == 0 && !request->is_quiet)
        return; /* Over many rooms nothing is certain while they move. */
    history_unread(&people->history, &unread);
}

static void hear_view(struct people *people, const struct request *request,
                      const struct wire_view *view) {
    history_message(&people->history, &view->last);
    uint32_t slot = office_slot(people, view->room.kind, view->room.key);
    if (slot != UINT32_MAX)
        office_learn(people, slot, view->room.room.value);
    if (request->kind != WIRE_JOIN)
        note_unread(people, request, view->room.room.value, view->unread);
}

static void hear_message(struct people *people, struct client *client,
                         const struct request *request,
                         const struct wire_reply_message *reply) {
    struct history *history = &people->history;
    if (request->kind != WIRE_SEND) {
        history_message(history, &reply->message);
        if (reply->message.message.value != request->message)
            history_broken(history, "answer",
                           "%s of message %" PRIu64
                           " is answered with message %" PRIu64,
                           wire_kind_name(request->kind), request->message,
                           reply->message.message.value);
        return;
    }
    if (!reply->created)
        cover(people, COVER_duplicate_recognised);
    if (reply->message.reply_to.value)
        cover(people, COVER_reply_quoted);
    if (reply->message.lesson)
        cover(people, COVER_lesson);
    if (reply->message.files_count)
        cover(people, COVER_file_attached);
    history_sent(history, request->number, client ? client->number : 0, reply);
    if (request->slot != UINT32_MAX)
        office_learn(people, request->slot, reply->message.room.value);
    /* An answer that waited for its event until patience ended comes ahead of
     * it; the event follows. A gateway's milliseconds are its own. */
    uint64_t patience_ms =
        client && people->gateways[client->gateway]
            ? people->gateways[client->gateway]->config.patience_ms
            : 0;
    if (client &&
        (!patience_ms || people->now_ms + 1 < request->asked_ms + patience_ms))
        follow_given(client, &reply->message);
}

static void hear_file(struct people *people, const struct request *request,
                      const struct wire_file *file) {
    struct person *person = &people->persons[request->user - 1];
    if (file->secret.size != sizeof(person->secret))
        return; /* Not whole yet. */
    person->file = file->file.value;
    person->row = *file;
    memcpy(person->secret, file->secret.data, sizeof(person->secret));
    person->row.secret = (struct slice){person->secret, sizeof(person->secret)};
    person->row.name = SLICE("file");
    person->row.mime = SLICE("text/plain");
}

static void hear_presence(struct people *people, const struct request *request,
                          const struct wire_presence *presence) {
    if (!request->is_quiet)
        return;
    bool online = !people->persons[presence->user.value - 1].stays_away;
    cover(people, COVER_checked_presence);
    if (presence->online != online)
        history_broken(&people->history, "I8",
                       "user %" PRIu64 " is %s and is said to be %s, 15 s "
                       "after all became calm",
                       presence->user.value, online ? "online" : "offline",
                       presence->online ? "online" : "offline");
}

static void hear_ok(struct people *people, struct client *client,
                    const struct request *request, const struct wire *reply) {
    struct history *history = &people->history;
    switch ((int)reply->kind) {
    case WIRE_REPLY_MESSAGE:
        hear_message(people, client, request, &reply->as.reply_message);
        break;
    case WIRE_REPLY_MARK:
        history_marked(history, request->room, request->user, request->asked,
                       &reply->as.reply_mark);
        break;
    case WIRE_REPLY_PAGE:
        people->stats.pages++;
        history_page(history, request->room, &request->query, request->asked,
                     request->ordinal_min, &reply->as.reply_page);
        break;
    case WIRE_REPLY_VIEW:
        hear_view(people, request, &reply->as.reply_view.view);
        break;
    case WIRE_REPLY_LIST:
        for (uint32_t i = 0; i < reply->as.reply_list.views_count; i++)
            hear_view(people, request, &reply->as.reply_list.views[i]);
        break;
    case WIRE_ROW_COUNT:
        note_unread(people, request, 0, reply->as.row_count.count);
        break;
    case WIRE_ROW_EVENTS:
        for (uint32_t i = 0; i < reply->as.row_events.events_count; i++)
            history_event(history, &reply->as.row_events.events[i]);
        if (client)
            follow_events(client, request, &reply->as.row_events);
        break;
    case WIRE_ROW_FEED:
        for (uint32_t i = 0; i < reply->as.row_feed.rooms_count; i++)
            note_unread(people, request, reply->as.row_feed.rooms[i].room.value,
                        reply->as.row_feed.rooms[i].unread);
        break;
    case WIRE_REPLY_ROOM:
        if (request->slot != UINT32_MAX)
            office_learn(people, request->slot,
                         reply->as.reply_room.room.room.value);
        break;
    case WIRE_REPLY_REVIEW:
        if (request->slot != UINT32_MAX &&
            reply->as.reply_review.review.room.value)
            office_learn(people, request->slot,
                         reply->as.reply_review.review.room.value);
        break;
    case WIRE_REPLY_FILE:
        hear_file(people, request, &reply->as.reply_file.file);
        break;
    case WIRE_REPLY_PRESENCE:
        hear_presence(people, request, &reply->as.reply_presence.presence);
        break;
    case WIRE_REPLY_OK:
        if (request->kind == WIRE_UNSUBSCRIBE && client) {
            struct following *following = follow_find(client, request->room);
            following->state = FOLLOW_NOT;
            if (following->stream != UINT32_MAX)
                history->streams[following->stream].ended = true;
            following->last = 0; /* It does not want to know. */
            following->stream = following->resume = UINT32_MAX;
        }
        break;
    default:
        break;
    }
}

void hear_answer(struct people *people, struct client *client,
                 struct request *request, const struct wire *reply) {
    uint64_t id = request->id;
    if (reply->kind != WIRE_REPLY_ERROR && !is_fit(request->kind, reply->kind))
        history_broken(&people->history, "answer", "%s is answered with %s",
                       wire_kind_name(request->kind),
                       wire_kind_name(reply->kind));
    if (people->history.is_broken)
        return;
    check_access(people, request, reply);
    bool gone = request->kind == WIRE_ROOM_DELETE
                    ? reply->kind == WIRE_REPLY_OK
                    : request->kind == WIRE_ROOM_GET &&
                          reply->kind == WIRE_REPLY_ERROR &&
                          reply->as.reply_error.refusal == REFUSED_NOT_FOUND;
    if (gone)
        office_forget(people, request->room);
    enum outcome outcome = outcome_of(people, reply);
    ask_end(people, request, outcome);
    if (outcome == OUTCOME_OK) {
        struct request copy = *request; /* More is asked meanwhile. */
        cover_ok(people, request->kind);
        hear_ok(people, client, &copy, reply);
    } else if (request->kind == WIRE_SUBSCRIBE && client) {
        struct request copy = *request;
        follow_answer(client, &copy, reply);
    }
    if (outcome == OUTCOME_OK && reply->kind == WIRE_REPLY_SUBSCRIBED && client)
        follow_answer(client, &people->requests[id - 1], reply);
    if (outcome == OUTCOME_UNKNOWN)
        ask_again(people, (uint32_t)id - 1);
}

static void hear_reply(struct client *client, const struct wire *reply) {
    struct people *people = client->people;
    uint64_t id = reply->correlation;
    if (id > people->requests_count) {
        history_broken(&people->history, "answer", "an answer to nothing");
        return;
    }
    struct request *request = &people->requests[id - 1];
    if (request->client != client->index || !request->is_asked ||
        request->connection != client->number) {
        history_broken(&people->history, "answer",
                       "connection %" PRIu64 " gets the answer to request "
                       "%" PRIu64 " of another",
                       client->number, id);
        return;
    }
    if (request->outcome != OUTCOME_OPEN) {
        history_broken(&people->history, "answer",
                       "%s number %" PRIu64 " is answered twice",
                       wire_kind_name(request->kind), id);
        return;
    }
    client->open_count--;
    hear_answer(people, client, request, reply);
}

/* --- What it is told ------------------------------------------------------ */

static void told_presence(struct client *client,
                          const struct wire_presence *presence) {
    struct people *people = client->people;
    struct history *history = &people->history;
    uint64_t other = presence->user.value;
    bool shares = office_may_share(people, other, client->person + 1);
    cover(people, COVER_presence_told);
    if (other == client->person + 1 || other > people->config.users) {
        history_broken(history, "7",
                       "user %" PRIu32 " is told of user %" PRIu64,
                       client->person + 1, other);
        return;
    }
    /* A change may be told as late as a feed gets to know its rooms: whoever
     * ever shared one may be told of. */
    for (uint32_t i = 0; i < history->pasts_count && !shares; i++) {
        uint64_t room = history->pasts[i].room;
        shares =
            !history_never_member(history, room, other, 0, NEVER) &&
            !history_never_member(history, room, client->person + 1, 0, NEVER);
    }
    if (!shares)
        history_broken(history, "7",
                       "user %" PRIu32 " shares no room with user %" PRIu64
                       " and is told of their presence",
                       client->person + 1, other);
    client->presence_by[other] = settle_share(people, other, client->person + 1,
                                              client_hears_since(client));
    client->presence[other] = presence->online ? 2 : 1;
}

static void told_event(struct client *client, const struct wire_event *event) {
    struct people *people = client->people;
    people->stats.events++;
    cover(people, client->dialect == DIALECT_FEED ? COVER_event_feed
                                                  : COVER_event_follower);
    history_event(&people->history, event);
    follow_event(client, event);
}

void hear(struct client *client, struct slice text) {
    struct people *people = client->people;
    struct wire wire;
    if (people->history.is_broken)
        return;
    arena_reset(&people->arena);
    if (wire_decode(text, &people->arena, &wire, NULL) != ERR_OK) {
        history_broken(&people->history, "frames",
                       "connection %" PRIu64 " gets a message that is none",
                       client->number);
        return;
    }
    people_log(client, "heard", &wire);
    if (wire.correlation) {
        hear_reply(client, &wire);
        return;
    }
    switch ((int)wire.kind) {
    case WIRE_EVENT:
        told_event(client, &wire.as.event);
        break;
    case WIRE_TYPED:
        follow_typed(client, &wire.as.typed);
        break;
    case WIRE_PRESENCE_CHANGED:
        told_presence(client, &wire.as.presence_changed.users[0]);
        break;
    case WIRE_ROW_COUNT:
        cover(people, COVER_unread_told);
        client->unread_told = true;
        client->unread = wire.as.row_count.count;
        break;
    default:
        history_broken(&people->history, "frames", "a client is told %s",
                       wire_kind_name(wire.kind));
        break;
    }
}
