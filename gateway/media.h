/* media.h - the address of an attachment, "content" in all dialects:
 *
 *   /media/<year>/<month>/<32 hex digits>/<name>
 *
 * Year (four digits) and month (two) are of the upload, UTC; the hex digits, in
 * lower case, are the file's secret, which alone decides whether one may have
 * it; the name is percent-encoded, so that the whole is plain ASCII that needs
 * no escape in JSON, HTML or a header. Pure. */
#ifndef GATEWAY_MEDIA_H
#define GATEWAY_MEDIA_H

#include "common/buf.h"
#include "common/wire/wire.h"

/* What the longest address has: every byte of the name encoded. */
#define MEDIA_PATH_BYTES_MAX                                                   \
    (sizeof("/media/2026/01//") - 1 + 2 * LIMIT_FILE_SECRET_BYTES +            \
     3 * LIMIT_FILE_NAME_BYTES)

/* Appends the address of |file|, without quotes. */
void media_put_path(struct buf *out, const struct wire_file *file);

/* Whether |path| is such an address: then the secret goes to |secret|. What
 * there is under the secret, and whether the date and the name are its own,
 * only its row tells: see media_is_path(). */
bool media_take_path(struct slice path, char secret[LIMIT_FILE_SECRET_BYTES]);

/* Whether |path| is the address of |file|. The name may be encoded in another
 * way, or not at all. */
bool media_is_path(struct slice path, const struct wire_file *file);

#endif
