/* against_differences.c - see against_differences.h. */
#include "broker/replay/against_differences.h"

#include <stdio.h>

#define EXAMPLE_BYTES_MAX 300u

void against_differences_finish(struct against_differences *differences) {
    for (size_t i = 0; i < differences->kinds_count; i++) {
        for (size_t j = 0; j < AGAINST_EXAMPLES_MAX; j++) {
            buf_finish(&differences->kinds[i].examples[j].recorded);
            buf_finish(&differences->kinds[i].examples[j].live);
        }
    }
}

static struct against_difference *
kind_of(struct against_differences *differences, const char *what) {
    for (size_t i = 0; i < differences->kinds_count; i++)
        if (strcmp(differences->kinds[i].what, what) == 0)
            return &differences->kinds[i];
    if (differences->kinds_count == AGAINST_DIFFERENCES_MAX)
        return &differences->kinds[AGAINST_DIFFERENCES_MAX - 1];
    struct against_difference *kind =
        &differences->kinds[differences->kinds_count++];
    if (differences->kinds_count == AGAINST_DIFFERENCES_MAX)
        what = "other";
    snprintf(kind->what, sizeof kind->what, "%s", what);
    return kind;
}

static void copy(struct buf *out, struct slice text) {
    buf_append(out, text.data,
               text.size < EXAMPLE_BYTES_MAX ? text.size : EXAMPLE_BYTES_MAX);
}

void against_differences_add(struct against_differences *differences,
                             const char *what, struct against_place place,
                             struct slice recorded, struct slice live) {
    if (differences->only_ends && strcmp(what, AGAINST_ANOTHER_REPLY) != 0 &&
        strcmp(what, AGAINST_MISSING_REPLY) != 0)
        return;
    struct against_difference *kind = kind_of(differences, what);
    differences->count++;
    if (kind->count < AGAINST_EXAMPLES_MAX) {
        struct against_example *example = &kind->examples[kind->count];
        example->place = place;
        copy(&example->recorded, recorded);
        copy(&example->live, live);
    }
    kind->count++;
}
