/* plugin.h - a frontend built out of tree, as a shared object that
 * `parlance-gateway --frontend FILE.so` loads.
 *
 *   #include <gateway/plugin.h>
 *   static const struct frontend mine = {.abi = FRONTEND_ABI, .name = "mine",
 *                                        .path = "/mine/", ...};
 *   PARLANCE_FRONTEND_PLUGIN(mine);
 *
 *   cc -shared -fPIC mine.c -o mine.so $(pkg-config --cflags parlance-frontend)
 *
 * A plugin is trusted as the program itself is: it runs in its process. What
 * it may call is in gateway/plugin.exports: the sink, buffers, arenas, and the
 * names of common/wire. It is loaded before anything listens and never
 * unloaded. */
#ifndef GATEWAY_PLUGIN_H
#define GATEWAY_PLUGIN_H

#include "gateway/frontend.h"

/* What a plugin was built against; FRONTEND_ABI counts changes of meaning, the
 * sizes tell those of layout. */
struct frontend_plugin {
    uint32_t abi;
    uint32_t frontend_size; /* sizeof(struct frontend) */
    uint32_t wire_size;     /* sizeof(struct wire) */
    const struct frontend *frontend;
};

#define PARLANCE_FRONTEND_SYMBOL "parlance_frontend_plugin"

#define PARLANCE_FRONTEND_PLUGIN(frontend_)                                    \
    __attribute__((visibility("default"))) extern const struct frontend_plugin \
        parlance_frontend_plugin;                                              \
    const struct frontend_plugin parlance_frontend_plugin = {                  \
        FRONTEND_ABI, sizeof(struct frontend), sizeof(struct wire),            \
        &(frontend_)}

#endif
