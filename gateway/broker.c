/* Commands go to the link in order, the gateway's own ones first: a
 * connection is registered before it speaks, and a room is asked for again
 * before anything new is said. */
#include "gateway/broker.h"

#include <stdlib.h>

#include "common/process/log.h"
#include "common/wire/hello.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

static void on_hello(void *payload, struct buf *out) {
    const struct broker *broker = payload;
    hello_gateway_encode(&(struct hello_gateway){broker->incarnation}, out);
}

static void on_up(void *payload, struct slice bytes) {
    struct broker *broker = payload;
    struct welcome_broker welcome;
    enum err err = welcome_broker_decode(bytes, &welcome);
    if (err != ERR_OK) {
        log_error("broker_welcome_refused", LOG_ERR("reason", err));
        link_client_reset(broker->link, "malformed welcome");
        return;
    }
    if (welcome.epoch < broker->epoch) {
        log_warn("broker_stale", LOG_UINT("epoch", welcome.epoch),
                 LOG_UINT("highest", broker->epoch));
        link_client_reset(broker->link, "a lower epoch than one seen before");
        return;
    }
    if (broker->epoch != 0 && welcome.epoch > broker->epoch)
        feeds_broker_replaced(broker->gateway, welcome.claimed_us);
    broker->epoch = welcome.epoch;
    broker->number = welcome.gateway;
    broker->sent_max = welcome.commands_max < BROKER_COMMANDS_MAX
                           ? welcome.commands_max
                           : BROKER_COMMANDS_MAX;
    broker->down_ms = 0;
    gateway_broker_up(broker->gateway);
}

static void on_message(void *payload, struct slice message) {
    struct broker *broker = payload;
    if (broker->down_ms != 0)
        return; /* Of a session that is being refused. */
    if (!dispatch_message(broker->gateway, message))
        link_client_reset(broker->link, "a message that cannot be");
}

/* Sets |resent| in an encoded SEND: a flag is one byte, set or not. */
static void mark_resent(struct pending *pending) {
    struct arena arena = {0};
    struct wire wire;
    enum err err = wire_decode(pending_command(pending), &arena, &wire, NULL);
    INVARIANT(err == ERR_OK);
    INVARIANT(wire.kind == WIRE_SEND);
    wire.as.send.resent = true;
    struct buf encoded = {0};
    wire_encode(&wire, &encoded);
    INVARIANT(encoded.size == pending->command_size);
    memcpy(pending->data + pending->memo_size, encoded.data, encoded.size);
    buf_finish(&encoded);
    arena_finish(&arena);
}

static void destroy_all(struct broker *broker, struct list *list) {
    while (!list_is_empty(list)) {
        struct pending *pending = LIST_OF(list->next, struct pending, order);
        broker_drop(broker, pending);
    }
}

/* What was sent goes back to the front of the queue, in order. */
static void requeue(struct broker *broker) {
    struct list again;
    list_init(&again);
    while (!list_is_empty(&broker->sent)) {
        struct pending *pending =
            LIST_OF(broker->sent.next, struct pending, order);
        bool drop = pending->owner == PENDING_OF_GATEWAY ||
                    (pending->owner == PENDING_OF_NOBODY &&
                     !wire_is_write(pending->kind));
        if (drop) {
            broker_drop(broker, pending);
            continue;
        }
        list_remove(&pending->order);
        broker->sent_count--;
        pending->state = PENDING_QUEUED;
        pending->resent = true;
        broker->queued_count++;
        list_append(&again, &pending->order);
        metrics_add(broker->gateway->config.metrics, METRIC_RESENT, 1);
        if (pending->kind == WIRE_SEND) {
            mark_resent(pending);
            rooms_gate(broker->gateway, pending);
        }
    }
    list_splice(&again, &broker->queued);
    list_splice(&broker->queued, &again);
}

static void on_down(void *payload, const char *reason) {
    struct broker *broker = payload;
    if (broker->down_ms != 0)
        return; /* It was never accepted. */
    broker->down_ms = broker->gateway->now_ms;
    broker->number = 0;
    rooms_link_down(broker->gateway);
    destroy_all(broker, &broker->control);
    destroy_all(broker, &broker->forgotten);
    requeue(broker);
    gateway_broker_down(broker->gateway, reason);
}

static void on_refused(void *payload, const char *reason) {
    (void)payload;
    log_debug("broker_not_reached", LOG_TEXT("reason", reason));
}

static void on_unwatch(void *payload) {
    struct broker *broker = payload;
    const struct gateway_config *config = &broker->gateway->config;
    if (config->unwatch)
        config->unwatch(config->payload);
}

static const struct link_client_handler handler = {
    .hello = on_hello,
    .up = on_up,
    .message = on_message,
    .down = on_down,
    .refused = on_refused,
    .unwatch = on_unwatch,
};

void broker_init(struct broker *broker, struct gateway *gateway,
                 const char *endpoint, uint64_t incarnation) {
    PRE(incarnation != 0);
    *broker = (struct broker){
        .gateway = gateway,
        .incarnation = incarnation,
        .down_ms = gateway->now_ms,
    };
    list_init(&broker->control);
    list_init(&broker->queued);
    list_init(&broker->sent);
    list_init(&broker->age);
    list_init(&broker->forgotten);
    struct link_client_config config = link_client_config_default();
    config.endpoint = endpoint;
    config.name = "gateway";
    config.incarnation = incarnation;
    config.handler = &handler;
    config.payload = broker;
    broker->link = link_client_create(&config);
}

void broker_finish(struct broker *broker) {
    link_client_destroy(broker->link);
    struct pending *pending;
    for (size_t at = 0; (pending = table_next(&broker->pending, &at, NULL));)
        pending_destroy(pending);
    table_finish(&broker->pending);
}

bool broker_receive(struct broker *broker) {
    uint64_t now_ms = broker->gateway->now_ms;
    bool more =
        link_client_receive(broker->link, now_ms, BROKER_PACKETS_A_TURN);
    link_client_tick(broker->link, now_ms);
    return more;
}

/* False: the rest has to wait. */
static bool send_list(struct broker *broker, struct list *list) {
    while (!list_is_empty(list)) {
        struct pending *pending = LIST_OF(list->next, struct pending, order);
        if (broker->sent_count >= broker->sent_max ||
            !link_client_send(broker->link, pending_command(pending)))
            return false;
        list_remove(&pending->order);
        if (pending->owner != PENDING_OF_GATEWAY)
            broker->queued_count--;
        pending->state = PENDING_SENT;
        pending->was_sent = true;
        list_append(&broker->sent, &pending->order);
        broker->sent_count++;
    }
    return true;
}

void broker_send(struct broker *broker) {
    if (broker->down_ms == 0 && send_list(broker, &broker->control))
        (void)send_list(broker, &broker->queued);
    link_client_flush(broker->link, broker->gateway->now_ms);
}

struct pending *broker_ask(struct broker *broker, struct wire *command,
                           struct slice memo, enum pending_owner owner,
                           void *of) {
    command->correlation = ++broker->correlation;
    command->partition = pending_partition(command);
    uint64_t origin[2] = {broker->incarnation, broker->origin + 1};
    if (command->kind == WIRE_SEND) {
        broker->origin++;
        command->as.send.origin_key =
            (struct slice){(const char *)origin, sizeof(origin)};
    }
    struct pending *pending =
        pending_create(command, memo, broker->gateway->now_ms);
    pending->owner = owner;
    pending->of = of;
    table_put(&broker->pending, pending->correlation, pending);
    if (owner == PENDING_OF_GATEWAY) {
        list_append(&broker->control, &pending->order);
        /* Somebody waits behind this one; nobody waits for a RESUME. */
        if (command->kind == WIRE_CONNECT)
            list_append(&broker->age, &pending->age);
    } else {
        list_append(&broker->queued, &pending->order);
        broker->queued_count++;
        list_append(&broker->age, &pending->age);
        if (command->kind == WIRE_SUBSCRIBE)
            rooms_subscribing(broker->gateway, pending->room);
    }
    return pending;
}

void broker_take(struct broker *broker, struct pending *pending) {
    table_remove(&broker->pending, pending->correlation);
    list_remove(&pending->order);
    list_remove(&pending->age);
    if (pending->state == PENDING_SENT)
        broker->sent_count--;
    else if (pending->owner != PENDING_OF_GATEWAY)
        broker->queued_count--;
    pending->state = PENDING_ANSWERED;
    if (pending->gates)
        rooms_ungate(broker->gateway, pending);
}

void broker_drop(struct broker *broker, struct pending *pending) {
    struct gateway *gateway = broker->gateway;
    bool own = pending->owner == PENDING_OF_GATEWAY;
    if (pending->kind == WIRE_CONNECT && pending->of)
        ((struct connection *)pending->of)->connect = NULL;
    else if (own && pending->kind == WIRE_FEED)
        feed_dropped(pending);
    else if (own && pending->kind == WIRE_EVENTS)
        entering_dropped(gateway, pending);
    broker_take(broker, pending);
    room_id room = pending->room;
    bool subscribe = pending->kind == WIRE_SUBSCRIBE;
    pending_destroy(pending);
    if (subscribe && own)
        feed_rooms_subscribed(gateway, room, NULL);
    else if (subscribe)
        rooms_subscribed(gateway, room, NULL);
}

void broker_abandon(struct broker *broker, struct pending *pending) {
    if (pending->state == PENDING_ANSWERED) {
        pending_destroy(pending); /* In no table any more. */
        return;
    }
    list_remove(&pending->sibling);
    list_remove(&pending->age);
    pending->of = NULL;
    if (!pending->was_sent && !wire_is_write(pending->kind)) {
        broker_drop(broker, pending);
        return;
    }
    if (pending->owner == PENDING_OF_GATEWAY)
        return;
    pending->owner = PENDING_OF_NOBODY;
}

/* Leaves a mark that the broker still owes an answer, so that it is not asked
 * more than it allows and a late answer is understood. */
static void leave_mark(struct broker *broker, const struct pending *pending) {
    struct pending *mark = mem_zalloc(sizeof(*mark));
    mark->correlation = pending->correlation;
    mark->kind = pending->kind;
    mark->room = pending->room;
    mark->owner = PENDING_OF_NOBODY;
    mark->state = PENDING_SENT;
    mark->was_sent = true;
    table_put(&broker->pending, mark->correlation, mark);
    list_append(&broker->forgotten, &mark->order);
    broker->sent_count++;
    if (mark->kind == WIRE_SUBSCRIBE)
        rooms_subscribing(broker->gateway, mark->room);
}

static void expire(struct broker *broker, struct pending *pending) {
    struct gateway *gateway = broker->gateway;
    metrics_add(gateway->config.metrics, METRIC_EXPIRED, 1);
    bool unknown = pending->was_sent && wire_is_write(pending->kind);
    bool sent = pending->state == PENDING_SENT;
    struct wire reply = {.kind = WIRE_REPLY_ERROR,
                         .correlation = pending->correlation};
    reply.as.reply_error.refusal =
        unknown ? REFUSED_UNKNOWN_OUTCOME : REFUSED_TRY_AGAIN;
    reply.as.reply_error.detail =
        unknown ? SLICE("no answer in time; it may have happened")
                : SLICE("no answer in time; try again");
    struct pending copy = {.correlation = pending->correlation,
                           .kind = pending->kind,
                           .room = pending->room};
    broker_take(broker, pending);
    if (sent)
        leave_mark(broker, &copy);
    dispatch_taken(gateway, pending, &reply);
}

void broker_expire(struct broker *broker, uint64_t patience_ms) {
    uint64_t now_ms = broker->gateway->now_ms;
    while (!list_is_empty(&broker->age)) {
        struct pending *pending =
            LIST_OF(broker->age.next, struct pending, age);
        if (now_ms - pending->asked_ms < patience_ms)
            return;
        if (pending->state == PENDING_ANSWERED)
            rooms_undefer(broker->gateway, pending);
        else
            expire(broker, pending);
    }
}

uint64_t broker_away_ms(const struct broker *broker) {
    if (broker->down_ms == 0)
        return 0;
    uint64_t away_ms = broker->gateway->now_ms - broker->down_ms;
    return away_ms ? away_ms : 1;
}
