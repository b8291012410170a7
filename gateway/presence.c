/* Whom a change concerns: the feeds of the rooms of which the user is a
 * member, each once. */
#include "gateway/presence.h"

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

void presence_init(struct presence *presence, uint64_t seed) {
    *presence = (struct presence){.link = 1};
    table_init(&presence->online, seed);
}

void presence_finish(struct presence *presence) {
    table_finish(&presence->online);
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
    if (feed->presence_serial == gateway->presence_serial ||
        feed->user->id.value == frames->change->user.value)
        return;
    feed->presence_serial = gateway->presence_serial;
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next)
        tell(gateway, LIST_OF(at, struct connection, of_feed), frames);
}

static void tell_room(struct gateway *gateway, const struct room *room,
                      struct frames *frames) {
    for (struct list *at = room->feeds.next; at != &room->feeds; at = at->next)
        tell_feed(gateway, LIST_OF(at, struct feed_room, of_room)->feed,
                  frames);
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
             at = at->next)
            tell_room(gateway, LIST_OF(at, struct feed_room, shared)->room,
                      frames);
        return;
    }
    const struct member_rooms *rooms = members_rooms(&gateway->members, id);
    for (uint32_t i = 0; rooms && i < rooms->count; i++)
        tell_room(gateway, rooms->rooms[i], frames);
}

static void announce(struct gateway *gateway,
                     const struct wire_presence *change) {
    metrics_add(gateway->config.metrics, METRIC_PRESENCE_CHANGES, 1);
    struct frames frames = {.change = change};
    gateway->presence_serial++;
    tell_rooms(gateway, &frames);
    for (size_t i = 0; i < INTEREST_DIALECTS_MAX; i++)
        span_drop(&frames.frames[i]);
    buf_finish(&frames.text);
}

static void changed(struct gateway *gateway,
                    const struct wire_presence *change) {
    struct presence *presence = &gateway->presence;
    uint64_t user = change->user.value;
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
}

void presence_second(struct gateway *gateway) {
    struct presence *presence = &gateway->presence;
    if (presence->stale_ms == 0 || gateway->now_ms < presence->stale_ms)
        return;
    presence->stale_ms = 0;
    uint64_t user;
    void *link;
    for (size_t at = 0; (link = table_next(&presence->online, &at, &user));) {
        if ((uintptr_t)link == presence->link)
            continue;
        struct wire_presence gone = {.user = {user}};
        table_remove(&presence->online, user);
        metrics_add(gateway->config.metrics, METRIC_PRESENCE_STALE, 1);
        announce(gateway, &gone);
    }
}
