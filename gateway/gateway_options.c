/* The table of options (RUNNING.md; the limits are those of DIALECTS.md). */
#include "gateway/gateway_options.h"

#include <stdio.h>

#include "common/process/program.h"

#define PROGRAM "parlance-gateway"

/* Options that are of no use one without the other. */
static bool check_pairs(const struct gateway_options *options, int *status) {
    const struct {
        bool wrong;
        const char *text;
    } rules[] = {
        {!options->jwt_secret_file && !options->jwks,
         "--jwt-secret-file or --jwks must be set"},
        {address_given(&options->api_listen) && !options->api_keys,
         "--api-listen needs --api-keys"},
        {!address_given(&options->api_listen) && options->api_keys,
         "--api-keys needs --api-listen"},
        {!options->tls_cert != !options->tls_key,
         "--tls-cert and --tls-key need each other"},
        {options->rate.per_second > 0 && options->rate.burst == 0,
         "--rate: the burst must be at least 1"},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].wrong) {
            fprintf(stderr, PROGRAM ": %s\n", rules[i].text);
            *status = PROGRAM_EXIT_USAGE;
            return false;
        }
    }
    return true;
}

bool gateway_options_load(struct gateway_options *o, int argc,
                          char *const *argv, char *const *environment,
                          int *status) {
    const uint64_t hour_ms = UINT64_C(3600) * 1000;
    const uint64_t day_ms = UINT64_C(24) * 3600 * 1000;
    const struct option table[] = {
        OPTION_ENDPOINT("broker", &o->broker, "tcp://127.0.0.1:7101",
                        "where the broker listens"),
        OPTION_ADDRESS("listen", &o->listen, "127.0.0.1:8888",
                       "where clients connect; gateways may share one port"),
        OPTION_TEXT("jwt-secret-file", &o->jwt_secret_file, "FILE", OPTION_NONE,
                    "secret that tokens are signed with"),
        OPTION_TEXT("jwks", &o->jwks, "FILE", OPTION_NONE,
                    "keys that tokens are signed with, as a JWKS"),
        OPTION_TEXT("jwt-alg", &o->jwt_alg, "LIST", OPTION_NONE,
                    "only these algorithms; else all that the keys can do"),
        OPTION_TEXT("jwt-user-claim", &o->user_id_claim, "NAME", "user_id",
                    "the claim that holds the user's id"),
        OPTION_ADDRESS("api-listen", &o->api_listen, OPTION_NONE,
                       "where the application's backend connects"),
        OPTION_TEXT("api-keys", &o->api_keys, "FILE", OPTION_NONE,
                    "keys of the server API, one a line"),
        OPTION_ADDRESS("operator", &o->operator_listen, OPTION_NONE,
                       "where /healthz, /readyz and /metrics are"),
        OPTION_LIST("allow-origin", &o->allow_origin, "ORIGIN", OPTION_NONE,
                    "pages that may connect; else those of the same host"),
        OPTION_TEXT("time-zone", &o->time_zone, "NAME", "UTC",
                    "zone of formatted times, of the IANA database"),
        OPTION_TEXT("tls-cert", &o->tls_cert, "FILE", OPTION_NONE,
                    "certificate chain, PEM"),
        OPTION_TEXT("tls-key", &o->tls_key, "FILE", OPTION_NONE,
                    "its private key, PEM"),
        OPTION_TEXT("demo-users", &o->demo_users, "FILE", OPTION_NONE,
                    "users of the demo page, with tokens; only shown to "
                    "this machine"),
        OPTION_LIST("frontend", &o->frontend, "FILE.so", OPTION_NONE,
                    "a dialect of one's own, built against the installed "
                    "headers"),
        OPTION_RATE("rate", &o->rate, "50/200",
                    "requests a second and burst, per user; 0: no limit"),
        OPTION_DURATION("presence-grace", &o->presence_grace_ms, 0, hour_ms,
                        "5", "until a user who went is said to be offline"),
        OPTION_DURATION("ping-interval", &o->ping_interval_ms, 0, day_ms, "25",
                        "between two pings; two missed: 4408; 0: none"),
        OPTION_DURATION("patience", &o->patience_ms, 0, day_ms, "30",
                        "how long the broker may be away; 0: for ever"),
        OPTION_UINT("max-connections", &o->connections_max, 0, 1000000, "20000",
                    "connections in all; 0: no limit"),
        OPTION_UINT("max-per-user", &o->per_user_max, 0, 1000000, "50",
                    "connections of one user; 0: no limit"),
        OPTION_UINT("max-per-address", &o->per_address_max, 0, 1000000, "1000",
                    "connections from one address; 0: no limit"),
        OPTION_UINT("max-frame", &o->frame_bytes_max, 0, 1 << 24, "131072",
                    "bytes of one message of a client; 0: no limit"),
        OPTION_UINT("max-queue", &o->queue_bytes_max, 0, 1 << 30, "1048576",
                    "bytes that wait for one client; 0: no limit"),
        OPTION_DURATION("drain", &o->drain_ms, 0, day_ms, "10",
                        "how long clients have to go when it stops"),
        OPTION_CHOICE("log-level", &o->log_level, log_level_texts, "info",
                      "the least that is logged"),
    };
    options_init(&o->options, PROGRAM,
                 "Takes the connections of clients, each in its own dialect.",
                 table, sizeof(table) / sizeof(table[0]));
    bool ok = options_load(&o->options, argc, argv, environment, status) &&
              check_pairs(o, status);
    o->options.table = NULL; /* It ends here; the texts stay. */
    return ok;
}

void gateway_options_finish(struct gateway_options *options) {
    options_finish(&options->options);
}
