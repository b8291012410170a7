/* replay_main.c - parlance-replay: what was recorded, again. Options and
 * wiring only. */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "broker/replay/against.h"
#include "broker/replay/cut_program.h"
#include "broker/replay/guard.h"
#include "broker/replay/print.h"
#include "broker/replay/scrub.h"
#include "common/clock.h"
#include "common/process/options.h"
#include "common/process/program.h"

#define OPTION_COUNT 17u

static const struct program program = {.name = "parlance-replay"};

/* What the operator chose. |options| and |table| hold the texts. */
struct settings {
    bool verify;
    bool print;
    bool scrub;
    const char *scrub_key;
    const char *output;
    const char *against;
    unsigned speed; /* An index of |speeds|. */
    uint64_t play;
    uint64_t rounds;
    uint64_t patience_ms;
    bool json;
    struct cut_settings cut;
    struct option table[OPTION_COUNT];
    struct options options;
};

/* How fast --against plays; 0: as fast as the broker takes it. */
static const char *const speed_texts[] = {"1", "10", "max", NULL};
static const uint32_t speeds[] = {1, 10, 0};

static bool load_settings(int argc, char **argv, struct settings *settings,
                          int *status) {
    const struct option table[OPTION_COUNT] = {
        OPTION_FLAG("verify", &settings->verify,
                    "compare every effect with what was recorded; the default"),
        OPTION_FLAG("print", &settings->print,
                    "write the trace as JSON lines, which are a trace too"),
        OPTION_FLAG("scrub", &settings->scrub,
                    "write it with stand-ins for all that people wrote"),
        OPTION_TEXT("scrub-key", &settings->scrub_key, "TEXT", OPTION_NONE,
                    "the same stand-ins each time, for who knows TEXT"),
        OPTION_UINT("room", &settings->cut.room, 1, ID_MAX, OPTION_NONE,
                    "write only what concerns this room; it replays by itself"),
        OPTION_UINT("user", &settings->cut.user, 1, ID_MAX, OPTION_NONE,
                    "write only what this user did, and the rooms' part in it"),
        OPTION_TEXT("from", &settings->cut.from, "TIME", OPTION_NONE,
                    "begin with the state at that time"),
        OPTION_TEXT("to", &settings->cut.to, "TIME", OPTION_NONE,
                    "end after that time"),
        OPTION_TEXT(
            "shrink", &settings->cut.shrink, "COMMAND", OPTION_NONE,
            "write the smallest trace on which COMMAND still fails; it "
            "gets the path of a trace behind it, or in the place of {}"),
        OPTION_UINT("shrink-runs", &settings->cut.shrink_runs, 1, 1000000,
                    "2000", "run COMMAND so often at most"),
        OPTION_TEXT("output", &settings->output, "FILE", OPTION_NONE,
                    "write there, not to stdout"),
        OPTION_ENDPOINT("against", &settings->against, OPTION_NONE,
                        "play the gateways' side to the broker there"),
        OPTION_CHOICE("speed", &settings->speed, speed_texts, "1",
                      "of --against: as recorded, ten times, at once"),
        OPTION_UINT("play-id", &settings->play, 0, ID_MAX, "0",
                    "of --against: makes the keys of messages; 0: random"),
        OPTION_UINT("repeat", &settings->rounds, 1, 1000000, "1",
                    "of --against: play it so often, one after the other"),
        OPTION_DURATION("patience", &settings->patience_ms, 100, 3600000, "5",
                        "of --against: for the broker, for each answer"),
        OPTION_FLAG("json", &settings->json,
                    "of --against: report as one line of JSON"),
    };
    memcpy(settings->table, table, sizeof table);
    options_init(&settings->options, "parlance-replay",
                 "Feeds what a broker recorded to fresh cores.",
                 settings->table, OPTION_COUNT);
    settings->options.arguments_usage = "FILE...";
    return options_load(&settings->options, argc, argv, environ, status);
}

/* NULL, or what does not go together. */
static const char *settings_fault(const struct settings *settings) {
    if (settings->options.arguments.count == 0)
        return "which FILE? (- is stdin; --help tells more)";
    bool cuts = cut_is_wanted(&settings->cut);
    bool writes = settings->print || settings->scrub || cuts;
    if (cuts && settings->scrub)
        return "--scrub: first cut, then scrub what is left";
    if (cuts && cut_settings_fault(&settings->cut))
        return cut_settings_fault(&settings->cut);
    if (settings->verify && writes)
        return "--verify writes no trace: --print and --scrub do";
    if (settings->against && (settings->verify || writes))
        return "--against goes with none of --verify, --print and --scrub";
    if (settings->json && !settings->against)
        return "--json: there is no report without --against";
    if (settings->rounds > 1 && !settings->against)
        return "--repeat: there is nothing to play without --against";
    if (settings->output && !writes)
        return "--output: there is nothing to write without --print or --scrub";
    if (settings->scrub_key && !settings->scrub)
        return "--scrub-key: there is nothing to scrub without --scrub";
    return NULL;
}

static const char *outcome_text(enum replay_outcome outcome) {
    switch (outcome) {
    case REPLAY_SAME:
        return "the same";
    case REPLAY_DIFFERENT:
        return "not the same";
    case REPLAY_UNREADABLE:
        return "not readable";
    }
    return "";
}

static int verify(const struct trace_set *set, struct buf *report) {
    struct verify_counts counts = {0};
    enum replay_outcome outcome = REPLAY_SAME;
    uint64_t start_us = monotonic_us();
    guard_begin(NULL);
    for (uint32_t i = 0; outcome == REPLAY_SAME && i < trace_set_groups(set);
         i++)
        outcome = verify_group(set, i, &counts, report);
    guard_end();
    double seconds = (double)(monotonic_us() - start_us) / 1e6;
    fwrite(report->data, 1, report->size, stderr);
    printf("%s: %llu inputs, %llu effects, %llu file%s, %.2f s, %.0f inputs/s",
           outcome_text(outcome), (unsigned long long)counts.inputs,
           (unsigned long long)counts.effects, (unsigned long long)counts.files,
           counts.files == 1 ? "" : "s", seconds,
           seconds > 0 ? (double)counts.inputs / seconds : 0.0);
    if (counts.torn)
        printf("; %llu not closed", (unsigned long long)counts.torn);
    printf("\n");
    return (int)outcome;
}

/* Without --scrub-key nobody has the key. */
static bool init_texts(struct scrub_texts *texts, const char *given) {
    char drawn[32];
    struct slice key = {drawn, sizeof drawn};
    if (given)
        key = slice_of(given);
    else if (getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
        return false;
    scrub_texts_init(texts, key);
    return true;
}

/* Prints, or scrubs if there are |texts|. */
static int write_trace(const struct trace_set *set, const char *path,
                       struct scrub_texts *texts, struct buf *report) {
    struct trace_text text = {0};
    struct output output;
    enum replay_outcome outcome = REPLAY_SAME;
    if (output_open(path, &text.out, &output) != ERR_OK) {
        program_complain(&program, "--output %s: %s", path, strerror(errno));
        return PROGRAM_EXIT_FAILURE;
    }
    guard_begin(&output);
    for (uint32_t i = 0; outcome == REPLAY_SAME && i < trace_set_groups(set);
         i++)
        outcome = texts ? scrub_group(set, i, texts, &text, &output, report)
                        : print_group(set, i, &text, &output, report);
    guard_end();
    fwrite(report->data, 1, report->size, stderr);
    if (output_close(&output) != ERR_OK) {
        program_complain(&program, "%s: %s", path ? path : "stdout",
                         strerror(errno));
        outcome = REPLAY_UNREADABLE;
    }
    trace_text_finish(&text);
    return (int)outcome;
}

static int run(const struct settings *settings, const struct trace_set *set,
               struct buf *report) {
    struct scrub_texts texts;
    if (cut_is_wanted(&settings->cut))
        return cut_program_run(set, &settings->cut, settings->output);
    if (!settings->print && !settings->scrub)
        return verify(set, report);
    if (!settings->scrub)
        return write_trace(set, settings->output, NULL, report);
    if (!init_texts(&texts, settings->scrub_key)) {
        program_complain(&program, "the system has no random numbers");
        return PROGRAM_EXIT_FAILURE;
    }
    int status = write_trace(set, settings->output, &texts, report);
    scrub_texts_finish(&texts);
    return status;
}

int main(int argc, char **argv) {
    struct settings settings = {0};
    struct trace_set *set = NULL;
    struct trace_error error;
    struct buf report = {0};
    int status = PROGRAM_EXIT_OK;
    if (!load_settings(argc, argv, &settings, &status))
        return status;
    const char *fault = settings_fault(&settings);
    const struct option_list *files = &settings.options.arguments;
    if (fault) {
        program_complain(&program, "%s", fault);
        status = PROGRAM_EXIT_USAGE;
    } else if (trace_set_open(files->items, files->count, &set, &error) !=
               ERR_OK) {
        program_complain(&program, "%s", error.text);
        status = REPLAY_UNREADABLE;
    } else if (settings.against) {
        struct against_options options = {.set = set,
                                          .endpoint = settings.against,
                                          .speed = speeds[settings.speed],
                                          .play = settings.play,
                                          .rounds = (uint32_t)settings.rounds,
                                          .patience_ms = settings.patience_ms,
                                          .json = settings.json};
        status = (int)against_run(&options);
    } else {
        status = run(&settings, set, &report);
    }
    trace_set_close(set);
    buf_finish(&report);
    options_finish(&settings.options);
    return status;
}
