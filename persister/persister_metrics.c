/* persister_metrics.c - see persister_metrics.h. */
#include "persister/persister_metrics.h"

#include "common/link/link_counters.h"
#include "common/wire/wire.h"

static const char *const link_counter_names[] = {
#define LINK_NAME(name, help) #name,
    LINK_COUNTER_TABLE(LINK_NAME)
#undef LINK_NAME
        NULL};

/* In the order of enum wire_refusal, which begins with 1. */
static const char *const refusals[] = {
    "none",       "not_found",       "forbidden",    "bad_field",
    "conflict",   "try_again",       "storage_full", "storage_failed",
    "overloaded", "unknown_outcome", "held",         "stale",
    NULL};

/* In the order of the kinds from WIRE_READ_ROOM to WIRE_READ_COUNT, then from
 * WIRE_READ_FEED to WIRE_READ_BYTES. */
static const char *const reads[] = {
    "room",   "key",   "user", "message", "sent",  "history", "list", "view",
    "events", "count", "feed", "unread",  "files", "bytes",   NULL};

#define READS_BEFORE_FEED (WIRE_READ_COUNT - WIRE_READ_ROOM + 1)

/* In the order of enum mail_outcome. */
static const char *const mail_outcomes[] = {"sent",    "retried",  "refused",
                                            "expired", "unwanted", NULL};

_Static_assert(sizeof mail_outcomes / sizeof *mail_outcomes ==
                   MAIL_OUTCOMES + 1,
               "a name for each outcome");
_Static_assert(sizeof refusals / sizeof *refusals == REFUSED_LAST + 2,
               "a name for each refusal");
_Static_assert(sizeof reads / sizeof *reads ==
                   READS_BEFORE_FEED + WIRE_READ_BYTES - WIRE_READ_FEED + 2,
               "a name for each read");

static const struct metric table[PERSISTER_METRIC_COUNT] = {
    [PERSISTER_RECORDS] =
        METRIC_COUNTER("parlance_persister_records_total", "Records stored."),
    [PERSISTER_BATCHES] =
        METRIC_COUNTER("parlance_persister_batches_total", "Batches stored."),
    [PERSISTER_BATCHES_AGAIN] =
        METRIC_COUNTER("parlance_persister_batches_again_total",
                       "Batches that were stored before and sent again."),
    [PERSISTER_GROUPS] =
        METRIC_COUNTER("parlance_persister_groups_total",
                       "Writes: all batches that waited, at once."),
    [PERSISTER_FSYNCS] =
        METRIC_COUNTER("parlance_persister_fsyncs_total",
                       "Writes that were made durable before they returned."),
    [PERSISTER_REFUSED] =
        METRIC_COUNTER_BY("parlance_persister_refused_total",
                          "Batches and claims refused.", "reason", refusals),
    [PERSISTER_APPEND_SECONDS] =
        METRIC_HISTOGRAM("parlance_persister_append_seconds",
                         "Time of one write, its fsync included."),
    [PERSISTER_READS] = METRIC_COUNTER_BY("parlance_persister_reads_total",
                                          "Reads answered.", "kind", reads),
    [PERSISTER_READS_TRY_AGAIN] =
        METRIC_COUNTER("parlance_persister_reads_try_again_total",
                       "Reads refused because too many waited."),
    [PERSISTER_READS_FAILED] =
        METRIC_COUNTER("parlance_persister_reads_failed_total",
                       "Reads that the store could not answer."),
    [PERSISTER_READ_SECONDS] = METRIC_HISTOGRAM(
        "parlance_persister_read_seconds", "Time of one read in the store."),
    [PERSISTER_FILES_COLLECTED] =
        METRIC_COUNTER("parlance_persister_files_collected_total",
                       "Files forgotten since no message named them, or since "
                       "they never became whole."),
    [PERSISTER_RUBBISH] =
        METRIC_COUNTER("parlance_persister_rubbish_total",
                       "Links ended because a peer sent rubbish."),
    [PERSISTER_WRITER_FULL] =
        METRIC_COUNTER("parlance_persister_writer_full_total",
                       "Times the links were not read since the writer's "
                       "queue was full."),
    [PERSISTER_PEERS] =
        METRIC_GAUGE("parlance_persister_peers", "Links that are up."),
    [PERSISTER_EPOCH] =
        METRIC_GAUGE("parlance_persister_epoch", "The epoch in force."),
    [PERSISTER_MAILS] = METRIC_COUNTER_BY(
        "parlance_persister_mails_total",
        "Mails of the outbox: what became of them.", "outcome", mail_outcomes),
    [PERSISTER_LINK] =
        METRIC_GAUGE_BY("parlance_persister_link",
                        "What happened on the links to brokers, since start.",
                        "counter", link_counter_names),
};

size_t persister_read_index(uint32_t kind) {
    return kind <= WIRE_READ_COUNT ? kind - WIRE_READ_ROOM
                                   : kind - WIRE_READ_FEED + READS_BEFORE_FEED;
}

struct metrics *persister_metrics_create(void) {
    return metrics_create("persister", table, PERSISTER_METRIC_COUNT);
}
