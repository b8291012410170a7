/* program.h - what every main() does first and last: signals, limits of the
 * system, and telling whoever started it that it is ready. */
#ifndef COMMON_PROCESS_PROGRAM_H
#define COMMON_PROCESS_PROGRAM_H

#include "common/err.h"
#include "common/types.h"

/* What a program ends with. */
enum program_exit {
    PROGRAM_EXIT_OK = 0,
    PROGRAM_EXIT_FAILURE = 1, /* The environment said no. */
    PROGRAM_EXIT_USAGE = 2,   /* The operator's mistake; see options.h. */
};

enum program_signal {
    PROGRAM_SIGNAL_NONE,
    PROGRAM_SIGNAL_STOP,   /* SIGTERM, SIGINT: drain, then end. */
    PROGRAM_SIGNAL_RELOAD, /* SIGHUP: read keys again. */
};

struct program {
    const char *name;
    int signal_fd;
};

/* Before any thread is started: ignores SIGPIPE, turns SIGTERM, SIGINT and
 * SIGHUP into readiness of |signal_fd| (blocked everywhere else), raises the
 * soft limit of open files to the hard one, and has the kernel schedule the
 * program's threads for throughput (SCHED_BATCH). |name|, e.g.
 * "parlance-broker", is static. ERR_IO: errno says why. */
enum err program_init(struct program *program, const char *name) MUST_CHECK;

/* Closes the descriptor; the signals stay blocked. Accepts zeroed. */
void program_finish(struct program *program);

/* The next signal, or none; never waits. Call when |signal_fd| is readable. */
enum program_signal program_next_signal(const struct program *program);

/* One line on stderr, after the program's name, for a person at a terminal:
 * what stops a start. */
__attribute__((format(printf, 2, 3))) void
program_complain(const struct program *program, const char *format, ...);

/* Tells the service manager, if there is one, by sd_notify's protocol on
 * NOTIFY_SOCKET. |state| is e.g. PROGRAM_STATE_READY. */
#define PROGRAM_STATE_READY "READY=1"
#define PROGRAM_STATE_STOPPING "STOPPING=1"
void program_notify(const char *state);

#endif
