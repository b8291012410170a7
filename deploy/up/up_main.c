/* up_main.c - `parlance up`: persister, broker and gateways on one machine,
 * started again if they die, with nothing to configure. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/process/log.h"
#include "common/process/options.h"
#include "deploy/up/up.h"

#define TURN_MS 100
#define STOP_PATIENCE_MS 15000u

/* The longest name of a socket in the data directory must fit into sun_path
 * (108 bytes with its NUL). */
#define DATA_PATH_BYTES_MAX 90u

#define OPTION_COUNT 6u

struct settings {
    struct option table[OPTION_COUNT];
    struct options options;
};

static bool load_settings(int argc, char **argv, struct up *up,
                          struct settings *settings, int *status) {
    const struct option table[OPTION_COUNT] = {
        OPTION_TEXT("data", &up->data, "DIR", OPTION_NONE,
                    "where everything is kept (~/.local/share/parlance)"),
        OPTION_TEXT("host", &up->host, "HOST", "127.0.0.1",
                    "the address that gateways listen on"),
        OPTION_UINT("port", &up->port, 1, 65000, "8888",
                    "of the first gateway; gateway i has port + i, then the "
                    "server API, then the operator listeners"),
        OPTION_UINT("gateways", &up->gateways, 1, UP_GATEWAYS_MAX, "1",
                    "how many gateways"),
        OPTION_UINT("shards", &up->shards, 1, 64, "1",
                    "threads of the broker that own rooms"),
        OPTION_TEXT("record", &up->record, "DIR", OPTION_NONE,
                    "the broker writes down all that it is told, for parlance "
                    "replay; as private as the data"),
    };
    memcpy(settings->table, table, sizeof table);
    options_init(&settings->options, "parlance-up",
                 "Runs persister, broker and gateways on this machine.",
                 settings->table, OPTION_COUNT);
    return options_load(&settings->options, argc, argv, environ, status);
}

/* Where this program is, the others are. */
static bool find_bin(struct up *up) {
    ssize_t size = readlink("/proc/self/exe", up->bin, sizeof up->bin - 1);
    if (size < 0)
        return false;
    up->bin[size] = '\0';
    *strrchr(up->bin, '/') = '\0';
    return true;
}

static const char *default_data(char *out, size_t size) {
    const char *base = getenv("XDG_DATA_HOME");
    if (base && *base == '/')
        snprintf(out, size, "%s/parlance", base);
    else
        snprintf(out, size, "%s/.local/share/parlance",
                 getenv("HOME") ? getenv("HOME") : "");
    return out;
}

enum err up_tell(const struct up *up) {
    struct buf text = {0};
    char line[UP_TOKEN_BYTES_MAX + 256];
    int size = snprintf(
        line, sizeof line,
        "Parlance is up.\n\n"
        "  open   http://%s:%u/\n"
        "  or     http://%s:%u/dialects.html, one room in three dialects\n\n"
        "Two users with tokens for ws://%s:%u/messenger/chat/?token=\n",
        up->host, (unsigned)up->port, up->host, (unsigned)up->port, up->host,
        (unsigned)up->port);
    buf_append(&text, line, (size_t)size);
    for (unsigned i = 0; i < UP_PEOPLE; i++) {
        size = snprintf(line, sizeof line, "  %s  %s\n", up->people[i].username,
                        up->people[i].token);
        buf_append(&text, line, (size_t)size);
    }
    size = snprintf(line, sizeof line,
                    "\nGateways   %u, from port %u on\n"
                    "Server API http://127.0.0.1:%u/api/, key in %s/api-keys\n"
                    "Data, logs %s\n",
                    (unsigned)up->gateways, (unsigned)up->port, up_api_port(up),
                    up->dir.path, up->dir.path);
    buf_append(&text, line, (size_t)size);
    if (up->record) {
        buf_append_slice(&text, SLICE("Recordings "));
        buf_append_slice(&text, slice_of(up->record));
        buf_append_slice(&text, SLICE("\n"));
    }
    enum err err = data_dir_write(&up->dir, "run/summary", buf_slice(&text));
    fwrite(text.data, 1, text.size, stdout);
    fflush(stdout);
    buf_finish(&text);
    return err;
}

/* What another `parlance up` told when it was ready. */
static int tell_running(const struct up *up) {
    char path[PATH_MAX];
    char line[UP_TOKEN_BYTES_MAX + 256];
    FILE *file = NULL;
    if (data_dir_file(&up->dir, "run/summary", path, sizeof path))
        file = fopen(path, "re");
    printf("Already running on %s\n\n", up->dir.path);
    while (file && fgets(line, sizeof line, file))
        fputs(line, stdout);
    if (file)
        fclose(file);
    return PROGRAM_EXIT_OK;
}

/* The last line of a program's log: why it ended. */
static void complain_of(const struct up *up, const struct child *child) {
    char line[4096] = "";
    FILE *file = fopen(child->log, "re");
    if (file) {
        fseek(file, -(long)sizeof line, SEEK_END);
        while (fgets(line, sizeof line, file))
            continue;
        fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    program_complain(&up->program, "%s ended: %s", child->name, line);
}

/* Takes note of programs that ended. True: one did before all were ready the
 * first time, which is not worth a second try. */
static bool reap(struct up *up, bool ready_once, uint64_t now_ms) {
    int status;
    pid_t pid;
    bool failed = false;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (unsigned i = 0; i < up->children_count; i++) {
            struct child *child = &up->children[i];
            if (!child_ended(child, pid, status, now_ms) || ready_once)
                continue;
            complain_of(up, child);
            failed = true;
        }
    }
    return failed;
}

static bool wait_for_stop(const struct up *up) {
    struct pollfd item = {.fd = up->program.signal_fd, .events = POLLIN};
    poll(&item, 1, TURN_MS);
    return program_next_signal(&up->program) == PROGRAM_SIGNAL_STOP;
}

/* Until a signal; returns the exit status. */
static int supervise(struct up *up) {
    bool ready_once = false;
    do {
        uint64_t now_ms = monotonic_ms();
        if (reap(up, ready_once, now_ms))
            return PROGRAM_EXIT_FAILURE;
        for (unsigned i = 0; i < up->children_count; i++) {
            if (child_turn(&up->children[i], now_ms) == ERR_OK)
                continue;
            program_complain(&up->program, "%s: %m", up->children[i].name);
            return PROGRAM_EXIT_FAILURE;
        }
        if (!ready_once && up_is_ready(up)) {
            if (!up_make_room(up) || up_tell(up) != ERR_OK) {
                program_complain(&up->program,
                                 "the first room could not be made");
                return PROGRAM_EXIT_FAILURE;
            }
            ready_once = true;
            program_notify(PROGRAM_STATE_READY);
        }
    } while (!wait_for_stop(up));
    return PROGRAM_EXIT_OK;
}

/* Gateways first, the store last: nobody loses what he leans on. */
static void stop_all(struct up *up) {
    program_notify(PROGRAM_STATE_STOPPING);
    for (unsigned i = up->children_count; i > 0; i--) {
        child_stop(&up->children[i - 1], STOP_PATIENCE_MS);
        child_finish(&up->children[i - 1]);
    }
}

static int run(struct up *up) {
    char what[64];
    char fallback[PATH_MAX];
    const char *data =
        up->data ? up->data : default_data(fallback, sizeof fallback);
    enum err err = data_dir_open(&up->dir, data, what);
    if (err == ERR_BUSY)
        return tell_running(up);
    if (err != ERR_OK) {
        program_complain(&up->program, "--data %s: %s: %m", data, what);
        return PROGRAM_EXIT_FAILURE;
    }
    if (strlen(up->dir.path) > DATA_PATH_BYTES_MAX) {
        program_complain(&up->program,
                         "--data %s: the path is longer than %u bytes, too "
                         "long for the sockets in it",
                         data, DATA_PATH_BYTES_MAX);
        return PROGRAM_EXIT_FAILURE;
    }
    if (up_make_people(up) != ERR_OK)
        return PROGRAM_EXIT_FAILURE;
    up_plan(up);
    int status = supervise(up);
    stop_all(up);
    return status;
}

int main(int argc, char **argv) {
    struct up up = {.dir.lock = -1};
    struct settings settings = {0};
    int status = PROGRAM_EXIT_FAILURE;
    if (!load_settings(argc, argv, &up, &settings, &status))
        return status;
    umask(077);
    log_start("up", LOG_INFO);
    if (program_init(&up.program, "parlance-up") != ERR_OK || !find_bin(&up))
        program_complain(&up.program, "cannot set up: %m");
    else
        status = run(&up);
    data_dir_close(&up.dir);
    options_finish(&settings.options);
    program_finish(&up.program);
    return status;
}
