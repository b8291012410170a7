/* sim_config.c - the worlds that seeds give: from a calm one with much room to
 * one in which everything is slow and small. */
#include "tests/sim/sim.h"

enum {
    DRAW_GATEWAYS,
    DRAW_USERS,
    DRAW_ROOMS,
    DRAW_NET,
    DRAW_CORE,
    DRAW_ACTORS,
    DRAW_IDLE,
    DRAW_PENDING,
    DRAW_TURN,
    DRAW_DISK,
    DRAW_READ,
    DRAW_QUEUE,
    DRAW_PATIENCE,
    DRAW_GRACE,
    DRAW_MAILBOX,
    DRAW_PING,
};

const char *const sim_fault_names[SIM_FAULT_COUNT] = {
#define SIM_FAULT_NAME(name, text) text,
    SIM_FAULT_TABLE(SIM_FAULT_NAME)
#undef SIM_FAULT_NAME
};

static const struct sim_net_config nets[] = {
    {.delay_us = 30, .delay_more_us = 200},
    {.delay_us = 200,
     .delay_more_us = 2000,
     .late_ppm = 1000,
     .late_us = 50000},
    {.delay_us = 1000,
     .delay_more_us = 20000,
     .late_ppm = 5000,
     .late_us = 200000},
    {.delay_us = 2000,
     .delay_more_us = 80000,
     .late_ppm = 20000,
     .late_us = 1500000},
};

/* Some cores are so small that everything is put away and refused. */
static void draw_core(struct core_config *core, uint64_t key) {
    *core = CORE_CONFIG_DEFAULT;
    if (sim_draw(key, DRAW_CORE, 2))
        return;
    core->actors_max = (uint32_t)sim_between(key, DRAW_ACTORS, 48, 400);
    core->idle_us =
        (int64_t)sim_skewed(key, DRAW_IDLE, 200 * SIM_MS, 60 * SIM_SECOND);
    if (sim_draw(key, DRAW_PENDING, 3) == 0) {
        core->pending_max = (uint32_t)sim_between(key, DRAW_PENDING, 32, 2048);
        core->mailbox_max = (uint32_t)sim_between(key, DRAW_MAILBOX, 8, 256);
        core->waiting_max = core->mailbox_max * 8;
    }
}

void sim_config_draw(struct sim_config *config, uint64_t seed) {
    uint64_t key = sim_key(0x776f726c64, seed);
    *config = (struct sim_config){
        .seed = seed,
        .gateways =
            (uint32_t)sim_between(key, DRAW_GATEWAYS, 1, SIM_GATEWAYS_MAX),
        .users = (uint32_t)sim_between(key, DRAW_USERS, 2, 12),
        .rooms = (uint32_t)sim_between(key, DRAW_ROOMS, 1, 8),
        .net = nets[sim_draw(key, DRAW_NET, sizeof nets / sizeof *nets)],
        .turn_us = 10,
        .turn_more_us = sim_skewed(key, DRAW_TURN, 50, 5 * SIM_MS),
        .sync_us = 100,
        .sync_more_us = sim_skewed(key, DRAW_DISK, SIM_MS, 100 * SIM_MS),
        .read_more_us = sim_skewed(key, DRAW_READ, 100, 200 * SIM_MS),
        .queue_bytes_max = sim_draw(key, DRAW_QUEUE, 4) ? 1u << 20 : 256u << 10,
        .patience_ms = sim_draw(key, DRAW_PATIENCE, 4) ? 30000 : 5000,
        .ping_ms = sim_draw(key, DRAW_PING, 2) * 3000,
        .grace_ms = (uint32_t)sim_between(key, DRAW_GRACE, 0, 5000),
        .check_every = 64,
    };
    draw_core(&config->core, key);
}
