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
    }
    pending_destroy(pending);
}

void dispatch_taken(struct gateway *gateway, struct pending *pending,
                    const struct wire *reply) {
    room_id of = pending->room;
    bool subscribe = pending->kind == WIRE_SUBSCRIBE;
    if (subscribe)
        rooms_subscribed(gateway, of, reply->kind == WIRE_REPLY_PLACE,
                         reply->as.reply_place.place);
    switch (pending->owner) {
    case PENDING_OF_GATEWAY:
        answer_gateway(gateway, pending, reply);
        break;
    case PENDING_OF_CONNECTION:
        if (pending->kind != WIRE_SEND || !rooms_defer(gateway, pending, reply))
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
        subscribe ? interest_find(&gateway->interest, of) : NULL;
    if (room)
        rooms_settle(gateway, room);
}

static void reply_came(struct gateway *gateway, const struct wire *reply) {
    struct pending *pending =
        table_find(&gateway->broker.pending, reply->correlation);
    if (!pending) {
        metrics_add(gateway->config.metrics, METRIC_REPLIES_LATE, 1);
        return;
    }
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
    if (wire.kind == WIRE_EVENT) {
        metrics_add(gateway->config.metrics, METRIC_EVENTS, 1);
        rooms_event(gateway, &wire.as.event);
    } else if (wire.kind == WIRE_PROFILE_CHANGED) {
        profile_changed(gateway, &wire.as.profile_changed.profile);
    } else if (wire_is_reply(wire.kind)) {
        reply_came(gateway, &wire);
    } else {
        log_error("broker_message_unexpected",
                  LOG_TEXT("kind", wire_kind_name(wire.kind)));
        return false;
    }
    return true;
}
