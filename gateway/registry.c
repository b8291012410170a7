/* registry.c - see registry.h. */
#include "gateway/registry.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>

#include "gateway/frontend_check.h"
#include "gateway/plugin.h"

__attribute__((format(printf, 2, 3))) static enum err
refuse(struct buf *reason, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_clear(reason);
    buf_append_slice(reason, slice_of(text));
    return ERR_MALFORMED;
}

static struct slice without_slash(const char *path) {
    struct slice slice = slice_of(path);
    if (slice.size > 1 && slice.data[slice.size - 1] == '/')
        slice.size--;
    return slice;
}

static bool has_path(const struct frontend *frontend, const char *path) {
    struct slice wanted = without_slash(path);
    return slice_equal(without_slash(frontend->path), wanted) ||
           (frontend->alias &&
            slice_equal(without_slash(frontend->alias), wanted));
}

enum err registry_add(struct registry *registry,
                      const struct frontend *frontend, struct buf *reason) {
    if (frontend->abi != FRONTEND_ABI)
        return refuse(reason, "it is of ABI %u, this gateway of ABI %u",
                      (unsigned)frontend->abi, FRONTEND_ABI);
    const char *fault = frontend_check(frontend);
    if (fault)
        return refuse(reason, "%s", fault);
    if (registry->count == INTEREST_DIALECTS_MAX)
        return refuse(reason, "there are %u dialects already",
                      INTEREST_DIALECTS_MAX);
    for (size_t i = 0; i < registry->count; i++) {
        const struct frontend *other = registry->frontends[i];
        if (slice_equal(slice_of(other->name), slice_of(frontend->name)))
            return refuse(reason, "there is a dialect \"%s\" already",
                          frontend->name);
        if (has_path(other, frontend->path) ||
            (frontend->alias && has_path(other, frontend->alias)))
            return refuse(reason, "the dialect \"%s\" has the path %s already",
                          other->name, frontend->path);
    }
    registry->frontends[registry->count++] = frontend;
    return ERR_OK;
}

void registry_add_built_in(struct registry *registry) {
    const struct frontend *const *all = frontends_all();
    struct buf reason = {0};
    for (size_t i = 0; all[i]; i++) {
        enum err err = registry_add(registry, all[i], &reason);
        INVARIANT(err == ERR_OK);
    }
    buf_finish(&reason);
}

static enum err check_build(const struct frontend_plugin *plugin,
                            struct buf *reason) {
    if (plugin->abi != FRONTEND_ABI)
        return refuse(reason,
                      "it was built for ABI %u, this gateway has ABI %u",
                      (unsigned)plugin->abi, FRONTEND_ABI);
    if (plugin->frontend_size != sizeof(struct frontend) ||
        plugin->wire_size != sizeof(struct wire))
        return refuse(reason,
                      "it was built against other headers of ABI %u: build it "
                      "again",
                      FRONTEND_ABI);
    if (!plugin->frontend)
        return refuse(reason, "it has no frontend");
    return ERR_OK;
}

enum err registry_load(struct registry *registry, const char *path,
                       struct buf *reason) {
    /* All symbols at once: what is missing shows now, not in the middle of a
     * conversation. */
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        return refuse(reason, "%s", dlerror());
    const struct frontend_plugin *plugin =
        dlsym(object, PARLANCE_FRONTEND_SYMBOL);
    enum err err;
    if (!plugin)
        err = refuse(reason, "it is no frontend: it has no symbol %s",
                     PARLANCE_FRONTEND_SYMBOL);
    else
        err = check_build(plugin, reason);
    if (err == ERR_OK)
        err = registry_add(registry, plugin->frontend, reason);
    if (err != ERR_OK)
        dlclose(object);
    return err;
}
