/* shard_log.c - the shard's talk with the persister: attach, append, read.
 *
 * A new link begins with ATTACH; its answer, the heads, says what of the tail
 * is on disk; the rest is sent again before anything new. */
#include "broker/shard/shard_internal.h"

#include "broker/trace/trace.h"
#include "common/process/log.h"

/* The correlation of ATTACH; the core's reads count from 1. */
#define ATTACH_CORRELATION 0u

static void set_attached(struct shard *shard, bool attached) {
    if (shard->attached == attached)
        return;
    shard->attached = attached;
    struct pipe_record record = {.type = PIPE_STATE, .number = attached};
    pipe_record_put(&shard->out, &record);
}

static void send_wire(struct shard *shard, const struct wire *wire) {
    buf_clear(&shard->message);
    wire_encode(wire, &shard->message);
    /* The window of a link that has just come up has room. */
    if (!link_client_send(shard->link, buf_slice(&shard->message)))
        link_client_reset(shard->link, "no room for the first message");
}

void shard_attach(struct shard *shard) {
    struct wire wire = {.kind = WIRE_ATTACH,
                        .correlation = ATTACH_CORRELATION,
                        .as.attach = {.epoch = shard->tail.epoch}};
    send_wire(shard, &wire);
}

static void on_hello(void *payload, struct buf *out) {
    (void)payload;
    buf_append(out, "shard", 5);
}

static void on_up(void *payload, struct slice welcome) {
    struct shard *shard = payload;
    (void)welcome;
    log_tail_restart(&shard->tail);
    if (shard->tail.epoch)
        shard_attach(shard);
}

static void on_down(void *payload, const char *reason) {
    struct shard *shard = payload;
    log_warn("persister_link_down", LOG_UINT("shard", shard->config->index),
             LOG_TEXT("reason", reason));
    set_attached(shard, false);
}

static void on_refused(void *payload, const char *reason) {
    struct shard *shard = payload;
    log_debug("persister_link_refused", LOG_UINT("shard", shard->config->index),
              LOG_TEXT("reason", reason));
}

static bool is_own(const struct shard *shard, uint32_t partition) {
    return shard_of_partition(partition, shard->config->count) ==
           shard->config->index;
}

static void take_heads(struct shard *shard, const struct wire_heads *heads) {
    uint64_t seq[PARTITION_COUNT] = {0};
    for (uint32_t i = 0; i < heads->heads_count; i++)
        seq[heads->heads[i].partition] = heads->heads[i].seq;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        if (!is_own(shard, i))
            continue;
        if (shard->owner &&
            (seq[i] > core_last_seq(shard->core, i) ||
             log_tail_is_contradicted(&shard->tail, i, seq[i]))) {
            /* What was refused for a failing disk had reached it after all,
             * and the sequences may have been dealt to other records since.
             * A new broker begins with what is there. */
            shard_fatal(shard, "the log is ahead of this broker");
            return;
        }
        log_tail_committed(&shard->tail, i, seq[i]);
        struct core_input input = {
            .kind = INPUT_PARTITION, .partition = i, .seq = seq[i]};
        shard_step(shard, &input);
    }
    if (!shard->owner)
        log_info("shard_attached", LOG_UINT("shard", shard->config->index),
                 LOG_UINT("epoch", shard->tail.epoch));
    shard->owner = true;
    set_attached(shard, true);
}

static void take_appended(struct shard *shard,
                          const struct wire_appended *appended) {
    for (uint32_t i = 0; i < appended->heads_count; i++) {
        const struct wire_head *head = &appended->heads[i];
        if (!is_own(shard, head->partition))
            continue;
        log_tail_committed(&shard->tail, head->partition, head->seq);
        struct core_input input = {.kind = INPUT_COMMITTED,
                                   .partition = head->partition,
                                   .seq = head->seq};
        shard_step(shard, &input);
    }
}

static void take_refused(struct shard *shard,
                         const struct wire_refused *refused) {
    if (refused->refusal == REFUSED_STALE) {
        shard_fatal(shard, "another broker took the partitions");
        return;
    }
    if (refused->refusal == REFUSED_CONFLICT) {
        /* The log holds something else under this sequence: going on would
         * show people what is not there. */
        shard_fatal(shard, "the log holds another record under a sequence");
        return;
    }
    if (!is_own(shard, refused->partition) ||
        !log_tail_refused(&shard->tail, refused->partition, refused->seq))
        return;
    if (refused->refusal == REFUSED_UNKNOWN_OUTCOME)
        log_tail_doubt(&shard->tail, refused->partition, refused->seq);
    log_warn("append_refused", LOG_UINT("partition", refused->partition),
             LOG_UINT("seq", refused->seq),
             LOG_TEXT("refusal", wire_refusal_name(refused->refusal)),
             LOG_SLICE("detail", refused->detail));
    struct core_input input = {.kind = INPUT_REFUSED,
                               .partition = refused->partition,
                               .seq = refused->seq,
                               .refusal = refused->refusal};
    shard_step(shard, &input);
}

static void take_answer(struct shard *shard, const struct wire *wire,
                        struct slice bytes) {
    if (wire->kind == WIRE_REPLY_ERROR &&
        wire->correlation == ATTACH_CORRELATION) {
        if (wire->as.reply_error.refusal == REFUSED_STALE)
            shard_fatal(shard, "another broker took the partitions");
        else
            link_client_reset(shard->link, "attach was refused");
        return;
    }
    if (!log_tail_answered(&shard->tail, wire->correlation))
        return;
    struct core_input input = {
        .kind = INPUT_READ_DONE, .wire = wire, .bytes = bytes};
    shard_step(shard, &input);
}

static void on_message(void *payload, struct slice message) {
    struct shard *shard = payload;
    struct wire wire;
    struct wire_error error;
    if (shard->stopping)
        return;
    arena_reset(&shard->arena);
    if (trace_answer_decode(message, &shard->arena, &wire, &error) != ERR_OK) {
        log_error("persister_sent_rubbish", LOG_TEXT("message", error.message),
                  LOG_TEXT("field", error.field),
                  LOG_TEXT("reason", error.reason));
        metrics_add(shard->config->metrics, BROKER_RUBBISH, 1);
        link_client_reset(shard->link, "a message that does not decode");
        return;
    }
    if (wire.kind == WIRE_HEADS)
        take_heads(shard, &wire.as.heads);
    else if (wire.kind == WIRE_APPENDED)
        take_appended(shard, &wire.as.appended);
    else if (wire.kind == WIRE_REFUSED)
        take_refused(shard, &wire.as.refused);
    else
        take_answer(shard, &wire, message);
}

const struct link_client_handler shard_log_handler = {.hello = on_hello,
                                                      .up = on_up,
                                                      .message = on_message,
                                                      .down = on_down,
                                                      .refused = on_refused};

void shard_send_tail(struct shard *shard) {
    while (shard->attached) {
        /* The tail may have changed since the last try: build it anew. */
        if (!log_tail_next(&shard->tail, &shard->message) ||
            !link_client_send(shard->link, buf_slice(&shard->message)))
            return;
        log_tail_sent(&shard->tail);
    }
}
