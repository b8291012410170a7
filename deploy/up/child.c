/* child.c - see child.h. */
#include "deploy/up/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/log.h"

#define PAUSE_MIN_MS 200u
#define PAUSE_MAX_MS 5000u

/* It ran so long: what ended it is not a fault of its start. */
#define STEADY_MS 10000u

/* A log is begun anew when it has grown so large. */
#define LOG_BYTES_MAX (16 << 20)

void child_init(struct child *child, const char *name, const char *program,
                const char *log) {
    *child = (struct child){.pause_ms = PAUSE_MIN_MS};
    snprintf(child->name, sizeof child->name, "%s", name);
    snprintf(child->program, sizeof child->program, "%s", program);
    snprintf(child->log, sizeof child->log, "%s", log);
    child_argument(child, "%s", program);
}

void child_finish(struct child *child) {
    for (unsigned i = 0; i < child->count; i++)
        free(child->arguments[i]);
    *child = (struct child){0};
}

void child_argument(struct child *child, const char *format, ...) {
    PRE(child->count < CHILD_ARGUMENTS_MAX);
    va_list list;
    va_start(list, format);
    char *text = NULL;
    INVARIANT(vasprintf(&text, format, list) >= 0);
    va_end(list);
    child->arguments[child->count++] = text;
}

static int open_log(const char *path) {
    struct stat stat_of;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (stat(path, &stat_of) == 0 && stat_of.st_size > LOG_BYTES_MAX)
        flags |= O_TRUNC;
    return open(path, flags, 0600);
}

/* In the new process; does not return. */
static void become(struct child *child, pid_t parent, int log) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    /* Nobody else would stop it when we are killed. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    execv(child->program, child->arguments);
    _exit(127);
}

enum err child_turn(struct child *child, uint64_t now_ms) {
    if (child->pid || now_ms < child->start_at_ms)
        return ERR_OK;
    int log = open_log(child->log);
    if (log < 0)
        return ERR_IO;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(child, parent, log);
    int saved = errno;
    close(log);
    errno = saved;
    if (pid < 0)
        return ERR_IO;
    child->pid = pid;
    child->started_ms = now_ms;
    if (child->starts++)
        log_warn("started_again", LOG_TEXT("name", child->name),
                 LOG_UINT("pid", (uint64_t)pid));
    return ERR_OK;
}

bool child_ended(struct child *child, pid_t pid, int status, uint64_t now_ms) {
    if (child->pid != pid)
        return false;
    log_warn("ended", LOG_TEXT("name", child->name),
             LOG_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
             LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
    child->pid = 0;
    if (now_ms - child->started_ms >= STEADY_MS)
        child->pause_ms = PAUSE_MIN_MS;
    child->start_at_ms = now_ms + child->pause_ms;
    child->pause_ms *= 2;
    if (child->pause_ms > PAUSE_MAX_MS)
        child->pause_ms = PAUSE_MAX_MS;
    return true;
}

void child_stop(struct child *child, uint64_t patience_ms) {
    if (!child->pid)
        return;
    uint64_t deadline_ms = monotonic_ms() + patience_ms;
    kill(child->pid, SIGTERM);
    while (waitpid(child->pid, NULL, WNOHANG) == 0) {
        if (monotonic_ms() > deadline_ms)
            kill(child->pid, SIGKILL);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    child->pid = 0;
}
