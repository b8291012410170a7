/* disposition.h - the headers of one part of a multipart body, and the
 * parameters of header values. Pure. */
#ifndef GATEWAY_FILES_DISPOSITION_H
#define GATEWAY_FILES_DISPOSITION_H

#include "common/buf.h"

/* What a part says of itself. Both are appended to. */
struct disposition {
    struct buf name;     /* Of the form's field. */
    struct buf filename; /* Unquoted, or decoded from filename*. */
    bool has_filename;
};

void disposition_finish(struct disposition *disposition);

/* |headers|: lines, each with CR LF. False: malformed, or there is no
 * Content-Disposition of a form's field. */
bool disposition_read(struct slice headers, struct disposition *out);

/* The parameter |name| (lower case) of a header's value, unquoted, appended to
 * |out|. False: it is not there. |whole| becomes false when the value as such
 * is malformed. */
bool parameter_find(struct slice value, const char *name, struct buf *out,
                    bool *whole);

#endif
