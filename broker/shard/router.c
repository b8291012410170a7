/* router.c - see router.h. */
#include "broker/shard/router.h"

#include <stdlib.h>

#include "broker/shard/broker_metrics.h"
#include "broker/shard/claim.h"
#include "broker/shard/pipe_record.h"
#include "broker/shard/seat.h"
#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/link/link_server.h"
#include "common/process/log.h"
#include "common/wire/hello.h"

/* What a shard does not take yet may grow so large; then the gateways are not
 * read. */
#define SHARD_IN_BYTES_MAX (8u << 20)
#define PACKETS_PER_TURN 256u
#define BATCHES_PER_TURN 256u

const char *const router_conditions[] = {"persister", NULL};
enum { CONDITION_PERSISTER };

struct router_shard {
    struct seat seat;
    bool attached;
};

struct router {
    const struct router_config *config;
    struct link_server *server;
    struct claim *claim;
    struct link_poll *poll;
    struct router_shard shards[ROUTER_SHARDS_MAX];
    uint64_t epoch; /* 0: not taken yet. */
    int64_t claimed_us;
    uint64_t now_ms;
    bool failed;
};

static void tell_shard(struct router_shard *shard, enum pipe_record_type type,
                       uint32_t number, struct slice bytes) {
    struct pipe_record record = {
        .type = type, .number = number, .bytes = bytes};
    pipe_record_put(&shard->seat.in, &record);
}

/* --- Gateways ------------------------------------------------------------ */

static bool on_hello(void *payload, uint32_t peer, struct slice hello,
                     struct buf *welcome, struct buf *reason) {
    struct router *router = payload;
    struct hello_gateway gateway;
    if (hello_gateway_decode(hello, &gateway) != ERR_OK) {
        buf_append_slice(reason, SLICE("this greeting is no gateway's"));
        return false;
    }
    if (!router->epoch) {
        buf_append_slice(reason, SLICE("the partitions are not taken yet"));
        return false;
    }
    struct welcome_broker mine = {.gateway = peer,
                                  .epoch = router->epoch,
                                  .commands_max = ROUTER_COMMANDS_MAX,
                                  .claimed_us = router->claimed_us};
    welcome_broker_encode(&mine, welcome);
    metrics_add(router->config->metrics, BROKER_GATEWAYS, 1);
    for (uint32_t i = 0; i < router->config->shards; i++)
        tell_shard(&router->shards[i], PIPE_UP, peer, (struct slice){0});
    log_info("gateway_up", LOG_UINT("gateway", peer),
             LOG_UINT("incarnation", gateway.incarnation));
    return true;
}

static void on_message(void *payload, uint32_t peer, struct slice message) {
    struct router *router = payload;
    struct wire_head_fields head;
    if (wire_peek(message, &head) != ERR_OK || !wire_is_command(head.kind)) {
        metrics_add(router->config->metrics, BROKER_RUBBISH, 1);
        log_warn("gateway_sent_rubbish", LOG_UINT("gateway", peer),
                 LOG_TEXT("reason", "it is no command"));
        link_server_reset(router->server, peer, "a message is no command");
        return;
    }
    metrics_add(router->config->metrics, BROKER_COMMANDS, 1);
    uint32_t index = shard_of_partition(head.partition, router->config->shards);
    tell_shard(&router->shards[index], PIPE_COMMAND, peer, message);
}

static void on_down(void *payload, uint32_t peer, const char *reason) {
    struct router *router = payload;
    metrics_subtract(router->config->metrics, BROKER_GATEWAYS, 1);
    log_info("gateway_down", LOG_UINT("gateway", peer),
             LOG_TEXT("reason", reason));
    for (uint32_t i = 0; i < router->config->shards; i++)
        tell_shard(&router->shards[i], PIPE_GONE, peer, (struct slice){0});
}

static void on_refused(void *payload, const char *reason) {
    (void)payload;
    log_debug("gateway_refused", LOG_TEXT("reason", reason));
}

static const struct link_server_handler handler = {.hello = on_hello,
                                                   .message = on_message,
                                                   .down = on_down,
                                                   .refused = on_refused};

/* --- Shards -------------------------------------------------------------- */

static void update_readiness(struct router *router) {
    const char *reason = router->epoch ? "a shard is not attached"
                                       : "the partitions are not taken yet";
    bool met = router->epoch != 0;
    for (uint32_t i = 0; i < router->config->shards; i++)
        met = met && router->shards[i].attached;
    if (readiness_set(router->config->readiness, CONDITION_PERSISTER, met,
                      reason))
        log_info(met ? "ready" : "not_ready",
                 LOG_TEXT("reason", met ? "" : reason));
}

static void take_record(struct router *router, struct router_shard *shard,
                        const struct pipe_record *record) {
    const struct metrics *metrics = router->config->metrics;
    switch (record->type) {
    case PIPE_REPLY:
        metrics_add(metrics, BROKER_REPLIES, 1);
        link_server_send(router->server, record->number, record->bytes);
        return;
    case PIPE_EVENT:
        metrics_add(metrics, BROKER_EVENTS, 1);
        metrics_add(metrics, BROKER_EVENT_COPIES, record->gateways_count);
        link_server_send_many(router->server, record->gateways,
                              record->gateways_count, record->bytes);
        return;
    case PIPE_RUBBISH:
        metrics_add(metrics, BROKER_RUBBISH, 1);
        log_warn("gateway_sent_rubbish", LOG_UINT("gateway", record->number),
                 LOG_SLICE("field", record->bytes));
        link_server_reset(router->server, record->number,
                          "a command does not decode");
        return;
    case PIPE_STATE:
        shard->attached = record->number != 0;
        update_readiness(router);
        return;
    case PIPE_FATAL:
        log_error("broker_must_stop",
                  LOG_UINT("shard", shard->seat.config.index),
                  LOG_SLICE("reason", record->bytes));
        router->failed = true;
        return;
    case PIPE_COMMAND:
    case PIPE_UP:
    case PIPE_GONE:
    case PIPE_EPOCH:
        break;
    }
    INVARIANT(!"a record that only goes the other way");
}

/* True: more may wait. */
static bool receive_shard(struct router *router, struct router_shard *shard) {
    uint32_t gateways[ROUTER_GATEWAYS_MAX];
    for (uint32_t i = 0; i < BATCHES_PER_TURN; i++) {
        struct slice batch;
        switch (seat_receive(&shard->seat, &batch)) {
        case LINK_PIPE_EMPTY:
            return false;
        case LINK_PIPE_STOP:
            if (!router->failed)
                log_error("shard_ended",
                          LOG_UINT("shard", shard->seat.config.index));
            router->failed = true;
            return false;
        case LINK_PIPE_BATCH:
            break;
        }
        struct pipe_record record;
        while (pipe_record_next(&batch, &record, gateways, ROUTER_GATEWAYS_MAX))
            take_record(router, shard, &record);
    }
    return true;
}

/* Whether all shards take more. */
static bool has_room(const struct router *router) {
    for (uint32_t i = 0; i < router->config->shards; i++)
        if (router->shards[i].seat.in.size >= SHARD_IN_BYTES_MAX)
            return false;
    return true;
}

/* True: more may wait. */
static bool turn_shards(struct router *router) {
    bool more = false;
    for (uint32_t i = 0; i < router->config->shards; i++) {
        more |= seat_turn(&router->shards[i].seat);
        more |= receive_shard(router, &router->shards[i]);
    }
    return more;
}

/* --- Life ---------------------------------------------------------------- */

enum err router_create(const struct router_config *config, struct router **out,
                       struct buf *reason) {
    PRE(config->shards >= 1 && config->shards <= ROUTER_SHARDS_MAX);
    struct router *router = mem_zalloc(sizeof *router);
    struct link_server_config server = link_server_config_default();
    router->config = config;
    server.peers_max = ROUTER_GATEWAYS_MAX;
    server.handler = &handler;
    server.payload = router;
    router->server = link_server_create(&server);
    router->poll = link_poll_create();
    enum err err = link_server_bind(router->server, config->listen, reason);
    if (err != ERR_OK) {
        router_destroy(router);
        return err;
    }
    router->claim = claim_create(config->persister, config->incarnation);
    for (uint32_t i = 0; i < config->shards; i++) {
        struct router_shard *shard = &router->shards[i];
        shard->seat.config =
            (struct shard_config){.index = i,
                                  .count = config->shards,
                                  .persister = config->persister,
                                  .incarnation = config->incarnation,
                                  .core = config->core,
                                  .record = config->record,
                                  .metrics = config->metrics};
        seat_start(&shard->seat, config->shards > 1);
    }
    update_readiness(router);
    *out = router;
    return ERR_OK;
}

void router_destroy(struct router *router) {
    if (!router)
        return;
    for (uint32_t i = 0; i < ROUTER_SHARDS_MAX; i++)
        seat_finish(&router->shards[i].seat);
    claim_destroy(router->claim);
    link_server_destroy(router->server);
    link_poll_destroy(router->poll);
    free(router);
}

static void turn_claim(struct router *router) {
    claim_turn(router->claim, router->now_ms);
    if (claim_state(router->claim) == CLAIM_LOST && !router->failed) {
        log_error("broker_must_stop",
                  LOG_TEXT("reason", "another broker took the partitions"));
        router->failed = true;
    }
    if (claim_state(router->claim) != CLAIM_HELD || router->epoch)
        return;
    router->epoch = claim_epoch(router->claim);
    router->claimed_us = (int64_t)wall_us();
    metrics_set(router->config->metrics, BROKER_EPOCH, router->epoch);
    for (uint32_t i = 0; i < router->config->shards; i++)
        tell_shard(
            &router->shards[i], PIPE_EPOCH, 0,
            (struct slice){(const char *)&router->epoch, sizeof router->epoch});
}

static void export_counters(struct router *router) {
    const struct link_counters *counters = link_server_counters(router->server);
    size_t label = 0;
#define EXPORT(name, help)                                                     \
    metrics_set_by(router->config->metrics, BROKER_LINK, label++,              \
                   counters->name);
    LINK_COUNTER_TABLE(EXPORT)
#undef EXPORT
}

static void wait_for_work(struct router *router, bool room, int stop_fd) {
    uint64_t due_ms = link_server_due_ms(router->server);
    if (claim_due_ms(router->claim) < due_ms)
        due_ms = claim_due_ms(router->claim);
    int64_t wait_ms =
        due_ms > router->now_ms ? (int64_t)(due_ms - router->now_ms) : 0;
    link_poll_clear(router->poll);
    link_poll_add_fd(router->poll, stop_fd, true, false);
    if (room)
        link_poll_add_server(router->poll, router->server);
    link_poll_add_client(router->poll, claim_link(router->claim));
    for (uint32_t i = 0; i < router->config->shards; i++) {
        int64_t shard_ms = seat_add_poll(&router->shards[i].seat, router->poll);
        wait_ms = shard_ms < wait_ms ? shard_ms : wait_ms;
    }
    link_poll_wait(router->poll, wait_ms > 1000 ? 1000 : wait_ms);
}

bool router_turn(struct router *router, int stop_fd) {
    router->now_ms = monotonic_ms();
    turn_claim(router);
    bool room = has_room(router);
    bool more = room && link_server_receive(router->server, router->now_ms,
                                            PACKETS_PER_TURN);
    link_server_tick(router->server, router->now_ms);
    more |= turn_shards(router);
    link_server_flush(router->server, router->now_ms);
    export_counters(router);
    if (!more && !router->failed)
        wait_for_work(router, has_room(router), stop_fd);
    return !router->failed;
}

const char *router_endpoint(const struct router *router) {
    return link_server_endpoint(router->server);
}
