/* shard.c - the shard's thread: one turn after another. */
#include "broker/shard/shard_internal.h"

#include "common/clock.h"
#include "common/link/link_poll.h"

/* What one turn takes from each side at most, so that neither starves. */
#define PIPE_BATCHES_PER_TURN 64u
#define LINK_PACKETS_PER_TURN 64u

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
    core_step(shard->core, input, &shard->effects);
    for (uint32_t i = 0; i < shard->effects.count; i++)
        carry_out(shard, &shard->effects.items[i]);
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

/* True: more may wait. */
static bool receive_pipe(struct shard *shard) {
    for (uint32_t i = 0; i < PIPE_BATCHES_PER_TURN; i++) {
        if (shard->out.size > SHARD_OUT_BYTES_MAX)
            return false;
        struct slice batch;
        switch (link_pipe_receive(shard->pipe, &batch)) {
        case LINK_PIPE_EMPTY:
            return false;
        case LINK_PIPE_STOP:
            shard->stopping = true;
            return false;
        case LINK_PIPE_BATCH:
            break;
        }
        struct pipe_record record;
        while (pipe_record_next(&batch, &record, NULL, 0))
            take_record(shard, &record);
    }
    return true;
}

static void report(struct shard *shard, struct core_stats *last) {
    struct core_stats now = core_stats(shard->core);
    broker_metrics_report(shard->config->metrics, &now, last);
    *last = now;
}

/* How long the shard may sleep, in milliseconds. */
static int64_t sleep_ms(const struct shard *shard, uint64_t now_ms) {
    uint64_t due_ms = link_client_due_ms(shard->link);
    int64_t wait_ms = due_ms > now_ms ? (int64_t)(due_ms - now_ms) : 0;
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

static void turn(struct shard *shard, struct link_poll *poll) {
    uint64_t now_ms = monotonic_ms();
    int64_t wall = (int64_t)wall_us();
    if (wall > shard->now_us)
        shard->now_us = wall;
    bool more = receive_pipe(shard);
    more |= link_client_receive(shard->link, now_ms, LINK_PACKETS_PER_TURN);
    link_client_tick(shard->link, now_ms);
    if (core_deadline_us(shard->core) <= shard->now_us) {
        struct core_input input = {.kind = INPUT_TICK};
        shard_step(shard, &input);
    }
    shard_send_tail(shard);
    link_client_flush(shard->link, now_ms);
    if (shard->out.size && link_pipe_send(shard->pipe, &shard->out))
        buf_clear(&shard->out);
    if (more || shard->stopping)
        return;
    link_poll_clear(poll);
    link_poll_add_pipe(poll, shard->pipe);
    if (!link_client_pending(shard->link)) {
        link_poll_add_client(poll, shard->link);
        link_poll_wait(poll, sleep_ms(shard, now_ms));
    }
}

void shard_run(struct link_pipe *pipe, void *args) {
    const struct shard_config *config = args;
    struct shard shard = {.config = config, .pipe = pipe};
    struct core_stats reported = {0};
    struct link_client_config link = link_client_config_default();
    link.endpoint = config->persister;
    link.name = "shard";
    link.incarnation = config->incarnation + 1 + config->index;
    link.handler = &shard_log_handler;
    link.payload = &shard;
    shard.core = core_create(&config->core);
    shard.link = link_client_create(&link);
    log_tail_init(&shard.tail);
    struct link_poll *poll = link_poll_create();
    uint64_t report_ms = 0;
    while (!shard.stopping) {
        turn(&shard, poll);
        uint64_t now_ms = monotonic_ms();
        if (now_ms >= report_ms) {
            report(&shard, &reported);
            report_ms = now_ms + 1000;
        }
    }
    /* The last word (why the broker ends) must reach the router. */
    while (shard.out.size && !link_pipe_is_closed(pipe) &&
           !link_pipe_send(pipe, &shard.out)) {
        link_poll_clear(poll);
        link_poll_add_pipe(poll, pipe);
        link_poll_wait(poll, 100);
    }
    link_poll_destroy(poll);
    link_client_destroy(shard.link);
    log_tail_finish(&shard.tail);
    core_destroy(shard.core);
    effects_finish(&shard.effects);
    arena_finish(&shard.arena);
    buf_finish(&shard.out);
    buf_finish(&shard.message);
}
