/* A turn, and what is done once a second. */
#include "gateway/gateway.h"

#include <stdlib.h>

#include "common/process/log.h"
#include "gateway/frontend_check.h"
#include "gateway/gateway_metrics.h"

void gateway_init(struct gateway *gateway, const struct gateway_config *config,
                  uint64_t now_ms, int64_t wall_us) {
    PRE(now_ms > 0);
    for (size_t i = 0; config->frontends[i]; i++)
        PRE(frontend_check(config->frontends[i]) == NULL);
    *gateway = (struct gateway){.config = *config,
                                .now_ms = now_ms,
                                .wall_us = wall_us,
                                .second_ms = now_ms};
    users_init(&gateway->users, config->seed);
    interest_init(&gateway->interest, config->seed);
    members_init(&gateway->members, config->seed);
    feeds_init(&gateway->feeds);
    presence_init(&gateway->presence, config->seed);
    gateway->config.frontend.is_online = presence_is_online;
    gateway->config.frontend.presence = &gateway->presence;
    gateway->config.frontend.now_us = wall_us;
    table_init(&gateway->admission.addresses, config->seed);
    fanout_init(&gateway->fanout);
    wheel_init(&gateway->wheel, now_ms);
    list_init(&gateway->connections);
    list_init(&gateway->dirty);
    list_init(&gateway->waiting);
    list_init(&gateway->resume_again);
    list_init(&gateway->api_calls);
    char *bytes;
    gateway->ping = span_create(2, &bytes);
    bytes[0] = (char)FRAME_PING;
    bytes[1] = 0;
    gateway->scratch = mem_alloc(FRAME_CHUNK_BYTES);
    broker_init(&gateway->broker, gateway, config->broker_endpoint,
                config->incarnation);
}

void gateway_finish(struct gateway *gateway) {
    PRE(list_is_empty(&gateway->connections));
    PRE(list_is_empty(&gateway->api_calls));
    broker_finish(&gateway->broker);
    interest_finish(&gateway->interest);
    members_finish(&gateway->members);
    presence_finish(&gateway->presence);
    fanout_finish(&gateway->fanout);
    frame_log_finish(&gateway->answers);
    users_finish(&gateway->users);
    admission_finish(&gateway->admission);
    span_drop(&gateway->ping);
    arena_finish(&gateway->arena);
    free(gateway->scratch);
}

/* --- The link ------------------------------------------------------------- */

void gateway_broker_up(struct gateway *gateway) {
    log_info("broker_up", LOG_UINT("gateway", gateway->broker.number),
             LOG_UINT("epoch", gateway->broker.epoch));
    if (gateway->config.readiness)
        readiness_set(gateway->config.readiness, 0, true, NULL);
    gateway->broker_given_up = false;
    for (struct list *at = gateway->connections.next;
         at != &gateway->connections; at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, all);
        if (connection->state != CONNECTION_CLOSING)
            connection_register(connection);
    }
    rooms_link_up(gateway);
    feeds_link_up(gateway);
    presence_link_up(gateway);
}

void gateway_broker_down(struct gateway *gateway, const char *reason) {
    log_warn("broker_down", LOG_TEXT("reason", reason));
    feeds_link_down(gateway);
    presence_link_down(gateway);
    if (gateway->config.readiness)
        readiness_set(gateway->config.readiness, 0, false, reason);
}

static void give_up_broker(struct gateway *gateway) {
    log_error("broker_away_too_long",
              LOG_UINT("away_ms", broker_away_ms(&gateway->broker)),
              LOG_UINT("connections", gateway->admission.total));
    gateway->broker_given_up = true;
    for (struct list *at = gateway->connections.next;
         at != &gateway->connections; at = at->next)
        connection_close(LIST_OF(at, struct connection, all), CLOSE_TRY_LATER);
}

/* --- A turn --------------------------------------------------------------- */

static void fire(void *payload, struct wheel_timer *timer) {
    (void)payload;
    connection_timer(LIST_OF(timer, struct connection, timer));
}

static void once_a_second(struct gateway *gateway) {
    uint64_t patience_ms = gateway->config.patience_ms;
    const struct metrics *metrics = gateway->config.metrics;
    if (patience_ms) {
        broker_expire(&gateway->broker, patience_ms);
        if (!gateway->broker_given_up &&
            broker_away_ms(&gateway->broker) > patience_ms)
            give_up_broker(gateway);
    }
    struct list again;
    list_init(&again);
    list_splice(&again, &gateway->resume_again);
    while (!list_is_empty(&again)) {
        struct room *room = LIST_OF(again.next, struct room, again);
        list_remove(&room->again);
        rooms_resume_again(gateway, room);
    }
    feeds_second(gateway);
    presence_second(gateway);
    gateway_metrics_update(gateway);
    metrics_add(metrics, METRIC_MESSAGES_IN, gateway->messages_in);
    metrics_add(metrics, METRIC_DELIVERIES, gateway->deliveries);
    metrics_add(metrics, METRIC_WRITES, gateway->writes);
    metrics_add(metrics, METRIC_BYTES_OUT, gateway->bytes_out);
    gateway->messages_in = gateway->deliveries = 0;
    gateway->writes = gateway->bytes_out = 0;
}

void gateway_clock(struct gateway *gateway, uint64_t now_ms, int64_t wall_us) {
    PRE(now_ms >= gateway->now_ms);
    gateway->now_ms = now_ms;
    gateway->wall_us = wall_us;
    gateway->config.frontend.now_us = wall_us;
}

bool gateway_begin_turn(struct gateway *gateway, uint64_t now_ms,
                        int64_t wall_us) {
    gateway_clock(gateway, now_ms, wall_us);
    wheel_advance(&gateway->wheel, now_ms, fire, NULL);
    bool more = broker_receive(&gateway->broker);
    if (now_ms >= gateway->second_ms) {
        gateway->second_ms = now_ms + 1000;
        once_a_second(gateway);
    }
    return more;
}

static void write_dirty(struct gateway *gateway) {
    while (!list_is_empty(&gateway->dirty)) {
        struct connection *connection =
            LIST_OF(gateway->dirty.next, struct connection, dirty);
        list_remove(&connection->dirty);
        connection_write(connection);
    }
}

static void wake_waiting(struct gateway *gateway) {
    struct list now;
    list_init(&now);
    list_splice(&now, &gateway->waiting);
    while (!list_is_empty(&now)) {
        struct connection *connection =
            LIST_OF(now.next, struct connection, waiting);
        list_remove(&connection->waiting);
        connection_pump(connection);
    }
}

bool gateway_end_turn(struct gateway *gateway) {
    fanout_flush(&gateway->fanout);
    if (!broker_is_full(&gateway->broker))
        wake_waiting(gateway);
    /* The broker works on it while the sockets are written. */
    broker_send(&gateway->broker);
    write_dirty(gateway);
    fanout_flush(&gateway->fanout);
    frame_log_recycle(&gateway->fanout.log);
    frame_log_recycle(&gateway->answers);
    feeds_pump(gateway);
    broker_send(&gateway->broker);
    return link_client_pending(gateway->broker.link) ||
           !list_is_empty(&gateway->dirty);
}

uint64_t gateway_due_ms(const struct gateway *gateway) {
    uint64_t due_ms = gateway->second_ms;
    uint64_t link_ms = link_client_due_ms(gateway->broker.link);
    uint64_t wheel_ms = wheel_due_ms(&gateway->wheel);
    if (link_ms < due_ms)
        due_ms = link_ms;
    return wheel_ms < due_ms ? wheel_ms : due_ms;
}

/* --- Who comes in, and the end -------------------------------------------- */

static struct slice without_slash(struct slice path) {
    if (path.size > 1 && path.data[path.size - 1] == '/')
        path.size--;
    return path;
}

static bool is_path_of(const struct frontend *frontend, struct slice path) {
    path = without_slash(path);
    return slice_equal(without_slash(slice_of(frontend->path)), path) ||
           (frontend->alias &&
            slice_equal(without_slash(slice_of(frontend->alias)), path));
}

bool gateway_dialect(const struct gateway *gateway, struct slice path,
                     uint32_t *dialect) {
    const struct frontend *const *frontends = gateway->config.frontends;
    for (uint32_t i = 0; i < INTEREST_DIALECTS_MAX && frontends[i]; i++) {
        if (is_path_of(frontends[i], path)) {
            *dialect = i;
            return true;
        }
    }
    return false;
}

enum admission gateway_admit(const struct gateway *gateway, user_id user,
                             uint64_t address) {
    if (gateway->draining)
        return ADMISSION_DRAINING;
    if (gateway->broker_given_up)
        return ADMISSION_BROKER;
    return admission_check(&gateway->config.admission, &gateway->admission,
                           users_count(&gateway->users, user), address);
}

size_t gateway_drain(struct gateway *gateway, size_t count) {
    gateway->draining = true;
    for (struct list *at = gateway->connections.next;
         at != &gateway->connections && count > 0; at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, all);
        if (connection->state == CONNECTION_CLOSING)
            continue;
        connection_close(connection, CLOSE_GOING_AWAY);
        count--;
    }
    return gateway->admission.total;
}
