/* The rooms of feeds, and how the gateway comes to follow them. A room that
 * several feeds want is subscribed to once, in the name of one of the users. */
#include <stdlib.h>

#include "gateway/feed.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

struct feed_room *feed_find(const struct feed *feed, room_id room) {
    return table_find(&feed->rooms, room.value);
}

/* What events come after is known, so connections can follow. */
static bool has_place(const struct room *room) {
    return room->subscribed || room->count > 0;
}

void feed_room_enter(struct gateway *gateway, const struct feed_room *feed_room,
                     struct connection *connection) {
    (void)gateway;
    struct room *room = feed_room->room;
    entering_begin(connection, room,
                   has_place(room) ? room->place : feed_room->after_place);
}

void feed_room_check(struct gateway *gateway,
                     const struct feed_room *feed_room) {
    const struct room *room = feed_room->room;
    if (has_place(room) && room->members_known && room->members.count <= 2 &&
        feed_room->counted_place < room->place)
        feed_refresh(gateway, feed_room->feed);
}

/* A feed came into the room, or left it: those in it are shared as long as
 * there are two. */
static void share(const struct room *room) {
    struct list *first = room->feeds.next, *last = room->feeds.previous;
    struct feed_room *one = LIST_OF(first, struct feed_room, of_room);
    struct feed_room *two = LIST_OF(last, struct feed_room, of_room);
    if (list_is_empty(&room->feeds))
        return;
    if (first == last) {
        list_remove(&one->shared);
        return;
    }
    if (!list_is_linked(&one->shared))
        list_append(&one->feed->shared, &one->shared);
    if (!list_is_linked(&two->shared))
        list_append(&two->feed->shared, &two->shared);
}

/* Not if one of the connections is still on its way into the room. */
static void remember_left(struct feed *feed, const struct room *room) {
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        if (entering_is(LIST_OF(at, struct connection, of_feed), room))
            return;
    }
    if (has_place(room))
        feed->left[feed->left_count++ % FEED_LEFT_MAX] =
            (struct feed_left){room->id, room->place};
}

static uint64_t not_before_left(const struct feed *feed, room_id room,
                                uint64_t after_place) {
    for (size_t i = 0; i < FEED_LEFT_MAX; i++) {
        const struct feed_left *left = &feed->left[i];
        if (left->room.value == room.value && left->place > after_place)
            after_place = left->place;
    }
    return after_place;
}

struct feed_room *feed_room_begin(struct gateway *gateway, struct feed *feed,
                                  room_id id, uint64_t after_place) {
    PRE(feed_find(feed, id) == NULL);
    if (table_count(&feed->rooms) >= LIMIT_FEED_ROOMS) {
        metrics_add(gateway->config.metrics, METRIC_FEED_OVERFLOW, 1);
        feed->partial = true;
        return NULL;
    }
    after_place = not_before_left(feed, id, after_place);
    struct feed_room *feed_room = mem_zalloc(sizeof(*feed_room));
    feed_room->feed = feed;
    feed_room->room = interest_get(&gateway->interest, id);
    feed_room->after_place = after_place;
    feed_room->ask = feed->asks;
    feed_room->presence_after = feed->loaded && !feed->reconcile
                                    ? gateway->presence_serial
                                    : feed->presence_after;
    table_put(&feed->rooms, id.value, feed_room);
    list_append(&feed_room->room->feeds, &feed_room->of_room);
    share(feed_room->room);
    feed_rooms_want(gateway, feed_room->room);
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next)
        entering_begin(LIST_OF(at, struct connection, of_feed), feed_room->room,
                       after_place);
    if (feed_room->room->members_known)
        presence_catch_up(gateway, feed_room);
    return feed_room;
}

void feed_room_end(struct gateway *gateway, struct feed_room *feed_room) {
    struct feed *feed = feed_room->feed;
    struct room *room = feed_room->room;
    room_id id = room->id;
    bool fewer = unread_set(feed_room, feed_room->counted_place, 0, false);
    remember_left(feed, room);
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_feed);
        entering_forget(connection, room);
        rooms_unfollow(gateway, connection, id);
    }
    table_remove(&feed->rooms, id.value);
    list_remove(&feed_room->of_room);
    list_remove(&feed_room->shared);
    share(room);
    free(feed_room);
    rooms_settle(gateway, room);
    if (fewer)
        unread_tell_all(feed);
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_feed);
        unread_settle(connection, false);
        connection_pump(connection);
    }
}

/* --- Subscribing ---------------------------------------------------------- */

void feed_rooms_want(struct gateway *gateway, struct room *room) {
    if (room->asking || list_is_linked(&room->wanted) ||
        (room->members_known && has_place(room)))
        return;
    list_append(&gateway->feeds.wanted, &room->wanted);
}

void feed_rooms_ask(struct gateway *gateway, struct room *room) {
    if (list_is_empty(&room->feeds) || room->asking)
        return;
    const struct feed_room *first =
        LIST_OF(room->feeds.next, struct feed_room, of_room);
    struct wire command = {.kind = WIRE_SUBSCRIBE};
    command.as.subscribe.room = room->id;
    command.as.subscribe.user = first->feed->user->id;
    command.as.subscribe.members = true;
    room->asking = true;
    room->asked_for = first->feed->user->id;
    gateway->feeds.asks++;
    broker_ask(&gateway->broker, &command, (struct slice){0},
               PENDING_OF_GATEWAY, NULL);
}

static struct feed_room *find_stranger(const struct room *room) {
    for (struct list *at = room->feeds.next; at != &room->feeds;
         at = at->next) {
        struct feed_room *feed_room = LIST_OF(at, struct feed_room, of_room);
        if (!members_has(&room->members, feed_room->feed->user->id))
            return feed_room;
    }
    return NULL;
}

/* Whoever an answer to FEED from before their removal let in goes again: the
 * room was asked for in another's name. */
static void end_strangers(struct gateway *gateway, struct room *room) {
    struct feed_room *stranger;
    room->asking = true; /* It stays meanwhile. */
    while ((stranger = find_stranger(room)))
        feed_room_end(gateway, stranger);
    room->asking = false;
}

static void subscribed(struct gateway *gateway, struct room *room,
                       const struct wire_reply_subscribed *reply) {
    bool was_known = room->members_known;
    members_set(&gateway->members, room, reply->members, reply->members_count);
    room->members_known = true;
    end_strangers(gateway, room);
    for (struct list *at = room->feeds.next; at != &room->feeds;
         at = at->next) {
        struct feed_room *feed_room = LIST_OF(at, struct feed_room, of_room);
        /* The feed's answer may have known of other members. */
        if (unread_set(feed_room, feed_room->counted_place, feed_room->unread,
                       room->members.count == 2) &&
            feed_room->feed->loaded)
            unread_tell_soon(feed_room->feed);
        feed_room_check(gateway, feed_room);
        if (!was_known)
            presence_catch_up(gateway, feed_room);
    }
    entering_room(room);
}

void feed_rooms_subscribed(struct gateway *gateway, room_id id,
                           const struct wire *reply) {
    struct room *room = interest_room(&gateway->interest, id);
    INVARIANT(room != NULL && room->asking);
    user_id user = room->asked_for;
    room->asking = false;
    gateway->feeds.asks--;
    if (reply && reply->kind == WIRE_REPLY_SUBSCRIBED) {
        rooms_place(gateway, room, &reply->as.reply_subscribed);
        subscribed(gateway, room, &reply->as.reply_subscribed);
    } else if (reply && reply->kind == WIRE_REPLY_ERROR &&
               reply->as.reply_error.refusal == REFUSED_NOT_FOUND) {
        struct user *asked = users_find(&gateway->users, user);
        struct feed_room *feed_room =
            asked && asked->feed ? feed_find(asked->feed, id) : NULL;
        if (!list_is_empty(&room->feeds))
            feed_rooms_want(gateway, room);
        if (feed_room) {
            feed_room_end(gateway, feed_room);
            return; /* The room is settled. */
        }
    } else if (!list_is_empty(&room->feeds) && reply) {
        metrics_add(gateway->config.metrics, METRIC_FEED_REFUSED, 1);
        list_remove(&room->wanted);
        list_append(&gateway->feeds.later, &room->wanted);
    }
    rooms_settle(gateway, room);
}

/* --- The end of a membership ---------------------------------------------- */

void feed_rooms_leave(struct gateway *gateway, room_id room, user_id id) {
    const struct user *user = users_find(&gateway->users, id);
    struct feed_room *feed_room =
        user && user->feed ? feed_find(user->feed, room) : NULL;
    if (feed_room)
        feed_room_end(gateway, feed_room);
}

void feed_rooms_leave_all(struct gateway *gateway, room_id id) {
    struct room *room;
    while ((room = interest_room(&gateway->interest, id)) &&
           !list_is_empty(&room->feeds))
        feed_room_end(gateway,
                      LIST_OF(room->feeds.next, struct feed_room, of_room));
}
