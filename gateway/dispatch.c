/* From a message of the broker to whoever it is for. */
#include "common/process/log.h"
#include "gateway/api_call.h"
#include "gateway/ask.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

/* The answer to one of the gateway's own commands. */
static void answer_gateway(struct gateway *gateway, struct pending *pending,
                           const struct wire *reply) {
    struct connection *connection = pending->of;
    if (pending->kind == WIRE_CONNECT && connection) {
        connection->connect = NULL;
        if (reply->kind == WIRE_REPLY_PROFILE)
            connection_opened(connection, &reply->as.reply_profile.profile);
        else
            connection_close(connection, CLOSE_TRY_LATER);
    } else if (pending->kind == WIRE_RESUME) {
        rooms_resumed(gateway, pending->room, reply);
    } else if (pending->kind == WIRE_SUBSCRIBE) {
        feed_rooms_subscribed(gateway, pending->room, reply);
    } else if (pending->kind == WIRE_EVENTS) {
        entering_answer(gateway, pending, reply);
    } else if (pending->kind == WIRE_FEED) {
        feed_answer(gateway, pending, reply);
    }
    pending_destroy(pending);
}

void dispatch_taken(struct gateway *gateway, struct pending *pending,
                    const struct wire *reply) {
    room_id of = pending->room;
    bool subscribe =
        pending->kind == WIRE_SUBSCRIBE && pending->owner != PENDING_OF_GATEWAY;
    if (subscribe)
        rooms_subscribed(gateway, of, reply);
    switch (pending->owner) {
    case PENDING_OF_GATEWAY:
        answer_gateway(gateway, pending, reply);
        break;
    case PENDING_OF_CONNECTION:
        if (pending->kind == WIRE_SEND && rooms_defer(gateway, pending, reply))
            entering_connection(pending->of);
        else
            connection_answer(pending->of, pending, reply, false);
        break;
    case PENDING_OF_API:
        api_call_answer(pending->of, pending, reply);
        break;
    case PENDING_OF_ASK:
        ask_answer(pending->of, pending, reply);
        break;
    case PENDING_OF_NOBODY:
        metrics_add(gateway->config.metrics, METRIC_REPLIES_LATE, 1);
        pending_destroy(pending);
        break;
    }
    struct room *room =
        subscribe ? interest_room(&gateway->interest, of) : NULL;
    if (room)
        rooms_settle(gateway, room);
}

/* A write that was sent before, in a session that is over, may have been done
 * then; that it is refused now (who sent it was removed since, what it deletes
 * is gone) does not tell. */
static bool is_in_doubt(const struct pending *pending,
                        const struct wire *reply) {
    return pending->resent && wire_is_write(pending->kind) &&
           reply->kind == WIRE_REPLY_ERROR;
}

static void reply_came(struct gateway *gateway, const struct wire *reply) {
    struct pending *pending =
        table_find(&gateway->broker.pending, reply->correlation);
    if (!pending) {
        metrics_add(gateway->config.metrics, METRIC_REPLIES_LATE, 1);
        return;
    }
    struct wire unknown = {.kind = WIRE_REPLY_ERROR,
                           .correlation = reply->correlation};
    unknown.as.reply_error.refusal = REFUSED_UNKNOWN_OUTCOME;
    unknown.as.reply_error.detail =
        SLICE("the link was lost meanwhile; it may have happened");
    if (is_in_doubt(pending, reply))
        reply = &unknown;
    broker_take(&gateway->broker, pending);
    dispatch_taken(gateway, pending, reply);
}

static void profile_changed(struct gateway *gateway,
                            const struct wire_profile *profile) {
    struct user *user = users_find(&gateway->users, profile->user);
    if (!user)
        return;
    for (struct list *at = user->connections.next; at != &user->connections;
         at = at->next)
        connection_profile_changed(LIST_OF(at, struct connection, of_user),
                                   profile);
}

static void kick(struct gateway *gateway, user_id id) {
    const struct user *user = users_find(&gateway->users, id);
    if (!user)
        return;
    for (struct list *at = user->connections.next; at != &user->connections;
         at = at->next)
        connection_close_as(LIST_OF(at, struct connection, of_user),
                            CLOSE_TOKEN, "token revoked");
}

/* Handled here: whatever is no answer. False: no correct broker says it. */
static bool notice(struct gateway *gateway, const struct wire *wire) {
    switch ((int)wire->kind) {
    case WIRE_EVENT:
        metrics_add(gateway->config.metrics, METRIC_EVENTS, 1);
        rooms_event(gateway, &wire->as.event);
        return true;
    case WIRE_TYPED:
        rooms_typed(gateway, &wire->as.typed);
        return true;
    case WIRE_PROFILE_CHANGED:
        profile_changed(gateway, &wire->as.profile_changed.profile);
        return true;
    case WIRE_MEMBERSHIP:
        feeds_membership(gateway, &wire->as.membership);
        return true;
    case WIRE_PRESENCE_CHANGED:
        presence_changed(gateway, &wire->as.presence_changed);
        return true;
    case WIRE_KICK:
        kick(gateway, wire->as.kick.user);
        return true;
    default:
        return false;
    }
}

bool dispatch_message(struct gateway *gateway, struct slice bytes) {
    struct wire wire;
    struct wire_error error;
    arena_reset(&gateway->arena);
    if (wire_decode(bytes, &gateway->arena, &wire, &error) != ERR_OK) {
        log_error("broker_message_malformed", LOG_TEXT("kind", error.message),
                  LOG_TEXT("field", error.field),
                  LOG_TEXT("reason", error.reason));
        return false;
    }
    if (wire_is_reply(wire.kind)) {
        reply_came(gateway, &wire);
    } else if (!notice(gateway, &wire)) {
        log_error("broker_message_unexpected",
                  LOG_TEXT("kind", wire_kind_name(wire.kind)));
        return false;
    }
    return true;
}
