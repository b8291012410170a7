/* sim_relief.c - persister/relief.h without its thread: while a write takes
 * its time, the simulator's loop gives the turns (sim_process_hold). The
 * linker finds these first. */
#include "persister/relief.h"

#include <stdlib.h>

#include "tests/sim/sim.h"

struct relief {
    struct sim_process *process;
};

struct relief *relief_start(void (*turn)(void *payload), void *payload) {
    struct relief *relief = mem_zalloc(sizeof *relief);
    PRE(sim_running);
    relief->process = sim_running;
    relief->process->relief = turn;
    relief->process->relief_payload = payload;
    return relief;
}

void relief_stop(struct relief **relief) {
    if (!relief || !*relief)
        return;
    (*relief)->process->relief = NULL;
    free(*relief);
    *relief = NULL;
}

void relief_enter(struct relief *relief) {
    (void)relief;
}

void relief_leave(struct relief *relief) {
    (void)relief;
}

void relief_hold(struct relief *relief) {
    INVARIANT(!relief->process->held);
    relief->process->held = true;
}

void relief_resume(struct relief *relief) {
    INVARIANT(relief->process->held);
    relief->process->held = false;
}
