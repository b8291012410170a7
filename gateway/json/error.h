/* error.h - an error in the JSON that all HTTP answers give it. Pure. */
#ifndef GATEWAY_JSON_ERROR_H
#define GATEWAY_JSON_ERROR_H

#include "common/buf.h"
#include "common/types.h"

/* Appends {"code": ..., "detail": ..., "field": ...}. |field| without data:
 * null, none is to blame. */
void error_put(struct buf *out, const char *code, struct slice detail,
               struct slice field);

/* Appends {"error": {...}}: the whole body of an answer. */
void error_put_body(struct buf *out, const char *code, struct slice detail,
                    struct slice field);

#endif
