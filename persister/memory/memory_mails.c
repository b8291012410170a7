/* memory_mails.c - the outbox of the reference store. */
#include <stdlib.h>

#include "persister/memory/memory.h"

static int by_due(const void *left, const void *right) {
    const struct store_mail *a = left;
    const struct store_mail *b = right;
    if (a->due_us != b->due_us)
        return a->due_us < b->due_us ? -1 : 1;
    return (a->message.value > b->message.value) -
           (a->message.value < b->message.value);
}

enum err memory_mails_due(struct store *store, int64_t now_us,
                          struct store_mail *out, uint32_t limit,
                          uint32_t *count, int64_t *next_due_us,
                          struct store_error *error) {
    (void)error;
    *count = 0;
    *next_due_us = INT64_MAX;
    pthread_mutex_lock(&store->mutex);
    struct store_mail *mails = (struct store_mail *)store->mails.data;
    size_t total = MEMORY_COUNT(store->mails, struct store_mail);
    if (total > 1)
        qsort(mails, total, sizeof *mails, by_due);
    for (size_t i = 0; i < total; i++) {
        if (mails[i].due_us > now_us || *count == limit) {
            *next_due_us = mails[i].due_us;
            break;
        }
        out[(*count)++] = mails[i];
    }
    pthread_mutex_unlock(&store->mutex);
    return ERR_OK;
}

enum err memory_mail_settle(struct store *store, const struct store_mail *mail,
                            const struct store_mail *again,
                            struct store_error *error) {
    (void)error;
    pthread_mutex_lock(&store->mutex);
    struct store_mail *mails = (struct store_mail *)store->mails.data;
    size_t total = MEMORY_COUNT(store->mails, struct store_mail);
    for (size_t i = 0; i < total; i++)
        if (mails[i].message.value == mail->message.value &&
            mails[i].due_us == mail->due_us) {
            mails[i] = mails[total - 1];
            store->mails.size -= sizeof *mails;
            break;
        }
    if (again)
        buf_append(&store->mails, again, sizeof *again);
    pthread_mutex_unlock(&store->mutex);
    return ERR_OK;
}
