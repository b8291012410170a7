/* In how many dialogs something is unread: counted up and down as the events
 * of dialogs tell what is unread in each. */
#include "gateway/feed.h"
#include "gateway/gateway.h"

bool unread_set(struct feed_room *feed_room, uint64_t place, uint64_t unread,
                bool dialog) {
    struct feed *feed = feed_room->feed;
    bool counts = dialog && unread > 0;
    bool changes = counts != feed_room->counts;
    if (changes && counts)
        feed->unread_dialogs++;
    else if (changes)
        feed->unread_dialogs--;
    feed_room->counts = counts;
    feed_room->unread = unread;
    feed_room->counted_place = place;
    if (dialog)
        feed_room->room->dialog = true;
    return changes;
}

void unread_tell(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    const struct frontend *frontend =
        gateway->config.frontends[connection->dialect];
    if (!frontend->unread || !connection->feed ||
        connection->state == CONNECTION_CLOSING)
        return;
    struct buf text = {0};
    frontend->unread(&gateway->config.frontend,
                     connection->feed->unread_dialogs, &text);
    if (text.size)
        connection_tell(connection, buf_slice(&text));
    buf_finish(&text);
}

/* |room|: not those that are still entering it, they are told when they have
 * its events; NULL: all. */
static void tell(struct feed *feed, const struct room *room,
                 const struct connection *except) {
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_feed);
        if (connection == except)
            continue;
        if (room && entering_is(connection, room))
            connection->unread_due = true;
        else
            unread_tell(connection);
    }
}

void unread_tell_all(struct feed *feed) {
    tell(feed, NULL, NULL);
}

bool unread_is_known(const struct connection *connection) {
    const struct gateway *gateway = connection->gateway;
    const struct feed *feed = connection->feed;
    return !gateway->config.frontends[connection->dialect]->unread ||
           (feed->loaded && !feed->asked && !list_is_linked(&feed->stale));
}

void unread_settle(struct connection *connection, bool behind) {
    if (!connection->unread_due || !unread_is_known(connection) ||
        (!behind && !list_is_empty(&connection->entries)))
        return;
    connection->unread_due = false;
    unread_tell(connection);
}

void unread_tell_soon(struct feed *feed) {
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_feed);
        connection->unread_due = true;
        unread_settle(connection, false);
    }
}

static const struct wire_count *count_of(const struct wire_event *event,
                                         user_id user) {
    for (uint32_t i = 0; i < event->counts_count; i++) {
        if (event->counts[i].user.value == user.value)
            return &event->counts[i];
    }
    return NULL;
}

bool unread_is_told(const struct wire_event *event, user_id user) {
    return (event->kind == EVENT_MESSAGE_CREATED &&
            event->message.author.value != user.value) ||
           (event->kind == EVENT_MARK_MOVED &&
            event->actor.value == user.value);
}

static void update(struct feed_room *feed_room, const struct wire_event *event,
                   const struct connection *except) {
    struct feed *feed = feed_room->feed;
    user_id user = feed->user->id;
    const struct wire_count *count = count_of(event, user);
    bool dialog = event->members_count == 2 && count != NULL;
    bool tells =
        unread_set(feed_room, event->place, count ? count->unread : 0, dialog);
    if (tells || (dialog && unread_is_told(event, user)))
        tell(feed, feed_room->room, except);
}

void unread_event(struct gateway *gateway, struct room *room,
                  const struct wire_event *event,
                  const struct connection *except) {
    bool dialog = event->members_count == 2;
    bool read_back = wire_event_is_read_back(event);
    if (list_is_empty(&room->feeds) || (!dialog && !read_back && !room->dialog))
        return; /* Nobody counts it. */
    /* The members are still those before the event. */
    uint32_t most = event->kind == EVENT_MEMBER_REMOVED ? 3 : 2;
    if (read_back && room->members_known && room->members.count > most)
        return;
    if (!read_back)
        room->dialog = dialog;
    for (struct list *at = room->feeds.next; at != &room->feeds;
         at = at->next) {
        struct feed_room *feed_room = LIST_OF(at, struct feed_room, of_room);
        if (!read_back) {
            update(feed_room, event, except);
        } else if (feed_room->counted_place < event->place) {
            if (unread_is_told(event, feed_room->feed->user->id))
                feed_room->feed->push = true;
            feed_refresh(gateway, feed_room->feed);
        }
    }
}
