/* frontends.c - the register of dialects: one line each. */
#include "gateway/frontend.h"

static const struct frontend *const frontends[] = {
    &frontend_messenger,
    NULL,
};

const struct frontend *const *frontends_all(void) {
    return frontends;
}

/* Paths are the same with and without a slash at the end. */
static struct slice without_slash(struct slice path) {
    if (path.size > 1 && path.data[path.size - 1] == '/')
        path.size--;
    return path;
}

const struct frontend *frontend_by_path(struct slice path) {
    path = without_slash(path);
    for (size_t i = 0; frontends[i]; i++) {
        const struct frontend *frontend = frontends[i];
        if (slice_equal(without_slash(slice_of(frontend->path)), path) ||
            (frontend->alias &&
             slice_equal(without_slash(slice_of(frontend->alias)), path)))
            return frontend;
    }
    return NULL;
}
