/* From a client's message to a command, and from its answer back. */
#include <stdlib.h>

#include "gateway/connection.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"
#include "gateway/sink.h"

static const struct frontend *frontend_of(const struct connection *connection) {
    return connection->gateway->config.frontends[connection->dialect];
}

/* --- Requests ------------------------------------------------------------- */

static void refuse(struct connection *connection, struct slice text,
                   struct sink *sink) {
    struct wire_reply_error error = {.refusal = REFUSED_OVERLOADED,
                                     .detail = SLICE("rate limit")};
    frontend_of(connection)
        ->refuse(connection->frontend_state,
                 &connection->gateway->config.frontend, text, &error, true,
                 sink);
}

static void translate(struct connection *connection, struct slice text,
                      bool throttled) {
    struct sink sink = {.connection = connection,
                        .ahead = connection->under_way_count > 0};
    if (throttled) {
        refuse(connection, text, &sink);
        return;
    }
    frontend_of(connection)
        ->receive(connection->frontend_state,
                  &connection->gateway->config.frontend, connection->profile,
                  text, &sink);
    if (!sink.no_object) {
        connection->bad_frames = 0;
    } else if (++connection->bad_frames >= CONNECTION_BAD_FRAMES_MAX) {
        if (connection->held)
            connection->close_after_held = true;
        else
            connection_close(connection, CLOSE_NO_OBJECT);
    }
}

/* Whether the next request may be translated now. */
static bool is_ready(const struct connection *connection, bool throttled) {
    if (connection->state != CONNECTION_OPEN || connection->held ||
        !feed_is_in(connection) || outbox_is_parting(&connection->outbox) ||
        outbox_bytes(&connection->outbox) >= CONNECTION_BUSY_BYTES ||
        broker_is_full(&connection->gateway->broker))
        return false;
    if (connection->under_way_count == 0)
        return true;
    return !throttled && connection->window.value != 0 &&
           connection->under_way_count < CONNECTION_WINDOW;
}

static bool may_play(const struct connection *connection) {
    return connection->state == CONNECTION_OPEN && connection->held &&
           connection->under_way_count == 0 &&
           outbox_bytes(&connection->outbox) < CONNECTION_BUSY_BYTES &&
           !broker_is_full(&connection->gateway->broker);
}

static void read_or_pause(struct connection *connection) {
    const struct transport *transport = connection->gateway->config.transport;
    if (connection->state == CONNECTION_CLOSING)
        return;
    if (!connection->paused && pump_is_full(&connection->pump)) {
        connection->paused = true;
        transport->pause(connection->socket, true);
    } else if (connection->paused && pump_is_low(&connection->pump)) {
        connection->paused = false;
        transport->pause(connection->socket, false);
    }
}

void connection_pump(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    struct slice text;
    bool throttled;
    if (connection->pumping)
        return; /* Below in the stack; it goes on there. */
    connection->pumping = true;
    for (;;) {
        if (may_play(connection)) {
            sink_play(connection);
            if (connection->close_after_held && !connection->held)
                connection_close(connection, CLOSE_NO_OBJECT);
            continue;
        }
        if (!pump_peek(&connection->pump, &text, &throttled) ||
            !is_ready(connection, throttled))
            break;
        translate(connection, text, throttled);
        if (connection->state != CONNECTION_CLOSING)
            pump_drop(&connection->pump); /* Else it is empty already. */
    }
    connection->pumping = false;
    read_or_pause(connection);
    if (!list_is_empty(&connection->entries))
        entering_connection(connection);
    if ((connection->held || connection->pump.count > 0) &&
        broker_is_full(&gateway->broker) &&
        !list_is_linked(&connection->waiting))
        list_append(&gateway->waiting, &connection->waiting);
}

static void request(struct connection *connection, struct slice text) {
    struct gateway *gateway = connection->gateway;
    gateway->messages_in++;
    enum rate_verdict verdict = rate_take(
        &gateway->config.rate, &connection->user->rate, gateway->now_ms);
    if (verdict != RATE_TAKEN)
        metrics_add(gateway->config.metrics, METRIC_THROTTLED, 1);
    if (verdict == RATE_BROKEN) {
        connection_close(connection, CLOSE_RATE);
        return;
    }
    bool throttled = verdict == RATE_REFUSED;
    if (connection->pump.count == 0 && is_ready(connection, throttled)) {
        connection->pumping = true;
        translate(connection, text, throttled);
        connection->pumping = false;
        return;
    }
    pump_put(&connection->pump, text, throttled);
    connection_pump(connection);
}

void connection_receive(struct connection *connection, struct slice piece,
                        bool first, bool final, bool binary) {
    if (connection->state == CONNECTION_CLOSING)
        return;
    connection->heard = true;
    if (binary) {
        connection_close(connection, CLOSE_BINARY);
        return;
    }
    uint64_t bytes_max = connection->gateway->config.message_bytes_max;
    size_t before = connection->partial ? connection->partial->size : 0;
    if (bytes_max && before + piece.size > bytes_max) {
        connection_close(connection, CLOSE_TOO_BIG);
        return;
    }
    if (first && final && !connection->partial) {
        request(connection, piece);
        return;
    }
    if (!connection->partial)
        connection->partial = mem_zalloc(sizeof(*connection->partial));
    buf_append_slice(connection->partial, piece);
    if (!final)
        return;
    struct buf *whole = connection->partial;
    connection->partial = NULL;
    request(connection, buf_slice(whole));
    buf_finish(whole);
    free(whole);
}

/* --- Answers -------------------------------------------------------------- */

/* A `seen` that moves no mark has no event, behind which the unread would be
 * told; whoever asked is told all the same. */
static bool is_seen_again(const struct pending *pending,
                          const struct wire *reply) {
    return pending->kind == WIRE_MARK && reply->kind == WIRE_REPLY_MARK &&
           !reply->as.reply_mark.moved;
}

/* From where on a connection that follows the room now is given its events:
 * that is how far the gateway is, not how far the broker was. */
static void set_place(const struct gateway *gateway,
                      const struct pending *pending, struct wire *reply) {
    const struct room *room = interest_room(&gateway->interest, pending->room);
    if (room && (room->subscribed || room->count > 0))
        reply->as.reply_subscribed.place = room->place;
}

/* Takes |pending| out of the connection's line, and hands the reply over. */
static void hand_over(struct connection *connection, struct pending *pending,
                      const struct wire *reply) {
    list_remove(&pending->sibling);
    INVARIANT(connection->under_way_count > 0);
    connection->under_way_count--;
    if (connection->feed && pending->kind == WIRE_SEND &&
        reply->kind == WIRE_REPLY_MESSAGE)
        entering_told(connection, &reply->as.reply_message.message);
    if (connection->state == CONNECTION_OPEN) {
        struct sink sink = {.connection = connection};
        struct wire subscribed;
        const struct wire *shown = reply;
        if (reply->kind == WIRE_REPLY_SUBSCRIBED) {
            subscribed = *reply;
            set_place(connection->gateway, pending, &subscribed);
            shown = &subscribed;
        }
        frontend_of(connection)
            ->reply(connection->frontend_state,
                    &connection->gateway->config.frontend, connection->profile,
                    pending_memo(pending), shown, &sink);
        if (pending->unread)
            unread_tell(connection);
        if (is_seen_again(pending, reply) && connection->feed) {
            connection->unread_due = true;
            unread_settle(connection, true);
        }
    }
    pending_destroy(pending);
}

/* The next one in line, if its answer is here and waits for nothing else. */
static struct pending *next_answered(const struct connection *connection) {
    if (list_is_empty(&connection->under_way))
        return NULL;
    struct pending *first =
        LIST_OF(connection->under_way.next, struct pending, sibling);
    bool kept = first->state == PENDING_ANSWERED && first->awaits.value == 0;
    return kept ? first : NULL;
}

static void hand_over_kept(struct connection *connection) {
    struct pending *pending;
    while ((pending = next_answered(connection))) {
        struct arena arena = {0};
        struct wire reply;
        struct buf answer = pending->answer;
        pending->answer = (struct buf){0};
        enum err err = wire_decode(buf_slice(&answer), &arena, &reply, NULL);
        INVARIANT(err == ERR_OK);
        hand_over(connection, pending, &reply);
        buf_finish(&answer);
        arena_finish(&arena);
    }
}

void connection_answer(struct connection *connection, struct pending *pending,
                       const struct wire *reply, bool now) {
    bool first = connection->under_way.next == &pending->sibling;
    INVARIANT(pending->state == PENDING_ANSWERED);
    if (!first && !now) {
        wire_encode(reply, &pending->answer);
        return;
    }
    hand_over(connection, pending, reply);
    hand_over_kept(connection);
    connection_pump(connection);
}

void connection_opened(struct connection *connection,
                       const struct wire_profile *profile) {
    connection_profile_changed(connection, profile);
    if (connection->state != CONNECTION_OPENING)
        return;
    connection->state = CONNECTION_OPEN;
    connection_pump(connection);
}
