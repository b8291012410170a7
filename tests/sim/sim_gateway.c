/* sim_gateway.c - see sim_programs.h. */
#include <stdlib.h>

#include "common/clock.h"
#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_people.h"
#include "tests/sim/sim_programs.h"

/* A stop: how long clients have to go, and how often it is looked. */
#define DRAIN_MS 2000u
#define DRAIN_STEP_MS 50u

struct house {
    struct metrics *metrics;
    struct readiness *readiness;
    struct gateway gateway;
    uint64_t generation; /* Of the link's descriptor that is watched. */
    uint64_t drain_until_ms;
};

static void unwatch(void *payload) {
    (void)payload; /* The next turn sees the generation. */
}

static bool start(struct sim_process *process) {
    static const char *const conditions[] = {"broker", NULL};
    const struct sim_config *config = &process->sim->config;
    struct house *house = mem_zalloc(sizeof *house);
    process->state = house;
    house->metrics =
        metrics_create("gateway", gateway_metrics_table, GATEWAY_METRIC_COUNT);
    house->readiness = readiness_create(conditions);
    struct gateway_config gateway = {.broker_endpoint = SIM_BROKER_ENDPOINT,
                                     .frontends = people_dialects,
                                     .transport = &people_transport,
                                     .metrics = house->metrics,
                                     .readiness = house->readiness,
                                     .rate = {50, 200}, /* The program's own. */
                                     .ping_interval_ms = config->ping_ms,
                                     .patience_ms = config->patience_ms,
                                     .message_bytes_max = 131072,
                                     .queue_bytes_max = config->queue_bytes_max,
                                     .grace_ms = config->grace_ms,
                                     .incarnation = process->incarnation,
                                     .seed = sim_key(process->incarnation, 1),
                                     .unwatch = unwatch};
    gateway_init(&house->gateway, &gateway, monotonic_ms(), (int64_t)wall_us());
    people_gateway_up(process->sim->people, process->index, &house->gateway);
    return true;
}

/* As the server's loop does: what the descriptor said since the last turn. */
static void look_at_link(struct house *house) {
    struct link_client *link = house->gateway.broker.link;
    uint64_t generation = link_client_generation(link);
    int fd = link_client_fd(link);
    bool woken =
        generation != house->generation || (fd >= 0 && sim_fd_signalled(fd));
    house->generation = generation;
    if (!woken)
        link_client_calm(link);
}

/* False: everybody is gone, or has had the time. */
static bool drain(struct house *house) {
    uint64_t now_ms = monotonic_ms();
    if (!house->drain_until_ms)
        house->drain_until_ms = now_ms + DRAIN_MS;
    return gateway_drain(&house->gateway, SIZE_MAX) > 0 &&
           now_ms < house->drain_until_ms;
}

static bool turn(struct sim_process *process) {
    struct house *house = process->state;
    struct gateway *gateway = &house->gateway;
    struct people *people = process->sim->people;
    bool stopping = process->fate == SIM_SHALL_STOP;
    look_at_link(house);
    bool more = gateway_begin_turn(gateway, monotonic_ms(), (int64_t)wall_us());
    people_turn(people, process->index, sim_time_us() / SIM_MS);
    bool stays = !stopping || drain(house);
    more |= gateway_end_turn(gateway);
    more |= link_client_pending(gateway->broker.link);
    uint64_t due_us = sim_process_when(process, gateway_due_ms(gateway));
    uint64_t people_ms = people_due_ms(people, process->index);
    if (people_ms < due_us / SIM_MS)
        due_us = people_ms * SIM_MS;
    uint64_t step_us = sim_time_us() + DRAIN_STEP_MS * SIM_MS;
    if (stopping && step_us < due_us)
        due_us = step_us;
    process->waits = !more;
    process->wait_until_us = due_us;
    return stays;
}

static void finish(struct sim_process *process) {
    struct house *house = process->state;
    people_gateway_down(process->sim->people, process->index);
    gateway_finish(&house->gateway);
    readiness_destroy(house->readiness);
    metrics_destroy(house->metrics);
    free(house);
}

const struct sim_program sim_gateway = {
    .start = start, .turn = turn, .finish = finish, .ends_slowly = true};
