/* tape.c - see tape.h. The child writes the binary form with whole effects,
 * which is read back here. */
#include "broker/replay/tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/core/snapshot.h"
#include "broker/replay/player.h"
#include "broker/replay/stand_in.h"
#include "broker/trace/trace_file.h"

/* --- In the child -------------------------------------------------------- */

/* What it is to do; the parent gets |failed| and |error| by shared memory. */
struct job {
    const struct trace_set *set;
    uint32_t group;
    struct tape_span span;
    enum err failed;
    struct trace_error error;
    bool is_stepping; /* An input that is wanted. */
};

struct taping {
    struct job *job;
    struct trace_source *source;
    struct player player;
    struct trace_head head;
    struct arena arena; /* What |head| borrows. */
    bool has_begun;     /* The head is written. */
    bool goes_on;       /* The last file was closed: the next one follows on. */
    struct buf *out;
};

static void put_state(void *payload, const struct wire *state) {
    struct buf *out = payload;
    struct buf bytes = {0};
    wire_encode(state, &bytes);
    trace_put_state(out, buf_slice(&bytes));
    buf_finish(&bytes);
}

/* The head and the state as it is now. */
static void begin(struct taping *taping) {
    struct trace_head head = taping->head;
    head.whole = true;
    head.state_digest = core_digest(taping->player.core);
    trace_put_head(taping->out, &head);
    core_save(taping->player.core, put_state, taping->out);
    taping->has_begun = true;
}

static enum err take_head(struct taping *taping,
                          const struct trace_head *head) {
    if (taping->goes_on)
        return ERR_OK;
    taping->head = *head;
    taping->head.program = arena_copy(&taping->arena, head->program);
    player_begin(&taping->player, head);
    taping->has_begun = false;
    buf_clear(taping->out);
    return ERR_OK;
}

static enum err take_input(struct taping *taping, struct core_input *input) {
    struct job *job = taping->job;
    enum err err = player_ready(&taping->player, &job->error);
    /* The cut is of what the trace says, whatever its digest was. */
    if (err != ERR_OK && err != ERR_STALE)
        return err;
    if (!taping->has_begun && input->now_us >= job->span.from_us)
        begin(taping);
    err = player_decode(&taping->player, input, &job->error);
    if (err != ERR_OK)
        return err;
    size_t before = 0;
    job->is_stepping = taping->has_begun;
    if (taping->has_begun) {
        /* Should it be the last one, it is there all the same. */
        static const struct effects none;
        before = taping->out->size;
        trace_put_input(taping->out, input, &none, true);
    }
    player_step(&taping->player, input);
    if (taping->has_begun) {
        taping->out->size = before;
        trace_put_input(taping->out, input, &taping->player.effects, true);
    }
    job->is_stepping = false;
    return ERR_OK;
}

static enum err take_item(struct taping *taping, struct trace_item *item) {
    switch (item->kind) {
    case TRACE_HEAD:
        return take_head(taping, &item->head);
    case TRACE_STATE:
        return taping->goes_on ? ERR_OK
                               : player_restore(&taping->player, item->bytes,
                                                &taping->job->error);
    case TRACE_INPUT:
        return take_input(taping, &item->input);
    case TRACE_END:
        taping->goes_on = true;
        return ERR_OK;
    case TRACE_COMMENT:
        return ERR_OK;
    }
    return ERR_CORRUPT;
}

static bool tape_all(struct taping *taping) {
    struct job *job = taping->job;
    for (;;) {
        struct trace_item item;
        enum err err = trace_source_next(taping->source, &item, &job->error);
        if (err == ERR_NOT_FOUND)
            return true;
        if (err == ERR_GAP) {
            taping->goes_on = false;
            continue;
        }
        if (err == ERR_OK && item.kind == TRACE_INPUT &&
            item.input.now_us > job->span.to_us)
            return true;
        if (err == ERR_OK)
            err = take_item(taping, &item);
        job->failed = err;
        if (err != ERR_OK)
            return false;
    }
}

static bool work(void *payload, struct buf *out) {
    struct taping taping = {.job = payload, .out = out};
    taping.source = trace_source_create(taping.job->set, taping.job->group);
    bool is_done = tape_all(&taping);
    player_finish(&taping.player);
    trace_source_destroy(taping.source);
    arena_finish(&taping.arena);
    return is_done;
}

/* --- In the parent ------------------------------------------------------- */

static void *more(void *array, uint32_t count, size_t size) {
    /* Doubled at each power of two. */
    return count & (count - 1)
               ? array
               : mem_realloc(array, (count ? count * 2 : 1) * size);
}

static void take_effects(struct tape *tape, struct tape_input *input,
                         const struct effects *effects) {
    input->effects_count = effects->count;
    input->effects = arena_alloc(&tape->arena, (effects->count + 1) *
                                                   sizeof(struct tape_effect));
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        input->effects[i] = (struct tape_effect){
            .kind = effect->kind,
            .gateway = effect->gateway,
            .partition = effect->partition,
            .seq = effect->seq,
            .bytes = arena_copy(&tape->arena, effect_bytes(effects, effect))};
    }
}

static void keep(struct tape *tape, const struct trace_item *item) {
    if (item->kind == TRACE_HEAD) {
        tape->head = item->head;
        tape->head.program = arena_copy(&tape->arena, item->head.program);
    } else if (item->kind == TRACE_STATE) {
        tape->states =
            more(tape->states, tape->states_count, sizeof *tape->states);
        tape->states[tape->states_count++] =
            arena_copy(&tape->arena, item->bytes);
    } else if (item->kind == TRACE_INPUT) {
        tape->inputs =
            more(tape->inputs, tape->inputs_count, sizeof *tape->inputs);
        struct tape_input *input = &tape->inputs[tape->inputs_count++];
        *input = (struct tape_input){.input = item->input};
        input->input.bytes = arena_copy(&tape->arena, item->input.bytes);
        take_effects(tape, input, item->effects);
    }
}

static enum err read_back(int descriptor, struct tape *tape,
                          struct trace_error *error) {
    off_t size = lseek(descriptor, 0, SEEK_END);
    if (size <= 0) {
        snprintf(error->text, sizeof error->text, "no input at that time");
        return ERR_NOT_FOUND;
    }
    void *bytes =
        mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) {
        snprintf(error->text, sizeof error->text, "mmap: %s", strerror(errno));
        return ERR_IO;
    }
    struct trace_reader reader;
    struct trace_item item;
    trace_reader_init(&reader, (struct slice){bytes, (size_t)size});
    enum err err;
    while ((err = trace_reader_next(&reader, &item, error)) == ERR_OK)
        keep(tape, &item);
    trace_reader_finish(&reader);
    munmap(bytes, (size_t)size);
    /* The child writes no end. */
    return err == ERR_NOT_FOUND || err == ERR_GAP ? ERR_OK : err;
}

/* Comments before the first input are for whoever reads the cut, too. */
static void keep_comments(const struct trace_set *set, uint32_t group,
                          struct tape *tape) {
    struct trace_source *source = trace_source_create(set, group);
    struct trace_item item;
    struct trace_error error;
    while (trace_source_next(source, &item, &error) == ERR_OK &&
           item.kind != TRACE_INPUT) {
        if (item.kind != TRACE_COMMENT)
            continue;
        tape->comments =
            more(tape->comments, tape->comments_count, sizeof *tape->comments);
        tape->comments[tape->comments_count++] =
            arena_copy(&tape->arena, item.bytes);
    }
    trace_source_destroy(source);
}

static enum err load(struct job *job, struct tape *out,
                     struct trace_error *error) {
    int descriptor = memfd_create("parlance-tape", MFD_CLOEXEC);
    enum stand_in_end end =
        descriptor < 0 ? STAND_IN_LOST : stand_in_run(descriptor, work, job);
    enum err err = ERR_OK;
    if (end == STAND_IN_LOST) {
        snprintf(error->text, sizeof error->text, "fork: %s", strerror(errno));
        err = ERR_IO;
    } else if (end == STAND_IN_FAILED) {
        *error = job->error;
        err = job->failed != ERR_OK ? job->failed : ERR_IO;
    } else if (end == STAND_IN_BROKEN && !job->is_stepping) {
        snprintf(error->text, sizeof error->text,
                 "the core stops itself before that time");
        err = ERR_CORRUPT;
    } else {
        out->is_broken = end == STAND_IN_BROKEN;
        err = read_back(descriptor, out, error);
    }
    if (descriptor >= 0)
        close(descriptor);
    return err;
}

enum err tape_load(const struct trace_set *set, uint32_t group,
                   const struct tape_span *span, struct tape *out,
                   struct trace_error *error) {
    *out = (struct tape){0};
    *error = (struct trace_error){0};
    struct job *job = mmap(NULL, sizeof *job, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (job == MAP_FAILED) {
        snprintf(error->text, sizeof error->text, "mmap: %s", strerror(errno));
        return ERR_IO;
    }
    *job = (struct job){.set = set, .group = group, .span = *span};
    enum err err = load(job, out, error);
    munmap(job, sizeof *job);
    if (err == ERR_OK)
        keep_comments(set, group, out);
    return err;
}

void tape_finish(struct tape *tape) {
    free(tape->states);
    free(tape->inputs);
    free(tape->comments);
    arena_finish(&tape->arena);
    *tape = (struct tape){0};
}
