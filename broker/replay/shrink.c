/* shrink.c - see shrink.h. Larger pieces are tried first, and the later ones
 * before the earlier: they hang on these. */
#include "broker/replay/shrink.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/replay/about.h"
#include "broker/replay/cut.h"
#include "broker/replay/shell.h"

/* What goes or stays as one. */
enum unit_kind { UNIT_INPUT, UNIT_GROUP, UNIT_USER };

struct unit {
    enum unit_kind kind;
    uint64_t name; /* The input's or the group's number, or the user. */
};

struct shrinking {
    const struct shrink_wish *wish;
    struct tape tape;
    struct cut_actors actors;
    struct cut_choice choice;
    struct unit *units; /* Those that are left. */
    uint32_t units_count;
    struct shrink_counts *counts;
    enum shell_verdict last;
    struct trace_error *error;
};

static char is_there;

/* --- Units --------------------------------------------------------------- */

static void keep_unit(struct cut_choice *choice, const struct unit *unit,
                      bool is_kept) {
    switch (unit->kind) {
    case UNIT_INPUT:
        choice->inputs[unit->name] = is_kept;
        return;
    case UNIT_GROUP:
        choice->groups[unit->name] = is_kept;
        return;
    case UNIT_USER:
        if (is_kept)
            table_put(&choice->users, unit->name, &is_there);
        else
            table_remove(&choice->users, unit->name);
        return;
    }
}

static void add_unit(struct shrinking *shrinking, enum unit_kind kind,
                     uint64_t name) {
    uint32_t count = shrinking->units_count++;
    if ((count & (count - 1)) == 0)
        shrinking->units =
            mem_realloc(shrinking->units,
                        (count ? count * 2 : 1) * sizeof *shrinking->units);
    shrinking->units[count] = (struct unit){kind, name};
    keep_unit(&shrinking->choice, &shrinking->units[count], true);
}

/* Rooms with their keys, and users, that the trace begins with. */
static void add_state(struct shrinking *shrinking) {
    bool *is_known = mem_zalloc(shrinking->actors.count + 1);
    struct arena arena = {0};
    for (uint32_t i = 0; i < shrinking->tape.states_count; i++) {
        struct wire wire;
        uint32_t group = CUT_NONE;
        if (wire_decode(shrinking->tape.states[i], &arena, &wire, NULL) !=
            ERR_OK)
            continue;
        if (wire.kind == STATE_ROOM)
            group = cut_group_of_room(&shrinking->actors,
                                      wire.as.state_room.info.room.value);
        else if (wire.kind == STATE_KEY)
            group = cut_group_of_key(&shrinking->actors, wire.as.state_key.kind,
                                     wire.as.state_key.key);
        else if (wire.kind == STATE_USER)
            add_unit(shrinking, UNIT_USER, wire.as.state_user.user.value);
        if (group != CUT_NONE && !is_known[group]) {
            is_known[group] = true;
            add_unit(shrinking, UNIT_GROUP, group);
        }
        arena_reset(&arena);
    }
    arena_finish(&arena);
    free(is_known);
}

static bool is_unit(enum core_input_kind kind) {
    return kind == INPUT_COMMAND || kind == INPUT_GATEWAY_UP ||
           kind == INPUT_GATEWAY_GONE || kind == INPUT_REFUSED ||
           kind == INPUT_TICK;
}

static void add_units(struct shrinking *shrinking) {
    shrinking->choice.all_actors = shrinking->tape.states_count == 0;
    shrinking->choice.all_records = true;
    add_state(shrinking);
    for (uint32_t i = 0; i < shrinking->tape.inputs_count; i++)
        if (is_unit(shrinking->tape.inputs[i].input.kind))
            add_unit(shrinking, UNIT_INPUT, i);
}

/* --- Candidates ---------------------------------------------------------- */

/* True: the command fails on what is chosen now. */
static bool fails(struct shrinking *shrinking) {
    char path[PATH_MAX];
    const char *folder = getenv("TMPDIR");
    struct cut_counts counts;
    struct trace_error error;
    snprintf(path, sizeof path, "%s/parlance-shrink-XXXXXX",
             folder && *folder ? folder : "/tmp");
    int descriptor = mkstemp(path);
    shrinking->last = SHELL_LOST;
    if (descriptor < 0) {
        snprintf(shrinking->error->text, sizeof shrinking->error->text,
                 "a temporary file: %s", strerror(errno));
        return false;
    }
    /* A state that does not fit any more is no candidate. */
    shrinking->last = SHELL_PASSES;
    if (cut_write_choice(&shrinking->tape, &shrinking->choice, descriptor,
                         &counts, &error) == ERR_OK) {
        shrinking->last = shell_run(shrinking->wish->command, path);
        shrinking->counts->runs++;
    }
    close(descriptor);
    unlink(path);
    return shrinking->last == SHELL_FAILS;
}

static uint32_t count_commands(const struct shrinking *shrinking) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < shrinking->tape.inputs_count; i++)
        count += shrinking->choice.inputs[i] &&
                 shrinking->tape.inputs[i].input.kind == INPUT_COMMAND;
    return count;
}

static void keep_units(struct shrinking *shrinking, uint32_t first,
                       uint32_t count, bool is_kept) {
    for (uint32_t i = first; i < first + count; i++)
        keep_unit(&shrinking->choice, &shrinking->units[i], is_kept);
}

/* True: it fails without those, which are gone then. */
static bool try_without(struct shrinking *shrinking, uint32_t first,
                        uint32_t count) {
    keep_units(shrinking, first, count, false);
    if (!fails(shrinking)) {
        keep_units(shrinking, first, count, true);
        return false;
    }
    shrinking->units_count -= count;
    memmove(&shrinking->units[first], &shrinking->units[first + count],
            (shrinking->units_count - first) * sizeof *shrinking->units);
    shrinking->counts->commands = count_commands(shrinking);
    if (shrinking->wish->progress)
        shrinking->wish->progress(shrinking->wish->payload, shrinking->counts);
    return true;
}

static bool is_over(const struct shrinking *shrinking) {
    return shrinking->counts->runs >= shrinking->wish->runs_max ||
           shrinking->last == SHELL_STOPPED || shrinking->last == SHELL_LOST;
}

/* All runs of |size| units, the last first. True: some are gone. */
static bool try_all(struct shrinking *shrinking, uint32_t size) {
    bool is_less = false;
    uint32_t end = shrinking->units_count;
    while (end > 0 && !is_over(shrinking)) {
        uint32_t count = size < end ? size : end;
        is_less = try_without(shrinking, end - count, count) || is_less;
        end -= count;
    }
    return is_less;
}

static void shrink(struct shrinking *shrinking) {
    uint32_t size = shrinking->units_count;
    while (size > 0 && !is_over(shrinking)) {
        bool is_less = try_all(shrinking, size);
        /* As long as single ones go, others may go after them. */
        if (size > 1)
            size = (size + 1) / 2;
        else if (!is_less)
            size = 0;
    }
}

static enum err begin(struct shrinking *shrinking) {
    struct shrink_counts *counts = shrinking->counts;
    counts->commands_before = count_commands(shrinking);
    counts->commands = counts->commands_before;
    if (fails(shrinking))
        return ERR_OK;
    if (shrinking->last == SHELL_LOST && counts->runs == 0)
        return ERR_IO;
    snprintf(shrinking->error->text, sizeof shrinking->error->text, "\"%s\" %s",
             shrinking->wish->command,
             shrinking->last == SHELL_LOST ? "cannot be run"
             : shrinking->last == SHELL_STOPPED
                 ? "was stopped"
                 : "does not fail on the whole trace, which has "
                   "what this program's core says");
    return ERR_NOT_FOUND;
}

enum err shrink_write(const struct trace_set *set, uint32_t group,
                      const struct shrink_wish *wish, int descriptor,
                      struct shrink_counts *counts, struct trace_error *error) {
    struct shrinking shrinking = {
        .wish = wish, .counts = counts, .error = error};
    struct cut_counts written;
    *counts = (struct shrink_counts){0};
    enum err err = tape_load(set, group, &wish->span, &shrinking.tape, error);
    if (err == ERR_OK) {
        cut_actors_learn(&shrinking.actors, &shrinking.tape);
        cut_choice_init(&shrinking.choice, &shrinking.actors, &shrinking.tape);
        add_units(&shrinking);
        err = begin(&shrinking);
    }
    if (err == ERR_OK) {
        shrink(&shrinking);
        err = cut_write_choice(&shrinking.tape, &shrinking.choice, descriptor,
                               &written, error);
    }
    free(shrinking.units);
    cut_choice_finish(&shrinking.choice);
    cut_actors_finish(&shrinking.actors);
    tape_finish(&shrinking.tape);
    return err;
}
