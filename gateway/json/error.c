/* error.c - see error.h. */
#include "gateway/json/error.h"

#include "common/json_write.h"

void error_put(struct buf *out, const char *code, struct slice detail,
               struct slice field) {
    json_put(out, "{\"code\":");
    json_put_text(out, slice_of(code));
    json_put(out, ",\"detail\":");
    json_put_text(out, detail);
    json_put(out, ",\"field\":");
    if (field.data)
        json_put_text(out, field);
    else
        json_put(out, "null");
    json_put(out, "}");
}

void error_put_body(struct buf *out, const char *code, struct slice detail,
                    struct slice field) {
    json_put(out, "{\"error\":");
    error_put(out, code, detail, field);
    json_put(out, "}");
}
