/* reader.h - a thread that answers reads. There are several; none of them ever
 * waits for the writer or its fsync. */
#ifndef PERSISTER_READER_H
#define PERSISTER_READER_H

#include "common/link/link_pipe.h"
#include "common/process/metrics.h"
#include "persister/health.h"
#include "persister/store.h"

struct reader_config {
    const struct store_ops *ops;
    struct store *store;
    struct health *health;
    const struct metrics *metrics;
};

/* Whether a reader answers this kind of message. */
bool reader_takes(enum wire_kind kind);

/* The actor's thread; |config| is a struct reader_config. Frames in: READ_*
 * messages. */
void reader_run(struct link_pipe *pipe, void *config);

#endif
