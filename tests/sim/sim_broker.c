/* sim_broker.c - see sim_programs.h. */
#include <stdlib.h>

#include "broker/shard/broker_metrics.h"
#include "broker/shard/router.h"
#include "persister/claim.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_people.h"
#include "tests/sim/sim_programs.h"

struct house {
    struct router_config config;
    struct router *router;
};

/* --- Who holds the partitions --------------------------------------------- */

void __real_claim_rule_taken(struct claim_rule *rule, uint64_t epoch,
                             uint64_t instance, uint64_t now_ms);
void __wrap_claim_rule_taken(struct claim_rule *rule, uint64_t epoch,
                             uint64_t instance, uint64_t now_ms);

/* The checkers must know whether a broker may still answer that was replaced.
 */
static void tell_doubt(struct sim *sim) {
    bool replaced = false;
    for (uint32_t i = 0; i < sim->processes_count; i++)
        replaced = replaced || sim->processes[i].replaced;
    people_doubt(sim->people, replaced);
}

/* The persister gave them to the broker of that incarnation. */
void __wrap_claim_rule_taken(struct claim_rule *rule, uint64_t epoch,
                             uint64_t instance, uint64_t now_ms) {
    struct sim *sim = sim_now;
    __real_claim_rule_taken(rule, epoch, instance, now_ms);
    for (uint32_t i = 0; i < sim->processes_count; i++) {
        struct sim_process *process = &sim->processes[i];
        if (process->role != SIM_BROKER || !process->up ||
            process->incarnation == instance || process->replaced)
            continue;
        process->replaced = true;
        sim_count(sim, SIM_FAULT_TAKEOVER);
    }
    tell_doubt(sim);
}

/* --- The program ---------------------------------------------------------- */

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
    process->replaced = false;
    tell_doubt(process->sim);
}

const struct sim_program sim_broker = {
    .start = start, .turn = turn, .finish = finish};
