/* shard.c - see shard.h. */
#include "broker/shard/shard_internal.h"

#include <stdlib.h>

#include "broker/shard/shard_time.h"
#include "common/clock.h"

/* What one turn takes from the persister at most. */
#define LINK_PACKETS_PER_TURN 64u
#define REPORT_MS 1000u

static void tell_router(struct shard *shard, enum pipe_record_type type,
                        uint32_t number, struct slice bytes) {
    struct pipe_record record = {
        .type = type, .number = number, .bytes = bytes};
    pipe_record_put(&shard->out, &record);
}

void shard_fatal(struct shard *shard, const char *reason) {
    shard->stopping = true;
    tell_router(shard, PIPE_FATAL, 0, slice_of(reason));
}

static void carry_out(struct shard *shard, const struct effect *effect) {
    struct slice bytes = effect_bytes(&shard->effects, effect);
    struct wire_head_fields head;
    struct pipe_record record = {.bytes = bytes};
    switch (effect->kind) {
    case EFFECT_REPLY:
        tell_router(shard, PIPE_REPLY, effect->gateway, bytes);
        return;
    case EFFECT_EVENT:
        record.type = PIPE_EVENT;
        record.gateways = effect_gateways(&shard->effects, effect);
        record.gateways_count = effect->gateway_count;
        pipe_record_put(&shard->out, &record);
        return;
    case EFFECT_APPEND:
        log_tail_append(&shard->tail, effect->partition, effect->seq, bytes);
        return;
    case EFFECT_READ:
        INVARIANT(wire_peek(bytes, &head) == ERR_OK);
        log_tail_read(&shard->tail, head.correlation, bytes);
        return;
    }
}

void shard_step(struct shard *shard, struct core_input *input) {
    input->now_us = shard->now_us;
    effects_clear(&shard->effects);
    if (shard->recorder)
        recorder_begin(shard->recorder, input);
    core_step(shard->core, input, &shard->effects);
    if (shard->recorder)
        recorder_input(shard->recorder, input, &shard->effects);
    for (uint32_t i = 0; i < shard->effects.count; i++)
        carry_out(shard, &shard->effects.items[i]);
}

/* Of now; never back. */
static void take_time(struct shard *shard) {
    uint64_t steady_us = monotonic_us();
    shard->now_us = shard_time_next(shard->now_us, (int64_t)wall_us(),
                                    steady_us - shard->steady_us);
    shard->steady_us = steady_us;
}

static void take_command(struct shard *shard,
                         const struct pipe_record *record) {
    struct wire wire;
    struct wire_error error;
    arena_reset(&shard->arena);
    if (wire_decode(record->bytes, &shard->arena, &wire, &error) != ERR_OK) {
        tell_router(shard, PIPE_RUBBISH, record->number, slice_of(error.field));
        return;
    }
    /* What a command does must not be dated before it came: who connected in
     * between asks for what happened since (wire_feed.since_us). */
    take_time(shard);
    struct core_input input = {.kind = INPUT_COMMAND,
                               .gateway = record->number,
                               .wire = &wire,
                               .bytes = record->bytes};
    shard_step(shard, &input);
}

static void take_record(struct shard *shard, const struct pipe_record *record) {
    struct core_input input = {.kind = INPUT_GATEWAY_GONE,
                               .gateway = record->number};
    switch (record->type) {
    case PIPE_COMMAND:
        take_command(shard, record);
        return;
    case PIPE_UP:
        input.kind = INPUT_GATEWAY_UP;
        shard_step(shard, &input);
        return;
    case PIPE_GONE:
        shard_step(shard, &input);
        return;
    case PIPE_EPOCH:
        INVARIANT(record->bytes.size == sizeof shard->tail.epoch);
        memcpy(&shard->tail.epoch, record->bytes.data,
               sizeof shard->tail.epoch);
        if (link_client_is_up(shard->link))
            shard_attach(shard);
        return;
    case PIPE_REPLY:
    case PIPE_EVENT:
    case PIPE_RUBBISH:
    case PIPE_STATE:
    case PIPE_FATAL:
        break;
    }
    INVARIANT(!"a record that only goes the other way");
}

void shard_take(struct shard *shard, struct slice batch) {
    struct pipe_record record;
    while (pipe_record_next(&batch, &record, NULL, 0))
        take_record(shard, &record);
}

static void report(struct shard *shard) {
    struct core_stats now = core_stats(shard->core);
    if (shard->now_ms < shard->report_ms)
        return;
    broker_metrics_report(shard->config->metrics, &now, &shard->reported);
    shard->reported = now;
    shard->report_ms = shard->now_ms + REPORT_MS;
}

void shard_begin(struct shard *shard) {
    shard->now_ms = monotonic_ms();
    take_time(shard);
}

bool shard_end(struct shard *shard) {
    bool more =
        link_client_receive(shard->link, shard->now_ms, LINK_PACKETS_PER_TURN);
    link_client_tick(shard->link, shard->now_ms);
    if (core_deadline_us(shard->core) <= shard->now_us) {
        struct core_input input = {.kind = INPUT_TICK};
        shard_step(shard, &input);
    }
    shard_send_tail(shard);
    link_client_flush(shard->link, shard->now_ms);
    if (shard->recorder)
        recorder_tick(shard->recorder, shard->now_ms);
    report(shard);
    return more || link_client_pending(shard->link);
}

struct buf *shard_out(struct shard *shard) {
    return &shard->out;
}

bool shard_is_full(const struct shard *shard) {
    return shard->out.size > SHARD_OUT_BYTES_MAX;
}

bool shard_is_stopping(const struct shard *shard) {
    return shard->stopping;
}

int64_t shard_wait_ms(const struct shard *shard) {
    uint64_t due_ms = link_client_due_ms(shard->link);
    if (shard->recorder && recorder_due_ms(shard->recorder) < due_ms)
        due_ms = recorder_due_ms(shard->recorder);
    int64_t wait_ms =
        due_ms > shard->now_ms ? (int64_t)(due_ms - shard->now_ms) : 0;
    int64_t deadline_us = core_deadline_us(shard->core);
    if (deadline_us != INT64_MAX) {
        int64_t tick_ms = deadline_us > shard->now_us
                              ? (deadline_us - shard->now_us) / 1000 + 1
                              : 0;
        if (tick_ms < wait_ms)
            wait_ms = tick_ms;
    }
    return wait_ms > 1000 ? 1000 : wait_ms;
}

struct link_client *shard_link(struct shard *shard) {
    return shard->link;
}

static struct recorder *create_recorder(const struct shard *shard) {
    const struct shard_config *config = shard->config;
    struct recorder_config recorder = {.options = config->record,
                                       .shard = config->index,
                                       .shards = config->count,
                                       .run = config->incarnation,
                                       .core = config->core,
                                       .metrics = config->metrics};
    return config->record ? recorder_create(&recorder, shard->core) : NULL;
}

struct shard *shard_create(const struct shard_config *config) {
    struct shard *shard = mem_zalloc(sizeof *shard);
    struct link_client_config link = link_client_config_default();
    link.endpoint = config->persister;
    link.name = "shard";
    link.incarnation = config->incarnation + 1 + config->index;
    link.handler = &shard_log_handler;
    link.payload = shard;
    shard->config = config;
    shard->core = core_create(&config->core);
    shard->recorder = create_recorder(shard);
    shard->link = link_client_create(&link);
    log_tail_init(&shard->tail);
    shard->steady_us = monotonic_us();
    return shard;
}

void shard_destroy(struct shard *shard) {
    if (!shard)
        return;
    link_client_destroy(shard->link);
    log_tail_finish(&shard->tail);
    recorder_destroy(shard->recorder);
    core_destroy(shard->core);
    effects_finish(&shard->effects);
    arena_finish(&shard->arena);
    buf_finish(&shard->out);
    buf_finish(&shard->message);
    free(shard);
}
