/* sim_main.c - parlance-sim: what is asked for, and what is told. */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/times.h>
#include <unistd.h>

#include "tests/sim/sim_child.h"
#include "tests/sim/sim_many.h"
#include "tests/sim/sim_shrink.h"

/* Of many runs, so many failures are looked at closely. */
#define SHOWN_MAX 3u

/* From so many seeds on a fault that never came is a failure of this program.
 */
#define FAULTS_EXPECTED_SEEDS 100u

#define SHRINK_RUNS 600u

struct asked {
    bool one;
    uint64_t first;
    uint64_t seeds;
    uint32_t jobs;
    bool twice;
    bool shrink;
    struct sim_options options;
    const char *folder;
};

static const char usage[] =
    "parlance-sim SEED          repeats one run and tells what happened\n"
    "parlance-sim --first N --seeds M   runs many\n"
    "  --jobs N       so many at a time (default: one for each processor)\n"
    "  --twice        runs each seed a second time; it must go the same way\n"
    "  --output DIR   where traces of failing runs are written (default: .)\n"
    "  --no-shrink    takes a failing schedule as it is\n"
    "  --all          one seed: tells all that happens, as it happens\n"
    "  --verbose      one seed: the programs' logs, in virtual time\n"
    "  --trace        one seed: writes traces even if nothing fails\n";

/* --- One run -------------------------------------------------------------- */

static void print_schedule(const struct sim_schedule *schedule,
                           const struct sim_config *config) {
    struct buf text = {0};
    sim_schedule_print(schedule, config, &text);
    fwrite(text.data, 1, text.size, stdout);
    buf_finish(&text);
}

static void print_faults(const uint64_t *faults) {
    for (uint32_t i = 0; i < SIM_FAULT_COUNT; i++)
        printf("%s%s %" PRIu64, i ? ", " : "  faults: ", sim_fault_names[i],
               faults[i]);
    printf("\n");
}

static void print_people(const struct people_stats *people) {
    printf("  people: %" PRIu64 " actions, %" PRIu64 " requests, %" PRIu64
           " acknowledged, %" PRIu64 " refused, %" PRIu64 " events, %" PRIu64
           " reconnects, %" PRIu64 " resumed, %" PRIu64 " pages\n",
           people->actions, people->sent, people->acknowledged, people->refused,
           people->events, people->reconnects, people->resumed, people->pages);
}

static void print_result(uint64_t seed, const struct sim_result *result) {
    printf("  cluster: %.1f s, %" PRIu64 " events, %" PRIu64
           " packets, %" PRIu64 " core steps, %" PRIu64 " writes, %" PRIu64
           " starts\n",
           (double)result->virtual_us / 1e6, result->events, result->packets,
           result->steps, result->writes, result->starts);
    print_people(&result->people);
    print_faults(result->faults);
    printf("seed %" PRIu64 ": %s, digest %016" PRIx64 "\n", seed,
           result->failed ? "FAILED" : "ok", result->digest);
    if (result->failed)
        printf("  promise %s: %s\n", result->promise, result->text);
}

/* Traces of earlier versions of the run tell nothing of this one. */
static void remove_traces(const struct asked *asked, uint64_t seed) {
    char pattern[600];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/sim-%" PRIu64 "-broker-*.trace",
             asked->folder, seed);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            unlink(found.gl_pathv[i]);
    globfree(&found);
}

/* A small schedule that fails in the same way, and what it did to the cores. */
static void explain(const struct asked *asked, const struct sim_config *config,
                    struct sim_schedule *schedule, struct sim_result *failure) {
    struct sim_options options = asked->options;
    uint32_t before = schedule->count;
    options.folder = asked->folder;
    if (asked->shrink) {
        uint32_t runs = sim_shrink(config, schedule, failure, SHRINK_RUNS);
        printf("shrunk from %u to %u actions in %u runs; promise %s: %s\n",
               before, schedule->count, runs, failure->promise, failure->text);
        options.told = true;
    }
    remove_traces(asked, config->seed);
    sim_child_run(config, schedule, &options, false, failure);
    printf("traces: %s/sim-%" PRIu64 "-broker-*.trace\n", asked->folder,
           config->seed);
}

/* Runs one seed, in the foreground; true: it kept all promises. */
static bool run_one(const struct asked *asked, uint64_t seed, bool tell) {
    struct sim_config config;
    struct sim_schedule schedule;
    struct sim_result result;
    sim_config_draw(&config, seed);
    sim_schedule_make(&schedule, &config);
    print_schedule(&schedule, &config);
    sim_child_run(&config, &schedule, &asked->options, false, &result);
    if (tell || result.failed)
        print_result(seed, &result);
    if (result.failed)
        explain(asked, &config, &schedule, &result);
    sim_schedule_finish(&schedule);
    return !result.failed;
}

/* --- Many ----------------------------------------------------------------- */

static double real_s(void) {
    struct tms unused;
    return (double)times(&unused) / (double)sysconf(_SC_CLK_TCK);
}

/* What did not happen although it should have: then the runs prove nothing. */
static bool is_proof(const struct sim_totals *totals) {
    bool proof = totals->people.acknowledged > 0;
    if (!proof)
        printf("nothing was acknowledged: these runs prove nothing\n");
    for (uint32_t i = 0; i < SIM_FAULT_COUNT; i++)
        if (totals->seeds >= FAULTS_EXPECTED_SEEDS && !totals->faults[i]) {
            printf("the fault %s never came\n", sim_fault_names[i]);
            proof = false;
        }
    return proof;
}

/* What the people never did or saw. */
static void print_uncovered(const struct sim_totals *totals) {
    struct people_config config = {.users = 2, .rooms = 1, .gateways = 1};
    struct people *people = people_create(&config);
    uint32_t count;
    const struct people_cover *cover = people_coverage(people, &count);
    const char *before = "  not covered:";
    for (uint32_t i = 0; i < count && totals->people.actions; i++) {
        if (totals->cover[i])
            continue;
        printf("%s %s", before, cover[i].name);
        before = ",";
    }
    if (*before == ',')
        printf("\n");
    people_destroy(people);
}

static void print_totals(const struct sim_totals *totals, double took_s) {
    double hours = (double)totals->virtual_us / 3.6e9;
    printf("  cluster: %" PRIu64 " events, %" PRIu64 " packets, %" PRIu64
           " core steps, %" PRIu64 " writes, %" PRIu64 " starts\n",
           totals->events, totals->packets, totals->steps, totals->writes,
           totals->starts);
    print_people(&totals->people);
    print_faults(totals->faults);
    print_uncovered(totals);
    for (uint32_t i = 0; i < totals->failures_count; i++)
        printf("seed %" PRIu64 " FAILED: promise %s\n",
               totals->failures[i].seed, totals->failures[i].promise);
    printf("%" PRIu64 " seeds, %" PRIu64 " failed; %.2f simulated hours in "
           "%.1f s, %.3f a second; %" PRIu64 " messages acknowledged\n",
           totals->seeds, totals->failed, hours, took_s, hours / took_s,
           totals->people.acknowledged);
}

static bool run_many(const struct asked *asked) {
    static struct sim_totals totals;
    double begin_s = real_s();
    sim_many(asked->first, asked->seeds, asked->jobs, asked->twice, &totals);
    double took_s = real_s() - begin_s;
    for (uint32_t i = 0; i < totals.failures_count && i < SHOWN_MAX; i++)
        run_one(asked, totals.failures[i].seed, true);
    bool proof = is_proof(&totals);
    print_totals(&totals, took_s);
    return proof && totals.failed == 0;
}

/* --- What is asked for ---------------------------------------------------- */

static bool take_number(const char *text, uint64_t most, uint64_t *out) {
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return *end == 0 && *out <= most;
}

/* False: this is not how it is asked. */
static bool take_option(struct asked *asked, const char *name,
                        const char *value, bool *used) {
    uint64_t number = 0;
    *used = true;
    if (strcmp(name, "--first") == 0)
        return take_number(value, UINT64_MAX / 2, &asked->first);
    if (strcmp(name, "--seeds") == 0)
        return take_number(value, 1u << 30, &asked->seeds);
    if (strcmp(name, "--output") == 0)
        return (asked->folder = value) != NULL;
    if (strcmp(name, "--jobs") == 0) {
        bool good = take_number(value, SIM_JOBS_MAX, &number) && number > 0;
        asked->jobs = (uint32_t)number;
        return good;
    }
    *used = false;
    if (strcmp(name, "--twice") == 0)
        asked->twice = true;
    else if (strcmp(name, "--no-shrink") == 0)
        asked->shrink = false;
    else if (strcmp(name, "--all") == 0)
        asked->options.told = true;
    else if (strcmp(name, "--verbose") == 0)
        asked->options.verbose = true;
    else if (strcmp(name, "--trace") == 0)
        asked->options.folder = "";
    else
        return asked->one = take_number(name, UINT64_MAX / 2, &asked->first);
    return true;
}

static bool take_arguments(struct asked *asked, int argc, char **argv) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *asked = (struct asked){.first = 1, .shrink = true, .folder = "."};
    asked->jobs = processors < 1              ? 1
                  : processors > SIM_JOBS_MAX ? SIM_JOBS_MAX
                                              : (uint32_t)processors;
    for (int i = 1; i < argc; i++) {
        bool used = false;
        if (!take_option(asked, argv[i], i + 1 < argc ? argv[i + 1] : NULL,
                         &used))
            return false;
        i += used;
    }
    if (asked->options.folder)
        asked->options.folder = asked->folder;
    return asked->one != (asked->seeds > 0);
}

int main(int argc, char **argv) {
    struct asked asked;
    if (!take_arguments(&asked, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (asked.one)
        return run_one(&asked, asked.first, true) ? 0 : 1;
    return run_many(&asked) ? 0 : 1;
}
