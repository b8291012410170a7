/* store.c - what all stores share: their names and the digest of a batch. */
#include "persister/store.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t fnv(uint64_t hash, const void *data, size_t size) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

uint64_t store_batch_digest(const struct wire_batch *batch) {
    uint64_t hash = FNV_OFFSET;
    for (uint32_t i = 0; i < batch->records_count; i++) {
        struct slice record = batch->records[i];
        uint8_t size[4]; /* Little-endian: a digest is kept on disk. */
        for (uint32_t at = 0; at < 4; at++)
            size[at] = (uint8_t)(record.size >> (8 * at));
        hash = fnv(hash, size, sizeof size);
        hash = fnv(hash, record.data, record.size);
    }
    return hash;
}

const struct store_ops *store_find(const char *name) {
    static const struct store_ops *const stores[] = {&store_rocksdb,
                                                     &store_memory};
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        if (strcmp(stores[i]->name, name) == 0)
            return stores[i];
    }
    return NULL;
}
