/* mails.c - the outbox: a row for each mail, by when it is due. The writer puts
 * them with their messages (apply.c); whoever sends them takes them out. */
#include "persister/rocksdb/reading.h"

static enum err take_row(struct reading *reading, struct slice key,
                         struct slice value, struct store_mail *out) {
    struct mail_row row;
    if (row_get_mail(value, &row) != ERR_OK)
        return rocks_corrupt_row("mail", reading->error);
    *out =
        (struct store_mail){.message = {key_last_number(key)},
                            .to = row.to,
                            .created_us = row.created_us,
                            .due_us = (int64_t)key_last_number((struct slice){
                                key.data, key.size - sizeof(uint64_t)}),
                            .attempts = row.attempts};
    return ERR_OK;
}

enum err rocks_mails_due(struct store *store, int64_t now_us,
                         struct store_mail *out, uint32_t limit,
                         uint32_t *count, int64_t *next_due_us,
                         struct store_error *error) {
    struct arena arena = {0};
    struct reading reading;
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_range(KEY_MAIL, 0);
    struct key end = key_range(KEY_MAIL, UINT64_MAX);
    enum err err;
    *count = 0;
    *next_due_us = INT64_MAX;
    reading_begin(&reading, store, &arena, error, false);
    scan_open(&scan, &reading, &first, &end);
    while ((err = scan_next(&scan, &reading, &key, &value)) == ERR_OK) {
        struct store_mail mail;
        err = take_row(&reading, key, value, &mail);
        if (err != ERR_OK)
            break;
        if (mail.due_us > now_us || *count == limit) {
            *next_due_us = mail.due_us;
            break;
        }
        out[(*count)++] = mail;
    }
    scan_close(&scan);
    reading_end(&reading);
    arena_finish(&arena);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err rocks_mail_settle(struct store *store, const struct store_mail *mail,
                           const struct store_mail *again,
                           struct store_error *error) {
    char *text = NULL;
    struct buf value = {0};
    struct key key = key_mail(mail->due_us, mail->message);
    rocksdb_writeoptions_t *options = rocksdb_writeoptions_create();
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    rocksdb_writebatch_delete(batch, key.bytes, key.size);
    if (again) {
        struct mail_row row = {again->to, again->created_us, again->attempts};
        key = key_mail(again->due_us, again->message);
        row_put_mail(&row, &value);
        rocksdb_writebatch_put(batch, key.bytes, key.size, value.data,
                               value.size);
    }
    rocksdb_write(store->db, options, batch, &text);
    rocksdb_writebatch_destroy(batch);
    rocksdb_writeoptions_destroy(options);
    buf_finish(&value);
    return text ? rocks_error(text, error) : ERR_OK;
}
