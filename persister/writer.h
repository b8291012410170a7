/* writer.h - the one thread that writes. It takes all appends that wait, puts
 * them into one group (batch.h), writes it with one fsync and answers; while
 * it writes, the next group gathers in its pipe. */
#ifndef PERSISTER_WRITER_H
#define PERSISTER_WRITER_H

#include "common/link/link_pipe.h"
#include "common/process/metrics.h"
#include "persister/health.h"
#include "persister/store.h"

struct writer_config {
    const struct store_ops *ops;
    struct store *store;
    struct health *health;
    const struct metrics *metrics;
    const char *path; /* Whose disk must have space; NULL: none. */
    uint32_t min_free_percent;
    bool durable; /* Each group is synced; for the counter. */
};

/* The actor's thread; |config| is a struct writer_config. Frames in: CLAIM,
 * KEEP, RELEASE, ATTACH and APPEND messages. */
void writer_run(struct link_pipe *pipe, void *config);

#endif
