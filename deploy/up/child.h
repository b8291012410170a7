/* child.h - one program that is kept running: started, watched, started again
 * when it dies (with a growing pause), stopped in the end. */
#ifndef DEPLOY_UP_CHILD_H
#define DEPLOY_UP_CHILD_H

#include <limits.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/types.h"

#define CHILD_ARGUMENTS_MAX 48u

struct child {
    char name[32];
    char program[PATH_MAX];
    char log[PATH_MAX];
    char *arguments[CHILD_ARGUMENTS_MAX + 1]; /* Owned copies. */
    unsigned count;
    pid_t pid;           /* 0: not running. */
    uint64_t started_ms; /* Of the last start. */
    uint64_t start_at_ms;
    uint64_t pause_ms; /* Before the next start. */
    unsigned starts;
};

/* |program| is a path; |log| the file that gets its stderr. */
void child_init(struct child *child, const char *name, const char *program,
                const char *log);

void child_finish(struct child *child);

/* One argument; printf-like. */
__attribute__((format(printf, 2, 3))) void
child_argument(struct child *child, const char *format, ...);

/* Start it if it is due. ERR_IO: it could not be started; errno says why. */
enum err child_turn(struct child *child, uint64_t now_ms) MUST_CHECK;

/* |pid| has ended with |status|: if it is this one, plan its next start. */
bool child_ended(struct child *child, pid_t pid, int status, uint64_t now_ms);

/* SIGTERM, wait up to |patience_ms|, SIGKILL. */
void child_stop(struct child *child, uint64_t patience_ms);

#endif
