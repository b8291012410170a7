/* sim_many.c - see sim_many.h. */
#include "tests/sim/sim_many.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/sim/sim_child.h"

struct job {
    struct sim_child child;
    uint64_t seed;
};

struct many {
    struct job jobs[SIM_JOBS_MAX];
    uint32_t running;
    uint64_t *digests; /* Of the first time; NULL: there is only one. */
    uint64_t first;
    uint64_t count;
    struct sim_totals *totals;
};

static void start_job(struct job *job, uint64_t seed) {
    const struct sim_options options = {.verbose = false};
    struct sim_config config;
    struct sim_schedule schedule;
    job->seed = seed;
    sim_config_draw(&config, seed);
    sim_schedule_make(&schedule, &config);
    sim_child_start(&job->child, &config, &schedule, &options, true);
    sim_schedule_finish(&schedule);
}

static void add_failure(struct sim_totals *totals, uint64_t seed,
                        const char *promise) {
    uint32_t at = totals->failures_count;
    totals->failed++;
    if (at == SIM_FAILURES_MAX)
        return;
    totals->failures_count++;
    for (; at > 0 && totals->failures[at - 1].seed > seed; at--)
        totals->failures[at] = totals->failures[at - 1];
    totals->failures[at].seed = seed;
    snprintf(totals->failures[at].promise, SIM_PROMISE_BYTES, "%s", promise);
}

static void add_result(struct sim_totals *totals,
                       const struct sim_result *result) {
    totals->seeds++;
    totals->virtual_us += result->virtual_us;
    totals->events += result->events;
    totals->packets += result->packets;
    totals->steps += result->steps;
    totals->writes += result->writes;
    totals->starts += result->starts;
    for (uint32_t i = 0; i < SIM_FAULT_COUNT; i++)
        totals->faults[i] += result->faults[i];
    for (uint32_t i = 0; i < SIM_COVER_MAX; i++)
        totals->cover[i] += result->cover[i];
    totals->people.actions += result->people.actions;
    totals->people.sent += result->people.sent;
    totals->people.acknowledged += result->people.acknowledged;
    totals->people.refused += result->people.refused;
    totals->people.events += result->people.events;
    totals->people.reconnects += result->people.reconnects;
    totals->people.resumed += result->people.resumed;
    totals->people.pages += result->people.pages;
}

static void take_result(struct many *many, uint64_t seed,
                        const struct sim_result *result) {
    uint64_t *digest =
        many->digests ? &many->digests[seed - many->first] : NULL;
    if (digest && *digest) { /* The second time. */
        if (!result->failed && *digest != (result->digest | 1))
            add_failure(many->totals, seed, "repeat");
        return;
    }
    if (digest)
        *digest = result->digest | 1;
    add_result(many->totals, result);
    if (result->failed)
        add_failure(many->totals, seed, result->promise);
}

static void wait_for_one(struct many *many) {
    struct sim_result result;
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);
    INVARIANT(pid > 0);
    for (uint32_t i = 0; i < SIM_JOBS_MAX; i++) {
        struct job *job = &many->jobs[i];
        if (job->child.pid != pid)
            continue;
        many->running--;
        sim_child_take(&job->child, status, &result);
        take_result(many, job->seed, &result);
        return;
    }
}

static void run_all(struct many *many, uint32_t jobs) {
    for (uint64_t i = 0; i < many->count; i++) {
        if (many->running == jobs)
            wait_for_one(many);
        uint32_t at = 0;
        while (many->jobs[at].child.pid)
            at++;
        start_job(&many->jobs[at], many->first + i);
        many->running++;
    }
    while (many->running > 0)
        wait_for_one(many);
}

void sim_many(uint64_t first, uint64_t count, uint32_t jobs, bool twice,
              struct sim_totals *out) {
    PRE(jobs >= 1 && jobs <= SIM_JOBS_MAX);
    struct many many = {.first = first, .count = count, .totals = out};
    *out = (struct sim_totals){0};
    if (twice)
        many.digests = mem_zalloc(count * sizeof *many.digests);
    run_all(&many, jobs);
    if (twice)
        run_all(&many, jobs);
    free(many.digests);
}
