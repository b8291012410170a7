/* sim_fixture.c - see sim_fixture.h. */
#include "tests/unit/sim_fixture.h"

#include "tests/sim/sim_disk.h"

static bool idle_start(struct sim_process *process) {
    if (process->role == SIM_PERSISTER)
        sim_disk_open(process->sim->disk);
    return true;
}

static bool idle_turn(struct sim_process *process) {
    process->waits = true;
    process->wait_until_us = SIM_NEVER;
    return true;
}

static void idle_finish(struct sim_process *process) {
    while (process->sockets)
        sim_socket_close(process->sockets);
    if (process->role == SIM_PERSISTER)
        sim_disk_close(process->sim->disk, process->dead);
}

static const struct sim_program idle = {
    .start = idle_start, .turn = idle_turn, .finish = idle_finish};

void fixture_begin(struct sim *sim) {
    *sim = (struct sim){.config = {.seed = 1, .sync_us = 1000}};
    sim_now = sim;
    sim->net.config.delay_us = SIM_MS;
    sim->loop.now_us = SIM_SECOND;
    sim->processes_count = IDLE_COUNT;
    for (uint32_t i = 0; i < IDLE_COUNT; i++) {
        sim_process_init(&sim->processes[i], sim, i, (enum sim_role)i, 0);
        sim->processes[i].program = &idle;
    }
    sim->disk = sim_disk_create(sim, &sim->processes[IDLE_PERSISTER]);
    for (uint32_t i = 0; i < IDLE_COUNT; i++)
        sim_process_start(&sim->processes[i]);
}

void fixture_end(struct sim *sim) {
    fixture_run_as(NULL);
    for (uint32_t i = 0; i < IDLE_COUNT; i++)
        sim_process_crash(&sim->processes[i], SIM_NEVER);
    sim_disk_destroy(sim->disk);
    sim_loop_finish(&sim->loop);
    sim_net_finish(&sim->net);
    sim_now = NULL;
}

void fixture_pass(struct sim *sim, uint64_t us) {
    struct sim_process *before = sim_running;
    sim_running = NULL;
    sim_loop_run(&sim->loop, sim->loop.now_us + us, NULL);
    sim_running = before;
}

void fixture_run_as(struct sim_process *process) {
    if (sim_running)
        sim_running->in_turn = false;
    sim_running = process;
    if (process)
        process->in_turn = true;
}

int fixture_run_tests(const char *name, const TTest *const *tests, size_t count,
                      void (*setup)(void), void (*teardown)(void)) {
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
