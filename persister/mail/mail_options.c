/* mail_options.c - see mail_options.h. */
#include "persister/mail/mail_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWORD_BYTES_MAX 1024u

static bool refuse(struct program *program, int *status, const char *option,
                   const char *reason) {
    program_complain(program, "%s: %s", option, reason);
    *status = PROGRAM_EXIT_USAGE;
    return false;
}

/* The file's first line, to be freed; NULL: errno says why, or 0 where the
 * content is at fault. */
static char *read_password(const char *path) {
    char bytes[PASSWORD_BYTES_MAX + 2];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t size = read(fd, bytes, sizeof bytes);
    close(fd);
    if (size < 0)
        return NULL;
    if (size > 0 && bytes[size - 1] == '\n')
        size--;
    errno = 0;
    if (size == 0 || (size_t)size > PASSWORD_BYTES_MAX ||
        memchr(bytes, '\n', (size_t)size) || memchr(bytes, 0, (size_t)size))
        return NULL;
    char *password = mem_alloc((size_t)size + 1);
    memcpy(password, bytes, (size_t)size);
    password[size] = '\0';
    return password;
}

static bool take_login(const struct mail_options *options,
                       struct smtp_config *out, struct program *program,
                       int *status) {
    if (!options->user != !options->password_file)
        return refuse(program, status,
                      options->user ? "--smtp-password-file" : "--smtp-user",
                      "user and password go together");
    if (!options->user)
        return true;
    char *password = read_password(options->password_file);
    if (!password) {
        *status = PROGRAM_EXIT_FAILURE;
        program_complain(
            program, "--smtp-password-file: %s: %s", options->password_file,
            errno ? strerror(errno) : "one line of 1 to 1,024 bytes is wanted");
        return false;
    }
    out->user = options->user;
    out->password = password;
    return true;
}

bool mail_options_take(const struct mail_options *options,
                       struct smtp_config *out, struct program *program,
                       int *status) {
    *out = (struct smtp_config){.url = NULL};
    if (!options->url) {
        if (options->from || options->user || options->password_file ||
            options->ca_file)
            return refuse(program, status, "--smtp",
                          "needed by the other options about mail");
        return true;
    }
    if (!smtp_url_ok(options->url))
        return refuse(program, status, "--smtp",
                      "smtp://HOST:PORT or smtps://HOST:PORT is wanted");
    if (!options->from || !mail_address_ok(slice_of(options->from)))
        return refuse(program, status, "--mail-from",
                      "an address such as chat@example.com is wanted");
    if (options->ca_file && access(options->ca_file, R_OK) != 0) {
        *status = PROGRAM_EXIT_FAILURE;
        program_complain(program, "--smtp-ca-file: %s: %m", options->ca_file);
        return false;
    }
    if (!take_login(options, out, program, status))
        return false;
    out->url = options->url;
    out->from = options->from;
    out->ca_file = options->ca_file;
    return true;
}

void mail_options_finish(struct smtp_config *config) {
    free((char *)config->password);
    config->password = NULL;
}
