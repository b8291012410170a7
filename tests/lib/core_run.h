/* core_run.h - a core in a random world: commands, commits, refusals, answers,
 * links that break, sequences that are skipped; with all the books of the
 * fixture kept. */
#ifndef TESTS_LIB_CORE_RUN_H
#define TESTS_LIB_CORE_RUN_H

#include "tests/lib/chooser.h"
#include "tests/lib/core_fixture.h"

#define RUN_GATEWAYS 3u

struct core_run {
    struct fixture fixture;
    struct chooser chooser;
    struct arena arena; /* Of the command being made. */
};

/* Half of all worlds have small bounds. */
struct core_run *run_begin(struct chooser chooser);
void run_end(struct core_run *run);

/* Something happens. */
void run_act(struct core_run *run);

/* Everything is committed and answered, and nobody is there any more. */
void run_settle(struct core_run *run);

#endif
