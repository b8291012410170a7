/* writer.h - what writes: it takes all appends that wait, puts them into one
 * group (batch.h), writes it with one fsync and answers. While it writes, the
 * next group gathers with its caller. */
#ifndef PERSISTER_WRITER_H
#define PERSISTER_WRITER_H

#include "common/buf.h"
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

struct writer; /* Opaque; one thread at a time. */

/* |config| is borrowed for life. Never NULL. */
struct writer *writer_create(const struct writer_config *config);

/* Accepts NULL. */
void writer_destroy(struct writer *writer);

/* |asks|: a run of frames with CLAIM, KEEP, RELEASE, ATTACH and APPEND
 * messages. Does what they ask and appends the frames that answer them to
 * |answers|. Takes as long as the disk does. */
void writer_write(struct writer *writer, struct slice asks,
                  struct buf *answers);

/* Looks whether the disk has room, if it is time to. writer_write does, too;
 * to be called now and then when nothing is to be written. */
void writer_check_space(struct writer *writer);

/* It is time to look for files that no message names. */
bool writer_collection_is_due(const struct writer *writer);

/* Then forgets a few of them. Takes as long as the disk does. True: there may
 * be more, and it is due again at once. */
bool writer_collect(struct writer *writer);

#endif
