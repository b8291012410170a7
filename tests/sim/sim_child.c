/* sim_child.c - see sim_child.h. */
#include "tests/sim/sim_child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_quiet(void) {
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
}

void sim_child_start(struct sim_child *child, const struct sim_config *config,
                     const struct sim_schedule *schedule,
                     const struct sim_options *options, bool quiet) {
    void *shared = mmap(NULL, sizeof *child->shared, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    INVARIANT(shared != MAP_FAILED);
    child->shared = shared;
    fflush(stdout);
    child->pid = fork();
    INVARIANT(child->pid >= 0);
    if (child->pid > 0)
        return;
    if (quiet)
        be_quiet();
    alarm(SIM_HANG_S);
    sim_run(config, schedule, options, child->shared);
    exit(0);
}

/* How it ended instead. */
static void tell_end(int status, struct sim_result *out) {
    bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    const char *promise = hung ? "hang" : "abort";
    *out = (struct sim_result){.failed = true};
    snprintf(out->promise, sizeof out->promise, "%s", promise);
    if (hung)
        snprintf(out->text, sizeof out->text,
                 "the run took more than %u s of real time", SIM_HANG_S);
    else if (WIFSIGNALED(status))
        snprintf(out->text, sizeof out->text,
                 "ended by signal %d; stderr says why", WTERMSIG(status));
    else
        snprintf(out->text, sizeof out->text,
                 "ended with status %d; stderr says why", WEXITSTATUS(status));
}

void sim_child_take(struct sim_child *child, int status,
                    struct sim_result *out) {
    *out = *child->shared;
    munmap(child->shared, sizeof *child->shared);
    *child = (struct sim_child){0};
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        tell_end(status, out);
}

void sim_child_run(const struct sim_config *config,
                   const struct sim_schedule *schedule,
                   const struct sim_options *options, bool quiet,
                   struct sim_result *out) {
    struct sim_child child;
    int status = 0;
    sim_child_start(&child, config, schedule, options, quiet);
    pid_t pid = waitpid(child.pid, &status, 0);
    INVARIANT(pid == child.pid);
    sim_child_take(&child, status, out);
}
