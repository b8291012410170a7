/* procs.h - what the processes under test cost: CPU and memory from /proc.
 *
 * The load client reads them itself, right where a phase begins and ends, so
 * that connecting and draining are not in the figure. CPU is the time that all
 * threads ran, in user and kernel mode, from /proc/PID/task/TID/schedstat: what
 * utime + stime of /proc/PID/stat say too, but in ns, not in ticks of 10 ms. */
#ifndef TESTS_BENCH_PROCS_H
#define TESTS_BENCH_PROCS_H

#include "common/types.h"

#define PROCS_MAX 16u

struct proc {
    char name[32];
    int pid;
};

struct procs {
    struct proc list[PROCS_MAX];
    uint32_t count;
};

struct proc_usage {
    double cpu_s[PROCS_MAX];
    uint64_t rss_kb[PROCS_MAX];
};

/* Parses "gateway=12,broker=13". False if it is malformed. */
bool procs_parse(struct procs *procs, const char *text);

/* A process that is gone ends the program: the run is void. */
void procs_read(const struct procs *procs, struct proc_usage *out);

/* Waits until all of them together use less than a tenth of a core, at most
 * 15 s: what an earlier run left to do is not this run's. */
void procs_settle(const struct procs *procs);

/* Adds the differences to |sum|. */
void procs_add(const struct procs *procs, struct proc_usage *sum,
               const struct proc_usage *before, const struct proc_usage *after);

/* Prints the differences as the JSON objects "cpu_s" and "rss_kb". */
void procs_print(const struct procs *procs, const struct proc_usage *before,
                 const struct proc_usage *after);

#endif
