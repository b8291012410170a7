/* store.h - where committed truth rests: one interface, several stores, one
 * conformance suite (tests/unit/test_store.c).
 *
 * A store takes batches of records (RECORD_* messages of common/wire/wire.h)
 * and answers the reads of the broker. Records carry the resulting rows, so a
 * store only puts them and keeps the indexes that its reads need.
 *
 * Threads. append, claim and sync are called by one writer thread; the reads
 * by any number of threads at the same time, also while append runs. A read
 * sees a prefix of what was appended, never half a batch.
 *
 * Nothing shaped like one implementation may show here. */
#ifndef PERSISTER_STORE_H
#define PERSISTER_STORE_H

#include "common/arena.h"
#include "common/wire/wire.h"

struct store; /* Opaque; each implementation has its own. */

struct store_config {
    const char *path;            /* Directory; ignored by the memory store. */
    bool durable;                /* append returns after an fsync. */
    uint64_t cache_bytes;        /* For blocks read. */
    uint64_t write_buffer_bytes; /* Before data is sorted to disk. */
    bool outbox;                 /* Keep mails: somebody sends them. */
};

/* One mail of the outbox: |message| is to be mailed to |to|. */
struct store_mail {
    message_id message;
    user_id to;
    int64_t created_us; /* When the message was sent. */
    int64_t due_us;     /* Not before. */
    uint32_t attempts;  /* So far, without success. */
};

/* What opening or appending may say beyond its enum err, for a person. */
struct store_error {
    char text[512];
};

/* A batch that was read: decoding its records and computing its digest is a
 * good part of what a message costs, so it is done once, by whoever judges. */
struct store_batch {
    const struct wire_batch *batch; /* The bytes. */
    const struct wire *records;     /* Each of them decoded. */
    uint64_t digest;                /* store_batch_digest(batch) */
};

/* All partitions' heads and the claim's epoch, as committed. */
struct store_heads {
    uint64_t epoch;
    uint64_t seq[PARTITION_COUNT];
};

struct store_ops {
    const char *name; /* "rocksdb", "memory". */

    /* Open or create. ERR_VERSION: a newer format; ERR_CORRUPT; ERR_BUSY:
     * another process has it; ERR_IO. Mandatory. */
    enum err (*open)(const struct store_config *config, struct store **out,
                     struct store_error *error);

    /* Accepts NULL. Mandatory. */
    void (*close)(struct store *store);

    /* The committed heads. Writer thread. Mandatory. */
    void (*heads)(struct store *store, struct store_heads *out);

    /* Make |epoch| the claim's epoch, durably. Mandatory. */
    enum err (*claim)(struct store *store, uint64_t epoch,
                      struct store_error *error);

    /* Apply all |batches| or none of them, with one fsync when durable. The
     * caller has checked that sequence and epoch follow on and that each
     * record is sound (persister/batch.h); all of it is borrowed for the call.
     * ERR_FULL: no space; ERR_CORRUPT: something stored is malformed, or one
     * of the records is none; ERR_IO: the store takes no more writes in this
     * run. Mandatory. */
    enum err (*append)(struct store *store, const struct store_batch *batches,
                       uint32_t count, struct store_error *error);

    /* The digest given for the batch that began at |first_seq| when it was
     * appended; ERR_NOT_FOUND: none kept (of each partition the newest 4,096
     * batches are, as far as they came with the newest 8,192 appends). Writer
     * thread. Mandatory. */
    enum err (*batch_digest)(struct store *store, uint32_t partition,
                             uint64_t first_seq, uint32_t *records_count,
                             uint64_t *digest);

    /* Forget up to |limit| files, whole or not, that are in no message since
     * before |before_us| (the longest first), with their bytes; |*count| says
     * how many. Need not be durable at once. Writer thread. Errors as append.
     * Mandatory. */
    enum err (*collect)(struct store *store, int64_t before_us, uint32_t limit,
                        uint32_t *count, struct store_error *error);

    /* Answer one READ_* message: |out| is the matching ROW_* or REPLY_*, its
     * texts and lists in |arena|. What is not there is an ordinary answer
     * (found = false, empty lists). A client key finds its message for ever;
     * a request key may find only the newest 65,536 messages of the room, an
     * origin key only the newest 8,192. ERR_CORRUPT, ERR_IO: |error| says what.
     * Any thread. Mandatory. */
    enum err (*read)(struct store *store, const struct wire *request,
                     struct arena *arena, struct wire *out,
                     struct store_error *error);

    /* The mails that are due at |now_us|, the longest due first, at most
     * |limit| of them; |*next_due_us| is when the next one is (INT64_MAX:
     * there is none). A mail is in the outbox from the append on that holds its
     * message. Any thread. Mandatory. */
    enum err (*mails_due)(struct store *store, int64_t now_us,
                          struct store_mail *out, uint32_t limit,
                          uint32_t *count, int64_t *next_due_us,
                          struct store_error *error);

    /* Takes |mail| out of the outbox, as mails_due gave it; with |again| (may
     * be NULL) that takes its place. Not fsynced: after a power cut the mail
     * may be there still, and is sent once more. ERR_IO: nothing is taken out
     * any more in this run. Any thread. Mandatory. */
    enum err (*mail_settle)(struct store *store, const struct store_mail *mail,
                            const struct store_mail *again,
                            struct store_error *error);
};

/* Over the records' sizes and bytes: the batch's digest, a disk format. It
 * tells a repetition from a mistake; it is no guard against forgery. */
uint64_t store_batch_digest(const struct wire_batch *batch);

/* Reads |batch|, which is borrowed, into |out|, whose records are |arena|'s.
 * ERR_MALFORMED: record |*bad| does not decode, as |error| says; both may be
 * NULL. */
enum err store_batch_read(const struct wire_batch *batch, struct arena *arena,
                          struct store_batch *out, uint32_t *bad,
                          struct wire_error *error) MUST_CHECK;

extern const struct store_ops store_memory; /* The reference: obvious, slow. */
extern const struct store_ops store_rocksdb;

/* By name, or NULL. */
const struct store_ops *store_find(const char *name);

#endif
