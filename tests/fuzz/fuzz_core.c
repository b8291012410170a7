/* fuzz_core.c - the core under what a fuzzer makes up. The first byte chooses:
 *
 *   even: a world of random commands, commits, refusals and answers, with all
 *         the books of the fixture kept;
 *   odd:  messages as they come off the wire, from gateways and from a
 *         persister that is not to be trusted, each behind its length in two
 *         bytes. Nothing may crash, whatever the store says. */
#include <stdlib.h>

#include "tests/lib/chooser.h"
#include "tests/lib/core_fixture.h"

#define ACTIONS_MAX 400u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void act(struct fixture *fixture, struct chooser *chooser,
                struct arena *arena) {
    struct wire wire;
    uint32_t dice = choose(chooser, 16);
    fixture->now_us += 1;
    if (dice < 9) {
        choose_command(chooser, fixture->store, fixture->correlation + 1, arena,
                       &wire);
        fixture_send(fixture, 1 + choose(chooser, 3), &wire);
    } else if (dice < 12) {
        if (fixture->reads_count > 0)
            fixture_answer(fixture, choose(chooser, fixture->reads_count));
    } else if (dice < 14 && fixture->records_count > 0) {
        uint32_t partition = fixture->records[0].partition;
        fixture_persist(fixture, partition, 1 + choose(chooser, 3));
        fixture_acknowledge(fixture, partition);
    } else if (dice == 14 && fixture->records_count > 0) {
        uint32_t partition = fixture->records[0].partition;
        uint32_t unstored = fixture_unstored(fixture, partition);
        if (unstored)
            fixture_refuse(fixture, partition,
                           fixture->next_seq[partition] - unstored,
                           REFUSED_STORAGE_FULL);
    } else if (dice == 15 && choose(chooser, 4) == 0) {
        uint32_t gateway = 1 + choose(chooser, 3);
        fixture_gone(fixture, gateway);
        fixture_up(fixture, gateway);
    } else if (dice == 15 && choose(chooser, 8) == 0) {
        uint32_t partition = choose(chooser, PARTITION_COUNT);
        fixture_skip(fixture, partition,
                     fixture->next_seq[partition] + choose(chooser, 3));
    } else if (dice == 15) {
        fixture->now_us += choose(chooser, 4) ? 5000 : INT64_C(61000000);
        fixture_tick(fixture);
    }
    arena_reset(arena);
    arena_reset(&fixture->arena);
}

static void run_world(struct slice bytes) {
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    struct core_config config = CORE_CONFIG_DEFAULT;
    struct chooser chooser = {.bytes = bytes};
    struct arena arena = {0};
    config.idle_us = 2000;
    config.actors_max = 6;
    config.mailbox_max = 4;
    fixture_init(fixture, &config, UINT64_MAX);
    fixture->holds_commits = true;
    fixture->holds_reads = true;
    fixture_up(fixture, 1);
    for (uint32_t i = 0; i < ACTIONS_MAX && chooser.used < bytes.size; i++)
        act(fixture, &chooser, &arena);
    fixture_commit_all(fixture);
    INVARIANT(fixture->commands_count == 0);
    fixture_finish(fixture);
    arena_finish(&arena);
    free(fixture);
}

static bool is_command(enum wire_kind kind) {
    return (unsigned)kind < (unsigned)WIRE_REPLY_OK;
}

static void step_message(struct core *core, const struct wire *wire,
                         struct slice bytes, struct effects *effects) {
    struct core_input input = {.kind = is_command(wire->kind) ? INPUT_COMMAND
                                                              : INPUT_READ_DONE,
                               .gateway = 1 + (wire->correlation & 1),
                               .wire = wire,
                               .bytes = bytes};
    uint32_t before = effects->count;
    core_step(core, &input, effects);
    /* What was appended is on disk at once, but for one in four. */
    for (uint32_t i = before; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        struct core_input committed = {.kind = INPUT_COMMITTED,
                                       .partition = effect->partition,
                                       .seq = effect->seq};
        if (effect->kind == EFFECT_APPEND && effect->seq % 4)
            core_step(core, &committed, effects);
    }
}

static void run_messages(struct slice bytes) {
    struct core_config config = CORE_CONFIG_DEFAULT;
    struct core *core = core_create(&config);
    struct effects effects = {0};
    struct arena arena = {0};
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        struct core_input input = {.kind = INPUT_PARTITION, .partition = i};
        core_step(core, &input, &effects);
    }
    struct core_input up = {.kind = INPUT_GATEWAY_UP, .gateway = 1};
    core_step(core, &up, &effects);
    while (bytes.size >= 2) {
        size_t size = (uint8_t)bytes.data[0] + (uint8_t)bytes.data[1] * 256u;
        bytes = (struct slice){bytes.data + 2, bytes.size - 2};
        size = size < bytes.size ? size : bytes.size;
        struct slice message = {bytes.data, size};
        bytes = (struct slice){bytes.data + size, bytes.size - size};
        struct wire wire;
        if (wire_decode(message, &arena, &wire, NULL) == ERR_OK) {
            effects_clear(&effects);
            step_message(core, &wire, message, &effects);
        }
        arena_reset(&arena);
    }
    core_destroy(core);
    effects_finish(&effects);
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct slice bytes = {(const char *)data + 1, size - 1};
    if (data[0] % 2 == 0)
        run_world(bytes);
    else
        run_messages(bytes);
    return 0;
}
