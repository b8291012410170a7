/* core_fixture.c - see core_fixture.h. */
#include "tests/lib/core_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/hash.h"
#include "tests/lib/core_twin.h"

#define GROW(array, count)                                                     \
    ((array) = mem_realloc((array), ((count) + 1) * sizeof *(array)),          \
     &(array)[(count)++])

static struct slice own(struct slice bytes) {
    char *copy = mem_alloc(bytes.size);
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return (struct slice){copy, bytes.size};
}

static struct wire decode(struct fixture *fixture, struct slice bytes) {
    struct wire wire;
    enum err err = wire_decode(arena_copy(&fixture->arena, bytes),
                               &fixture->arena, &wire, NULL);
    INVARIANT(err == ERR_OK);
    return wire;
}

/* --- The trace ----------------------------------------------------------- */

static void trace_text(struct fixture *fixture, const char *text) {
    buf_append(fixture->trace, text, strlen(text));
}

/* Bytes of files are many and all alike: "<65536 x a>". */
#define RUN_SHORTENED 100u

static void trace_wire(struct fixture *fixture, const struct wire *wire) {
    struct buf line = {0};
    trace_text(fixture, " ");
    wire_print(wire, &line);
    for (size_t at = 0; at < line.size;) {
        char text[32];
        size_t end = at + 1;
        while (end < line.size && line.data[end] == line.data[at])
            end++;
        if (end - at < RUN_SHORTENED) {
            buf_append(fixture->trace, line.data + at, end - at);
        } else {
            snprintf(text, sizeof text, "<%zu x %c>", end - at, line.data[at]);
            trace_text(fixture, text);
        }
        at = end;
    }
    trace_text(fixture, "\n");
    buf_finish(&line);
}

static void trace_effect(struct fixture *fixture, const struct effect *effect,
                         const struct wire *wire) {
    char text[64];
    if (!fixture->trace)
        return;
    switch (effect->kind) {
    case EFFECT_REPLY:
        snprintf(text, sizeof text, "reply g%" PRIu32, effect->gateway);
        break;
    case EFFECT_EVENT: {
        trace_text(fixture, "event");
        const uint32_t *gateways = effect_gateways(&fixture->effects, effect);
        for (uint32_t i = 0; i < effect->gateway_count; i++) {
            snprintf(text, sizeof text, " g%" PRIu32, gateways[i]);
            trace_text(fixture, text);
        }
        text[0] = '\0';
        break;
    }
    case EFFECT_APPEND:
        if (!fixture->shows_appends)
            return;
        snprintf(text, sizeof text, "append %" PRIu32 "/%" PRIu64,
                 effect->partition, effect->seq);
        break;
    case EFFECT_READ:
        if (!fixture->shows_reads)
            return;
        snprintf(text, sizeof text, "read");
        break;
    }
    trace_text(fixture, text);
    trace_wire(fixture, wire);
}

/* --- The books ----------------------------------------------------------- */

static void answered(struct fixture *fixture, uint32_t gateway,
                     uint64_t correlation) {
    for (uint32_t i = 0; i < fixture->commands_count; i++) {
        if (fixture->commands[i].gateway == gateway &&
            fixture->commands[i].correlation == correlation) {
            fixture->commands[i] = fixture->commands[--fixture->commands_count];
            return;
        }
    }
    INVARIANT(!"a reply that nobody waits for");
}

static void take_event(struct fixture *fixture, const struct effect *effect,
                       const struct wire *wire) {
    const uint32_t *gateways = effect_gateways(&fixture->effects, effect);
    INVARIANT(effect->gateway_count > 0);
    for (uint32_t i = 0; i < effect->gateway_count; i++) {
        for (uint32_t j = 0; j < i; j++)
            INVARIANT(gateways[i] != gateways[j]);
        if (wire->kind == WIRE_EVENT &&
            wire->as.event.kind == EVENT_MESSAGE_CREATED &&
            wire->as.event.origin_gateway &&
            wire->as.event.origin_gateway == gateways[i])
            answered(fixture, gateways[i], wire->as.event.origin_correlation);
        if (fixture->watch.event)
            fixture->watch.event(fixture->watch.payload, gateways[i], wire);
    }
}

static void take_append(struct fixture *fixture, const struct effect *effect,
                        struct slice bytes, const struct wire *wire) {
    uint32_t partition = effect->partition;
    INVARIANT(wire->partition == partition);
    INVARIANT(effect->seq == fixture->next_seq[partition]);
    fixture->next_seq[partition]++;
    uint64_t id = effect->seq * PARTITION_COUNT + partition;
    if (wire->kind == RECORD_MESSAGE_CREATED) {
        fixture->last_message = id;
        INVARIANT(wire->as.record_message_created.message.message.value == id);
    }
    if (wire->kind == RECORD_ROOM_PUT && wire->as.record_room_put.created) {
        fixture->last_room = id;
        INVARIANT(wire->as.record_room_put.room.room.value == id);
    }
    if (wire->kind == RECORD_FILE_CHUNK &&
        wire->as.record_file_chunk.offset == 0) {
        fixture->last_file = id;
        INVARIANT(wire->as.record_file_chunk.file.value == id);
    }
    *GROW(fixture->records, fixture->records_count) = (struct fixture_record){
        .partition = partition, .seq = effect->seq, .bytes = own(bytes)};
}

/* Else it is the answer already. */
static bool is_read(const struct wire *wire) {
    return (wire->kind >= WIRE_READ_ROOM && wire->kind <= WIRE_READ_COUNT) ||
           (wire->kind >= WIRE_READ_FEED && wire->kind <= WIRE_READ_BYTES);
}

static void take_read(struct fixture *fixture, const struct wire *read,
                      struct slice bytes) {
    struct buf encoded = {0};
    if (fixture->answers_early) {
        struct wire answer;
        model_store_answer(fixture->store, read, &fixture->arena, &answer);
        wire_encode(&answer, &encoded);
        bytes = buf_slice(&encoded);
    }
    *GROW(fixture->reads, fixture->reads_count) = own(bytes);
    buf_finish(&encoded);
}

static void take_effect(struct fixture *fixture, const struct effect *effect) {
    struct slice bytes = effect_bytes(&fixture->effects, effect);
    struct wire wire = decode(fixture, bytes);
    trace_effect(fixture, effect, &wire);
    switch (effect->kind) {
    case EFFECT_REPLY:
        answered(fixture, effect->gateway, wire.correlation);
        if (fixture->watch.reply)
            fixture->watch.reply(fixture->watch.payload, effect->gateway,
                                 &wire);
        return;
    case EFFECT_EVENT:
        take_event(fixture, effect, &wire);
        return;
    case EFFECT_APPEND:
        take_append(fixture, effect, bytes, &wire);
        return;
    case EFFECT_READ:
        take_read(fixture, &wire, bytes);
        return;
    }
}

/* --- Steps --------------------------------------------------------------- */

static uint64_t effects_digest(const struct effects *effects) {
    uint64_t digest = effects->count;
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        digest = hash_u64(digest, effect->kind);
        digest = hash_u64(digest, effect->gateway);
        digest = hash_u64(digest, effect->partition);
        digest = hash_u64(digest, effect->seq);
        for (uint32_t j = 0; j < effect->gateway_count; j++)
            digest = hash_u64(digest, effect_gateways(effects, effect)[j]);
        digest = hash_bytes(digest, effect_bytes(effects, effect));
    }
    return digest;
}

static void step(struct fixture *fixture, struct core_input *input) {
    input->now_us = fixture->now_us;
    effects_clear(&fixture->effects);
    core_step(fixture->core, input, &fixture->effects);
    core_check(fixture->core);
    if (fixture->twin)
        core_twin_step(fixture->twin, fixture->core, input, &fixture->effects);
    if (fixture->keeps_tape) {
        struct fixture_step *made = GROW(fixture->tape, fixture->tape_count);
        *made = (struct fixture_step){
            .input = *input, .effects = effects_digest(&fixture->effects)};
        made->input.wire = NULL;
        made->input.bytes = own(input->bytes);
    }
    for (uint32_t i = 0; i < fixture->effects.count; i++)
        take_effect(fixture, &fixture->effects.items[i]);
}

void fixture_answer(struct fixture *fixture, uint32_t index) {
    INVARIANT(index < fixture->reads_count);
    struct slice bytes = fixture->reads[index];
    memmove(&fixture->reads[index], &fixture->reads[index + 1],
            (fixture->reads_count - index - 1) * sizeof *fixture->reads);
    fixture->reads_count--;
    struct wire wire = decode(fixture, bytes);
    free((char *)bytes.data);
    struct wire answer = wire;
    if (fixture->reads_fail) {
        answer = (struct wire){.kind = WIRE_REPLY_ERROR,
                               .correlation = wire.correlation,
                               .partition = wire.partition};
        answer.as.reply_error.refusal = fixture->reads_fail;
        fixture->reads_fail = 0;
    } else if (is_read(&wire)) {
        model_store_answer(fixture->store, &wire, &fixture->arena, &answer);
    }
    struct buf encoded = {0};
    wire_encode(&answer, &encoded);
    wire = decode(fixture, buf_slice(&encoded));
    struct core_input input = {
        .kind = INPUT_READ_DONE, .wire = &wire, .bytes = buf_slice(&encoded)};
    step(fixture, &input);
    buf_finish(&encoded);
}

void fixture_answer_all(struct fixture *fixture) {
    while (fixture->reads_count > 0)
        fixture_answer(fixture, 0);
}

uint32_t fixture_unstored(const struct fixture *fixture, uint32_t partition) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < fixture->records_count; i++)
        count += fixture->records[i].partition == partition &&
                 !fixture->records[i].is_stored;
    return count;
}

void fixture_persist(struct fixture *fixture, uint32_t partition,
                     uint32_t count) {
    for (uint32_t i = 0; i < fixture->records_count && count > 0; i++) {
        struct fixture_record *record = &fixture->records[i];
        if (record->partition != partition || record->is_stored)
            continue;
        model_store_apply(fixture->store, record->bytes);
        record->is_stored = true;
        count--;
    }
}

static void drop_record(struct fixture *fixture, uint32_t index) {
    free((char *)fixture->records[index].bytes.data);
    fixture->records_count--;
    memmove(&fixture->records[index], &fixture->records[index + 1],
            (fixture->records_count - index) * sizeof *fixture->records);
}

void fixture_acknowledge(struct fixture *fixture, uint32_t partition) {
    uint64_t seq = 0;
    for (uint32_t i = 0; i < fixture->records_count;) {
        const struct fixture_record *record = &fixture->records[i];
        if (record->partition == partition && record->is_stored) {
            seq = record->seq;
            drop_record(fixture, i);
        } else {
            i++;
        }
    }
    /* What was skipped behind the last record is others', and on disk. */
    if (seq && fixture_unstored(fixture, partition) == 0)
        seq = fixture->next_seq[partition] - 1;
    struct core_input input = {
        .kind = INPUT_COMMITTED, .partition = partition, .seq = seq};
    if (seq)
        step(fixture, &input);
}

void fixture_refuse(struct fixture *fixture, uint32_t partition, uint64_t seq,
                    uint8_t refusal) {
    for (uint32_t i = 0; i < fixture->records_count;) {
        const struct fixture_record *record = &fixture->records[i];
        if (record->partition == partition && record->seq >= seq) {
            INVARIANT(!record->is_stored);
            drop_record(fixture, i);
        } else {
            i++;
        }
    }
    fixture->next_seq[partition] = seq;
    struct core_input input = {.kind = INPUT_REFUSED,
                               .partition = partition,
                               .seq = seq,
                               .refusal = refusal};
    step(fixture, &input);
}

void fixture_twin(struct fixture *fixture) {
    core_destroy(fixture->twin);
    fixture->twin = core_twin_create(&fixture->config, fixture->core);
}

void fixture_swap(struct fixture *fixture) {
    if (!fixture->twin)
        return;
    core_destroy(fixture->core);
    fixture->core = fixture->twin;
    fixture->twin = NULL;
}

void fixture_skip(struct fixture *fixture, uint32_t partition, uint64_t seq) {
    struct core_input input = {
        .kind = INPUT_SKIP, .partition = partition, .seq = seq};
    step(fixture, &input);
    if (seq >= fixture->next_seq[partition])
        fixture->next_seq[partition] = seq + 1;
}

void fixture_commit_all(struct fixture *fixture) {
    while (fixture->records_count > 0 || fixture->reads_count > 0) {
        fixture_answer_all(fixture);
        if (fixture->records_count == 0)
            return;
        uint32_t partition = fixture->records[0].partition;
        fixture_persist(fixture, partition, UINT32_MAX);
        fixture_acknowledge(fixture, partition);
    }
}

/* What is not held happens. */
static void settle(struct fixture *fixture) {
    do {
        if (!fixture->holds_reads)
            fixture_answer_all(fixture);
        if (!fixture->holds_commits && fixture->records_count > 0) {
            uint32_t partition = fixture->records[0].partition;
            fixture_persist(fixture, partition, UINT32_MAX);
            fixture_acknowledge(fixture, partition);
        }
    } while ((!fixture->holds_reads && fixture->reads_count > 0) ||
             (!fixture->holds_commits && fixture->records_count > 0));
    arena_reset(&fixture->arena);
}

uint64_t fixture_send(struct fixture *fixture, uint32_t gateway,
                      struct wire *wire) {
    wire->correlation = ++fixture->correlation;
    wire->partition = fixture_partition(wire);
    *GROW(fixture->commands, fixture->commands_count) =
        (struct fixture_command){gateway, wire->correlation};
    struct buf bytes = {0};
    wire_encode(wire, &bytes);
    struct wire decoded = decode(fixture, buf_slice(&bytes));
    struct core_input input = {.kind = INPUT_COMMAND,
                               .gateway = gateway,
                               .wire = &decoded,
                               .bytes = buf_slice(&bytes)};
    step(fixture, &input);
    buf_finish(&bytes);
    settle(fixture);
    return fixture->correlation;
}

void fixture_up(struct fixture *fixture, uint32_t gateway) {
    struct core_input input = {.kind = INPUT_GATEWAY_UP, .gateway = gateway};
    step(fixture, &input);
    settle(fixture);
}

void fixture_gone(struct fixture *fixture, uint32_t gateway) {
    struct core_input input = {.kind = INPUT_GATEWAY_GONE, .gateway = gateway};
    step(fixture, &input);
    settle(fixture);
}

void fixture_tick(struct fixture *fixture) {
    struct core_input input = {.kind = INPUT_TICK};
    step(fixture, &input);
    settle(fixture);
}

static void take_partitions(struct core *core, uint64_t partitions,
                            struct effects *effects) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        struct core_input input = {.kind = INPUT_PARTITION, .partition = i};
        if (partitions >> i & 1)
            core_step(core, &input, effects);
    }
    INVARIANT(effects->count == 0);
}

void fixture_init(struct fixture *fixture, const struct core_config *config,
                  uint64_t partitions) {
    *fixture = (struct fixture){.config = *config, .partitions = partitions};
    fixture->core = core_create(config);
    fixture->store = &fixture->own_store;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        fixture->next_seq[i] = 1;
    take_partitions(fixture->core, partitions, &fixture->effects);
}

void fixture_finish(struct fixture *fixture) {
    core_destroy(fixture->core);
    core_destroy(fixture->twin);
    effects_finish(&fixture->effects);
    model_store_finish(&fixture->own_store);
    arena_finish(&fixture->arena);
    while (fixture->records_count > 0)
        drop_record(fixture, fixture->records_count - 1);
    for (uint32_t i = 0; i < fixture->reads_count; i++)
        free((char *)fixture->reads[i].data);
    for (uint32_t i = 0; i < fixture->tape_count; i++)
        free((char *)fixture->tape[i].input.bytes.data);
    free(fixture->records);
    free(fixture->reads);
    free(fixture->commands);
    free(fixture->tape);
    *fixture = (struct fixture){0};
}

void fixture_replay(const struct fixture *fixture) {
    struct core *core = core_create(&fixture->config);
    struct effects effects = {0};
    struct arena arena = {0};
    take_partitions(core, fixture->partitions, &effects);
    for (uint32_t i = 0; i < fixture->tape_count; i++) {
        struct core_input input = fixture->tape[i].input;
        struct wire wire;
        if (input.bytes.size) {
            enum err err = wire_decode(input.bytes, &arena, &wire, NULL);
            INVARIANT(err == ERR_OK);
            input.wire = &wire;
        }
        effects_clear(&effects);
        core_step(core, &input, &effects);
        INVARIANT(effects_digest(&effects) == fixture->tape[i].effects);
        arena_reset(&arena);
    }
    INVARIANT(core_digest(core) == core_digest(fixture->core));
    core_destroy(core);
    effects_finish(&effects);
    arena_finish(&arena);
}
