/* broker_metrics.c - see broker_metrics.h. */
#include "broker/shard/broker_metrics.h"

#include "common/link/link_counters.h"

static const char *const link_counter_names[] = {
#define LINK_NAME(name, help) #name,
    LINK_COUNTER_TABLE(LINK_NAME)
#undef LINK_NAME
        NULL};

static const struct metric table[BROKER_METRIC_COUNT] = {
    [BROKER_COMMANDS] = METRIC_COUNTER("parlance_broker_commands_total",
                                       "Commands received from gateways."),
    [BROKER_REPLIES] = METRIC_COUNTER("parlance_broker_replies_total",
                                      "Replies sent to gateways."),
    [BROKER_EVENTS] =
        METRIC_COUNTER("parlance_broker_events_total", "Room events released."),
    [BROKER_EVENT_COPIES] =
        METRIC_COUNTER("parlance_broker_event_copies_total",
                       "Events sent: one for each gateway with interest."),
    [BROKER_RUBBISH] = METRIC_COUNTER("parlance_broker_rubbish_total",
                                      "Messages of peers that did not decode."),
    [BROKER_GATEWAYS] =
        METRIC_GAUGE("parlance_broker_gateways", "Gateways connected now."),
    [BROKER_EPOCH] =
        METRIC_GAUGE("parlance_broker_epoch", "The epoch taken; 0: none yet."),
    [BROKER_ROOMS] =
        METRIC_GAUGE("parlance_broker_rooms_resident", "Rooms in memory."),
    [BROKER_USERS] =
        METRIC_GAUGE("parlance_broker_users_resident", "Users in memory."),
    [BROKER_KEYS] =
        METRIC_GAUGE("parlance_broker_keys_resident", "Room keys in memory."),
    [BROKER_WAITING] = METRIC_GAUGE("parlance_broker_commands_waiting",
                                    "Commands that wait for an actor."),
    [BROKER_PENDING] = METRIC_GAUGE("parlance_broker_effects_pending",
                                    "Effects that wait for their commit."),
    [BROKER_PENDING_BYTES] =
        METRIC_GAUGE("parlance_broker_pending_bytes",
                     "Bytes of records that are not on disk yet."),
    [BROKER_ACTIVATIONS] = METRIC_COUNTER("parlance_broker_activations_total",
                                          "Actors brought into memory."),
    [BROKER_PASSIVATIONS] = METRIC_COUNTER("parlance_broker_passivations_total",
                                           "Actors put away."),
    [BROKER_REFUSALS] =
        METRIC_COUNTER("parlance_broker_refusals_total", "Commands refused."),
    [BROKER_MESSAGES] = METRIC_COUNTER("parlance_broker_messages_total",
                                       "Chat messages accepted."),
    [BROKER_DUPLICATES] =
        METRIC_COUNTER("parlance_broker_duplicates_total",
                       "Chat messages recognised by a key and not stored."),
    [BROKER_ONLINE] =
        METRIC_GAUGE("parlance_broker_users_online", "Users online now."),
    [BROKER_PRESENCE_CHANGES] =
        METRIC_COUNTER("parlance_broker_presence_changes_total",
                       "Users who came online or went offline."),
    [BROKER_SEEN_LOST] = METRIC_COUNTER(
        "parlance_broker_seen_lost_total",
        "Times last seen that were not stored: too much waited already."),
    [BROKER_TYPING_PASSED] = METRIC_COUNTER(
        "parlance_broker_typing_passed_total", "Notices of typing passed on."),
    [BROKER_TYPING_THROTTLED] =
        METRIC_COUNTER("parlance_broker_typing_throttled_total",
                       "Notices of typing that came too soon after another."),
    [BROKER_RECORDING] =
        METRIC_GAUGE("parlance_broker_recording",
                     "Shards that record now; less than there are shards: "
                     "something could not be written."),
    [BROKER_RECORD_INPUTS] =
        METRIC_COUNTER("parlance_broker_recorded_inputs_total",
                       "Inputs of cores that were recorded."),
    [BROKER_RECORD_BYTES] =
        METRIC_COUNTER("parlance_broker_recorded_bytes_total",
                       "Bytes of recordings that were written."),
    [BROKER_RECORD_FILES] =
        METRIC_COUNTER("parlance_broker_record_files_total",
                       "Files of recordings that were begun."),
    [BROKER_RECORD_REMOVED] =
        METRIC_COUNTER("parlance_broker_record_files_removed_total",
                       "Files of recordings that were removed for newer ones."),
    [BROKER_RECORD_MISSED] =
        METRIC_COUNTER("parlance_broker_unrecorded_inputs_total",
                       "Inputs that came after a recording had to stop."),
    [BROKER_LINK] =
        METRIC_GAUGE_BY("parlance_broker_gateway_link",
                        "What happened on the links to gateways, since start.",
                        "counter", link_counter_names),
};

struct metrics *broker_metrics_create(void) {
    return metrics_create("broker", table, BROKER_METRIC_COUNT);
}

void broker_metrics_report(const struct metrics *metrics,
                           const struct core_stats *now,
                           const struct core_stats *last) {
    /* Gauges are sums over shards: each adds what changed. A decrease wraps
     * around to the same result. */
    metrics_add(metrics, BROKER_ROOMS,
                now->rooms_resident - last->rooms_resident);
    metrics_add(metrics, BROKER_USERS,
                now->users_resident - last->users_resident);
    metrics_add(metrics, BROKER_KEYS, now->keys_resident - last->keys_resident);
    metrics_add(metrics, BROKER_WAITING,
                now->commands_waiting - last->commands_waiting);
    metrics_add(metrics, BROKER_PENDING,
                now->effects_pending - last->effects_pending);
    metrics_add(metrics, BROKER_PENDING_BYTES,
                now->pending_bytes - last->pending_bytes);
    metrics_add(metrics, BROKER_ACTIVATIONS,
                now->activations_total - last->activations_total);
    metrics_add(metrics, BROKER_PASSIVATIONS,
                now->passivations_total - last->passivations_total);
    metrics_add(metrics, BROKER_REFUSALS,
                now->refusals_total - last->refusals_total);
    metrics_add(metrics, BROKER_MESSAGES,
                now->messages_total - last->messages_total);
    metrics_add(metrics, BROKER_DUPLICATES,
                now->duplicates_total - last->duplicates_total);
    metrics_add(metrics, BROKER_ONLINE, now->users_online - last->users_online);
    metrics_add(metrics, BROKER_PRESENCE_CHANGES,
                now->presence_changes_total - last->presence_changes_total);
    metrics_add(metrics, BROKER_SEEN_LOST,
                now->seen_lost_total - last->seen_lost_total);
    metrics_add(metrics, BROKER_TYPING_PASSED,
                now->typing_passed_total - last->typing_passed_total);
    metrics_add(metrics, BROKER_TYPING_THROTTLED,
                now->typing_throttled_total - last->typing_throttled_total);
}
