/* metrics_process.c - the metrics that every process has, under the names
 * that Prometheus' own client libraries give them; read from /proc when asked
 * for. A file that cannot be read leaves its metric out. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/process/metrics.h"

/* The start of the file |path| as a string; false if there is none. */
static bool read_start(const char *path, char *out, size_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, out, capacity - 1);
    close(fd);
    if (size <= 0)
        return false;
    out[size] = '\0';
    return true;
}

/* |value| as seconds with |per_second| to each. */
static void append_metric(struct buf *out, const char *name, const char *help,
                          const char *type, double value) {
    char lines[512];
    int size =
        snprintf(lines, sizeof lines, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n",
                 name, help, name, type, name, value);
    INVARIANT(size > 0 && (size_t)size < sizeof lines);
    buf_append(out, lines, (size_t)size);
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void append_cpu(struct buf *out) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    append_metric(out, "process_cpu_seconds_total",
                  "User and system CPU time spent, in seconds.", "counter",
                  seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

static void append_memory(struct buf *out) {
    char text[256];
    uint64_t pages_virtual, pages_resident;
    long page_bytes = sysconf(_SC_PAGESIZE);
    if (!read_start("/proc/self/statm", text, sizeof text) ||
        sscanf(text, "%" SCNu64 " %" SCNu64, &pages_virtual, &pages_resident) !=
            2)
        return;
    append_metric(out, "process_virtual_memory_bytes",
                  "Virtual memory, in bytes.", "gauge",
                  (double)pages_virtual * (double)page_bytes);
    append_metric(out, "process_resident_memory_bytes",
                  "Resident memory, in bytes.", "gauge",
                  (double)pages_resident * (double)page_bytes);
}

static void append_descriptors(struct buf *out) {
    DIR *directory = opendir("/proc/self/fd");
    struct rlimit limit;
    size_t count = 0;
    if (!directory)
        return;
    while (readdir(directory))
        count++;
    closedir(directory);
    /* Without ".", ".." and the directory's own. */
    append_metric(out, "process_open_fds", "Open file descriptors.", "gauge",
                  count > 3 ? (double)(count - 3) : 0);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        append_metric(out, "process_max_fds",
                      "How many file descriptors may be open.", "gauge",
                      (double)limit.rlim_cur);
}

/* When the machine started, in seconds since the epoch; 0 if unknown. */
static double boot_seconds(void) {
    char line[256];
    uint64_t boot = 0;
    FILE *file = fopen("/proc/stat", "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "btime %" SCNu64, &boot) == 1)
            break;
    }
    fclose(file);
    return (double)boot;
}

static void append_start(struct buf *out) {
    char text[1024];
    uint64_t ticks;
    double boot = boot_seconds();
    if (boot <= 0 || !read_start("/proc/self/stat", text, sizeof text))
        return;
    /* The program's name, in parentheses, may hold anything; the start is the
     * 22nd field, the 20th after it. */
    const char *field = strrchr(text, ')');
    for (int i = 0; field && i < 20; i++) {
        field = strchr(field, ' ');
        field = field ? field + 1 : NULL;
    }
    if (!field || sscanf(field, "%" SCNu64, &ticks) != 1)
        return;
    append_metric(out, "process_start_time_seconds",
                  "When the process started, in seconds since the epoch.",
                  "gauge", boot + (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

void metrics_render_process(const struct metrics *metrics, struct buf *out) {
    char lines[512];
    int size = snprintf(lines, sizeof lines,
                        "# HELP parlance_build_info What this program is.\n"
                        "# TYPE parlance_build_info gauge\n"
                        "parlance_build_info{program=\"%s\",version=\"%s\"} "
                        "1\n",
                        metrics->program, PARLANCE_VERSION);
    INVARIANT(size > 0 && (size_t)size < sizeof lines);
    buf_append(out, lines, (size_t)size);
    append_cpu(out);
    append_memory(out);
    append_descriptors(out);
    append_start(out);
}
