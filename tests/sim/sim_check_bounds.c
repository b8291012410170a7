/* sim_check_bounds.c - what a gateway keeps for its clients stays within its
 * bounds (8, I10), and who asks is answered. */
#include <inttypes.h>

#include "tests/sim/sim_crowd.h"

/* Beside what is configured: the one thing that passed the mark. */
#define SLACK_BYTES (2u << 20)

static void check_connection(struct people *people,
                             const struct gateway *gateway,
                             const struct connection *connection) {
    struct history *history = &people->history;
    uint64_t bytes_max = gateway->config.queue_bytes_max;
    uint64_t bytes = outbox_bytes(&connection->outbox);
    if (bytes_max && bytes > bytes_max + SLACK_BYTES)
        history_broken(history, "8",
                       "%" PRIu64 " bytes wait for a client, of %" PRIu64,
                       bytes, bytes_max);
    /* What was said in one turn may pass the mark. */
    if (connection->pump.count > 2 * PUMP_REQUESTS_MAX)
        history_broken(history, "8", "%u requests of a client wait",
                       (unsigned)connection->pump.count);
    if (connection->under_way_count > CONNECTION_WINDOW)
        history_broken(history, "8", "%u requests of a client are under way",
                       (unsigned)connection->under_way_count);
    if (connection->told &&
        connection->told->size > FEED_TOLD_MAX * sizeof(struct told))
        history_broken(history, "8", "too much is kept of what was told");
}

void check_bounds(struct people *people, const struct gateway *gateway) {
    struct history *history = &people->history;
    uint64_t connections = 0;
    for (const struct list *at = gateway->connections.next;
         at != &gateway->connections; at = at->next) {
        connections++;
        check_connection(people, gateway, LIST_OF(at, struct connection, all));
    }
    if (connections > people->clients_count)
        history_broken(history, "8", "%" PRIu64 " connections of %u clients",
                       connections, people->clients_count);
    if (gateway->api_calls_count > API_CALLS_MAX)
        history_broken(history, "8", "%u calls are under way",
                       (unsigned)gateway->api_calls_count);
    if (gateway->feeds.asks > FEED_ASKS_MAX + 1)
        history_broken(history, "8", "feeds ask %u things at once",
                       (unsigned)gateway->feeds.asks);
}
