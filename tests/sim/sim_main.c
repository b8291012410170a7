/* sim_main.c - parlance-sim. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim_run.h"

int main(int argc, char **argv) {
    struct sim_config config;
    struct sim_schedule schedule;
    struct sim_result result;
    struct buf text = {0};
    sim_config_draw(&config, argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    sim_schedule_make(&schedule, &config);
    sim_schedule_print(&schedule, &config, false, &text);
    printf("%.*s", (int)text.size, text.data);
    sim_run(&config, &schedule, &(struct sim_options){.verbose = argc > 2},
            &result);
    printf("%s %s %s\n", result.failed ? "FAILED" : "ok", result.promise,
           result.text);
    printf("virtual %.1f events %" PRIu64 " packets %" PRIu64 " steps %" PRIu64
           " writes %" PRIu64 " starts %" PRIu64 " digest %016" PRIx64 "\n",
           (double)result.virtual_us / 1e6, result.events, result.packets,
           result.steps, result.writes, result.starts, result.digest);
    printf("sent %" PRIu64 " acked %" PRIu64 " refused %" PRIu64
           " events %" PRIu64 " reconnects %" PRIu64 "\n",
           result.people.sent, result.people.acknowledged,
           result.people.refused, result.people.events,
           result.people.reconnects);
    for (int i = 0; i < SIM_FAULT_COUNT; i++)
        printf("%s=%" PRIu64 " ", sim_fault_names[i], result.faults[i]);
    printf("\n");
    buf_finish(&text);
    sim_schedule_finish(&schedule);
}
