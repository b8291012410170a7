/* shell.c - see shell.h. */
#include "broker/replay/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"

/* What sh ends with if it cannot run it. */
#define STATUS_NOT_RUN 126
#define STATUS_NOT_FOUND 127

static void put(struct buf *out, const char *text) {
    buf_append(out, text, strlen(text));
}

static void put_line(struct buf *out, const char *command, const char *path) {
    const char *hole;
    bool is_named = false;
    for (; (hole = strstr(command, "{}")); command = hole + 2) {
        buf_append(out, command, (size_t)(hole - command));
        put(out, path);
        is_named = true;
    }
    put(out, command);
    if (!is_named) {
        put(out, " ");
        put(out, path);
    }
    buf_append(out, "", 1);
}

_Noreturn static void be_shell(const char *line) {
    int nowhere = open("/dev/null", O_RDWR);
    if (nowhere >= 0) {
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(STATUS_NOT_RUN);
}

static enum shell_verdict verdict_of(int status) {
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGINT ? SHELL_STOPPED : SHELL_FAILS;
    int code = WEXITSTATUS(status);
    if (code == 128 + SIGINT)
        return SHELL_STOPPED;
    if (code == STATUS_NOT_RUN || code == STATUS_NOT_FOUND)
        return SHELL_LOST;
    return code == 0 ? SHELL_PASSES : SHELL_FAILS;
}

enum shell_verdict shell_run(const char *command, const char *path) {
    struct buf line = {0};
    put_line(&line, command, path);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        be_shell(line.data);
    int status = 0;
    enum shell_verdict verdict = SHELL_LOST;
    if (pid > 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        verdict = verdict_of(status);
    }
    buf_finish(&line);
    return verdict;
}
