/* program.c - see program.h. */
#include "common/process/program.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    /* If it fails, the limit that there is holds, and shows in the metrics. */
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* A message passes through many threads, each of which wakes the next and then
 * sleeps. As batch threads they do not take the processor from their waker, so
 * the kernel finds it free a moment later instead of waking another one, which
 * costs many times the work. If it is not allowed, all goes on as it is. */
static void prefer_batches(void) {
    const struct sched_param param = {.sched_priority = 0};
    if (sched_getscheduler(0) == SCHED_OTHER)
        (void)sched_setscheduler(0, SCHED_BATCH, &param);
}

enum err program_init(struct program *program, const char *name) {
    *program = (struct program){.name = name, .signal_fd = -1};
    raise_file_limit();
    prefer_batches();
    signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return ERR_IO;
    program->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return program->signal_fd < 0 ? ERR_IO : ERR_OK;
}

void program_finish(struct program *program) {
    if (program->name && program->signal_fd >= 0)
        close(program->signal_fd);
    *program = (struct program){.signal_fd = -1};
}

enum program_signal program_next_signal(const struct program *program) {
    struct signalfd_siginfo info;
    ssize_t size;
    do
        size = read(program->signal_fd, &info, sizeof info);
    while (size < 0 && errno == EINTR);
    if (size != (ssize_t)sizeof info)
        return PROGRAM_SIGNAL_NONE;
    return info.ssi_signo == SIGHUP ? PROGRAM_SIGNAL_RELOAD
                                    : PROGRAM_SIGNAL_STOP;
}

void program_complain(const struct program *program, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: %s\n", program->name, text);
}

void program_notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof where.sun_path)
        return;
    memcpy(where.sun_path, path, strlen(path));
    if (path[0] == '@')
        where.sun_path[0] = '\0'; /* The abstract namespace. */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    /* Nobody there is no reason to stop. */
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                  (const struct sockaddr *)&where, size);
    close(fd);
}
