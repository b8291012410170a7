/* How a connection comes to follow a room in the middle of its events: what it
 * has not seen is read for it alone, up to where the gateway is, and from
 * there on it gets what all followers get.
 *
 * The answers to its own SENDs may have come ahead of all this: they wait for
 * their place among the events. While a request is under way nothing is read,
 * so what was answered is known. One that had no time to wait was told already
 * and is left out. */
#include <stdlib.h>

#include "gateway/feed.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

/* --- What the connection had as answers ----------------------------------- */

static size_t told_count(const struct connection *connection) {
    return connection->told ? connection->told->size / sizeof(struct told) : 0;
}

static struct told *told_at(const struct connection *connection, size_t i) {
    return (struct told *)(void *)connection->told->data + i;
}

void entering_told(struct connection *connection,
                   const struct wire_message *message) {
    struct gateway *gateway = connection->gateway;
    const struct room *room = interest_room(&gateway->interest, message->room);
    if (room &&
        interest_follower(room, &connection->follows, connection->dialect))
        return;
    if (!connection->told)
        connection->told = mem_zalloc(sizeof(*connection->told));
    if (told_count(connection) >= FEED_TOLD_MAX) {
        metrics_add(gateway->config.metrics, METRIC_FEED_FORGOTTEN, 1);
        buf_consume(connection->told, sizeof(struct told));
    }
    struct told told = {message->room, message->message, message->place};
    buf_append(connection->told, &told, sizeof(told));
}

static bool was_told(const struct connection *connection,
                     const struct wire_event *event) {
    if (event->kind != EVENT_MESSAGE_CREATED)
        return false;
    for (size_t i = 0; i < told_count(connection); i++) {
        if (told_at(connection, i)->message.value ==
            event->message.message.value)
            return true;
    }
    return false;
}

/* The connection was told, or is to be told, of a message whose event is yet
 * to come. */
static bool is_ahead(const struct connection *connection,
                     const struct room *room) {
    for (struct list *at = connection->deferred.next;
         at != &connection->deferred; at = at->next) {
        const struct pending *pending = LIST_OF(at, struct pending, order);
        if (pending->awaits_room.value == room->id.value &&
            pending->awaits_place > room->place)
            return true;
    }
    for (size_t i = 0; i < told_count(connection); i++) {
        const struct told *told = told_at(connection, i);
        if (told->room.value == room->id.value && told->place > room->place)
            return true;
    }
    return false;
}

static void forget_told(struct connection *connection, room_id room) {
    size_t kept = 0;
    for (size_t i = 0; i < told_count(connection); i++) {
        if (told_at(connection, i)->room.value != room.value)
            *told_at(connection, kept++) = *told_at(connection, i);
    }
    if (!connection->told)
        return;
    connection->told->size = kept * sizeof(struct told);
    if (kept > 0)
        return;
    buf_finish(connection->told);
    free(connection->told);
    connection->told = NULL;
}

/* --- Answers that wait for their place ------------------------------------ */

/* Hands over the answer that this message is; false: none waits for it. */
static bool undefer(struct connection *connection, message_id message) {
    for (struct list *at = connection->deferred.next;
         at != &connection->deferred; at = at->next) {
        struct pending *pending = LIST_OF(at, struct pending, order);
        if (pending->awaits.value == message.value) {
            rooms_undefer(connection->gateway, pending);
            return true;
        }
    }
    return false;
}

/* The same for all that wait in the room: their events do not come. */
static void undefer_room(struct connection *connection, room_id room) {
    struct list *next;
    for (struct list *at = connection->deferred.next;
         at != &connection->deferred; at = next) {
        struct pending *pending = LIST_OF(at, struct pending, order);
        next = at->next;
        if (pending->awaits_room.value == room.value) {
            rooms_undefer(connection->gateway, pending);
            next = connection->deferred.next; /* Others may have gone too. */
        }
    }
}

/* Whether the broker has not answered everything. */
static bool is_waiting(const struct connection *connection) {
    for (struct list *at = connection->under_way.next;
         at != &connection->under_way; at = at->next) {
        if (LIST_OF(at, struct pending, sibling)->state != PENDING_ANSWERED)
            return true;
    }
    return false;
}

/* --- Entries -------------------------------------------------------------- */

void entering_begin(struct connection *connection, struct room *room,
                    uint64_t after_place) {
    struct entry *entry = mem_zalloc(sizeof(*entry));
    entry->connection = connection;
    entry->room = room;
    entry->after_place = after_place;
    if (feed_is_in(connection))
        connection->outside_ms = connection->gateway->now_ms;
    list_append(&connection->entries, &entry->of_connection);
    list_append(&room->entries, &entry->of_room);
    entering_go_on(entry);
}

static void end(struct entry *entry) {
    if (entry->asked)
        entry->asked->of = NULL;
    list_remove(&entry->of_connection);
    list_remove(&entry->of_room);
    list_remove(&entry->ready);
    free(entry);
}

static struct entry *find(const struct connection *connection,
                          const struct room *room) {
    for (struct list *at = connection->entries.next; at != &connection->entries;
         at = at->next) {
        struct entry *entry = LIST_OF(at, struct entry, of_connection);
        if (entry->room == room)
            return entry;
    }
    return NULL;
}

bool entering_is(const struct connection *connection, const struct room *room) {
    return !list_is_empty(&connection->entries) &&
           find(connection, room) != NULL;
}

bool entering_comes_to(const struct connection *connection,
                       const struct room *room, uint64_t place) {
    const struct entry *entry = find(connection, room);
    return entry && entry->after_place < place;
}

void entering_forget(struct connection *connection, const struct room *room) {
    struct entry *entry = find(connection, room);
    room_id id = room->id;
    if (entry)
        end(entry);
    undefer_room(connection, id);
    forget_told(connection, id);
}

void entering_forget_all(struct connection *connection) {
    while (!list_is_empty(&connection->entries))
        end(LIST_OF(connection->entries.next, struct entry, of_connection));
    if (connection->told) {
        buf_finish(connection->told);
        free(connection->told);
        connection->told = NULL;
    }
}

/* The connection has all that the gateway has seen of the room. */
static void finish(struct entry *entry) {
    struct connection *connection = entry->connection;
    struct gateway *gateway = connection->gateway;
    struct room *room = entry->room;
    bool told = entry->told;
    entry->busy = true;
    undefer_room(connection, room->id);
    if (rooms_follow(gateway, connection, room->id))
        rooms_typed_before(gateway, room, connection);
    else
        metrics_add(gateway->config.metrics, METRIC_FEED_OVERFLOW, 1);
    end(entry);
    forget_told(connection, room->id);
    unread_settle(connection, told);
    if (feed_is_in(connection))
        connection_pump(connection);
}

static void read_events(struct gateway *gateway, struct entry *entry) {
    struct feeds *feeds = &gateway->feeds;
    if (feeds->asks >= FEED_ASKS_MAX || gateway->broker.down_ms != 0) {
        if (!list_is_linked(&entry->ready))
            list_append(&feeds->ready, &entry->ready);
        return;
    }
    struct wire command = {.kind = WIRE_EVENTS};
    command.as.events.room = entry->room->id;
    command.as.events.user = entry->connection->user->id;
    command.as.events.after_place = entry->after_place;
    command.as.events.limit = LIMIT_PAGE_MESSAGES;
    feeds->asks++;
    list_remove(&entry->ready);
    entry->asked_place = entry->room->place;
    entry->asked = broker_ask(&gateway->broker, &command, (struct slice){0},
                              PENDING_OF_GATEWAY, entry);
}

void entering_go_on(struct entry *entry) {
    struct connection *connection = entry->connection;
    const struct room *room = entry->room;
    bool has_place = room->subscribed || room->count > 0;
    /* Another may have told the place. That the user is a member is what the
     * feed's own SUBSCRIBE says; the answer to FEED may be an old one. */
    if (entry->asked || entry->busy || !has_place || !room->members_known ||
        is_waiting(connection) || connection->state == CONNECTION_CLOSING ||
        is_ahead(connection, room))
        return; /* Comes back when that changes. */
    if (entry->after_place >= room->place)
        finish(entry);
    else if ((!room->dialog || unread_is_known(connection)) &&
             outbox_bytes(&connection->outbox) < CONNECTION_BUSY_BYTES)
        read_events(connection->gateway, entry);
}

void entering_room(struct room *room) {
    struct list *next;
    for (struct list *at = room->entries.next; at != &room->entries;
         at = next) {
        next = at->next;
        entering_go_on(LIST_OF(at, struct entry, of_room));
    }
}

static void go_on_all(struct connection *connection) {
    struct list *next;
    for (struct list *at = connection->entries.next; at != &connection->entries;
         at = next) {
        next = at->next;
        entering_go_on(LIST_OF(at, struct entry, of_connection));
    }
}

void entering_connection(struct connection *connection) {
    connection->entering_again = true;
    if (connection->entering)
        return; /* Below in the stack; it goes round once more there. */
    connection->entering = true;
    while (connection->entering_again) {
        connection->entering_again = false;
        go_on_all(connection);
    }
    connection->entering = false;
}

/* --- Events that are read ------------------------------------------------- */

static void give(struct entry *entry, const struct wire_event *event) {
    struct connection *connection = entry->connection;
    struct gateway *gateway = connection->gateway;
    if (was_told(connection, event) ||
        (event->kind == EVENT_MESSAGE_CREATED &&
         undefer(connection, event->message.message)))
        return;
    struct buf text = {0};
    gateway->config.frontends[connection->dialect]->broadcast(
        &gateway->config.frontend, &entry->room->info, event, &text);
    if (text.size) {
        connection_tell(connection, buf_slice(&text));
        metrics_add(gateway->config.metrics, METRIC_FEED_EVENTS, 1);
    }
    buf_finish(&text);
    if (!entry->room->dialog || !unread_is_told(event, connection->user->id))
        return;
    entry->told = true;
    connection->unread_due = true;
    unread_settle(connection, true);
}

static void take_events(struct entry *entry,
                        const struct wire_row_events *rows) {
    uint64_t place = entry->room->place;
    uint64_t before = entry->after_place;
    uint64_t last = rows->last_place < place ? rows->last_place : place;
    for (uint32_t i = 0; i < rows->events_count; i++) {
        const struct wire_event *event = &rows->events[i];
        if (event->place <= entry->after_place || event->place > place)
            continue;
        give(entry, event);
        entry->after_place = event->place;
    }
    if (!rows->has_more && entry->after_place < last)
        entry->after_place = last;
    if (entry->after_place == before)
        entry->after_place = entry->asked_place; /* Nothing is in between. */
}

void entering_answer(struct gateway *gateway, struct pending *pending,
                     const struct wire *reply) {
    struct entry *entry = pending->of;
    gateway->feeds.asks--;
    if (!entry)
        return;
    entry->asked = NULL;
    if (reply->kind == WIRE_ROW_EVENTS) {
        entry->busy = true;
        take_events(entry, &reply->as.row_events);
        entry->busy = false;
        entering_go_on(entry);
    } else if (reply->kind == WIRE_REPLY_ERROR &&
               reply->as.reply_error.refusal == REFUSED_NOT_FOUND) {
        feed_rooms_leave(gateway, entry->room->id, entry->connection->user->id);
    } else {
        metrics_add(gateway->config.metrics, METRIC_FEED_REFUSED, 1);
        list_append(&gateway->feeds.ready_later, &entry->ready);
    }
}

void entering_dropped(struct gateway *gateway, struct pending *pending) {
    struct entry *entry = pending->of;
    gateway->feeds.asks--;
    if (!entry)
        return;
    entry->asked = NULL;
    list_append(&gateway->feeds.ready, &entry->ready);
}
