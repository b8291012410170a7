/* sim_persister.c - see sim_programs.h. */
#include <stdlib.h>

#include "persister/persister_io.h"
#include "persister/persister_metrics.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_programs.h"

#define READERS 2u

/* Of a signal: how long it answers what was asked (persister_main.c). */
#define STOP_PATIENCE_MS 10000u

struct house {
    struct metrics *metrics;
    struct readiness *readiness;
    struct health *health;
    struct persister *persister;
};

static bool start(struct sim_process *process) {
    struct house *house = mem_zalloc(sizeof *house);
    struct sim_disk *disk = process->sim->disk;
    struct buf reason = {0};
    process->state = house;
    house->metrics = persister_metrics_create();
    house->readiness = readiness_create(health_conditions);
    house->health = health_create(house->readiness);
    sim_disk_open(disk);
    struct persister_config config = {.listen = SIM_PERSISTER_ENDPOINT,
                                      .readers_count = READERS,
                                      .writer = {.ops = &sim_disk_ops,
                                                 .store = sim_disk_store(disk),
                                                 .health = house->health,
                                                 .metrics = house->metrics,
                                                 .durable = true},
                                      .reader = {.ops = &sim_disk_ops,
                                                 .store = sim_disk_store(disk),
                                                 .health = house->health,
                                                 .metrics = house->metrics}};
    enum err err = persister_create(&config, &house->persister, &reason);
    buf_finish(&reason);
    return err == ERR_OK;
}

static bool turn(struct sim_process *process) {
    struct house *house = process->state;
    persister_turn(house->persister, SIM_QUIET_FD);
    return true;
}

static void finish(struct sim_process *process) {
    struct house *house = process->state;
    persister_destroy(house->persister, process->dead ? 0 : STOP_PATIENCE_MS);
    sim_disk_close(process->sim->disk, process->dead);
    health_destroy(house->health);
    readiness_destroy(house->readiness);
    metrics_destroy(house->metrics);
    free(house);
}

const struct sim_program sim_persister = {
    .start = start, .turn = turn, .finish = finish};
