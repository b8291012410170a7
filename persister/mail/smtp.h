/* smtp.h - one SMTP server (libcurl), one mail at a time.
 *
 * Blocking: for a thread of its own. The connection is kept between mails.
 * Security: STARTTLS is asked for where the server offers it; with a login it
 * is required, so that no password goes over a readable line. Certificates are
 * always checked. */
#ifndef PERSISTER_MAIL_SMTP_H
#define PERSISTER_MAIL_SMTP_H

#include "persister/mail/mail_text.h"

struct smtp; /* Opaque; one thread at a time. */

struct smtp_config {
    const char *url;      /* smtp://HOST:PORT or smtps://HOST:PORT */
    const char *from;     /* A good address. */
    const char *user;     /* NULL: no login. */
    const char *password; /* With |user|. */
    const char *ca_file;  /* NULL: the system's certificates. */
    /* Asked now and then while a mail is on its way: true ends it. May be
     * NULL. */
    bool (*is_stopping)(void *payload);
    void *payload;
};

/* What became of a mail. */
enum smtp_result {
    SMTP_SENT,    /* The server has it. */
    SMTP_AGAIN,   /* It refused this one for now (4xx), or the line broke. */
    SMTP_NEVER,   /* It refused this one for good (5xx). */
    SMTP_OFFLINE, /* It takes nothing at present: not there, no login, 421. */
    SMTP_STOPPED  /* |is_stopping| said so. */
};

/* Whether |url| names a server: scheme smtp or smtps, a host, perhaps a port,
 * nothing else. */
bool smtp_url_ok(const char *url);

/* |config| and its texts are borrowed. Never NULL. */
struct smtp *smtp_create(const struct smtp_config *config);

/* Accepts NULL. */
void smtp_destroy(struct smtp *smtp);

/* |detail| (emptied first) gets why it was not sent. */
enum smtp_result smtp_send(struct smtp *smtp, const struct mail_text *mail,
                           struct buf *detail);

#endif
