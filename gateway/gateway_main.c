/* gateway_main.c - the program parlance-gateway: wires the parts together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/link/link_process.h"
#include "common/process/operator.h"
#include "gateway/api/api.h"
#include "gateway/auth/algorithm.h"
#include "gateway/frontend_check.h"
#include "gateway/gateway_metrics.h"
#include "gateway/gateway_options.h"
#include "gateway/server/server.h"
#include "gateway/zone.h"

#define NAME "parlance-gateway"

/* All that is made at the start, so that it can be unmade in one place. */
struct parts {
    struct gateway_options options;
    struct program program;
    struct zone *zone;
    struct key_set *key_set;
    struct api_keys *api_keys;
    struct metrics *metrics;
    struct readiness *readiness;
    struct operator* operator;
    struct server *server;
    uint32_t algorithms;
};

static uint64_t random_number(void) {
    uint64_t number = 0;
    while (number == 0) {
        if (getrandom(&number, sizeof(number), 0) != sizeof(number))
            number = 0;
    }
    return number;
}

/* False, after a line on stderr with |*status|. */
static bool read_keys(struct parts *parts, int *status) {
    const struct gateway_options *options = &parts->options;
    struct slice unknown;
    struct keys_error error;
    if (options->jwt_alg &&
        algorithms_parse(slice_of(options->jwt_alg), &parts->algorithms,
                         &unknown) != ERR_OK) {
        program_complain(&parts->program,
                         "--jwt-alg: \"%.*s\" is no algorithm that we know",
                         (int)unknown.size, unknown.data);
        *status = PROGRAM_EXIT_USAGE;
        return false;
    }
    struct keys_config config = {.secret_file = options->jwt_secret_file,
                                 .jwks_file = options->jwks,
                                 .algorithms = parts->algorithms};
    *status = PROGRAM_EXIT_FAILURE;
    if (keys_load(&config, &parts->key_set, &error) != ERR_OK) {
        program_complain(&parts->program, "%s", error.text);
        return false;
    }
    size_t line;
    if (options->api_keys) {
        enum err err =
            api_keys_load(options->api_keys, &parts->api_keys, &line);
        if (err != ERR_OK) {
            program_complain(
                &parts->program,
                "--api-keys: %s: %s (line %zu); wanted: one key a line, of %u "
                "to %u bytes",
                options->api_keys, err_text(err), line, API_KEY_BYTES_MIN,
                API_KEY_BYTES_MAX);
            return false;
        }
    }
    return true;
}

static bool check_files(struct parts *parts) {
    const struct gateway_options *options = &parts->options;
    if (zone_create(options->time_zone, &parts->zone) != ERR_OK) {
        program_complain(&parts->program,
                         "--time-zone: this machine has no zone \"%s\" (is "
                         "the package tzdata installed?)",
                         options->time_zone);
        return false;
    }
    const char *const files[] = {options->tls_cert, options->tls_key};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (files[i] && access(files[i], R_OK) != 0) {
            program_complain(&parts->program, "cannot read %s: %s", files[i],
                             strerror(errno));
            return false;
        }
    }
    return true;
}

static bool start_operator(struct parts *parts) {
    static const char *const conditions[] = {"broker", NULL};
    const struct address *address = &parts->options.operator_listen;
    parts->metrics =
        metrics_create("gateway", gateway_metrics_table, GATEWAY_METRIC_COUNT);
    parts->readiness = readiness_create(conditions);
    if (!address_given(address) ||
        operator_create(address, parts->metrics, parts->readiness,
                        &parts->operator) == ERR_OK)
        return true;
    program_complain(&parts->program, "--operator: cannot listen on %s:%u: %s",
                     address->host, address->port, strerror(errno));
    return false;
}

static struct gateway_config gateway_config(const struct parts *parts) {
    const struct gateway_options *options = &parts->options;
    return (struct gateway_config){
        .broker_endpoint = options->broker,
        .frontends = frontends_all(),
        .api = &api_server,
        .frontend = {.zone = parts->zone},
        .metrics = parts->metrics,
        .readiness = parts->readiness,
        .rate = {options->rate.per_second, options->rate.burst},
        .admission = {options->connections_max, options->per_user_max,
                      options->per_address_max},
        .grace_ms = (uint32_t)options->presence_grace_ms,
        .ping_interval_ms = options->ping_interval_ms,
        .patience_ms = options->patience_ms,
        .message_bytes_max = options->frame_bytes_max,
        .queue_bytes_max = options->queue_bytes_max,
        .incarnation = random_number(),
        .seed = random_number(),
    };
}

/* A dialect that is not complete is not served. */
static bool check_dialects(const struct parts *parts) {
    const struct frontend *const *frontends = frontends_all();
    for (size_t i = 0; frontends[i]; i++) {
        const char *fault = frontend_check(frontends[i]);
        if (!fault)
            continue;
        program_complain(&parts->program, "dialect \"%s\": %s",
                         frontends[i]->name ? frontends[i]->name : "?", fault);
        return false;
    }
    return true;
}

static bool start_server(struct parts *parts) {
    const struct gateway_options *options = &parts->options;
    struct gateway_config gateway = gateway_config(parts);
    struct server_config config = {
        .program = &parts->program,
        .listen = options->listen,
        .api_listen = options->api_listen,
        .tls_cert = options->tls_cert,
        .tls_key = options->tls_key,
        .origins = options->allow_origin.items,
        .origins_count = options->allow_origin.count,
        .demo_users = options->demo_users,
        .jwt = {options->user_id_claim, JWT_LEEWAY_S},
        .keys = {options->jwt_secret_file, options->jwks, parts->algorithms},
        .key_set = parts->key_set,
        .api_keys_file = options->api_keys,
        .api_keys = parts->api_keys,
        .drain_ms = options->drain_ms,
    };
    parts->key_set = NULL; /* The server's now. */
    parts->api_keys = NULL;
    return server_create(&config, &gateway, &parts->server) == ERR_OK;
}

static void run(struct parts *parts) {
    log_info("listening", LOG_TEXT("host", parts->options.listen.host),
             LOG_UINT("port", server_port(parts->server)),
             LOG_UINT("api_port", server_api_port(parts->server)));
    program_notify(PROGRAM_STATE_READY);
    server_run(parts->server);
    log_info("stopped");
}

static void finish(struct parts *parts) {
    server_destroy(parts->server);
    operator_destroy(parts->operator);
    readiness_destroy(parts->readiness);
    metrics_destroy(parts->metrics);
    keys_destroy(parts->key_set);
    api_keys_destroy(parts->api_keys);
    zone_destroy(parts->zone);
    program_finish(&parts->program);
    gateway_options_finish(&parts->options);
}

int main(int argc, char **argv) {
    static struct parts
        parts; /* Zeroed; options make it too large for a stack. */
    int status = PROGRAM_EXIT_FAILURE;
    if (!gateway_options_load(&parts.options, argc, argv, environ, &status)) {
        gateway_options_finish(&parts.options);
        return status;
    }
    log_start("gateway", (enum log_level)parts.options.log_level);
    if (program_init(&parts.program, NAME) != ERR_OK) {
        program_complain(&parts.program, "cannot set up signals: %s",
                         strerror(errno));
        gateway_options_finish(&parts.options);
        return PROGRAM_EXIT_FAILURE;
    }
    link_process_init();
    if (read_keys(&parts, &status)) {
        status = PROGRAM_EXIT_FAILURE;
        if (check_files(&parts) && check_dialects(&parts) &&
            start_operator(&parts) && start_server(&parts)) {
            run(&parts);
            status = PROGRAM_EXIT_OK;
        }
    }
    finish(&parts);
    link_process_finish();
    return status;
}
