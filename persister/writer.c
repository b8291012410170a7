/* writer.c - see writer.h. */
#include "persister/writer.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/process/log.h"
#include "persister/batch.h"
#include "persister/claim.h"
#include "persister/collector.h"
#include "persister/frame.h"
#include "persister/persister_metrics.h"
#include "persister/space.h"

struct writer {
    const struct writer_config *config;
    struct store_heads heads;
    struct claim_rule rule;
    struct space space;
    struct collector collector;
    struct batch_group group;
    uint64_t in_doubt;  /* Partitions of a write that failed, as bits. */
    struct arena arena; /* Of the group's decoded messages. */
    struct buf *out;    /* This call's answers. */
};

/* --- Answers -------------------------------------------------------------- */

static void answer(struct writer *writer, uint32_t peer, bool last,
                   const struct wire *wire) {
    size_t begun = frame_begin(writer->out, FRAME_ANSWER, peer, last);
    wire_encode(wire, writer->out);
    frame_end(writer->out, begun);
}

static void count_refused(const struct writer *writer, uint8_t refusal) {
    metrics_add_by(writer->config->metrics, PERSISTER_REFUSED, refusal, 1);
}

static void answer_refusal(struct writer *writer, uint32_t peer,
                           const struct wire *ask, uint8_t refusal,
                           const char *detail) {
    struct wire wire = {
        .kind = WIRE_REPLY_ERROR,
        .correlation = ask->correlation,
        .partition = ask->partition,
        .as.reply_error = {.refusal = refusal, .detail = slice_of(detail)}};
    count_refused(writer, refusal);
    answer(writer, peer, true, &wire);
}

static void answer_ok(struct writer *writer, uint32_t peer,
                      const struct wire *ask) {
    struct wire wire = {.kind = WIRE_REPLY_OK,
                        .correlation = ask->correlation,
                        .partition = ask->partition};
    answer(writer, peer, true, &wire);
}

static void answer_refused_batch(struct writer *writer, uint32_t peer,
                                 const struct batch_case *which) {
    const struct wire_batch *batch = which->batch;
    struct wire wire = {.kind = WIRE_REFUSED,
                        .partition = batch->partition,
                        .as.refused = {.partition = batch->partition,
                                       .seq = batch->first_seq,
                                       .refusal = which->refusal,
                                       .detail = slice_of(which->detail)}};
    count_refused(writer, which->refusal);
    if (which->refusal == REFUSED_CONFLICT ||
        which->refusal == REFUSED_BAD_FIELD)
        /* No correct broker sends it: whoever reads this has found a bug. */
        log_error("batch_refused", LOG_UINT("partition", batch->partition),
                  LOG_UINT("first_seq", batch->first_seq),
                  LOG_TEXT("refusal", wire_refusal_name(which->refusal)),
                  LOG_TEXT("detail", which->detail));
    answer(writer, peer, false, &wire);
}

static void answer_append(struct writer *writer,
                          const struct batch_append *append) {
    struct wire_head heads[PARTITION_COUNT];
    struct wire wire = {.kind = WIRE_APPENDED,
                        .correlation = append->correlation,
                        .as.appended.heads = heads};
    struct frame done = {
        .type = FRAME_ANSWER, .last = true, .peer = append->peer};
    wire.as.appended.heads_count = batch_append_heads(append, heads);
    answer(writer, append->peer, false, &wire);
    for (uint32_t i = 0; i < append->cases_count; i++) {
        const struct batch_case *which = &append->cases[i];
        if (which->verdict == BATCH_REFUSED)
            answer_refused_batch(writer, append->peer, which);
        if (which->verdict == BATCH_KNOWN)
            metrics_add(writer->config->metrics, PERSISTER_BATCHES_AGAIN, 1);
    }
    frame_put(writer->out, &done);
}

/* --- Writing -------------------------------------------------------------- */

static uint64_t partitions_of(const struct batch_group *group) {
    uint64_t partitions = 0;
    for (uint32_t i = 0; i < group->accepted_count; i++)
        partitions |= UINT64_C(1) << group->accepted[i].batch->partition;
    return partitions;
}

/* Why nothing may be written now: an enum wire_refusal, or 0. */
static uint8_t obstacle(struct writer *writer, struct store_error *error) {
    char reason[HEALTH_REASON_BYTES];
    if (!health_is_sound(writer->config->health, reason)) {
        memcpy(error->text, reason, sizeof reason);
        /* It may be the failed write, once more: its answer was lost. */
        return partitions_of(&writer->group) & writer->in_doubt
                   ? REFUSED_UNKNOWN_OUTCOME
                   : REFUSED_STORAGE_FAILED;
    }
    if (!writer->space.enough) {
        *error = (struct store_error){"too little free space on the disk"};
        return REFUSED_STORAGE_FULL;
    }
    return 0;
}

static uint8_t write_group(struct writer *writer, struct store_error *error) {
    const struct writer_config *config = writer->config;
    struct batch_group *group = &writer->group;
    uint64_t started_us = monotonic_us();
    enum err err = config->ops->append(config->store, group->accepted,
                                       group->accepted_count, error);
    metrics_observe_us(config->metrics, PERSISTER_APPEND_SECONDS,
                       monotonic_us() - started_us);
    if (err == ERR_FULL)
        return REFUSED_STORAGE_FULL;
    if (err != ERR_OK) {
        /* The write may have reached the log and come back with the next
         * start: only what is refused from now on, in other partitions, was
         * surely not stored. */
        writer->in_doubt |= partitions_of(group);
        health_damage(config->health, error->text);
        return REFUSED_UNKNOWN_OUTCOME;
    }
    config->ops->heads(config->store, &writer->heads);
    metrics_add(config->metrics, PERSISTER_GROUPS, 1);
    metrics_add(config->metrics, PERSISTER_FSYNCS, config->durable);
    metrics_add(config->metrics, PERSISTER_BATCHES, group->accepted_count);
    metrics_add(config->metrics, PERSISTER_RECORDS, group->records_count);
    return 0;
}

/* Writes the group, if there is anything in it, and answers its appends. */
static void commit(struct writer *writer) {
    struct batch_group *group = &writer->group;
    struct store_error error = {""};
    uint8_t refusal = 0;
    if (group->appends_count == 0)
        return;
    if (group->accepted_count > 0) {
        refusal = obstacle(writer, &error);
        if (refusal == 0)
            refusal = write_group(writer, &error);
    }
    batch_group_end(group, refusal, error.text);
    for (uint32_t i = 0; i < group->appends_count; i++)
        answer_append(writer, &group->appends[i]);
    batch_group_begin(group, &writer->heads);
}

/* --- Asks ----------------------------------------------------------------- */

static void take_append(struct writer *writer, const struct frame *frame,
                        const struct wire *ask) {
    const struct writer_config *config = writer->config;
    if (batch_group_is_full(&writer->group))
        commit(writer);
    struct batch_append *append =
        batch_group_append(&writer->group, frame->peer, ask->correlation,
                           &ask->as.append, &writer->arena);
    for (uint32_t i = 0; i < append->cases_count; i++) {
        struct batch_case *which = &append->cases[i];
        const struct wire_batch *batch = which->batch;
        uint32_t count = 0;
        uint64_t digest = 0;
        claim_rule_heard(&writer->rule, batch->epoch, frame->at_ms);
        if (which->verdict != BATCH_OLD)
            continue;
        enum err err = config->ops->batch_digest(
            config->store, batch->partition, batch->first_seq, &count, &digest);
        batch_case_recall(which, err == ERR_OK, count, digest);
    }
}

static void take_partitions(struct writer *writer, const struct frame *frame,
                            const struct wire *ask) {
    const struct writer_config *config = writer->config;
    uint64_t epoch = writer->heads.epoch + 1;
    struct store_error error = {""};
    char reason[HEALTH_REASON_BYTES];
    if (!health_is_sound(config->health, reason)) {
        answer_refusal(writer, frame->peer, ask, REFUSED_STORAGE_FAILED,
                       reason);
        return;
    }
    /* Not refused for lack of space: a broker must be able to take over, if
     * only to answer reads, and an epoch is a few bytes. */
    if (config->ops->claim(config->store, epoch, &error) != ERR_OK) {
        health_damage(config->health, error.text);
        answer_refusal(writer, frame->peer, ask, REFUSED_STORAGE_FAILED,
                       error.text);
        return;
    }
    metrics_add(config->metrics, PERSISTER_FSYNCS, 1);
    metrics_set(config->metrics, PERSISTER_EPOCH, epoch);
    config->ops->heads(config->store, &writer->heads);
    claim_rule_taken(&writer->rule, epoch, ask->as.claim.instance,
                     frame->at_ms);
    batch_group_begin(&writer->group, &writer->heads);
    log_info("partitions_claimed", LOG_UINT("epoch", epoch));
}

static void take_claim(struct writer *writer, const struct frame *frame,
                       const struct wire *ask) {
    uint64_t epoch_before = writer->rule.epoch;
    commit(writer);
    switch (
        claim_rule_ask(&writer->rule, ask->as.claim.instance, frame->at_ms)) {
    case CLAIM_VERDICT_HELD:
        answer_refusal(writer, frame->peer, ask, REFUSED_HELD,
                       "another broker holds the partitions");
        return;
    case CLAIM_VERDICT_TAKE:
        take_partitions(writer, frame, ask);
        if (writer->rule.epoch == epoch_before)
            return; /* Refused, and told so. */
        break;
    case CLAIM_VERDICT_SAME:
        break;
    }
    struct wire wire = {.kind = WIRE_CLAIMED,
                        .correlation = ask->correlation,
                        .partition = ask->partition,
                        .as.claimed.epoch = writer->rule.epoch};
    answer(writer, frame->peer, true, &wire);
}

static void take_keep(struct writer *writer, const struct frame *frame,
                      const struct wire *ask) {
    if (claim_rule_heard(&writer->rule, ask->as.keep.epoch, frame->at_ms))
        answer_ok(writer, frame->peer, ask);
    else
        answer_refusal(writer, frame->peer, ask, REFUSED_STALE,
                       "the epoch is not the one in force");
}

static void take_attach(struct writer *writer, const struct frame *frame,
                        const struct wire *ask) {
    struct wire_head heads[PARTITION_COUNT];
    struct wire wire = {.kind = WIRE_HEADS,
                        .correlation = ask->correlation,
                        .partition = ask->partition,
                        .as.heads = {heads, PARTITION_COUNT}};
    commit(writer);
    if (!claim_rule_heard(&writer->rule, ask->as.attach.epoch, frame->at_ms)) {
        answer_refusal(writer, frame->peer, ask, REFUSED_STALE,
                       "the epoch is not the one in force");
        return;
    }
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        heads[i] = (struct wire_head){(uint8_t)i, writer->heads.seq[i]};
    answer(writer, frame->peer, true, &wire);
}

static void take_release(struct writer *writer, const struct frame *frame,
                         const struct wire *ask) {
    commit(writer);
    if (claim_rule_release(&writer->rule, ask->as.release.epoch))
        log_info("partitions_released", LOG_UINT("epoch", writer->rule.epoch));
    answer_ok(writer, frame->peer, ask);
}

static void tell_rubbish(struct writer *writer, const struct frame *frame,
                         const struct wire_error *error) {
    size_t begun = frame_begin(writer->out, FRAME_RUBBISH, frame->peer, true);
    buf_append_slice(writer->out, slice_of(error->message));
    buf_append_slice(writer->out, SLICE("."));
    buf_append_slice(writer->out, slice_of(error->field));
    buf_append_slice(writer->out, SLICE(" "));
    buf_append_slice(writer->out, slice_of(error->reason));
    frame_end(writer->out, begun);
}

static void take(struct writer *writer, const struct frame *frame) {
    struct wire *ask = arena_alloc(&writer->arena, sizeof *ask);
    struct wire_error error = {"message", "kind", "is not for the persister"};
    if (wire_decode(frame->bytes, &writer->arena, ask, &error) != ERR_OK)
        tell_rubbish(writer, frame, &error);
    else if (ask->kind == WIRE_APPEND)
        take_append(writer, frame, ask);
    else if (ask->kind == WIRE_KEEP)
        take_keep(writer, frame, ask);
    else if (ask->kind == WIRE_CLAIM)
        take_claim(writer, frame, ask);
    else if (ask->kind == WIRE_ATTACH)
        take_attach(writer, frame, ask);
    else if (ask->kind == WIRE_RELEASE)
        take_release(writer, frame, ask);
    else
        tell_rubbish(writer, frame, &error);
}

/* --- Life ----------------------------------------------------------------- */

void writer_check_space(struct writer *writer) {
    if (!writer->config->path)
        return;
    health_space(writer->config->health,
                 space_check(&writer->space, monotonic_ms()));
}

bool writer_collection_is_due(const struct writer *writer) {
    return collector_is_due(&writer->collector, monotonic_ms());
}

bool writer_collect(struct writer *writer) {
    const struct writer_config *config = writer->config;
    struct store_error error = {""};
    char reason[HEALTH_REASON_BYTES];
    uint64_t now_ms = monotonic_ms();
    uint32_t count = 0;
    if (!collector_is_due(&writer->collector, now_ms) ||
        !health_is_sound(config->health, reason))
        return false;
    enum err err = config->ops->collect(config->store,
                                        collector_before_us((int64_t)wall_us()),
                                        COLLECTOR_STEP_FILES, &count, &error);
    if (err != ERR_OK)
        health_damage(config->health, error.text);
    metrics_add(config->metrics, PERSISTER_FILES_COLLECTED, count);
    collector_stepped(&writer->collector, now_ms, count);
    return count == COLLECTOR_STEP_FILES;
}

void writer_write(struct writer *writer, struct slice asks,
                  struct buf *answers) {
    struct frame frame;
    writer->out = answers;
    writer_check_space(writer);
    arena_reset(&writer->arena);
    while (frame_next(&asks, &frame))
        take(writer, &frame);
    commit(writer);
    writer->out = NULL;
}

struct writer *writer_create(const struct writer_config *config) {
    struct writer *writer = mem_zalloc(sizeof *writer);
    writer->config = config;
    config->ops->heads(config->store, &writer->heads);
    claim_rule_init(&writer->rule, writer->heads.epoch);
    space_init(&writer->space, config->path, config->min_free_percent);
    batch_group_create(&writer->group);
    batch_group_begin(&writer->group, &writer->heads);
    metrics_set(config->metrics, PERSISTER_EPOCH, writer->heads.epoch);
    return writer;
}

void writer_destroy(struct writer *writer) {
    if (!writer)
        return;
    batch_group_finish(&writer->group);
    arena_finish(&writer->arena);
    free(writer);
}
