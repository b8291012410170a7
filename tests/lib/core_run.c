/* core_run.c - see core_run.h. */
#include "tests/lib/core_run.h"

#include <stdlib.h>

static void act_on_log(struct core_run *run, uint32_t dice) {
    struct fixture *fixture = &run->fixture;
    if (fixture->records_count == 0)
        return;
    uint32_t index = choose(&run->chooser, fixture->records_count);
    uint32_t partition = fixture->records[index].partition;
    uint32_t unstored = fixture_unstored(fixture, partition);
    if (dice > 0) {
        fixture_persist(fixture, partition, 1 + choose(&run->chooser, 4));
        if (chance(&run->chooser, 70))
            fixture_acknowledge(fixture, partition);
    } else if (unstored > 0) {
        fixture_refuse(fixture, partition,
                       fixture->next_seq[partition] - 1 -
                           choose(&run->chooser, unstored),
                       REFUSED_STORAGE_FULL);
    }
}

void run_act(struct core_run *run) {
    struct fixture *fixture = &run->fixture;
    uint32_t dice = choose(&run->chooser, 100);
    fixture->now_us += choose(&run->chooser, 3);
    fixture->answers_early = chance(&run->chooser, 50);
    uint32_t gateway = 1 + choose(&run->chooser, RUN_GATEWAYS);
    if (dice < 55) {
        struct wire wire;
        choose_command(&run->chooser, fixture->store, fixture->correlation + 1,
                       &run->arena, &wire);
        fixture_send(fixture, gateway, &wire);
    } else if (dice < 75) {
        if (dice == 74)
            fixture->reads_fail = REFUSED_STORAGE_FAILED;
        if (fixture->reads_count > 0)
            fixture_answer(fixture,
                           choose(&run->chooser, fixture->reads_count));
        fixture->reads_fail = 0;
    } else if (dice < 94) {
        act_on_log(run, dice - 75);
    } else if (dice < 96) {
        fixture_gone(fixture, gateway);
        if (dice == 94)
            fixture_up(fixture, gateway);
    } else if (dice == 96) {
        uint32_t partition = choose(&run->chooser, PARTITION_COUNT);
        fixture_skip(fixture, partition,
                     fixture->next_seq[partition] + choose(&run->chooser, 3));
    } else {
        fixture->now_us += choose(&run->chooser, 2000);
        fixture_tick(fixture);
    }
    arena_reset(&fixture->arena);
}

static struct core_config choose_config(struct chooser *chooser) {
    struct core_config config = CORE_CONFIG_DEFAULT;
    config.idle_us = 1000;
    if (chance(chooser, 50)) {
        if (chance(chooser, 50))
            config.actors_max = 2 + choose(chooser, 6);
        config.mailbox_max = 1 + choose(chooser, 8);
        config.waiting_max = 1 + choose(chooser, 16);
        config.pending_max = 2 + choose(chooser, 16);
        config.pending_bytes_max = 200 + choose(chooser, 2000);
    }
    return config;
}

struct core_run *run_begin(struct chooser chooser) {
    struct core_run *run = mem_zalloc(sizeof *run);
    run->chooser = chooser;
    struct core_config config = choose_config(&run->chooser);
    fixture_init(&run->fixture, &config, UINT64_MAX);
    run->fixture.holds_commits = true;
    run->fixture.holds_reads = true;
    fixture_up(&run->fixture, 1);
    return run;
}

void run_end(struct core_run *run) {
    fixture_finish(&run->fixture);
    arena_finish(&run->arena);
    free(run);
}

void run_settle(struct core_run *run) {
    struct fixture *fixture = &run->fixture;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        fixture_acknowledge(fixture, i);
    fixture_commit_all(fixture);
    fixture->now_us += 100 * fixture->config.idle_us;
    fixture_tick(fixture);
    fixture_commit_all(fixture);
    INVARIANT(fixture->commands_count == 0);
}
