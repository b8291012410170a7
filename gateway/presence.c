/* Whom a change concerns: the feeds of the rooms of which the user is a
 * member, each once. */
#include "gateway/presence.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

void presence_init(struct presence *presence, uint64_t seed) {
    *presence = (struct presence){.link = 1};
    table_init(&presence->online, seed);
    table_init(&presence->recent, seed);
    table_init(&presence->before, seed);
}

static void forget(struct table *changes) {
    void *change;
    for (size_t at = 0; (change = table_next(changes, &at, NULL));)
        free(change);
    table_finish(changes);
}

void presence_finish(struct presence *presence) {
    table_finish(&presence->online);
    forget(&presence->recent);
    forget(&presence->before);
}

bool presence_is_online(const void *presence, user_id user) {
    const struct presence *known = presence;
    return table_find(&known->online, user.value) != NULL;
}

/* One frame for each dialect, made when the first connection needs it. */
struct frames {
    const struct wire_presence *change;
    struct buf text;
    struct span frames[INTEREST_DIALECTS_MAX];
    bool made[INTEREST_DIALECTS_MAX];
};

static void tell(struct gateway *gateway, struct connection *connection,
                 struct frames *frames) {
    uint32_t dialect = connection->dialect;
    const struct frontend *frontend = gateway->config.frontends[dialect];
    if (!frontend->presence || connection->state == CONNECTION_CLOSING)
        return;
    struct span *frame = &frames->frames[dialect];
    if (!frames->made[dialect]) {
        frames->made[dialect] = true;
        buf_clear(&frames->text);
        frontend->presence(&gateway->config.frontend, frames->change,
                           &frames->text);
        if (frames->text.size) {
            *frame = frame_log_append(&gateway->answers, FRAME_TEXT,
                                      buf_slice(&frames->text));
            span_hold(frame);
        }
    }
    if (frame->size == 0)
        return;
    fanout_settle(&gateway->fanout, connection);
    connection_push(connection, frame);
    metrics_add(gateway->config.metrics, METRIC_PRESENCE_OUT, 1);
}

static void tell_feed(struct gateway *gateway, struct feed *feed,
                      struct frames *frames) {
    if (feed->user->id.value == frames->change->user.value)
        return;
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next)
        tell(gateway, LIST_OF(at, struct connection, of_feed), frames);
}

static void finish(struct frames *frames) {
    for (size_t i = 0; i < INTEREST_DIALECTS_MAX; i++)
        span_drop(&frames->frames[i]);
    buf_finish(&frames->text);
}

/* --- Changes that feeds missed -------------------------------------------- */

/* A change, and the value of gateway.presence_serial that it made. */
struct recent {
    uint64_t serial;
    struct wire_presence change;
};

static void keep(struct gateway *gateway, const struct wire_presence *change) {
    struct presence *presence = &gateway->presence;
    if (gateway->feeds.count == 0)
        return; /* Nobody misses it. */
    struct recent *recent = table_find(&presence->recent, change->user.value);
    if (!recent && table_count(&presence->recent) >= PRESENCE_RECENT_MAX) {
        metrics_add(gateway->config.metrics, METRIC_PRESENCE_FORGOTTEN, 1);
        return;
    }
    if (!recent) {
        recent = mem_zalloc(sizeof(*recent));
        table_put(&presence->recent, change->user.value, recent);
    }
    *recent = (struct recent){gateway->presence_serial, *change};
}

static const struct recent *recent_of(const struct presence *presence,
                                      uint64_t user) {
    const struct recent *recent = table_find(&presence->recent, user);
    return recent ? recent : table_find(&presence->before, user);
}

/* Whether the feed heard of it through another room than |by|: at once, or
 * when it got to know that one. */
static bool was_heard(const struct gateway *gateway, const struct feed_room *by,
                      const struct recent *recent) {
    const struct member_rooms *rooms =
        members_rooms(&gateway->members, recent->change.user);
    for (uint32_t i = 0; rooms && i < rooms->count; i++) {
        const struct feed_room *other =
            feed_find(by->feed, rooms->rooms[i]->id);
        if (other && other != by && other->presence_after < recent->serial)
            return true;
    }
    return false;
}

static bool wants_presence(const struct gateway *gateway,
                           const struct feed *feed) {
    for (const struct list *at = feed->connections.next;
         at != &feed->connections; at = at->next) {
        const struct connection *connection =
            LIST_OF(at, struct connection, of_feed);
        if (gateway->config.frontends[connection->dialect]->presence)
            return true;
    }
    return false;
}

void presence_catch_up(struct gateway *gateway,
                       const struct feed_room *feed_room) {
    const struct members *members = &feed_room->room->members;
    if (feed_room->presence_after == gateway->presence_serial ||
        !wants_presence(gateway, feed_room->feed))
        return;
    for (uint32_t i = 0; i < members->count; i++) {
        const struct recent *recent =
            recent_of(&gateway->presence, members->ids[i]);
        if (!recent || recent->serial <= feed_room->presence_after ||
            was_heard(gateway, feed_room, recent))
            continue;
        struct frames frames = {.change = &recent->change};
        tell_feed(gateway, feed_room->feed, &frames);
        finish(&frames);
    }
}

static void turn_recent(struct gateway *gateway) {
    struct presence *presence = &gateway->presence;
    if (gateway->now_ms < presence->recent_ms)
        return;
    presence->recent_ms = gateway->now_ms + PRESENCE_RECENT_MS;
    forget(&presence->before);
    presence->before = presence->recent;
    table_init(&presence->recent, gateway->config.seed);
}

/* --- Changes -------------------------------------------------------------- */

static void tell_room(struct gateway *gateway, const struct room *room,
                      struct frames *frames) {
    for (struct list *at = room->feeds.next; at != &room->feeds;
         at = at->next) {
        struct feed *feed = LIST_OF(at, struct feed_room, of_room)->feed;
        if (feed->presence_serial == gateway->presence_serial)
            continue; /* By another room that they share. */
        feed->presence_serial = gateway->presence_serial;
        tell_feed(gateway, feed, frames);
    }
}

/* Only the rooms in which there is somebody else: what a change costs must not
 * grow with rooms where nobody is. If the user has no feed here, each room
 * that is known is there for another's. */
static void tell_rooms(struct gateway *gateway, struct frames *frames) {
    user_id id = frames->change->user;
    const struct user *user = users_find(&gateway->users, id);
    struct feed *feed = user ? user->feed : NULL;
    if (feed && feed_is_whole(feed)) {
        for (struct list *at = feed->shared.next; at != &feed->shared;
             at = at->next) {
            const struct room *room =
                LIST_OF(at, struct feed_room, shared)->room;
            if (members_has(&room->members, id)) /* Else: caught up later. */
                tell_room(gateway, room, frames);
        }
        return;
    }
    const struct member_rooms *rooms = members_rooms(&gateway->members, id);
    for (uint32_t i = 0; rooms && i < rooms->count; i++)
        tell_room(gateway, rooms->rooms[i], frames);
}

static void announce(struct gateway *gateway,
                     const struct wire_presence *change) {
    metrics_add(gateway->config.metrics, METRIC_PRESENCE_CHANGES, 1);
    gateway->presence_serial++;
    keep(gateway, change);
    struct frames frames = {.change = change};
    tell_rooms(gateway, &frames);
    finish(&frames);
}

/* Whether the broker has yet to answer what the user said here of hiding, or
 * what a new link says of it again. */
static bool is_saying(const struct user *user) {
    for (const struct list *at = user->connections.next;
         at != &user->connections; at = at->next) {
        const struct connection *connection =
            LIST_OF(at, struct connection, of_user);
        if (connection->connect)
            return true;
        for (const struct list *to = connection->under_way.next;
             to != &connection->under_way; to = to->next) {
            const struct pending *pending =
                LIST_OF(to, struct pending, sibling);
            if (pending->kind == WIRE_PRESENCE_SET)
                return true;
        }
    }
    return false;
}

static void changed(struct gateway *gateway,
                    const struct wire_presence *change) {
    struct presence *presence = &gateway->presence;
    uint64_t user = change->user.value;
    /* Somebody who hid here came online elsewhere; ahead of the answer it may
     * also be from before they hid. */
    struct user *here = users_find(&gateway->users, change->user);
    if (here && here->hides && change->online && !is_saying(here))
        here->hides = false;
    bool was = table_find(&presence->online, user) != NULL;
    if (change->online)
        table_put(&presence->online, user, (void *)presence->link);
    else
        table_remove(&presence->online, user);
    if (was != change->online)
        announce(gateway, change);
}

void presence_changed(struct gateway *gateway,
                      const struct wire_presence_changed *notice) {
    for (uint32_t i = 0; i < notice->users_count; i++)
        changed(gateway, &notice->users[i]);
}

void presence_link_up(struct gateway *gateway) {
    gateway->presence.link++;
    gateway->presence.stale_ms =
        gateway->now_ms + gateway->config.grace_ms + PRESENCE_CONFIRM_MS;
}

void presence_link_down(struct gateway *gateway) {
    gateway->presence.stale_ms = 0; /* The next link confirms. */
    gateway->presence.lost_us = gateway->wall_us;
}

void presence_second(struct gateway *gateway) {
    struct presence *presence = &gateway->presence;
    turn_recent(gateway);
    if (presence->stale_ms == 0 || gateway->now_ms < presence->stale_ms)
        return;
    presence->stale_ms = 0;
    uint64_t user;
    void *link;
    for (size_t at = 0; (link = table_next(&presence->online, &at, &user));) {
        if ((uintptr_t)link == presence->link)
            continue;
        struct wire_presence gone = {.user = {user},
                                     .last_seen_us = presence->lost_us};
        table_remove(&presence->online, user);
        metrics_add(gateway->config.metrics, METRIC_PRESENCE_STALE, 1);
        announce(gateway, &gone);
    }
}
