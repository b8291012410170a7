/* mail_text.h - what a mail says: from a message, its author and its reader to
 * headers and bodies.
 *
 * Everything here that users wrote (names, texts, addresses) is hostile: no
 * header gets a line end or a control character, an address that is not
 * plainly one is refused, and what is shown as HTML is escaped or went through
 * common/markdown. Pure. */
#ifndef PERSISTER_MAIL_MAIL_TEXT_H
#define PERSISTER_MAIL_MAIL_TEXT_H

#include "common/buf.h"
#include "common/wire/wire.h"

/* Code points of a name in a subject; the rest becomes an ellipsis. */
#define MAIL_NAME_POINTS_MAX 64u

/* Zeroed is empty. Each text ends with a NUL that its size does not count. */
struct mail_text {
    struct buf to;      /* The address, without brackets. */
    struct buf subject; /* Header lines, RFC 5322, without the line end. */
    struct buf message_id;
    struct buf date;
    struct buf text; /* UTF-8 bodies. */
    struct buf html;
};

void mail_text_finish(struct mail_text *mail);

/* Whether |address| can stand in an SMTP command and a header as it is: one
 * "@", a local part of RFC 5322 atoms and a domain of letters, digits, dots and
 * dashes (RFC 5321, 4.1.2), within the lengths of 4.5.3.1. Quoted local parts
 * and other alphabets are refused: nothing here may need escaping. */
bool mail_address_ok(struct slice address);

/* Writes the mail about |message| into |out|, which is empty. |from| is a good
 * address; its domain stands in the Message-ID, made of the message's id
 * (RFC 5322, 3.6.4). |to->email| is a good address. */
void mail_text_make(const struct wire_message *message,
                    const struct wire_profile *author,
                    const struct wire_profile *to, struct slice from,
                    struct mail_text *out);

/* When to try again after |attempts| failures (1, 2, ...), in microseconds
 * from now: 2 s, doubled each time, at most an hour. */
int64_t mail_backoff_us(uint32_t attempts);

#endif
