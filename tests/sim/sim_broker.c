/* sim_broker.c - see sim_programs.h. */
#include <stdlib.h>

#include "broker/shard/broker_metrics.h"
#include "broker/shard/router.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_people.h"
#include "tests/sim/sim_programs.h"

struct house {
    struct router_config config;
    struct router *router;
};

static bool start(struct sim_process *process) {
    static const char *const endpoints[] = {SIM_BROKER_ENDPOINT,
                                            SIM_BROKER_2_ENDPOINT};
    struct house *house = mem_zalloc(sizeof *house);
    struct buf reason = {0};
    process->state = house;
    house->config = (struct router_config){
        .listen = endpoints[process->index],
        .persister = SIM_PERSISTER_ENDPOINT,
        .shards = 1,
        .incarnation = process->incarnation,
        .core = process->sim->config.core,
        .metrics = broker_metrics_create(),
        .readiness = readiness_create(router_conditions)};
    enum err err = router_create(&house->config, &house->router, &reason);
    buf_finish(&reason);
    return err == ERR_OK;
}

static bool turn(struct sim_process *process) {
    struct house *house = process->state;
    return router_turn(house->router, SIM_QUIET_FD);
}

static void finish(struct sim_process *process) {
    struct house *house = process->state;
    router_destroy(house->router);
    readiness_destroy(house->config.readiness);
    metrics_destroy(house->config.metrics);
    free(house);
    /* One of them is left at most. */
    people_doubt(process->sim->people, false);
}

const struct sim_program sim_broker = {
    .start = start, .turn = turn, .finish = finish};
