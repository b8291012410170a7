/* The life of a connection and its output; requests and answers are in
 * connection_requests.c. */
#include "gateway/connection.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"
#include "gateway/profile.h"

const char *close_reason(enum close_code code) {
    switch (code) {
#define CLOSE_REASON(value, label, reason)                                     \
    case CLOSE_##label:                                                        \
        return reason;
        CLOSE_TABLE(CLOSE_REASON)
#undef CLOSE_REASON
    }
    return "";
}

static void arm(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    int64_t left_us = connection->expires_us - gateway->wall_us;
    uint64_t due_ms =
        gateway->now_ms + (left_us > 0 ? (uint64_t)left_us / 1000 : 0);
    if (gateway->config.ping_interval_ms && connection->ping_ms < due_ms)
        due_ms = connection->ping_ms;
    wheel_arm(&gateway->wheel, &connection->timer, due_ms);
}

void connection_register(struct connection *connection) {
    struct wire command = {.kind = WIRE_CONNECT};
    command.as.connect.connection = connection->number;
    command.as.connect.claims = *connection->profile;
    command.as.connect.grace_ms = connection->gateway->config.grace_ms;
    if (connection->state == CONNECTION_OPEN)
        command.as.connect.kind =
            connection->user->hides ? CONNECT_HIDING : CONNECT_AGAIN;
    connection->connect =
        broker_ask(&connection->gateway->broker, &command, (struct slice){0},
                   PENDING_OF_GATEWAY, connection);
}

struct connection *connection_create(struct gateway *gateway,
                                     const struct connection_config *config) {
    const struct frontend *frontend =
        gateway->config.frontends[config->dialect];
    struct connection *connection =
        mem_zalloc(sizeof(*connection) + frontend->state_size);
    connection->gateway = gateway;
    connection->socket = config->socket;
    connection->dialect = (uint8_t)config->dialect;
    connection->profile = profile_copy(config->claims);
    connection->address = config->address;
    connection->expires_us = config->expires_us;
    connection->number = ++gateway->connection_number;
    connection->ping_ms = gateway->now_ms + gateway->config.ping_interval_ms;
    connection->heard = true;
    list_init(&connection->under_way);
    list_init(&connection->deferred);
    list_init(&connection->entries);
    connection->user = users_enter(&gateway->users, config->claims->user,
                                   &connection->of_user);
    connection->user->hides = false;
    admission_enter(&gateway->admission, config->address);
    list_append(&gateway->connections, &connection->all);
    arm(connection);
    if (gateway->broker.down_ms == 0)
        connection_register(connection);
    if (frontend->feed)
        feed_join(connection);
    return connection;
}

static void unregister(struct connection *connection) {
    struct broker *broker = &connection->gateway->broker;
    struct pending *connect = connection->connect;
    if (broker->down_ms != 0)
        return; /* The next link begins without it. */
    if (connect) {
        bool unsent = connect->state == PENDING_QUEUED;
        broker_abandon(broker, connect);
        if (unsent)
            return;
    }
    struct wire command = {.kind = WIRE_DISCONNECT};
    command.as.disconnect.connection = connection->number;
    command.as.disconnect.user = connection->user->id;
    broker_ask(broker, &command, (struct slice){0}, PENDING_OF_GATEWAY, NULL);
}

static void drop_held(struct connection *connection) {
    if (connection->held) {
        buf_finish(connection->held);
        free(connection->held);
        connection->held = NULL;
    }
    if (connection->partial) {
        buf_finish(connection->partial);
        free(connection->partial);
        connection->partial = NULL;
    }
}

void connection_destroy(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    connection->state = CONNECTION_CLOSING;
    size_t label = gateway_metrics_close_label(connection->code);
    metrics_add_by(gateway->config.metrics, METRIC_CLOSED, label, 1);
    while (!list_is_empty(&connection->under_way)) {
        struct pending *pending =
            LIST_OF(connection->under_way.next, struct pending, sibling);
        list_remove(&pending->sibling);
        broker_abandon(&gateway->broker, pending);
    }
    unregister(connection);
    rooms_unfollow_all(gateway, connection);
    feed_part(connection);
    users_leave(&gateway->users, connection->user, &connection->of_user,
                gateway->now_ms);
    admission_leave(&gateway->admission, connection->address);
    wheel_disarm(&gateway->wheel, &connection->timer);
    list_remove(&connection->all);
    list_remove(&connection->dirty);
    list_remove(&connection->waiting);
    const struct frontend *frontend =
        gateway->config.frontends[connection->dialect];
    if (frontend->close)
        frontend->close(connection->frontend_state);
    pump_finish(&connection->pump);
    outbox_finish(&connection->outbox);
    drop_held(connection);
    free(connection->profile);
    free(connection);
}

static void push_close(struct connection *connection, enum close_code code,
                       const char *reason) {
    char payload[2 + 64] = {(char)(code >> 8), (char)code};
    size_t size = strlen(reason);
    INVARIANT(size <= sizeof(payload) - 2);
    memcpy(payload + 2, reason, size);
    struct span frame =
        frame_log_append(&connection->gateway->answers, FRAME_CLOSE,
                         (struct slice){payload, 2 + size});
    outbox_push_control(&connection->outbox, &frame);
    connection_dirty(connection);
}

void connection_close(struct connection *connection, enum close_code code) {
    connection_close_as(connection, code, close_reason(code));
}

void connection_close_as(struct connection *connection, enum close_code code,
                         const char *reason) {
    struct gateway *gateway = connection->gateway;
    if (connection->state == CONNECTION_CLOSING)
        return;
    bool reads = code != CLOSE_SLOW && code != CLOSE_SILENT;
    if (reads)
        fanout_settle(&gateway->fanout, connection);
    if (connection->state == CONNECTION_CLOSING)
        return; /* Its queue was full. */
    connection->state = CONNECTION_CLOSING;
    connection->code = (uint16_t)code;
    pump_finish(&connection->pump);
    drop_held(connection);
    if (!reads)
        outbox_finish(&connection->outbox);
    list_remove(&connection->waiting);
    wheel_arm(&gateway->wheel, &connection->timer,
              gateway->now_ms + CONNECTION_CLOSE_MS);
    push_close(connection, code, reason);
}

/* --- Output --------------------------------------------------------------- */

void connection_dirty(struct connection *connection) {
    if (!list_is_linked(&connection->dirty))
        list_append(&connection->gateway->dirty, &connection->dirty);
}

void connection_push(struct connection *connection, const struct span *span) {
    if (connection->state == CONNECTION_CLOSING)
        return;
    struct gateway *gateway = connection->gateway;
    uint64_t bytes_max = gateway->config.queue_bytes_max;
    if (bytes_max && outbox_bytes(&connection->outbox) >= bytes_max) {
        connection_close(connection, CLOSE_SLOW);
        return;
    }
    gateway->deliveries++;
    outbox_push(&connection->outbox, span);
    connection_dirty(connection);
}

void connection_tell(struct connection *connection, struct slice text) {
    struct gateway *gateway = connection->gateway;
    fanout_settle(&gateway->fanout, connection);
    struct span frame = frame_log_append(&gateway->answers, FRAME_TEXT, text);
    connection_push(connection, &frame);
}

bool connection_is_slow(const struct connection *connection) {
    uint64_t bytes_max = connection->gateway->config.queue_bytes_max;
    return bytes_max && outbox_bytes(&connection->outbox) >= bytes_max / 2;
}

void connection_write(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    const struct transport *transport = gateway->config.transport;
    while (!outbox_is_empty(&connection->outbox)) {
        if (transport->is_busy(connection->socket)) {
            if (!connection->asked)
                transport->ask_writeable(connection->socket);
            connection->asked = true;
            break;
        }
        struct slice frames = outbox_peek(&connection->outbox, gateway->scratch,
                                          FRAME_CHUNK_BYTES);
        if (transport->write(connection->socket, frames) != ERR_OK) {
            outbox_finish(&connection->outbox); /* The socket is lost. */
            return;
        }
        gateway->writes++;
        gateway->bytes_out += frames.size;
        outbox_consume(&connection->outbox, frames.size);
    }
    if (connection->held || connection->pump.count > 0 ||
        !list_is_empty(&connection->entries))
        connection_pump(connection);
}

void connection_writeable(struct connection *connection) {
    if (connection->asked)
        connection->heard = true; /* It took what was kept. */
    connection->asked = false;
    connection_write(connection);
}

/* --- Time ----------------------------------------------------------------- */

void connection_heard(struct connection *connection) {
    connection->heard = true;
}

void connection_timer(struct connection *connection) {
    struct gateway *gateway = connection->gateway;
    if (connection->state == CONNECTION_CLOSING) {
        gateway->config.transport->cut(connection->socket);
        return;
    }
    if (gateway->wall_us >= connection->expires_us) {
        connection_close(connection, CLOSE_TOKEN);
        return;
    }
    uint64_t interval_ms = gateway->config.ping_interval_ms;
    if (interval_ms && gateway->now_ms >= connection->ping_ms) {
        if (connection->heard)
            connection->pings_missed = 0;
        else
            connection->pings_missed++;
        if (connection->pings_missed >= CONNECTION_PINGS_MISSED_MAX) {
            connection_close(connection, CLOSE_SILENT);
            return;
        }
        connection->heard = false;
        connection->ping_ms = gateway->now_ms + interval_ms;
        if (outbox_is_empty(&connection->outbox)) {
            outbox_push_control(&connection->outbox, &gateway->ping);
            connection_dirty(connection);
        }
    }
    arm(connection);
}

void connection_profile_changed(struct connection *connection,
                                const struct wire_profile *profile) {
    free(connection->profile);
    connection->profile = profile_copy(profile);
}
