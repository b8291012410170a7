/* gateway_options.h - what the operator of a gateway may set. */
#ifndef GATEWAY_GATEWAY_OPTIONS_H
#define GATEWAY_GATEWAY_OPTIONS_H

#include "common/process/log.h"
#include "common/process/options.h"

struct gateway_options {
    const char *broker;
    struct address listen;
    const char *jwt_secret_file;
    const char *jwks;
    const char *jwt_alg;
    const char *user_id_claim;
    struct address api_listen;
    const char *api_keys;
    struct address operator_listen;
    struct option_list allow_origin;
    const char *time_zone;
    const char *tls_cert;
    const char *tls_key;
    const char *demo_users;
    struct option_list frontend;
    struct option_rate rate;
    uint64_t presence_grace_ms;
    uint64_t ping_interval_ms;
    uint64_t patience_ms;
    uint64_t connections_max;
    uint64_t per_user_max;
    uint64_t per_address_max;
    uint64_t frame_bytes_max;
    uint64_t queue_bytes_max;
    uint64_t drain_ms;
    unsigned log_level;
    struct options options; /* Owns the texts. */
};

/* As options_load(), and what belongs together is checked to be together. */
bool gateway_options_load(struct gateway_options *options, int argc,
                          char *const *argv, char *const *environment,
                          int *status) MUST_CHECK;

void gateway_options_finish(struct gateway_options *options);

#endif
