/* stand_in.c - see stand_in.h. */
#include "broker/replay/stand_in.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_BROKEN 2

/* The child's, for its handler. */
static struct {
    int descriptor;
    struct buf out;
} child;

static bool write_all(int descriptor, struct slice bytes) {
    while (bytes.size > 0) {
        ssize_t wrote = write(descriptor, bytes.data, bytes.size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes = (struct slice){bytes.data + wrote, bytes.size - (size_t)wrote};
    }
    return true;
}

static void on_abort(int number) {
    (void)number;
    write_all(child.descriptor, buf_slice(&child.out));
    _exit(STATUS_BROKEN);
}

_Noreturn static void be_child(int descriptor,
                               bool (*work)(void *payload, struct buf *out),
                               void *payload) {
    struct sigaction action = {.sa_handler = on_abort};
    child.descriptor = descriptor;
    sigaction(SIGABRT, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    /* The reason why a core stops itself is shown by whoever replays it. */
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    bool is_done = work(payload, &child.out);
    bool is_written = write_all(descriptor, buf_slice(&child.out));
    _exit(is_done && is_written ? 0 : STATUS_FAILED);
}

enum stand_in_end stand_in_run(int descriptor,
                               bool (*work)(void *payload, struct buf *out),
                               void *payload) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        return STAND_IN_LOST;
    if (pid == 0)
        be_child(descriptor, work, payload);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return STAND_IN_LOST;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return STAND_IN_DONE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_FAILED)
        return STAND_IN_FAILED;
    return STAND_IN_BROKEN;
}
