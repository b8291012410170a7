/* gateway_metrics.h - what a gateway counts; see metrics.h. */
#ifndef GATEWAY_GATEWAY_METRICS_H
#define GATEWAY_GATEWAY_METRICS_H

#include "common/process/metrics.h"

struct gateway;

enum gateway_metric {
    METRIC_CONNECTIONS,
    METRIC_ROOMS,
    METRIC_COMMANDS_UNDER_WAY,
    METRIC_MESSAGES_IN,
    METRIC_FRAMES_OUT,
    METRIC_DELIVERIES,
    METRIC_WRITES,
    METRIC_BYTES_OUT,
    METRIC_EVENTS,
    METRIC_EVENTS_REPEATED,
    METRIC_EVENTS_UNWANTED,
    METRIC_PLACE_GAPS,
    METRIC_THROTTLED,
    METRIC_CLOSED,
    METRIC_REFUSED,
    METRIC_REPLIES_LATE,
    METRIC_EXPIRED,
    METRIC_RESENT,
    METRIC_REQUESTS_UNAWAITED,
    METRIC_HTTP_REQUESTS,
    METRIC_API_REQUESTS,
    METRIC_FEEDS,
    METRIC_FEED_EVENTS,
    METRIC_TYPING_DROPPED,
    METRIC_FEED_OVERFLOW,
    METRIC_FEED_REFUSED,
    METRIC_FEED_FORGOTTEN,
    METRIC_ONLINE,
    METRIC_PRESENCE_CHANGES,
    METRIC_PRESENCE_OUT,
    METRIC_PRESENCE_STALE,
    METRIC_PRESENCE_FORGOTTEN,
    METRIC_TYPED_UNWANTED,
    METRIC_CALLS,
    METRIC_CALLS_REFUSED,
    METRIC_LINK,
    GATEWAY_METRIC_COUNT,
};

/* Label values of METRIC_REFUSED. X(name, label). */
#define REFUSAL_TABLE(X)                                                       \
    X(REFUSAL_PATH, "path")                                                    \
    X(REFUSAL_METHOD, "method")                                                \
    X(REFUSAL_VERSION, "version")                                              \
    X(REFUSAL_SUBPROTOCOL, "subprotocol")                                      \
    X(REFUSAL_ORIGIN, "origin")                                                \
    X(REFUSAL_TOKEN, "token")                                                  \
    X(REFUSAL_TOTAL, "total")                                                  \
    X(REFUSAL_USER, "user")                                                    \
    X(REFUSAL_ADDRESS, "address")                                              \
    X(REFUSAL_DRAINING, "draining")                                            \
    X(REFUSAL_BROKER, "broker")                                                \
    X(REFUSAL_DESCRIPTORS, "descriptors")

enum refusal {
#define REFUSAL_ENUM(name, label) name,
    REFUSAL_TABLE(REFUSAL_ENUM)
#undef REFUSAL_ENUM
};

/* Label values of METRIC_CALLS_REFUSED. X(name, label). */
#define CALL_REFUSAL_TABLE(X)                                                  \
    X(CALL_REFUSAL_TOKEN, "token")                                             \
    X(CALL_REFUSAL_RATE, "rate")                                               \
    X(CALL_REFUSAL_BROKER, "broker")                                           \
    X(CALL_REFUSAL_BODY, "body")                                               \
    X(CALL_REFUSAL_FULL, "full")

enum call_refusal {
#define CALL_REFUSAL_ENUM(name, label) name,
    CALL_REFUSAL_TABLE(CALL_REFUSAL_ENUM)
#undef CALL_REFUSAL_ENUM
};

extern const struct metric gateway_metrics_table[GATEWAY_METRIC_COUNT];

/* Index of a close code among METRIC_CLOSED's label values. */
size_t gateway_metrics_close_label(unsigned code);

/* Sets the gauges and the link's counters; once a second. */
void gateway_metrics_update(const struct gateway *gateway);

#endif
