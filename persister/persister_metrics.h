/* persister_metrics.h - what the persister counts. Any thread. */
#ifndef PERSISTER_PERSISTER_METRICS_H
#define PERSISTER_PERSISTER_METRICS_H

#include "common/process/metrics.h"

enum persister_metric {
    PERSISTER_RECORDS,
    PERSISTER_BATCHES,
    PERSISTER_BATCHES_AGAIN,
    PERSISTER_GROUPS,
    PERSISTER_FSYNCS,
    PERSISTER_REFUSED, /* By enum wire_refusal. */
    PERSISTER_APPEND_SECONDS,
    PERSISTER_READS, /* By persister_read_index(). */
    PERSISTER_READS_TRY_AGAIN,
    PERSISTER_READS_FAILED,
    PERSISTER_READ_SECONDS,
    PERSISTER_FILES_COLLECTED,
    PERSISTER_RUBBISH,
    PERSISTER_WRITER_FULL,
    PERSISTER_PEERS,
    PERSISTER_EPOCH,
    PERSISTER_MAILS, /* By enum mail_outcome. */
    PERSISTER_LINK,  /* By counter of common/link. */
    PERSISTER_METRIC_COUNT
};

/* What became of a mail. */
enum mail_outcome {
    MAIL_SENT,
    MAIL_RETRIED,  /* Put off: it will be tried again. */
    MAIL_REFUSED,  /* For good, by the server: dropped. */
    MAIL_EXPIRED,  /* Tried for too long: dropped. */
    MAIL_UNWANTED, /* Deleted, or the reader wants no mail: dropped. */
    MAIL_OUTCOMES
};

struct metrics *persister_metrics_create(void);

/* Which of PERSISTER_READS counts |kind|, a WIRE_READ_*. */
size_t persister_read_index(uint32_t kind);

#endif
