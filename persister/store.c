/* store.c - what all stores share: the digest of a batch. */
#include "persister/store.h"

#include <endian.h>

#define DIGEST_START UINT64_C(0xcbf29ce484222325)
#define DIGEST_FACTOR UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t mix(uint64_t digest, uint64_t word) {
    digest = (digest ^ word) * DIGEST_FACTOR;
    return digest ^ digest >> 29;
}

/* Eight bytes at a time, little-endian, the last ones filled with zeros. */
static uint64_t mix_bytes(uint64_t digest, struct slice bytes) {
    uint64_t word;
    size_t done = 0;
    for (; bytes.size - done >= sizeof word; done += sizeof word) {
        memcpy(&word, bytes.data + done, sizeof word);
        digest = mix(digest, le64toh(word));
    }
    if (done == bytes.size)
        return digest;
    word = 0;
    memcpy(&word, bytes.data + done, bytes.size - done);
    return mix(digest, le64toh(word));
}

uint64_t store_batch_digest(const struct wire_batch *batch) {
    uint64_t digest = DIGEST_START;
    for (uint32_t i = 0; i < batch->records_count; i++) {
        digest = mix(digest, batch->records[i].size);
        digest = mix_bytes(digest, batch->records[i]);
    }
    return digest;
}

enum err store_batch_read(const struct wire_batch *batch, struct arena *arena,
                          struct store_batch *out, uint32_t *bad,
                          struct wire_error *error) {
    struct wire *records =
        arena_alloc(arena, batch->records_count * sizeof *records);
    for (uint32_t i = 0; i < batch->records_count; i++) {
        if (wire_decode(batch->records[i], arena, &records[i], error) == ERR_OK)
            continue;
        if (bad)
            *bad = i;
        return ERR_MALFORMED;
    }
    *out = (struct store_batch){batch, records, store_batch_digest(batch)};
    return ERR_OK;
}
