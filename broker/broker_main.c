/* broker_main.c - parlance-broker: options and wiring only. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "broker/shard/broker_metrics.h"
#include "broker/shard/recorder.h"
#include "broker/shard/router.h"
#include "common/clock.h"
#include "common/link/link_process.h"
#include "common/process/log.h"
#include "common/process/operator.h"
#include "common/process/options.h"
#include "common/process/program.h"

#define OPTION_COUNT 11u

static const char *const effects_texts[] = {"digest", "whole", NULL};

/* What the operator chose. |options| and |table| hold the texts. */
struct settings {
    const char *persister;
    const char *listen;
    uint64_t shards;
    struct address operator_address;
    uint64_t actors_max;
    uint64_t idle_ms;
    struct recorder_options record;
    unsigned record_effects; /* Of |effects_texts|. */
    unsigned log_level;
    struct option table[OPTION_COUNT];
    struct options options;
};

static bool load_settings(int argc, char **argv, struct settings *settings,
                          int *status) {
    const struct option table[OPTION_COUNT] = {
        OPTION_ENDPOINT("persister", &settings->persister,
                        "tcp://127.0.0.1:7102", "where the persister listens"),
        OPTION_ENDPOINT("listen", &settings->listen, "tcp://127.0.0.1:7101",
                        "where gateways connect; loopback or ipc only"),
        OPTION_UINT("shards", &settings->shards, 1, ROUTER_SHARDS_MAX, "1",
                    "parts that own the rooms; more than one: a thread each"),
        OPTION_ADDRESS("operator", &settings->operator_address, OPTION_NONE,
                       "listen for /healthz, /readyz and /metrics"),
        OPTION_UINT("actors-max", &settings->actors_max, 1024, 1u << 26,
                    "262144", "rooms, users and keys in memory, a shard"),
        OPTION_DURATION("idle", &settings->idle_ms, 1000, 86400000, "60",
                        "put a room away after so long without use"),
        OPTION_TEXT("record", &settings->record.directory, "DIR", OPTION_NONE,
                    "write down all inputs, to replay them; as private as "
                    "the store"),
        OPTION_UINT(
            "record-file-bytes", &settings->record.file_bytes, 1,
            UINT64_C(1) << 40, "268435456",
            "begin the next file when one has so much of inputs, and as "
            "much as the state it begins with"),
        OPTION_UINT("record-files", &settings->record.files_max, 0, 1000000,
                    "16", "files of a shard that are kept of this run; 0: all"),
        OPTION_CHOICE("record-effects", &settings->record_effects,
                      effects_texts, "digest",
                      "how outputs are recorded: 8 bytes each, or in full"),
        OPTION_CHOICE("log-level", &settings->log_level, log_level_texts,
                      "info", "what is logged: this and what is graver"),
    };
    memcpy(settings->table, table, sizeof table);
    options_init(&settings->options, "parlance-broker",
                 "Owns rooms, order and read state; logs to the persister.",
                 settings->table, OPTION_COUNT);
    return options_load(&settings->options, argc, argv, environ, status);
}

static bool draw_incarnation(uint64_t *out) {
    do {
        if (getrandom(out, sizeof *out, 0) != (ssize_t)sizeof *out)
            return false;
        *out >>= 1; /* Shards count on from it: leave room. */
    } while (*out == 0);
    return true;
}

/* What the broker is to be, but for its incarnation. */
static struct router_config configure(struct settings *settings) {
    struct router_config config = {.listen = settings->listen,
                                   .persister = settings->persister,
                                   .shards = (uint32_t)settings->shards,
                                   .core = CORE_CONFIG_DEFAULT};
    config.core.actors_max = (uint32_t)settings->actors_max;
    config.core.idle_us = (int64_t)settings->idle_ms * 1000;
    settings->record.whole = settings->record_effects == 1;
    settings->record.started_us = (int64_t)wall_us();
    if (settings->record.directory)
        config.record = &settings->record;
    return config;
}

/* Until a signal or a failure; returns the exit status. */
static int serve(struct program *program, struct router *router) {
    log_info("listening", LOG_TEXT("endpoint", router_endpoint(router)));
    program_notify(PROGRAM_STATE_READY);
    for (;;) {
        if (!router_turn(router, program->signal_fd))
            return PROGRAM_EXIT_FAILURE;
        if (program_next_signal(program) == PROGRAM_SIGNAL_STOP)
            break;
    }
    program_notify(PROGRAM_STATE_STOPPING);
    log_info("stopping");
    return PROGRAM_EXIT_OK;
}

static void on_abort(int number) {
    (void)number;
    recorder_abort();
}

/* The input that is a core's end belongs into its recording. Once: then the
 * program aborts as it would have. */
static void record_aborts(void) {
    struct sigaction action = {.sa_handler = on_abort,
                               .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGABRT, &action, NULL);
}

int main(int argc, char **argv) {
    struct settings settings = {0};
    struct program program = {0};
    struct router *router = NULL;
    struct operator* operator= NULL;
    struct buf reason = {0};
    int status = PROGRAM_EXIT_FAILURE;

    if (!load_settings(argc, argv, &settings, &status))
        return status;
    log_start("broker", (enum log_level)settings.log_level);
    if (program_init(&program, "parlance-broker") != ERR_OK) {
        program_complain(&program, "cannot set up signals");
        return PROGRAM_EXIT_FAILURE;
    }
    link_process_init();
    record_aborts();
    struct metrics *metrics = broker_metrics_create();
    struct readiness *readiness = readiness_create(router_conditions);
    struct router_config config = configure(&settings);
    config.metrics = metrics;
    config.readiness = readiness;
    status = PROGRAM_EXIT_FAILURE;
    if (!draw_incarnation(&config.incarnation)) {
        program_complain(&program, "the system has no random numbers");
    } else if (config.record &&
               recorder_prepare(config.record, &reason) != ERR_OK) {
        program_complain(&program, "--record %s: %.*s",
                         config.record->directory, (int)reason.size,
                         reason.data);
    } else if (address_given(&settings.operator_address) &&
               operator_create(&settings.operator_address, metrics, readiness,
                               &operator) != ERR_OK) {
        program_complain(&program, "--operator %s:%u: %m",
                         settings.operator_address.host,
                         settings.operator_address.port);
    } else if (router_create(&config, &router, &reason) != ERR_OK) {
        program_complain(&program, "--listen %s: %.*s", settings.listen,
                         (int)reason.size, reason.data);
    } else {
        status = serve(&program, router);
    }
    router_destroy(router);
    operator_destroy(operator);
    readiness_destroy(readiness);
    metrics_destroy(metrics);
    link_process_finish();
    buf_finish(&reason);
    options_finish(&settings.options);
    program_finish(&program);
    return status;
}
