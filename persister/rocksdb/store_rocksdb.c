/* store_rocksdb.c - the vtable, and the library's errors as ours. */
#include <stdarg.h>
#include <stdio.h>

#include "persister/rocksdb/internal.h"

void rocks_explain(struct store_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
}

enum err rocks_error(char *take_text, struct store_error *error) {
    static const char corrupt[] = "Corruption";
    bool is_corrupt = strncmp(take_text, corrupt, sizeof corrupt - 1) == 0;
    rocks_explain(error, "%s", take_text);
    rocksdb_free(take_text);
    return is_corrupt ? ERR_CORRUPT : ERR_IO;
}

enum err rocks_corrupt_row(const char *table, struct store_error *error) {
    rocks_explain(error, "Corruption: a row of the table \"%s\" is malformed",
                  table);
    return ERR_CORRUPT;
}

static void heads(struct store *store, struct store_heads *out) {
    *out = store->heads;
}

static enum err batch_digest(struct store *store, uint32_t partition,
                             uint64_t first_seq, uint32_t *records_count,
                             uint64_t *digest) {
    PRE(partition < PARTITION_COUNT);
    const struct digest_row *row =
        digests_find(&store->digests[partition], first_seq);
    if (!row)
        return ERR_NOT_FOUND;
    *records_count = row->records_count;
    *digest = row->digest;
    return ERR_OK;
}

const struct store_ops store_rocksdb = {.name = "rocksdb",
                                        .open = rocks_open,
                                        .close = rocks_close,
                                        .heads = heads,
                                        .claim = rocks_claim,
                                        .append = rocks_append,
                                        .batch_digest = batch_digest,
                                        .collect = rocks_collect,
                                        .read = rocks_read,
                                        .mails_due = rocks_mails_due,
                                        .mail_settle = rocks_mail_settle};
