/* run_trace.c - see run_trace.h. */
#include "tests/lib/run_trace.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/trace/trace_file.h"

struct run_file run_file_create(void) {
    struct run_file file = {.descriptor = memfd_create("trace", 0)};
    INVARIANT(file.descriptor >= 0);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

void run_file_close(struct run_file *file) {
    close(file->descriptor);
}

void run_file_write(const struct run_file *file, struct slice bytes) {
    ssize_t wrote = write(file->descriptor, bytes.data, bytes.size);
    INVARIANT(wrote == (ssize_t)bytes.size);
}

struct trace_set *run_file_open(const struct run_file *file) {
    struct trace_set *set = NULL;
    struct trace_error error = {0};
    const char *paths[] = {file->path};
    if (trace_set_open(paths, 1, &set, &error) != ERR_OK)
        fprintf(stderr, "%s\n", error.text);
    INVARIANT(set != NULL);
    return set;
}

struct core_run *run_draw(uint64_t seed, uint32_t actions) {
    struct core_run *run = run_begin((struct chooser){.seed = seed});
    run->fixture.keeps_tape = true;
    for (uint32_t i = 0; i < actions; i++)
        run_act(run);
    run_settle(run);
    return run;
}

/* --- Recording ----------------------------------------------------------- */

struct recording {
    struct run_recording how;
    struct core *core;
    struct effects effects;
    struct arena arena;
    struct buf out;
    uint32_t inputs;
};

static bool is_over(const struct recording *recording) {
    return recording->how.stops_at > 0 &&
           recording->inputs >= recording->how.stops_at;
}

static void put_step(struct recording *recording, struct core_input input) {
    struct wire wire;
    struct wire_error error;
    if (is_over(recording))
        return;
    enum err err = trace_input_decode(&input, &recording->arena, &wire, &error);
    INVARIANT(err == ERR_OK);
    effects_clear(&recording->effects);
    recording->inputs++;
    if (!is_over(recording))
        core_step(recording->core, &input, &recording->effects);
    trace_put_input(&recording->out, &input, &recording->effects,
                    recording->how.is_whole);
    arena_reset(&recording->arena);
}

struct run_file run_record(const struct core_run *run,
                           struct run_recording how) {
    const struct fixture *fixture = &run->fixture;
    struct trace_head head = {.version = TRACE_VERSION,
                              .shards = 1,
                              .run = 7,
                              .file = 1,
                              .whole = how.is_whole,
                              .program = SLICE("test"),
                              .core = fixture->config};
    struct recording recording = {.how = how,
                                  .core = core_create(&fixture->config)};
    struct run_file file = run_file_create();
    PRE(fixture->keeps_tape);
    trace_put_head(&recording.out, &head);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        put_step(&recording,
                 (struct core_input){.kind = INPUT_PARTITION, .partition = i});
    for (uint32_t i = 0; i < fixture->tape_count; i++)
        put_step(&recording, fixture->tape[i].input);
    if (!is_over(&recording))
        trace_put_end(&recording.out);
    run_file_write(&file, buf_slice(&recording.out));
    core_destroy(recording.core);
    effects_finish(&recording.effects);
    arena_finish(&recording.arena);
    buf_finish(&recording.out);
    return file;
}
