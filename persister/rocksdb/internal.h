/* internal.h - what the files of the RocksDB store share. Private to
 * persister/rocksdb; the only folder that knows the library. */
#ifndef PERSISTER_ROCKSDB_INTERNAL_H
#define PERSISTER_ROCKSDB_INTERNAL_H

#include <rocksdb/c.h>
#include <stdatomic.h>

#include "persister/rocksdb/briefs.h"
#include "persister/rocksdb/changes.h"
#include "persister/rocksdb/digests.h"
#include "persister/rocksdb/fresh_cache.h"
#include "persister/rocksdb/pending.h"
#include "persister/rocksdb/spots.h"
#include "persister/store.h"

struct store {
    /* Of any thread. */
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_options_t *file_options;
    rocksdb_column_family_handle_t *rows;  /* The default one. */
    rocksdb_column_family_handle_t *files; /* Chunks of files; files.h. */
    rocksdb_cache_t *cache;
    rocksdb_writeoptions_t *write_options;
    rocksdb_writeoptions_t *sync_options; /* Whatever the durability. */
    struct spots spots;
    struct briefs briefs;
    _Atomic(uint64_t) written; /* So many groups were. */

    /* Of the writer thread. */
    struct store_heads heads;
    uint64_t group; /* The number that the next group takes. */
    struct digests digests[PARTITION_COUNT];
    rocksdb_writebatch_t *batch; /* Being put together. */
    struct pending pending;      /* Rows of it that may change again. */
    struct arena arena;          /* Of what is read for a record. */
    struct changes changes;      /* Rows of it that are settled. */
    struct buf made;             /* Messages that it makes: struct spot. */
    struct fresh_cache fresh;
    bool outbox;
    bool failed; /* A write failed: no more in this run. */
    struct store_error failure;
};

/* Fills |error|; cut where it is too long. */
__attribute__((format(printf, 2, 3))) void
rocks_explain(struct store_error *error, const char *format, ...);

/* Takes the library's error text, which is not NULL: ERR_CORRUPT or ERR_IO,
 * with |error| filled. */
enum err rocks_error(char *take_text, struct store_error *error) MUST_CHECK;

/* ERR_CORRUPT, with a text that names the table. */
enum err rocks_corrupt_row(const char *table,
                           struct store_error *error) MUST_CHECK;

enum err rocks_open(const struct store_config *config, struct store **out,
                    struct store_error *error) MUST_CHECK;
void rocks_close(struct store *store);

enum err rocks_claim(struct store *store, uint64_t epoch,
                     struct store_error *error) MUST_CHECK;
enum err rocks_append(struct store *store, const struct store_batch *batches,
                      uint32_t count, struct store_error *error) MUST_CHECK;
enum err rocks_collect(struct store *store, int64_t before_us, uint32_t limit,
                       uint32_t *count, struct store_error *error) MUST_CHECK;
enum err rocks_read(struct store *store, const struct wire *request,
                    struct arena *arena, struct wire *out,
                    struct store_error *error) MUST_CHECK;

enum err rocks_mails_due(struct store *store, int64_t now_us,
                         struct store_mail *out, uint32_t limit,
                         uint32_t *count, int64_t *next_due_us,
                         struct store_error *error) MUST_CHECK;
enum err rocks_mail_settle(struct store *store, const struct store_mail *mail,
                           const struct store_mail *again,
                           struct store_error *error) MUST_CHECK;

/* Puts what one record says into store->changes and store->pending.
 * ERR_CORRUPT: it is no record, or something stored is malformed. */
enum err rocks_apply(struct store *store, const struct wire *record,
                     struct store_error *error) MUST_CHECK;

#endif
