/* against_overlap.c - see against_overlap.h. */
#include "broker/replay/against_overlap.h"

#include <stdlib.h>

#include "broker/replay/against_order.h"

/* Of one thing. */
struct changes {
    uint64_t latest;
    uint64_t open;
};

void against_overlap_finish(struct against_overlap *overlap) {
    struct changes *changes;
    for (size_t at = 0; (changes = table_next(&overlap->things, &at, NULL));)
        free(changes);
    table_finish(&overlap->things);
}

static struct changes *changes_of(struct against_overlap *overlap,
                                  uint64_t thing) {
    struct changes *changes = table_find(&overlap->things, thing);
    if (!changes) {
        changes = mem_zalloc(sizeof *changes);
        table_put(&overlap->things, thing, changes);
    }
    return changes;
}

static bool names_people(enum wire_kind command) {
    return command == WIRE_USER_PUT;
}

/* Whether something that the answer depends on is changing, or was changed
 * since |begun|. */
static bool is_changing(const struct against_overlap *overlap,
                        const struct against_window *window, uint64_t begun) {
    if (!against_asks_for_more(window->command))
        return false; /* The core keeps such in the order of the trace. */
    if (against_asks_for_all(window->command))
        return overlap->open > 0 || overlap->asked > begun;
    const struct changes *changes = table_find(&overlap->things, window->thing);
    return overlap->people_open > 0 || overlap->people > begun ||
           (changes && (changes->open > 0 || changes->latest > begun));
}

struct against_window against_overlap_begin(struct against_overlap *overlap,
                                            enum wire_kind command,
                                            uint64_t thing) {
    struct against_window window = {.command = command, .thing = thing};
    window.raced = is_changing(overlap, &window, overlap->asked);
    if (wire_is_write(command)) {
        struct changes *changes = changes_of(overlap, thing);
        changes->latest = ++overlap->asked;
        changes->open++;
        overlap->open++;
        if (names_people(command)) {
            overlap->people = overlap->asked;
            overlap->people_open++;
        }
    }
    window.begun = overlap->asked;
    return window;
}

bool against_overlap_end(struct against_overlap *overlap,
                         struct against_window *window) {
    if (window->is_over)
        return window->raced;
    window->is_over = true;
    if (wire_is_write(window->command)) {
        changes_of(overlap, window->thing)->open--;
        overlap->open--;
        if (names_people(window->command))
            overlap->people_open--;
    }
    /* What was open when it began has made |raced| true. */
    window->raced =
        window->raced || is_changing(overlap, window, window->begun);
    return window->raced;
}
