/* The loop. What came over the link is taken, and what is to go out is sent,
 * in the prepare phase: once a turn, just before the loop would sleep. The
 * link's descriptor only wakes it: it is edge-triggered, and any call on the
 * link may have eaten the edge, so the loop sleeps only when the link says
 * that nothing waits. */
#include "gateway/server/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/process/log.h"

/* Connections closed in one step of a drain, and the time between two. */
#define DRAIN_BATCH 500u
#define DRAIN_STEP_MS 50u

static void on_wake(uv_poll_t *poll, int status, int events) {
    struct server *server = poll->data;
    server->link_woken = true;
    (void)status;
    (void)events;
}

static void on_busy(uv_idle_t *idle) {
    (void)idle;
}

static void on_timer(uv_timer_t *timer) {
    (void)timer;
}

static void free_handle(uv_handle_t *handle) {
    free(handle);
}

/* --- The link's descriptor ------------------------------------------------ */

static void unwatch_link(void *payload) {
    struct server *server = payload;
    if (!server->link)
        return;
    uv_poll_stop(server->link);
    uv_close((uv_handle_t *)server->link, free_handle);
    server->link = NULL;
}

static void watch_link(struct server *server) {
    struct link_client *link = server->gateway.broker.link;
    uint64_t generation = link_client_generation(link);
    if (server->link && server->link_generation != generation)
        unwatch_link(server);
    int fd = link_client_fd(link);
    if (server->link || fd < 0)
        return;
    server->link = mem_zalloc(sizeof(*server->link));
    server->link->data = server;
    server->link_woken = true;
    server->link_generation = generation;
    int error = uv_poll_init(&server->loop, server->link, fd);
    INVARIANT(error == 0);
    uv_poll_start(server->link, UV_READABLE, on_wake);
}

/* --- A turn --------------------------------------------------------------- */

static void on_turn(uv_prepare_t *prepare) {
    struct server *server = prepare->data;
    struct gateway *gateway = &server->gateway;
    if (!server->link_woken)
        link_client_calm(gateway->broker.link);
    server->link_woken = false;
    bool more = gateway_begin_turn(gateway, monotonic_ms(), (int64_t)wall_us());
    if (gateway_end_turn(gateway))
        more = true;
    watch_link(server);
    if (more || link_client_pending(gateway->broker.link))
        uv_idle_start(&server->busy, on_busy);
    else
        uv_idle_stop(&server->busy);
    uint64_t due_ms = gateway_due_ms(gateway);
    uint64_t now_ms = gateway->now_ms;
    uv_timer_start(&server->timer, on_timer,
                   due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

/* --- Signals and the end -------------------------------------------------- */

static void on_drain(uv_timer_t *timer) {
    struct server *server = timer->data;
    size_t left = gateway_drain(&server->gateway, DRAIN_BATCH);
    if (left > 0 && monotonic_ms() < server->drain_until_ms)
        return;
    log_info("drained", LOG_UINT("cut", left));
    uv_timer_stop(&server->drain_timer);
    server->over = true;
    uv_stop(&server->loop);
}

static void stop(struct server *server) {
    if (server->drain_until_ms)
        return;
    log_info("draining",
             LOG_UINT("connections", server->gateway.admission.total));
    program_notify(PROGRAM_STATE_STOPPING);
    server->drain_until_ms = monotonic_ms() + server->config.drain_ms;
    listener_destroy(server->public_listener);
    listener_destroy(server->api_listener);
    server->public_listener = server->api_listener = NULL;
    uv_timer_start(&server->drain_timer, on_drain, 0, DRAIN_STEP_MS);
}

static void reload(struct server *server) {
    struct keys_error error;
    struct server_config *config = &server->config;
    if (keys_reload(&config->key_set, &config->keys, &error) == ERR_OK)
        log_info("keys_reloaded");
    else
        log_error("keys_kept", LOG_TEXT("reason", error.text));
    if (!config->api_keys_file)
        return;
    struct api_keys *api_keys;
    size_t line;
    enum err err = api_keys_load(config->api_keys_file, &api_keys, &line);
    if (err == ERR_OK) {
        api_keys_destroy(config->api_keys);
        config->api_keys = api_keys;
        log_info("api_keys_reloaded");
    } else {
        log_error("api_keys_kept", LOG_ERR("reason", err),
                  LOG_UINT("line", line));
    }
}

static void on_signal(uv_poll_t *poll, int status, int events) {
    struct server *server = poll->data;
    (void)status;
    (void)events;
    for (;;) {
        switch (program_next_signal(server->config.program)) {
        case PROGRAM_SIGNAL_NONE:
            return;
        case PROGRAM_SIGNAL_STOP:
            stop(server);
            break;
        case PROGRAM_SIGNAL_RELOAD:
            reload(server);
            break;
        }
    }
}

/* --- Accepted sockets ----------------------------------------------------- */

static void on_accepted(void *payload, int fd) {
    struct server *server = payload;
    door_take(server, fd);
}

static void on_accepted_api(void *payload, int fd) {
    struct server *server = payload;
    lws_take(server, fd, true, (struct slice){0});
}

static void on_exhausted(void *payload) {
    struct server *server = payload;
    metrics_add_by(server->gateway.config.metrics, METRIC_REFUSED,
                   REFUSAL_DESCRIPTORS, 1);
}

/* --- Life ----------------------------------------------------------------- */

static enum err listen_on(struct server *server, const struct address *address,
                          bool share, void (*accepted)(void *payload, int fd),
                          struct listener **out) {
    enum err err = listener_create(&server->loop, address, share, accepted,
                                   on_exhausted, server, out);
    if (err != ERR_OK)
        program_complain(server->config.program, "cannot listen on %s:%u: %s",
                         address->host, address->port, strerror(errno));
    return err;
}

static enum err start(struct server *server) {
    const struct server_config *config = &server->config;
    /* Shared, so that gateways scale behind one port; what is no gateway of
     * the same user cannot share it with them, and is refused. */
    enum err err = listen_on(server, &config->listen, true, on_accepted,
                             &server->public_listener);
    if (err == ERR_OK && address_given(&config->api_listen))
        err = listen_on(server, &config->api_listen, false, on_accepted_api,
                        &server->api_listener);
    if (err != ERR_OK)
        return err;
    err = lws_start(server);
    if (err != ERR_OK)
        program_complain(config->program,
                         "libwebsockets does not start; is the package "
                         "libwebsockets-evlib-uv installed, and are the "
                         "certificate and its key right?");
    return err;
}

enum err server_create(const struct server_config *config,
                       struct gateway_config *gateway_config,
                       struct server **out) {
    struct server *server = mem_zalloc(sizeof(*server));
    server->config = *config;
    gateway_config->transport = &lws_transport;
    gateway_config->unwatch = unwatch_link;
    gateway_config->payload = server;
    uv_loop_init(&server->loop);
    uv_prepare_init(&server->loop, &server->turn);
    uv_idle_init(&server->loop, &server->busy);
    uv_timer_init(&server->loop, &server->timer);
    door_init(server);
    uv_timer_init(&server->loop, &server->drain_timer);
    uv_poll_init(&server->loop, &server->signals, config->program->signal_fd);
    server->turn.data = server->drain_timer.data = server;
    server->signals.data = server;
    gateway_init(&server->gateway, gateway_config, monotonic_ms(),
                 (int64_t)wall_us());
    *out = server;
    enum err err = start(server);
    if (err != ERR_OK) {
        server_destroy(server);
        *out = NULL;
    }
    return err;
}

uint16_t server_port(const struct server *server) {
    return listener_port(server->public_listener);
}

uint16_t server_api_port(const struct server *server) {
    return server->api_listener ? listener_port(server->api_listener) : 0;
}

void server_run(struct server *server) {
    uv_prepare_start(&server->turn, on_turn);
    uv_poll_start(&server->signals, UV_READABLE, on_signal);
    while (!server->over)
        uv_run(&server->loop, UV_RUN_DEFAULT);
}

/* What is left of ours; libwebsockets closes what is its own. */
static void close_handles(struct server *server) {
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&server->turn,        (uv_handle_t *)&server->busy,
        (uv_handle_t *)&server->timer,       (uv_handle_t *)&server->signals,
        (uv_handle_t *)&server->drain_timer,
    };
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        uv_close(handles[i], NULL);
    listener_destroy(server->public_listener);
    listener_destroy(server->api_listener);
    door_close(server);
    unwatch_link(server);
}

void server_destroy(struct server *server) {
    if (!server)
        return;
    close_handles(server);
    lws_stop(server);
    while (uv_run(&server->loop, UV_RUN_DEFAULT) != 0)
        ;
    lws_stop(server);
    while (uv_run(&server->loop, UV_RUN_DEFAULT) != 0)
        ;
    gateway_finish(&server->gateway);
    int error = uv_loop_close(&server->loop);
    if (error != 0)
        log_warn("loop_not_closed", LOG_TEXT("reason", uv_strerror(error)));
    keys_destroy(server->config.key_set);
    api_keys_destroy(server->config.api_keys);
    jwt_claims_finish(&server->admitted_claims);
    free(server);
}
