/* mailer.h - the actor that empties the outbox: takes what is due from the
 * store, decides whether it is still wanted, sends it, and settles it.
 *
 * A mail is settled after the server took it, so whatever is killed when, it is
 * sent at least once. It is dropped, and counted, when the server refuses it
 * for good, when it is older than MAILER_AGE_MAX_US, or when nobody wants it
 * any more: the message was deleted, the reader has no address or no
 * email_notifications. While the server takes nothing, all mails wait. The
 * chat never waits for any of this: the actor only reads the store, and writes
 * without an fsync. */
#ifndef PERSISTER_MAIL_MAILER_H
#define PERSISTER_MAIL_MAILER_H

#include "common/link/link_pipe.h"
#include "common/process/metrics.h"
#include "persister/mail/smtp.h"
#include "persister/store.h"

/* DIALECTS.md, "E-mail": tried for up to 48 h. */
#define MAILER_AGE_MAX_US (INT64_C(48) * 3600 * 1000000)

struct mailer_config {
    const struct store_ops *ops;
    struct store *store;
    const struct metrics *metrics;
    struct smtp_config smtp;
};

/* The actor's thread; |config| is a struct mailer_config, borrowed. Nothing
 * goes through the pipe but its end. */
void mailer_run(struct link_pipe *pipe, void *config);

#endif
