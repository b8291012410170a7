/* core_spoil.c - see core_spoil.h. */
#include "tests/lib/core_spoil.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/snapshot.h"
#include "common/wire/wire_schema.h"

#define PIECES_MAX 512u

struct pieces {
    struct slice bytes[PIECES_MAX]; /* In |memory|. */
    uint32_t count;
    struct arena memory;
};

static void keep(void *payload, const struct wire *state) {
    struct pieces *pieces = payload;
    struct buf bytes = {0};
    wire_encode(state, &bytes);
    if (pieces->count < PIECES_MAX)
        pieces->bytes[pieces->count++] =
            arena_copy(&pieces->memory, buf_slice(&bytes));
    buf_finish(&bytes);
}

/* --- Changing a field ---------------------------------------------------- */

/* Small ones, the largest, and what is near the one that was there. */
static uint64_t other_number(struct chooser *chooser, uint64_t was,
                             uint64_t max) {
    uint64_t number = was;
    switch (choose(chooser, 5)) {
    case 0:
        number = choose(chooser, 8);
        break;
    case 1:
        number = max - choose(chooser, 2);
        break;
    case 2:
        number = was + 1 + choose(chooser, 2);
        break;
    case 3:
        number = was - 1 - choose(chooser, 2);
        break;
    case 4:
        number = was ^ (UINT64_C(1) << choose(chooser, 64));
        break;
    }
    return number <= max ? number : max;
}

static void change_number(struct chooser *chooser,
                          const struct wire_field *field, char *at) {
    uint64_t max = field->max;
    if (field->type == FIELD_U8) {
        *(uint8_t *)at = (uint8_t)other_number(chooser, *(uint8_t *)at, max);
    } else if (field->type == FIELD_U32) {
        *(uint32_t *)at = (uint32_t)other_number(chooser, *(uint32_t *)at, max);
    } else {
        bool is_id = field->type == FIELD_ID || field->type == FIELD_ID0;
        uint64_t *number = (uint64_t *)at;
        *number = other_number(chooser, *number, is_id ? ID_MAX : UINT64_MAX);
        if (field->type == FIELD_ID && *number == 0)
            *number = 1;
    }
}

/* Another byte, or a shorter text. */
static void change_bytes(struct chooser *chooser, struct arena *arena,
                         struct slice *slice) {
    if (slice->size == 0)
        return;
    struct slice copy = arena_copy(arena, *slice);
    uint32_t at = choose(chooser, (uint32_t)copy.size);
    if (chance(chooser, 30))
        copy.size = at;
    else
        ((char *)copy.data)[at] = (char)choose(chooser, 256);
    *slice = copy;
}

static void change_fields(struct chooser *chooser, struct arena *arena,
                          const struct wire_shape *shape, char *base);

static void change_field(struct chooser *chooser, struct arena *arena,
                         const struct wire_field *field, char *base) {
    char *at = base + field->offset;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_ID:
    case FIELD_ID0:
        change_number(chooser, field, at);
        return;
    case FIELD_BOOL:
        *(bool *)at = !*(bool *)at;
        return;
    case FIELD_BYTES:
        change_bytes(chooser, arena, (struct slice *)at);
        return;
    case FIELD_MAYBE:
        if (*(uint64_t *)at == 0)
            return;
        change_fields(chooser, arena, field->shape, at);
        return;
    case FIELD_STRUCT:
        change_fields(chooser, arena, field->shape, at);
        return;
    case FIELD_LIST: {
        uint32_t *count = (uint32_t *)(base + field->count_offset);
        if (*count == 0)
            return;
        if (chance(chooser, 20))
            --*count;
        else
            change_fields(chooser, arena, field->shape,
                          *(char **)at +
                              choose(chooser, *count) * field->shape->size);
        return;
    }
    case FIELD_SLICES:
        return;
    }
}

static void change_fields(struct chooser *chooser, struct arena *arena,
                          const struct wire_shape *shape, char *base) {
    change_field(chooser, arena,
                 &shape->fields[choose(chooser, shape->fields_count)], base);
}

static void change_piece(struct chooser *chooser, struct pieces *pieces,
                         uint32_t index) {
    struct wire wire;
    struct buf bytes = {0};
    enum err err =
        wire_decode(pieces->bytes[index], &pieces->memory, &wire, NULL);
    INVARIANT(err == ERR_OK);
    change_fields(chooser, &pieces->memory, wire_shape_of(wire.kind),
                  (char *)&wire.as);
    if (chance(chooser, 5))
        wire.partition = choose(chooser, PARTITION_COUNT);
    wire_encode(&wire, &bytes);
    pieces->bytes[index] = arena_copy(&pieces->memory, buf_slice(&bytes));
    buf_finish(&bytes);
}

/* --- Changing the pieces ------------------------------------------------- */

static void spoil(struct chooser *chooser, struct pieces *pieces) {
    uint32_t index = choose(chooser, pieces->count);
    uint32_t other = choose(chooser, pieces->count);
    struct slice bytes = pieces->bytes[index];
    switch (choose(chooser, 8)) {
    case 0:
        memmove(&pieces->bytes[index], &pieces->bytes[index + 1],
                (--pieces->count - index) * sizeof bytes);
        return;
    case 1:
        pieces->bytes[index] = pieces->bytes[other];
        pieces->bytes[other] = bytes;
        return;
    case 2:
        pieces->bytes[other] = bytes;
        return;
    default:
        change_piece(chooser, pieces, index);
    }
}

static enum err restore(struct core *core, struct pieces *pieces,
                        const char **why) {
    for (uint32_t i = 0; i < pieces->count; i++) {
        struct wire wire;
        enum err err =
            wire_decode(pieces->bytes[i], &pieces->memory, &wire, NULL);
        INVARIANT(err == ERR_OK);
        err = core_restore(core, &wire, why);
        if (err != ERR_OK)
            return err;
    }
    return core_restored(core, why);
}

struct core *spoiled_create(struct core_run *run, uint32_t changes) {
    struct pieces *pieces = mem_zalloc(sizeof *pieces);
    core_save(run->fixture.core, keep, pieces);
    for (uint32_t i = 0; i < changes && pieces->count > 0; i++)
        spoil(&run->chooser, pieces);
    struct core *core = core_create(&run->fixture.config);
    const char *why = NULL;
    enum err err = restore(core, pieces, &why);
    INVARIANT(err == ERR_OK || (err == ERR_MALFORMED && why != NULL));
    if (err != ERR_OK) {
        core_destroy(core);
        core = NULL;
    }
    arena_finish(&pieces->memory);
    free(pieces);
    return core;
}

/* --- Going on ------------------------------------------------------------ */

static void step(struct core *core, struct core_input *input,
                 struct effects *effects) {
    effects_clear(effects);
    core_step(core, input, effects);
    core_check(core);
}

static void step_command(struct core_run *run, struct core *core,
                         struct core_input *input, struct effects *effects) {
    struct wire wire;
    choose_command(&run->chooser, run->fixture.store, 1000, &run->arena, &wire);
    wire.partition = fixture_partition(&wire);
    input->kind = INPUT_COMMAND;
    input->gateway = 1 + choose(&run->chooser, RUN_GATEWAYS);
    input->wire = &wire;
    step(core, input, effects);
}

/* Answers a question of the core's own, old or new. */
static void step_answer(struct core_run *run, struct core *core,
                        struct core_input *input, struct effects *effects) {
    struct fixture *fixture = &run->fixture;
    struct wire question, answer;
    if (fixture->reads_count == 0)
        return;
    struct slice bytes =
        fixture->reads[choose(&run->chooser, fixture->reads_count)];
    enum err err = wire_decode(bytes, &run->arena, &question, NULL);
    INVARIANT(err == ERR_OK);
    answer = question;
    if (question.kind >= WIRE_READ_ROOM && question.kind <= WIRE_READ_COUNT)
        model_store_answer(fixture->store, &question, &run->arena, &answer);
    struct buf encoded = {0};
    wire_encode(&answer, &encoded);
    *input = (struct core_input){.kind = INPUT_READ_DONE,
                                 .now_us = input->now_us,
                                 .wire = &answer,
                                 .bytes = buf_slice(&encoded)};
    step(core, input, effects);
    buf_finish(&encoded);
}

static void step_other(struct core_run *run, struct core *core,
                       struct core_input *input, struct effects *effects) {
    uint32_t dice = choose(&run->chooser, 4);
    input->gateway = 1 + choose(&run->chooser, RUN_GATEWAYS);
    input->kind = dice == 0   ? INPUT_GATEWAY_UP
                  : dice == 1 ? INPUT_GATEWAY_GONE
                              : INPUT_TICK;
    if (dice == 3)
        input->now_us += run->fixture.config.idle_us * 2;
    step(core, input, effects);
}

void spoiled_run(struct core_run *run, struct core *core, uint32_t steps) {
    struct effects effects = {0};
    int64_t now_us = core->now_us;
    for (uint32_t i = 0; i < steps; i++) {
        struct core_input input = {.now_us = now_us};
        uint32_t dice = choose(&run->chooser, 10);
        if (dice < 5)
            step_command(run, core, &input, &effects);
        else if (dice < 7)
            step_answer(run, core, &input, &effects);
        else if (dice == 7)
            step_other(run, core, &input, &effects);
        for (uint32_t j = 0; j < PARTITION_COUNT && dice > 7; j++) {
            if (!core->partitions[j].is_owned)
                continue;
            input.kind = INPUT_COMMITTED;
            input.partition = j;
            input.seq = core_last_seq(core, j);
            step(core, &input, &effects);
        }
        now_us = input.now_us + 1;
        arena_reset(&run->arena);
    }
    effects_finish(&effects);
}
