/* against_differences.h - in what a play differed, by kind of difference: how
 * often, and the first few of each. Bounded. Pure. */
#ifndef BROKER_REPLAY_AGAINST_DIFFERENCES_H
#define BROKER_REPLAY_AGAINST_DIFFERENCES_H

#include "common/buf.h"
#include "common/types.h"

#define AGAINST_DIFFERENCES_MAX 64u /* More kinds are "other". */
#define AGAINST_EXAMPLES_MAX 3u

/* Those that say that a command did not end as it did. */
#define AGAINST_ANOTHER_REPLY "another reply"
#define AGAINST_MISSING_REPLY "missing reply"

/* Where something stands in the trace. */
struct against_place {
    const char *file; /* Borrowed for ever; NULL: nowhere. */
    uint64_t offset;  /* See trace_item. */
    bool raced;       /* It is an answer that was a race (against_overlap.h). */
};

struct against_example {
    struct against_place place;
    struct buf recorded;
    struct buf live;
};

struct against_difference {
    char what[160];
    uint64_t count;
    struct against_example examples[AGAINST_EXAMPLES_MAX];
};

/* Zeroed is empty. */
struct against_differences {
    struct against_difference kinds[AGAINST_DIFFERENCES_MAX];
    size_t kinds_count;
    uint64_t count; /* Of all. */
    bool only_ends; /* Nothing but the two above is taken from now on. */
};

void against_differences_finish(struct against_differences *differences);

/* Texts are copied, cut at a few hundred bytes. */
void against_differences_add(struct against_differences *differences,
                             const char *what, struct against_place place,
                             struct slice recorded, struct slice live);

#endif
