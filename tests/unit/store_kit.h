/* store_kit.h - what the tests of stores share: one or more stores side by
 * side, fed with the same records and asked the same questions.
 *
 * Answers are compared as the text of wire_print. Every answer is encoded and
 * decoded on its way, so it is also shown to be fit to travel. */
#ifndef TESTS_UNIT_STORE_KIT_H
#define TESTS_UNIT_STORE_KIT_H

#include "persister/store.h"

#define KIT_STORES_MAX 2u

struct kit_queue {
    struct buf bytes;  /* Encoded records, one after the other. */
    struct buf sizes;  /* size_t each. */
    uint64_t next_seq; /* Of the next record. */
};

struct kit {
    char path[64]; /* A temporary directory, removed by kit_finish. */
    const struct store_ops *ops[KIT_STORES_MAX];
    struct store *stores[KIT_STORES_MAX];
    uint32_t count;
    struct kit_queue queues[PARTITION_COUNT];
    struct arena arena; /* Of answers; kit_forget frees them. */
};

/* Opens an empty store of each kind named; NULL ends the list. */
void kit_init(struct kit *kit, const struct store_ops *one,
              const struct store_ops *two);
void kit_finish(struct kit *kit);

/* Closes and opens those that keep their data on disk. */
void kit_reopen(struct kit *kit);

/* The sequence that the partition's next record takes; an id made of it. */
uint64_t kit_next_id(const struct kit *kit, uint32_t partition);

/* Queues a record of |partition|. */
void kit_put(struct kit *kit, uint32_t partition, const struct wire *record);

/* Appends all that is queued, a batch a partition, in one group. */
void kit_commit(struct kit *kit);

/* The printed answer of all stores, NUL-terminated, valid until kit_forget;
 * aborts the test when two of them differ. */
const char *kit_ask(struct kit *kit, const struct wire *request);

void kit_forget(struct kit *kit);

/* Makes an empty temporary directory; removes one with all it holds. */
void kit_make_directory(char path[static 64]);
void kit_remove_directory(const char *path);

#endif
