/* run_trace.h - what the core of a run was told, as a broker would have
 * recorded it: a trace in a file in memory, which programs that are started
 * from here can open, too. */
#ifndef TESTS_LIB_RUN_TRACE_H
#define TESTS_LIB_RUN_TRACE_H

#include "broker/replay/trace_set.h"
#include "tests/lib/core_run.h"

struct run_file {
    int descriptor;
    char path[64];
};

struct run_file run_file_create(void);
void run_file_close(struct run_file *file);
void run_file_write(const struct run_file *file, struct slice bytes);

/* As the only file of a set. */
struct trace_set *run_file_open(const struct run_file *file);

/* A run of so many actions at random, to its end, with its tape. */
struct core_run *run_draw(uint64_t seed, uint32_t actions);

/* How a run is recorded. */
struct run_recording {
    bool is_whole;     /* Effects in full. */
    uint32_t stops_at; /* The broker aborts at this input, from 1; 0: it
                          does not, and closes the file. */
};
#define RUN_TO_ITS_END ((struct run_recording){0})

/* The run keeps its tape (fixture.keeps_tape). */
struct run_file run_record(const struct core_run *run,
                           struct run_recording how);

#endif
