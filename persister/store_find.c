/* store_find.c - the stores by their names; apart from store.c, so that who
 * uses one of them does not need the others. */
#include "persister/store.h"

const struct store_ops *store_find(const char *name) {
    static const struct store_ops *const stores[] = {&store_rocksdb,
                                                     &store_memory};
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        if (strcmp(stores[i]->name, name) == 0)
            return stores[i];
    }
    return NULL;
}
