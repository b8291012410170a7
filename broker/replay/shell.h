/* shell.h - running somebody's command on a file. */
#ifndef BROKER_REPLAY_SHELL_H
#define BROKER_REPLAY_SHELL_H

enum shell_verdict {
    SHELL_PASSES,  /* It ended with 0. */
    SHELL_FAILS,   /* It ended with something else, or was killed. */
    SHELL_STOPPED, /* By the person at the keyboard. */
    SHELL_LOST     /* There is no such command, or no process to be had. */
};

/* Runs |command| by /bin/sh with |path| in the place of each "{}" or, if there
 * is none, behind it. What it writes is thrown away. */
enum shell_verdict shell_run(const char *command, const char *path);

#endif
