/* registry.h - the dialects that a gateway serves: those that are built in
 * (frontends/frontends.c), then those of plugins. Each is checked when it
 * comes in: a frontend that lacks something, or takes a path or a name that
 * another has, is refused. One thread, before anything listens. */
#ifndef GATEWAY_REGISTRY_H
#define GATEWAY_REGISTRY_H

#include "common/buf.h"
#include "gateway/frontend.h"
#include "gateway/interest.h"

/* Zeroed is empty and valid. */
struct registry {
    const struct frontend
        *frontends[INTEREST_DIALECTS_MAX + 1]; /* Then NULL. */
    size_t count;
};

/* Takes |frontend| in, which must outlive the registry. ERR_MALFORMED, with a
 * sentence in |reason|: it cannot be. */
enum err registry_add(struct registry *registry,
                      const struct frontend *frontend,
                      struct buf *reason) MUST_CHECK;

/* Takes all that are built in. Aborts if one of them is at fault. */
void registry_add_built_in(struct registry *registry);

/* Loads a shared object (plugin.h). ERR_MALFORMED: it cannot be read, is no
 * plugin, was built for another ABI, or registry_add refused it; |reason| says
 * which. It is never unloaded. */
enum err registry_load(struct registry *registry, const char *path,
                       struct buf *reason) MUST_CHECK;

#endif
