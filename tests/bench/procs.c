/* procs.c - see procs.h. */
#include "tests/bench/procs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SETTLE_STEP_MS 300
#define SETTLE_STEPS_MAX 50
#define SETTLE_CPU_S 0.03

bool procs_parse(struct procs *procs, const char *text) {
    procs->count = 0;
    while (*text != '\0') {
        if (procs->count == PROCS_MAX)
            return false;
        struct proc *proc = &procs->list[procs->count];
        int size = 0;
        if (sscanf(text, "%31[a-z-]=%d%n", proc->name, &proc->pid, &size) != 2)
            return false;
        procs->count++;
        text += size;
        if (*text == ',')
            text++;
    }
    return true;
}

static void read_file(int pid, const char *name, char *out, size_t size) {
    char path[400];
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    FILE *file = fopen(path, "re");
    size_t got = file != NULL ? fread(out, 1, size - 1, file) : 0;
    if (got == 0) {
        fprintf(stderr, "bench_load: %s: process is gone\n", path);
        exit(1);
    }
    out[got] = '\0';
    fclose(file);
}

/* Threads that ended are missing, but the programs' threads stay. */
static double cpu_s(int pid) {
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    uint64_t all_ns = 0;
    const struct dirent *task;
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        char name[300], text[128];
        if (task->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "task/%s/schedstat", task->d_name);
        read_file(pid, name, text, sizeof(text));
        all_ns += strtoull(text, NULL, 10);
    }
    if (tasks != NULL)
        closedir(tasks);
    if (all_ns == 0) {
        fprintf(stderr, "bench_load: %s: no process\n", path);
        exit(1);
    }
    return (double)all_ns / 1e9;
}

static uint64_t rss_kb(int pid) {
    char status[8192];
    read_file(pid, "status", status, sizeof(status));
    const char *line = strstr(status, "VmRSS:");
    return line != NULL ? strtoull(line + 6, NULL, 10) : 0;
}

void procs_read(const struct procs *procs, struct proc_usage *out) {
    for (uint32_t i = 0; i < procs->count; i++) {
        out->cpu_s[i] = cpu_s(procs->list[i].pid);
        out->rss_kb[i] = rss_kb(procs->list[i].pid);
    }
}

static double cpu_s_all(const struct procs *procs) {
    double all = 0;
    for (uint32_t i = 0; i < procs->count; i++)
        all += cpu_s(procs->list[i].pid);
    return all;
}

void procs_settle(const struct procs *procs) {
    const struct timespec step = {.tv_nsec = SETTLE_STEP_MS * 1000000L};
    double before = cpu_s_all(procs);
    for (int i = 0; i < SETTLE_STEPS_MAX; i++) {
        nanosleep(&step, NULL);
        double now = cpu_s_all(procs);
        if (now - before < SETTLE_CPU_S)
            return;
        before = now;
    }
    fprintf(stderr, "bench_load: the servers do not come to rest\n");
}

void procs_add(const struct procs *procs, struct proc_usage *sum,
               const struct proc_usage *before,
               const struct proc_usage *after) {
    for (uint32_t i = 0; i < procs->count; i++) {
        sum->cpu_s[i] += after->cpu_s[i] - before->cpu_s[i];
        sum->rss_kb[i] += after->rss_kb[i] - before->rss_kb[i];
    }
}

void procs_print(const struct procs *procs, const struct proc_usage *before,
                 const struct proc_usage *after) {
    printf("\"cpu_s\":{");
    for (uint32_t i = 0; i < procs->count; i++)
        printf("%s\"%s\":%.5f", i ? "," : "", procs->list[i].name,
               after->cpu_s[i] - before->cpu_s[i]);
    printf("},\"rss_kb\":{");
    for (uint32_t i = 0; i < procs->count; i++)
        printf("%s\"%s\":%lld", i ? "," : "", procs->list[i].name,
               (long long)after->rss_kb[i] - (long long)before->rss_kb[i]);
    printf("}");
}
