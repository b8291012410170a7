/* A dozen files: looked for one by one. */
#include "gateway/server/web_files.h"

const struct web_file *web_file_find(struct slice path) {
    if (slice_equal(path, SLICE("/")))
        path = SLICE("/index.html");
    for (const struct web_file *file = web_files; file->path; file++) {
        if (slice_equal(path, slice_of(file->path)))
            return file;
    }
    return NULL;
}
