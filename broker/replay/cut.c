/* cut.c - see cut.h. */
#include "broker/replay/cut.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "broker/replay/stand_in.h"

/* Shared with the child. */
struct cutting {
    const struct tape *tape;
    const struct cut_choice *choice;
    struct cut_counts counts;
    enum err failed;
    char why[128];
};

static bool work(void *payload, struct buf *out) {
    struct cutting *cutting = payload;
    const char *why = "";
    cutting->failed =
        cut_run(cutting->tape, cutting->choice, out, &cutting->counts, &why);
    snprintf(cutting->why, sizeof cutting->why, "%s", why);
    return cutting->failed == ERR_OK;
}

static enum err fail(struct trace_error *error, enum err err, const char *what,
                     const char *why) {
    snprintf(error->text, sizeof error->text, "%s: %s", what, why);
    return err;
}

enum err cut_write_choice(const struct tape *tape,
                          const struct cut_choice *choice, int descriptor,
                          struct cut_counts *counts,
                          struct trace_error *error) {
    struct cutting *cutting =
        mmap(NULL, sizeof *cutting, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (cutting == MAP_FAILED)
        return fail(error, ERR_IO, "mmap", strerror(errno));
    *cutting = (struct cutting){.tape = tape, .choice = choice};
    enum err err = ERR_OK;
    switch (stand_in_run(descriptor, work, cutting)) {
    case STAND_IN_DONE:
    case STAND_IN_BROKEN:
        break;
    case STAND_IN_FAILED:
        err = cutting->failed != ERR_OK
                  ? fail(error, cutting->failed,
                         "the state that is left does not fit", cutting->why)
                  : fail(error, ERR_IO, "writing", "it cannot be written");
        break;
    case STAND_IN_LOST:
        err = fail(error, ERR_IO, "fork", strerror(errno));
        break;
    }
    *counts = cutting->counts;
    munmap(cutting, sizeof *cutting);
    return err;
}

static enum err choose_and_write(const struct tape *tape,
                                 const struct cut_wish *wish, int descriptor,
                                 struct cut_counts *counts,
                                 struct trace_error *error) {
    struct cut_actors actors = {0};
    struct cut_choice choice;
    enum err err = ERR_OK;
    cut_actors_learn(&actors, tape);
    cut_choice_init(&choice, &actors, tape);
    if ((wish->room || wish->user) &&
        !cut_choose(&choice, tape, wish->room, wish->user))
        err = fail(error, ERR_NOT_FOUND, "nothing to cut out",
                   "the trace knows neither that room nor that user");
    if (err == ERR_OK)
        err = cut_write_choice(tape, &choice, descriptor, counts, error);
    cut_choice_finish(&choice);
    cut_actors_finish(&actors);
    return err;
}

enum err cut_write(const struct trace_set *set, uint32_t group,
                   const struct cut_wish *wish, int descriptor,
                   struct cut_counts *counts, struct trace_error *error) {
    struct tape tape;
    *counts = (struct cut_counts){0};
    enum err err = tape_load(set, group, &wish->span, &tape, error);
    if (err == ERR_OK)
        err = choose_and_write(&tape, wish, descriptor, counts, error);
    tape_finish(&tape);
    return err;
}
