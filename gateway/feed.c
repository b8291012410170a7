/* A feed's life, and its question to the broker. */
#include "gateway/feed.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

void feeds_init(struct feeds *feeds) {
    *feeds = (struct feeds){0};
    list_init(&feeds->all);
    list_init(&feeds->wanted);
    list_init(&feeds->later);
    list_init(&feeds->stale);
    list_init(&feeds->again);
    list_init(&feeds->ready);
    list_init(&feeds->ready_later);
}

static int64_t look_back_us(const struct gateway *gateway) {
    const struct feeds *feeds = &gateway->feeds;
    int64_t since_us = gateway->wall_us;
    for (uint64_t i = 0; i < FEED_OVERLAP_S && i < feeds->seconds; i++)
        if (feeds->seconds_us[i] < since_us)
            since_us = feeds->seconds_us[i];
    int64_t least_us = gateway->wall_us - (int64_t)FEED_OVERLAP_S * 1000000;
    return since_us < least_us ? since_us : least_us;
}

void feed_refresh(struct gateway *gateway, struct feed *feed) {
    if (!list_is_linked(&feed->stale))
        list_append(&gateway->feeds.stale, &feed->stale);
}

static struct feed *create(struct gateway *gateway, struct user *user) {
    struct feed *feed = mem_zalloc(sizeof(*feed));
    feed->user = user;
    feed->since_us = gateway->wall_us;
    feed->presence_after = gateway->presence_serial;
    list_init(&feed->connections);
    list_init(&feed->shared);
    list_append(&gateway->feeds.all, &feed->all);
    gateway->feeds.count++;
    feed_refresh(gateway, feed);
    return feed;
}

static void destroy(struct gateway *gateway, struct feed *feed) {
    struct feed_room *feed_room;
    for (size_t at = 0; (feed_room = table_next(&feed->rooms, &at, NULL));)
        feed_room_end(gateway, feed_room);
    table_finish(&feed->rooms);
    if (feed->asked)
        feed->asked->of = NULL;
    list_remove(&feed->stale);
    feed->user->feed = NULL;
    list_remove(&feed->all);
    gateway->feeds.count--;
    free(feed);
}

void feed_join(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    struct user *user = connection->user;
    if (!user->feed)
        user->feed = create(gateway, user);
    struct feed *feed = user->feed;
    connection->feed = feed;
    connection->outside_ms = gateway->now_ms;
    list_append(&feed->connections, &connection->of_feed);
    const struct feed_room *feed_room;
    for (size_t at = 0; (feed_room = table_next(&feed->rooms, &at, NULL));)
        feed_room_enter(gateway, feed_room, connection);
}

void feed_part(struct connection *connection) {
    struct feed *feed = connection->feed;
    if (!feed)
        return;
    entering_forget_all(connection);
    list_remove(&connection->of_feed);
    connection->feed = NULL;
    if (list_is_empty(&feed->connections))
        destroy(connection->gateway, feed);
}

bool feed_is_in(const struct connection *connection) {
    return !connection->feed ||
           (connection->feed->loaded && list_is_empty(&connection->entries));
}

bool feed_is_whole(const struct feed *feed) {
    return feed->loaded && !feed->reconcile && !feed->partial;
}

/* --- The question --------------------------------------------------------- */

static void ask(struct gateway *gateway, struct feed *feed) {
    list_remove(&feed->stale);
    if (feed->asked) { /* Its answer may be older than what made it stale;
                          once it is here, the feed is asked for again. */
        list_append(&gateway->feeds.again, &feed->stale);
        return;
    }
    bool refresh = feed->loaded && !feed->reconcile;
    struct wire command = {.kind = WIRE_FEED};
    command.as.feed.user = feed->user->id;
    command.as.feed.since_us = refresh ? look_back_us(gateway) : feed->since_us;
    feed->asks++;
    feed->asked = broker_ask(&gateway->broker, &command, (struct slice){0},
                             PENDING_OF_GATEWAY, feed);
}

/* One room of the answer. */
static void take_row(struct gateway *gateway, struct feed *feed,
                     const struct wire_feed_room *row) {
    struct feed_room *feed_room = feed_find(feed, row->room);
    bool is_new = false;
    if (!feed_room) {
        const struct room *room = interest_room(&gateway->interest, row->room);
        /* The room went on since the answer was made, and the user left. */
        if (room && room->members_known && row->place < room->place &&
            !members_has(&room->members, feed->user->id))
            return;
        feed_room = feed_room_begin(gateway, feed, row->room, row->after_place);
        is_new = true;
    }
    if (!feed_room)
        return;
    feed_room->ask = feed->asks;
    if (row->place >= feed_room->counted_place)
        (void)unread_set(feed_room, row->place, row->unread,
                         row->members_count == 2);
    if (is_new)
        feed_room_check(gateway, feed_room);
}

static void leave_unnamed(struct gateway *gateway, struct feed *feed) {
    struct feed_room *feed_room;
    for (size_t at = 0; (feed_room = table_next(&feed->rooms, &at, NULL));) {
        if (feed_room->ask < feed->asks)
            feed_room_end(gateway, feed_room);
    }
}

static void wake(struct feed *feed) {
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_feed);
        unread_settle(connection, false);
        entering_connection(connection);
        connection_pump(connection);
    }
}

/* What is due is told in wake(), or later. */
static void unread_changed(struct feed *feed) {
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next)
        LIST_OF(at, struct connection, of_feed)->unread_due = true;
}

void feed_answer(struct gateway *gateway, struct pending *pending,
                 const struct wire *reply) {
    struct feed *feed = pending->of;
    if (!feed)
        return; /* Nobody is left. */
    feed->asked = NULL;
    if (reply->kind != WIRE_ROW_FEED) {
        metrics_add(gateway->config.metrics, METRIC_FEED_REFUSED, 1);
        list_remove(&feed->stale);
        list_append(&gateway->feeds.again, &feed->stale);
        return;
    }
    const struct wire_row_feed *rows = &reply->as.row_feed;
    uint64_t before = feed->unread_dialogs;
    bool was_loaded = feed->loaded;
    for (uint32_t i = 0; i < rows->rooms_count; i++)
        take_row(gateway, feed, &rows->rooms[i]);
    feed->partial = rows->has_more;
    if (rows->has_more)
        metrics_add(gateway->config.metrics, METRIC_FEED_OVERFLOW, 1);
    else if (feed->reconcile)
        leave_unnamed(gateway, feed);
    feed->loaded = true;
    feed->reconcile = false;
    if (was_loaded && (feed->push || feed->unread_dialogs != before))
        unread_changed(feed);
    feed->push = false;
    if (list_is_linked(&feed->stale)) {
        list_remove(&feed->stale);
        list_append(&gateway->feeds.stale, &feed->stale);
    }
    wake(feed);
}

void feed_dropped(struct pending *pending) {
    struct feed *feed = pending->of;
    if (feed)
        feed->asked = NULL;
}

/* --- Memberships ---------------------------------------------------------- */

void feeds_membership(struct gateway *gateway,
                      const struct wire_membership *notice) {
    for (uint32_t i = 0; i < notice->members_count; i++) {
        const struct user *user =
            users_find(&gateway->users, notice->members[i].user);
        struct feed *feed = user ? user->feed : NULL;
        if (!feed || feed_find(feed, notice->room))
            continue;
        const struct feed_room *feed_room =
            feed_room_begin(gateway, feed, notice->room, notice->after_place);
        if (feed_room)
            feed_room_check(gateway, feed_room);
    }
}

/* --- Around a new link ---------------------------------------------------- */

void feeds_link_down(struct gateway *gateway) {
    struct list *all = &gateway->feeds.all;
    for (struct list *at = all->next; at != all; at = at->next) {
        struct feed *feed = LIST_OF(at, struct feed, all);
        if (!feed->loaded || feed->reconcile)
            continue;
        feed->reconcile = true;
        feed->since_us = look_back_us(gateway);
        feed->presence_after = gateway->presence_serial;
    }
}

void feeds_broker_replaced(struct gateway *gateway, int64_t claimed_us) {
    struct list *all = &gateway->feeds.all;
    for (struct list *at = all->next; at != all; at = at->next) {
        struct feed *feed = LIST_OF(at, struct feed, all);
        if (feed->reconcile && claimed_us < feed->since_us)
            feed->since_us = claimed_us;
    }
}

void feeds_link_up(struct gateway *gateway) {
    struct list *all = &gateway->feeds.all;
    for (struct list *at = all->next; at != all; at = at->next) {
        struct feed *feed = LIST_OF(at, struct feed, all);
        const struct feed_room *feed_room;
        list_remove(&feed->stale);
        feed_refresh(gateway, feed);
        for (size_t i = 0; (feed_room = table_next(&feed->rooms, &i, NULL));)
            feed_rooms_want(gateway, feed_room->room);
    }
}

/* --- Turns ---------------------------------------------------------------- */

void feeds_pump(struct gateway *gateway) {
    struct feeds *feeds = &gateway->feeds;
    if (gateway->broker.down_ms != 0)
        return;
    while (!list_is_empty(&feeds->stale))
        ask(gateway, LIST_OF(feeds->stale.next, struct feed, stale));
    while (feeds->asks < FEED_ASKS_MAX && !list_is_empty(&feeds->wanted)) {
        struct room *room = LIST_OF(feeds->wanted.next, struct room, wanted);
        list_remove(&room->wanted);
        feed_rooms_ask(gateway, room);
    }
    while (feeds->asks < FEED_ASKS_MAX && !list_is_empty(&feeds->ready)) {
        struct entry *entry = LIST_OF(feeds->ready.next, struct entry, ready);
        list_remove(&entry->ready);
        entering_go_on(entry);
    }
}

/* Who is not in for too long is sent away, as when the broker is away. */
static void expire(struct gateway *gateway, struct feed *feed) {
    for (struct list *at = feed->connections.next; at != &feed->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_feed);
        if (!feed_is_in(connection) &&
            gateway->now_ms - connection->outside_ms >
                gateway->config.patience_ms)
            connection_close(connection, CLOSE_TRY_LATER);
    }
}

void feeds_second(struct gateway *gateway) {
    struct feeds *feeds = &gateway->feeds;
    list_splice(&feeds->stale, &feeds->again);
    list_splice(&feeds->wanted, &feeds->later);
    list_splice(&feeds->ready, &feeds->ready_later);
    feeds->seconds_us[feeds->seconds++ % FEED_OVERLAP_S] = gateway->wall_us;
    if (gateway->config.patience_ms == 0)
        return;
    for (struct list *at = feeds->all.next; at != &feeds->all; at = at->next)
        expire(gateway, LIST_OF(at, struct feed, all));
}
