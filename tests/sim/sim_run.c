/* sim_run.c - see sim_run.h.
 *
 * First the schedule; then the faults are over, everybody comes back, and what
 * is unanswered must be answered within SETTLE_US; then what was promised is
 * checked, and once more after the power went. */
#include "tests/sim/sim_run.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/process/log.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_faults.h"
#include "tests/sim/sim_programs.h"
#include "tests/sim/sim_tap.h"

/* The longest that a healthy cluster may take to answer everything. */
#define SETTLE_US (180 * SIM_SECOND)
#define LOOK_US (250 * SIM_MS)

struct sim *sim_now;

struct sim_process *sim_process_of(struct sim *sim, enum sim_role role,
                                   uint32_t index) {
    for (uint32_t i = 0; i < sim->processes_count; i++)
        if (sim->processes[i].role == role && sim->processes[i].index == index)
            return &sim->processes[i];
    INVARIANT(!"there is such a process");
    return NULL;
}

void sim_violated(struct sim *sim, const char *promise, const char *format,
                  ...) {
    va_list arguments;
    if (sim->over)
        return;
    sim->over = true;
    snprintf(sim->promise, sizeof sim->promise, "%s", promise);
    int size = snprintf(sim->text, sizeof sim->text,
                        "at %.6f s: ", (double)sim->loop.now_us / 1e6);
    va_start(arguments, format);
    vsnprintf(sim->text + size, sizeof sim->text - (size_t)size, format,
              arguments);
    va_end(arguments);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        sim->processes[i].doomed = true;
}

static void on_violated(void *payload, const char *promise, const char *text) {
    sim_violated(payload, promise, "%s", text);
}

/* What an action of people came to, as sim_schedule_print_fault() has it. */
static void on_told(void *payload, const char *line) {
    const struct sim *sim = payload;
    printf("%10.3f s  %s\n", (double)(sim->loop.now_us - SIM_SECOND) / 1e6,
           line);
    fflush(stdout); /* It may be what ends the program. */
}

static void add_process(struct sim *sim, enum sim_role role, uint32_t index,
                        const struct sim_program *program, bool wanted) {
    struct sim_process *process = &sim->processes[sim->processes_count];
    sim_process_init(process, sim, sim->processes_count, role, index);
    process->program = program;
    process->wanted = wanted;
    sim->processes_count++;
}

static void begin(struct sim *sim, const struct sim_config *config,
                  const struct sim_options *options) {
    *sim = (struct sim){.config = *config, .verbose = options->verbose};
    struct people_config people = {.seed =
                                       sim_key(config->seed, 0x70656f706c65),
                                   .users = config->users,
                                   .rooms = config->rooms,
                                   .gateways = config->gateways,
                                   .violated = on_violated,
                                   .told = options->told ? on_told : NULL,
                                   .payload = sim};
    sim_now = sim;
    log_start("sim",
              options->verbose ? LOG_DEBUG : (enum log_level)(LOG_ERROR + 1));
    sim->net.config = config->net;
    sim->loop.now_us = SIM_SECOND;
    add_process(sim, SIM_PERSISTER, 0, &sim_persister, true);
    add_process(sim, SIM_BROKER, 0, &sim_broker, true);
    add_process(sim, SIM_BROKER, 1, &sim_broker, false);
    for (uint32_t i = 0; i < config->gateways; i++)
        add_process(sim, SIM_GATEWAY, i, &sim_gateway, true);
    sim->disk = sim_disk_create(sim, &sim->processes[0]);
    sim->tap = sim_tap_create(sim, options->folder);
    sim->people = people_create(&people);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        if (sim->processes[i].wanted)
            sim_process_start(&sim->processes[i]);
}

static void finish(struct sim *sim) {
    sim->settling = true;
    for (uint32_t i = 0; i < sim->processes_count; i++) {
        sim->processes[i].wanted = false;
        sim_process_crash(&sim->processes[i], SIM_NEVER);
    }
    people_destroy(sim->people);
    sim_tap_destroy(sim->tap);
    sim_disk_destroy(sim->disk);
    sim_loop_finish(&sim->loop);
    sim_net_finish(&sim->net);
    sim_now = NULL;
}

/* The clients have something to say: their gateways must look. */
static void wake_gateways(struct sim *sim) {
    for (uint32_t i = 0; i < sim->config.gateways; i++) {
        uint64_t due_ms = people_due_ms(sim->people, i);
        if (due_ms != UINT64_MAX)
            sim_process_wake(sim_process_of(sim, SIM_GATEWAY, i),
                             due_ms * SIM_MS);
    }
}

static void tell_fault(const struct sim_action *action) {
    struct buf text = {0};
    sim_schedule_print_fault(action, &text);
    fwrite(text.data, 1, text.size, stdout);
    fflush(stdout);
    buf_finish(&text);
}

static void act(struct sim *sim, const struct sim_action *action, bool told) {
    sim_note(sim, action->key);
    if (told && action->kind != SIM_ACTION_ACT)
        tell_fault(action);
    if (action->kind == SIM_ACTION_ACT) {
        people_act(sim->people, action->key, sim_time_us() / SIM_MS);
        wake_gateways(sim);
    } else {
        sim_carry_out(sim, action);
    }
}

static void check_store(struct sim *sim) {
    if (!sim->over)
        people_check_end(sim->people, &sim_disk_ops, sim_disk_store(sim->disk));
}

/* What is on the disk once the power has gone is what was promised. */
static void check_power_cut(struct sim *sim) {
    struct sim_process *persister = sim_process_of(sim, SIM_PERSISTER, 0);
    if (sim->over)
        return;
    sim_process_crash(persister, SIM_NEVER);
    sim_disk_open(sim->disk);
    check_store(sim);
    sim_disk_close(sim->disk, true);
}

static void settle(struct sim *sim) {
    uint64_t until_us = sim_time_us() + SETTLE_US;
    people_come_back(sim->people, sim_time_us() / SIM_MS);
    wake_gateways(sim);
    while (!sim->over && sim_time_us() < until_us &&
           !people_is_settled(sim->people))
        sim_loop_run(&sim->loop, sim_time_us() + LOOK_US, &sim->over);
    if (!sim->over && !people_is_settled(sim->people)) {
        struct buf why = {0};
        people_explain(sim->people, &why);
        sim_violated(sim, "liveness",
                     "all faults are over for %u s, and this is not: %.*s",
                     (unsigned)(SETTLE_US / SIM_SECOND), (int)why.size,
                     why.data);
        buf_finish(&why);
    }
}

static void tell(const struct sim *sim, struct sim_result *out) {
    *out = (struct sim_result){.failed = sim->over,
                               .digest = sim->digest,
                               .virtual_us = sim->loop.now_us,
                               .events = sim->loop.fired,
                               .packets = sim->packets,
                               .steps = sim->steps,
                               .writes = sim->writes,
                               .people = people_stats(sim->people)};
    memcpy(out->promise, sim->promise, sizeof out->promise);
    memcpy(out->text, sim->text, sizeof out->text);
    memcpy(out->faults, sim->faults, sizeof out->faults);
    for (uint32_t i = 0; i < sim->processes_count; i++)
        out->starts += sim->processes[i].starts;
    const struct people_cover *cover =
        people_coverage(sim->people, &out->cover_count);
    INVARIANT(out->cover_count <= SIM_COVER_MAX);
    for (uint32_t i = 0; i < out->cover_count; i++)
        out->cover[i] = cover[i].count;
}

static void heal(struct sim *sim, const struct sim_schedule *schedule) {
    sim_loop_run(&sim->loop, SIM_SECOND + schedule->end_us, &sim->over);
    sim->settling = true;
    if (!sim->over)
        sim_heal(sim);
}

/* All that is to happen; some of what people do when the faults are over. */
static void play(struct sim *sim, const struct sim_schedule *schedule,
                 bool told) {
    for (uint32_t i = 0; i < schedule->count && !sim->over; i++) {
        const struct sim_action *action = &schedule->actions[i];
        if (action->at_us > schedule->end_us && !sim->settling)
            heal(sim, schedule);
        sim_loop_run(&sim->loop, SIM_SECOND + action->at_us, &sim->over);
        if (!sim->over)
            act(sim, action, told);
    }
    if (!sim->settling && !sim->over)
        heal(sim, schedule);
}

void sim_run(const struct sim_config *config,
             const struct sim_schedule *schedule,
             const struct sim_options *options, struct sim_result *out) {
    struct sim sim;
    begin(&sim, config, options);
    play(&sim, schedule, options->told);
    if (!sim.over)
        settle(&sim);
    check_store(&sim);
    check_power_cut(&sim);
    tell(&sim, out);
    finish(&sim);
}
