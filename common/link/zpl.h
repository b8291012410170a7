/* zpl.h - configuration files in ZPL (ZeroMQ RFC 4), read through czmq.
 *
 * Only its flat part: one `name = value` a line, comments from `#`, quotes
 * around a value that holds a `#`. No I/O; any thread. */
#ifndef COMMON_LINK_ZPL_H
#define COMMON_LINK_ZPL_H

#include "common/err.h"
#include "common/types.h"

#define ZPL_FILE_BYTES_MAX (1u << 20)
#define ZPL_LINE_BYTES_MAX 1000u
#define ZPL_SETTINGS_MAX 1024u

/* Why a text was refused. */
struct zpl_error {
    size_t line;        /* Counted from 1; 0 when no line is to blame. */
    const char *reason; /* Static. */
};

/* Called with each setting, in order of the text; both strings are borrowed
 * for the call. Anything but ERR_OK ends the parsing. */
typedef enum err zpl_visit(const char *name, const char *value, void *payload);

/* Checks all of |text|, then visits its settings.
 * ERR_MALFORMED, ERR_LIMIT: |text| was refused, |error| says why, nothing was
 * visited. Otherwise what the last visit returned, with |error| untouched. */
enum err zpl_parse(struct slice text, zpl_visit *visit, void *payload,
                   struct zpl_error *error) MUST_CHECK;

#endif
