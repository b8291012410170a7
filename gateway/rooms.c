/* What the gateway and the broker agree on about a room's events: from when to
 * when they come, that none is missed, and whose answer they are. */
#include "common/process/log.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

void rooms_subscribing(struct gateway *gateway, room_id room) {
    interest_get(&gateway->interest, room)->subscribing++;
}

void rooms_place(struct gateway *gateway, struct room *room,
                 const struct wire_reply_subscribed *reply) {
    interest_describe(&gateway->interest, room, &reply->room);
    /* With followers, the room goes on after what they have seen. */
    if (room->subscribed || room->count > 0)
        return;
    room->subscribed = true;
    room->place = reply->place;
    room->gap_place = UINT64_MAX;
}

void rooms_subscribed(struct gateway *gateway, room_id id,
                      const struct wire *reply) {
    struct room *room = interest_room(&gateway->interest, id);
    INVARIANT(room != NULL);
    INVARIANT(room->subscribing > 0);
    room->subscribing--;
    if (reply && reply->kind == WIRE_REPLY_SUBSCRIBED) {
        rooms_place(gateway, room, &reply->as.reply_subscribed);
        entering_room(room);
    } else {
        rooms_settle(gateway, room);
    }
}

static bool is_needed(const struct room *room) {
    /* What is read back may tell that somebody left and came back. */
    return room->count > 0 || room->subscribing > 0 || room->asking ||
           room->resuming || !list_is_empty(&room->feeds);
}

void rooms_settle(struct gateway *gateway, struct room *room) {
    if (is_needed(room))
        return;
    while (!list_is_empty(&room->deferred))
        rooms_undefer(gateway,
                      LIST_OF(room->deferred.next, struct pending, order));
    if (is_needed(room))
        return; /* An answer led to a new interest. */
    if (room->subscribed && gateway->broker.down_ms == 0) {
        struct wire command = {.kind = WIRE_UNSUBSCRIBE};
        command.as.unsubscribe.room = room->id;
        broker_ask(&gateway->broker, &command, (struct slice){0},
                   PENDING_OF_GATEWAY, NULL);
    }
    members_clear(&gateway->members, room);
    interest_remove(&gateway->interest, room);
}

bool rooms_follow(struct gateway *gateway, struct connection *connection,
                  room_id id) {
    struct room *room = interest_room(&gateway->interest, id);
    if (!room || (!room->subscribed && room->count == 0))
        return false;
    uint32_t dialect = connection->dialect;
    if (interest_follower(room, &connection->follows, dialect))
        return true;
    if (connection->follows.count >= INTEREST_FOLLOWS_MAX)
        return false;
    struct follower *follower =
        interest_follow(room, connection, &connection->follows, dialect);
    fanout_joined(room->audiences[dialect], follower);
    return true;
}

static void leave(struct gateway *gateway, struct connection *connection,
                  struct room *room) {
    if (interest_unfollow(room, &connection->follows, connection->dialect,
                          connection_follows_mutable))
        rooms_settle(gateway, room);
}

void rooms_unfollow(struct gateway *gateway, struct connection *connection,
                    room_id id) {
    struct room *room = interest_room(&gateway->interest, id);
    if (!room)
        return;
    fanout_settle(&gateway->fanout, connection);
    leave(gateway, connection, room);
}

void rooms_unfollow_all(struct gateway *gateway,
                        struct connection *connection) {
    while (connection->follows.count > 0)
        leave(gateway, connection,
              connection->follows.items[connection->follows.count - 1].room);
}

/* --- Answers and their events --------------------------------------------- */

bool rooms_defer(struct gateway *gateway, struct pending *pending,
                 const struct wire *reply) {
    if (reply->kind != WIRE_REPLY_MESSAGE)
        return false;
    const struct wire_message *message = &reply->as.reply_message.message;
    struct connection *connection = pending->of;
    struct room *room = interest_room(&gateway->interest, message->room);
    struct list *deferred = NULL;
    if (!room)
        return false;
    if (!interest_follower(room, &connection->follows, connection->dialect)) {
        if (entering_comes_to(connection, room, message->place))
            deferred = &connection->deferred;
    } else if (message->place > room->place) {
        deferred = &room->deferred;
    }
    if (!deferred)
        return false;
    pending->awaits = message->message;
    pending->awaits_room = message->room;
    pending->awaits_place = message->place;
    wire_encode(reply, &pending->answer);
    list_append(deferred, &pending->order);
    list_append(&gateway->broker.age, &pending->age);
    return true;
}

void rooms_undefer(struct gateway *gateway, struct pending *pending) {
    (void)gateway;
    struct arena arena = {0};
    struct wire reply;
    list_remove(&pending->order);
    list_remove(&pending->age);
    enum err err =
        wire_decode(buf_slice(&pending->answer), &arena, &reply, NULL);
    INVARIANT(err == ERR_OK);
    struct buf answer = pending->answer; /* The reply borrows from it. */
    pending->answer = (struct buf){0};
    pending->awaits.value = 0;
    connection_answer(pending->of, pending, &reply, true);
    buf_finish(&answer);
    arena_finish(&arena);
}

/* Hands over the answer that this event is, or that waited for it; returns
 * the connection that has it. */
static struct connection *answer(struct gateway *gateway, struct room *room,
                                 struct pending *origin,
                                 const struct wire_event *event) {
    if (origin) {
        struct connection *connection =
            origin->owner == PENDING_OF_CONNECTION ? origin->of : NULL;
        struct wire reply = {.kind = WIRE_REPLY_MESSAGE,
                             .correlation = origin->correlation};
        reply.as.reply_message.message = event->message;
        reply.as.reply_message.author = event->author;
        reply.as.reply_message.created = true;
        broker_take(&gateway->broker, origin);
        if (connection && !entering_is(connection, room))
            connection_answer(connection, origin, &reply, true);
        else
            dispatch_taken(gateway, origin, &reply);
        return connection;
    }
    for (struct list *at = room->deferred.next; at != &room->deferred;
         at = at->next) {
        struct pending *pending = LIST_OF(at, struct pending, order);
        if (pending->awaits.value == event->message.message.value) {
            struct connection *connection = pending->of;
            rooms_undefer(gateway, pending);
            return connection;
        }
    }
    return NULL;
}

/* --- Events --------------------------------------------------------------- */

/* Whether the event is the next one of a room that we follow; asks for what
 * is missing before it. */
static bool is_next(struct gateway *gateway, struct room *room,
                    const struct wire_event *event) {
    const struct metrics *metrics = gateway->config.metrics;
    if (!room || !room->subscribed) {
        metrics_add(metrics, METRIC_EVENTS_UNWANTED, 1);
        return false;
    }
    if (event->place <= room->place) {
        metrics_add(metrics, METRIC_EVENTS_REPEATED, 1);
        return false;
    }
    if (event->place == room->place + 1)
        return true;
    /* What is read back comes in order, without the creation and the edits of
     * what is deleted now. */
    if (room->resuming && wire_event_is_read_back(event))
        return true;
    metrics_add(metrics, METRIC_PLACE_GAPS, 1);
    if (room->resuming)
        return false; /* It comes again, after the missing ones. */
    log_warn("room_place_gap", LOG_UINT("room", room->id.value),
             LOG_UINT("after", room->place), LOG_UINT("place", event->place));
    if (room->gap_place == room->place)
        return true; /* Asked once: the broker has nothing in between. */
    room->gap_place = room->place;
    rooms_resume(gateway, room);
    return false;
}

static void drop_member(struct gateway *gateway, room_id room, user_id user) {
    struct user *member = users_find(&gateway->users, user);
    if (!member)
        return;
    for (struct list *at = member->connections.next; at != &member->connections;
         at = at->next)
        rooms_unfollow(gateway, LIST_OF(at, struct connection, of_user), room);
    feed_rooms_leave(gateway, room, user);
}

/* A membership that is read back has no notice of its own. */
static void come_back(struct gateway *gateway, const struct wire_event *event) {
    struct wire_member member = {.user = event->member, .role = event->role};
    struct wire_membership notice = {.room = event->room,
                                     .after_place = event->place - 1,
                                     .members = &member,
                                     .members_count = 1};
    feeds_membership(gateway, &notice);
}

static void drop_all(struct gateway *gateway, room_id id) {
    struct room *room = interest_room(&gateway->interest, id);
    fanout_flush(&gateway->fanout);
    for (size_t i = 0; room && i < INTEREST_DIALECTS_MAX; i++) {
        while (room && room->audiences[i] && room->audiences[i]->count > 0) {
            leave(gateway, room->audiences[i]->followers[0].connection, room);
            room = interest_room(&gateway->interest, id);
        }
    }
    feed_rooms_leave_all(gateway, id);
}

/* The command of ours behind the event, if it still waits. */
static struct pending *origin_of(const struct gateway *gateway,
                                 const struct wire_event *event) {
    if (event->origin_gateway == 0 ||
        event->origin_gateway != gateway->broker.number)
        return NULL;
    return table_find(&gateway->broker.pending, event->origin_correlation);
}

/* The event is the answer to |origin|, and nothing else. */
static void answer_only(struct gateway *gateway, struct pending *origin,
                        const struct wire_event *event) {
    struct wire reply = {.kind = WIRE_REPLY_MESSAGE};
    reply.correlation = origin->correlation;
    reply.as.reply_message.message = event->message;
    reply.as.reply_message.author = event->author;
    reply.as.reply_message.created = true;
    broker_take(&gateway->broker, origin);
    dispatch_taken(gateway, origin, &reply);
}

/* The connection whose answer follows right behind the event and is its copy,
 * or NULL. */
static struct connection *answered_apart(struct gateway *gateway,
                                         struct pending *origin) {
    if (!origin || origin->owner != PENDING_OF_CONNECTION)
        return NULL;
    struct connection *connection = origin->of;
    if (!gateway->config.frontends[connection->dialect]->answers_are_events)
        return NULL;
    origin->unread = true;
    fanout_settle(&gateway->fanout, connection);
    return connection;
}

/* Who is a member after the event; the room may be gone afterwards. */
static void change_members(struct gateway *gateway, struct room *room,
                           const struct wire_event *event) {
    switch ((enum event_kind)event->kind) {
    case EVENT_MEMBER_PUT:
        if (room->members_known)
            members_add(&gateway->members, room, event->member);
        if (wire_event_is_read_back(event))
            come_back(gateway, event);
        break;
    case EVENT_MEMBER_REMOVED:
        members_remove(&gateway->members, room, event->member);
        drop_member(gateway, event->room, event->member);
        break;
    case EVENT_ROOM_DELETED:
        /* A feed's answer from before must not let anybody in again. */
        members_set(&gateway->members, room, NULL, 0);
        drop_all(gateway, event->room);
        break;
    case EVENT_MESSAGE_CREATED:
    case EVENT_MESSAGE_EDITED:
    case EVENT_MESSAGE_DELETED:
    case EVENT_MARK_MOVED:
    case EVENT_ROOM_CHANGED:
        break;
    }
}

void rooms_event(struct gateway *gateway, const struct wire_event *event) {
    struct pending *origin = origin_of(gateway, event);
    struct pending *send = origin && origin->kind == WIRE_SEND ? origin : NULL;
    struct room *room = interest_room(&gateway->interest, event->room);
    if (!is_next(gateway, room, event)) {
        if (send)
            answer_only(gateway, send, event);
        return;
    }
    struct connection *except = NULL, *apart = NULL;
    room->place = event->place;
    if (event->kind == EVENT_MESSAGE_CREATED &&
        event->message.author.value == room->typed.user.value)
        room->typed = (struct wire_typed){0}; /* That was it. */
    if (send || event->kind == EVENT_MESSAGE_CREATED)
        except = answer(gateway, room, send, event);
    else
        except = apart = answered_apart(gateway, origin);
    room = interest_room(&gateway->interest, event->room);
    if (!room)
        return; /* The answer ended the last following. */
    if (event->kind != EVENT_MESSAGE_CREATED && !apart)
        except = NULL;
    fanout_event(&gateway->fanout, room, gateway->config.frontends,
                 &gateway->config.frontend, event, except);
    if (!list_is_empty(&room->feeds)) {
        unread_event(gateway, room, event, apart);
        entering_room(room);
    }
    change_members(gateway, room, event);
}

void rooms_typed(struct gateway *gateway, const struct wire_typed *typed) {
    struct room *room = interest_room(&gateway->interest, typed->room);
    if (!room || (room->count == 0 && list_is_empty(&room->entries))) {
        metrics_add(gateway->config.metrics, METRIC_TYPED_UNWANTED, 1);
        return;
    }
    room->typed = *typed;
    fanout_typed(&gateway->fanout, room, gateway->config.frontends,
                 &gateway->config.frontend, typed,
                 users_find(&gateway->users, typed->user));
}

void rooms_typed_before(struct gateway *gateway, const struct room *room,
                        struct connection *connection) {
    if (room->typed.until_us > gateway->wall_us)
        fanout_typed_to(&gateway->fanout, room, gateway->config.frontends,
                        &gateway->config.frontend, &room->typed, connection);
}

void rooms_name(const struct gateway *gateway, struct wire *command) {
    room_id *id = NULL;
    uint8_t kind = 0;
    struct slice key = {0};
#define NAMED(wire, member)                                                    \
    case wire:                                                                 \
        id = &command->as.member.room;                                         \
        kind = command->as.member.kind;                                        \
        key = command->as.member.key;                                          \
        break
    switch ((int)command->kind) {
        NAMED(WIRE_SEND, send);
        NAMED(WIRE_EDIT, edit);
        NAMED(WIRE_DELETE, delete);
        NAMED(WIRE_MARK, mark);
        NAMED(WIRE_HISTORY, history);
        NAMED(WIRE_TYPING, typing);
        NAMED(WIRE_ROOM_VIEW, room_view);
    default:
        break;
    }
#undef NAMED
    if (!id || id->value || kind == 0)
        return;
    const struct room *room = interest_by_key(&gateway->interest, kind, key);
    if (room && (room->subscribed || room->count > 0))
        *id = room->id;
}

/* --- Around a new link ---------------------------------------------------- */

void rooms_gate(struct gateway *gateway, struct pending *pending) {
    struct room *room = interest_room(&gateway->interest, pending->room);
    if (!room || pending->gates)
        return;
    pending->gates = true;
    room->gates++;
}

void rooms_ungate(struct gateway *gateway, struct pending *pending) {
    pending->gates = false;
    struct room *room = interest_room(&gateway->interest, pending->room);
    if (!room || room->gates == 0)
        return;
    if (--room->gates == 0 && room->count > 0 && !room->subscribed)
        rooms_resume(gateway, room);
}

void rooms_link_down(struct gateway *gateway) {
    struct room *room;
    const struct table *rooms = &gateway->interest.rooms;
    for (size_t at = 0; (room = table_next(rooms, &at, NULL));) {
        room->subscribed = false;
        room->resuming = false;
        list_remove(&room->again);
        if (!is_needed(room))
            list_append(&gateway->resume_again, &room->again);
    }
}

void rooms_link_up(struct gateway *gateway) {
    struct room *room;
    const struct table *rooms = &gateway->interest.rooms;
    for (size_t at = 0; (room = table_next(rooms, &at, NULL));) {
        if (room->count > 0 && room->gates == 0)
            rooms_resume(gateway, room);
    }
}

void rooms_resume(struct gateway *gateway, struct room *room) {
    if (gateway->broker.down_ms != 0)
        return; /* Comes with the link. */
    struct wire command = {.kind = WIRE_RESUME};
    command.as.resume.room = room->id;
    command.as.resume.after_place = room->place;
    broker_ask(&gateway->broker, &command, (struct slice){0},
               PENDING_OF_GATEWAY, NULL);
    room->subscribed = true;
    room->resuming = true;
}

void rooms_resume_again(struct gateway *gateway, struct room *room) {
    if (is_needed(room))
        rooms_resume(gateway, room);
    else
        rooms_settle(gateway, room);
}

void rooms_resumed(struct gateway *gateway, room_id id,
                   const struct wire *reply) {
    struct room *room = interest_room(&gateway->interest, id);
    if (!room)
        return;
    room->resuming = false;
    if (!is_needed(room)) {
        rooms_settle(gateway, room);
        return;
    }
    if (reply->kind == WIRE_REPLY_PLACE)
        return;
    if (reply->kind == WIRE_REPLY_ERROR &&
        reply->as.reply_error.refusal == REFUSED_NOT_FOUND) {
        room->subscribed = false;
        drop_all(gateway, id);
    } else if (!list_is_linked(&room->again)) {
        list_append(&gateway->resume_again, &room->again);
    }
}
