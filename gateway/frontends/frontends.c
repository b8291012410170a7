/* frontends.c - the register of dialects: one line each. */
#include "gateway/frontend.h"

static const struct frontend *const frontends[] = {
    &frontend_messenger,
    &frontend_chats,
    &frontend_dialogs,
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

static bool is_at(const char *served, struct slice path) {
    return served &&
           slice_equal(without_slash(slice_of(served)), without_slash(path));
}

const struct frontend *frontend_by_path(struct slice path) {
    for (size_t i = 0; frontends[i]; i++)
        if (is_at(frontends[i]->path, path) || is_at(frontends[i]->alias, path))
            return frontends[i];
    return NULL;
}
