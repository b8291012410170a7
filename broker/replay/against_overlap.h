/* against_overlap.h - which answers of a recording were races: what was asked
 * for was being changed between question and answer. Whether the answer has the
 * change or not was chance, and is so again in a play. Pure. */
#ifndef BROKER_REPLAY_AGAINST_OVERLAP_H
#define BROKER_REPLAY_AGAINST_OVERLAP_H

#include "common/table.h"
#include "common/wire/wire.h"

/* Zeroed is empty. Fields are private. Changes are numbered as they are asked
 * for. */
struct against_overlap {
    uint64_t asked;       /* Changes so far. */
    uint64_t open;        /* Those without an answer yet. */
    uint64_t people;      /* The latest of how somebody is called. */
    uint64_t people_open; /* Those without an answer yet. */
    struct table things;  /* By thing: struct changes. */
};

/* From a command to its answer. Fields are private. */
struct against_window {
    enum wire_kind command;
    uint64_t thing;
    uint64_t begun; /* |asked| by then. */
    bool raced;
    bool is_over;
};

void against_overlap_finish(struct against_overlap *overlap);

/* |command|, about |thing|, is the next in the trace. */
struct against_window against_overlap_begin(struct against_overlap *overlap,
                                            enum wire_kind command,
                                            uint64_t thing);

/* It is answered, or will never be. Returns whether that was a race. Counts
 * once. */
bool against_overlap_end(struct against_overlap *overlap,
                         struct against_window *window);

#endif
