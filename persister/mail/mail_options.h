/* mail_options.h - what an operator says about mail, checked. */
#ifndef PERSISTER_MAIL_MAIL_OPTIONS_H
#define PERSISTER_MAIL_MAIL_OPTIONS_H

#include "common/process/program.h"
#include "persister/mail/mailer.h"

/* NULL where nothing was said. */
struct mail_options {
    const char *url;
    const char *from;
    const char *user;
    const char *password_file;
    const char *ca_file;
};

/* Fills |out|, which borrows from |options|; without --smtp it stays zeroed.
 * False: something does not fit or cannot be read; it was said on stderr, and
 * the program ends with |*status|. */
bool mail_options_take(const struct mail_options *options,
                       struct smtp_config *out, struct program *program,
                       int *status) MUST_CHECK;

/* Frees the password. */
void mail_options_finish(struct smtp_config *config);

#endif
