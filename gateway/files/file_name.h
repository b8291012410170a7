/* file_name.h - what becomes of the name that a client gives a file: the last
 * part of a path, without characters that control a terminal, a header or the
 * direction of writing, valid UTF-8 of at most LIMIT_FILE_NAME_BYTES. All else
 * is kept: quotes, spaces, dots, emoji. Pure. */
#ifndef GATEWAY_FILES_FILE_NAME_H
#define GATEWAY_FILES_FILE_NAME_H

#include "common/buf.h"

/* Appends the name to |out|. False: nothing is left of it, or it would be "."
 * or "..". */
bool file_name_clean(struct slice given, struct buf *out);

/* Appends the value of Content-Disposition for a download of |name|:
 * |kind|; filename="ASCII of it"; filename*=UTF-8''percent-encoded */
void file_name_disposition(const char *kind, struct slice name,
                           struct buf *out);

#endif
