/* The table, and what is copied into it from elsewhere. */
#include "gateway/gateway_metrics.h"

#include "gateway/gateway.h"

static const char *const close_labels[] = {
#define CLOSE_LABEL(code, label, reason) #code,
    CLOSE_TABLE(CLOSE_LABEL)
#undef CLOSE_LABEL
        "client",
    NULL};

static const char *const refusal_labels[] = {
#define REFUSAL_LABEL(name, label) (label),
    REFUSAL_TABLE(REFUSAL_LABEL)
#undef REFUSAL_LABEL
        NULL};

static const char *const call_refusal_labels[] = {
#define CALL_REFUSAL_LABEL(name, label) (label),
    CALL_REFUSAL_TABLE(CALL_REFUSAL_LABEL)
#undef CALL_REFUSAL_LABEL
        NULL};

static const char *const link_labels[] = {
#define LINK_LABEL(name, help) #name,
    LINK_COUNTER_TABLE(LINK_LABEL)
#undef LINK_LABEL
        NULL};

const struct metric gateway_metrics_table[GATEWAY_METRIC_COUNT] = {
    [METRIC_CONNECTIONS] =
        METRIC_GAUGE("parlance_gateway_connections", "Open connections."),
    [METRIC_ROOMS] = METRIC_GAUGE("parlance_gateway_rooms",
                                  "Rooms that connections here follow."),
    [METRIC_COMMANDS_UNDER_WAY] =
        METRIC_GAUGE("parlance_gateway_commands_under_way",
                     "Commands that the broker has not answered yet."),
    [METRIC_MESSAGES_IN] = METRIC_COUNTER("parlance_gateway_messages_in_total",
                                          "Messages from clients."),
    [METRIC_FRAMES_OUT] =
        METRIC_COUNTER("parlance_gateway_frames_out_total",
                       "Frames made, each for one or many clients."),
    [METRIC_DELIVERIES] =
        METRIC_COUNTER("parlance_gateway_deliveries_total",
                       "Runs of frames queued for a connection."),
    [METRIC_WRITES] = METRIC_COUNTER("parlance_gateway_writes_total",
                                     "Writes to sockets of clients."),
    [METRIC_BYTES_OUT] = METRIC_COUNTER("parlance_gateway_bytes_out_total",
                                        "Bytes written to clients."),
    [METRIC_EVENTS] = METRIC_COUNTER("parlance_gateway_events_total",
                                     "Events of rooms from the broker."),
    [METRIC_EVENTS_REPEATED] =
        METRIC_COUNTER("parlance_gateway_events_repeated_total",
                       "Events passed over because they came before."),
    [METRIC_EVENTS_UNWANTED] =
        METRIC_COUNTER("parlance_gateway_events_unwanted_total",
                       "Events of rooms that nobody here follows."),
    [METRIC_PLACE_GAPS] =
        METRIC_COUNTER("parlance_gateway_place_gaps_total",
                       "Events that did not follow on, and were fetched."),
    [METRIC_THROTTLED] = METRIC_COUNTER("parlance_gateway_throttled_total",
                                        "Requests refused by the rate limit."),
    [METRIC_CLOSED] = METRIC_COUNTER_BY("parlance_gateway_closed_total",
                                        "Connections that ended, by close "
                                        "code; client: not by the gateway.",
                                        "code", close_labels),
    [METRIC_REFUSED] = METRIC_COUNTER_BY("parlance_gateway_refused_total",
                                         "Handshakes refused, by reason.",
                                         "reason", refusal_labels),
    [METRIC_REPLIES_LATE] =
        METRIC_COUNTER("parlance_gateway_replies_late_total",
                       "Replies for which nobody waited any more."),
    [METRIC_EXPIRED] =
        METRIC_COUNTER("parlance_gateway_expired_total",
                       "Commands given up because no reply came in time."),
    [METRIC_RESENT] =
        METRIC_COUNTER("parlance_gateway_resent_total",
                       "Commands sent again because the link was lost."),
    [METRIC_HTTP_REQUESTS] = METRIC_COUNTER(
        "parlance_gateway_http_requests_total", "Requests for pages."),
    [METRIC_API_REQUESTS] = METRIC_COUNTER(
        "parlance_gateway_api_requests_total", "Calls of the server API."),
    [METRIC_FEEDS] = METRIC_GAUGE("parlance_gateway_feeds",
                                  "Users here that follow all their rooms."),
    [METRIC_FEED_EVENTS] =
        METRIC_COUNTER("parlance_gateway_feed_events_total",
                       "Events read for one connection that began to follow."),
    [METRIC_TYPING_DROPPED] =
        METRIC_COUNTER("parlance_gateway_typing_dropped_total",
                       "Typing that was not shown to who reads slowly."),
    [METRIC_FEED_OVERFLOW] =
        METRIC_COUNTER("parlance_gateway_feed_overflow_total",
                       "Times that a user had more rooms than are followed."),
    [METRIC_FEED_REFUSED] =
        METRIC_COUNTER("parlance_gateway_feed_refused_total",
                       "Questions of feeds that the broker refused for now."),
    [METRIC_FEED_FORGOTTEN] =
        METRIC_COUNTER("parlance_gateway_feed_forgotten_total",
                       "Answers ahead of their event that were too many to be "
                       "remembered."),
    [METRIC_ONLINE] = METRIC_GAUGE("parlance_gateway_online_users",
                                   "Users online, on whatever gateway."),
    [METRIC_PRESENCE_CHANGES] =
        METRIC_COUNTER("parlance_gateway_presence_changes_total",
                       "Users who came or went, on whatever gateway."),
    [METRIC_PRESENCE_OUT] =
        METRIC_COUNTER("parlance_gateway_presence_out_total",
                       "Times that a connection was told of one."),
    [METRIC_PRESENCE_STALE] =
        METRIC_COUNTER("parlance_gateway_presence_stale_total",
                       "Users taken for gone since no new link named them."),
    [METRIC_PRESENCE_FORGOTTEN] =
        METRIC_COUNTER("parlance_gateway_presence_forgotten_total",
                       "Changes that were too many to be kept for those who "
                       "just come."),
    [METRIC_TYPED_UNWANTED] =
        METRIC_COUNTER("parlance_gateway_typed_unwanted_total",
                       "Notices of typing in rooms that nobody here follows."),
    [METRIC_REQUESTS_UNAWAITED] = METRIC_COUNTER(
        "parlance_gateway_requests_unawaited_total",
        "Connections with half a request, beyond those that may wait for the "
        "rest of it at the door."),
    [METRIC_CALLS] = METRIC_COUNTER("parlance_gateway_calls_total",
                                    "HTTP calls of the dialects."),
    [METRIC_CALLS_REFUSED] =
        METRIC_COUNTER_BY("parlance_gateway_calls_refused_total",
                          "HTTP calls of the dialects that were refused, by "
                          "reason.",
                          "reason", call_refusal_labels),
    [METRIC_LINK] = METRIC_COUNTER_BY("parlance_gateway_link_total",
                                      "The link to the broker, by what "
                                      "happened.",
                                      "what", link_labels),
};

size_t gateway_metrics_close_label(unsigned code) {
    static const unsigned codes[] = {
#define CLOSE_CODE(code, label, reason) (code),
        CLOSE_TABLE(CLOSE_CODE)
#undef CLOSE_CODE
    };
    size_t count = sizeof(codes) / sizeof(codes[0]);
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == code)
            return i;
    }
    return count;
}

void gateway_metrics_update(const struct gateway *gateway) {
    const struct metrics *metrics = gateway->config.metrics;
    metrics_set(metrics, METRIC_CONNECTIONS, gateway->admission.total);
    metrics_set(metrics, METRIC_ROOMS, table_count(&gateway->interest.rooms));
    metrics_set(metrics, METRIC_COMMANDS_UNDER_WAY,
                table_count(&gateway->broker.pending));
    metrics_set(metrics, METRIC_FEEDS, gateway->feeds.count);
    metrics_set(metrics, METRIC_ONLINE, table_count(&gateway->presence.online));
    metrics_set(metrics, METRIC_FRAMES_OUT, gateway->fanout.frames);
    const struct link_counters *link =
        link_client_counters(gateway->broker.link);
    size_t label = 0;
#define LINK_SET(name, help)                                                   \
    metrics_set_by(metrics, METRIC_LINK, label++, link->name);
    LINK_COUNTER_TABLE(LINK_SET)
#undef LINK_SET
}
