/* store_kit.c - see store_kit.h. */
#include "tests/unit/store_kit.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void kit_make_directory(char path[static 64]) {
    snprintf(path, 64, "/tmp/parlance-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
}

static int remove_entry(const char *path, const struct stat *stat, int type,
                        struct FTW *ftw) {
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

void kit_remove_directory(const char *path) {
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_store(struct kit *kit, uint32_t index) {
    struct store_error error = {""};
    struct store_config config = {.path = kit->path,
                                  .durable = false,
                                  .cache_bytes = 4u << 20,
                                  .write_buffer_bytes = 1u << 20,
                                  .outbox = true};
    enum err err = kit->ops[index]->open(&config, &kit->stores[index], &error);
    ck_assert_msg(err == ERR_OK, "open: %s: %s", err_text(err), error.text);
}

void kit_init(struct kit *kit, const struct store_ops *one,
              const struct store_ops *two) {
    *kit = (struct kit){.count = two ? 2 : 1};
    kit_make_directory(kit->path);
    kit->ops[0] = one;
    kit->ops[1] = two;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        kit->queues[i].next_seq = 1;
    for (uint32_t i = 0; i < kit->count; i++)
        open_store(kit, i);
}

void kit_finish(struct kit *kit) {
    for (uint32_t i = 0; i < kit->count; i++)
        kit->ops[i]->close(kit->stores[i]);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        buf_finish(&kit->queues[i].bytes);
        buf_finish(&kit->queues[i].sizes);
    }
    arena_finish(&kit->arena);
    kit_remove_directory(kit->path);
}

void kit_reopen(struct kit *kit) {
    for (uint32_t i = 0; i < kit->count; i++) {
        if (kit->ops[i] == &store_memory)
            continue;
        kit->ops[i]->close(kit->stores[i]);
        open_store(kit, i);
    }
}

uint64_t kit_next_id(const struct kit *kit, uint32_t partition) {
    return kit->queues[partition].next_seq * PARTITION_COUNT + partition;
}

void kit_put(struct kit *kit, uint32_t partition, const struct wire *record) {
    struct kit_queue *queue = &kit->queues[partition];
    size_t before = queue->bytes.size;
    wire_encode(record, &queue->bytes);
    size_t size = queue->bytes.size - before;
    buf_append(&queue->sizes, &size, sizeof size);
    queue->next_seq++;
}

/* The queued records of |partition| as a batch; false: there are none. */
static bool make_batch(struct kit *kit, uint32_t partition,
                       struct wire_batch *out) {
    struct kit_queue *queue = &kit->queues[partition];
    const size_t *sizes = (const size_t *)queue->sizes.data;
    uint32_t count = (uint32_t)(queue->sizes.size / sizeof *sizes);
    const char *at = queue->bytes.data;
    if (count == 0)
        return false;
    *out = (struct wire_batch){.partition = (uint8_t)partition,
                               .epoch = 1,
                               .first_seq = queue->next_seq - count,
                               .records_count = count};
    out->records = arena_alloc(&kit->arena, count * sizeof *out->records);
    for (uint32_t i = 0; i < count; i++) {
        out->records[i] = (struct slice){at, sizes[i]};
        at += sizes[i];
    }
    return true;
}

void kit_commit(struct kit *kit) {
    struct wire_batch batches[PARTITION_COUNT];
    struct store_batch read[PARTITION_COUNT];
    struct store_error error = {""};
    uint32_t count = 0;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        if (!make_batch(kit, i, &batches[count]))
            continue;
        ck_assert_int_eq(store_batch_read(&batches[count], &kit->arena,
                                          &read[count], NULL, NULL),
                         ERR_OK);
        count++;
    }
    for (uint32_t i = 0; i < kit->count; i++) {
        enum err err = kit->ops[i]->append(kit->stores[i], read, count, &error);
        ck_assert_msg(err == ERR_OK, "append: %s: %s", err_text(err),
                      error.text);
    }
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        buf_clear(&kit->queues[i].bytes);
        buf_clear(&kit->queues[i].sizes);
    }
}

/* Prints |wire| after it has travelled. */
static const char *travelled(struct kit *kit, const struct wire *wire) {
    struct buf bytes = {0};
    struct buf text = {0};
    struct wire arrived;
    struct wire_error error = {"", "", ""};
    wire_encode(wire, &bytes);
    enum err err =
        wire_decode(buf_slice(&bytes), &kit->arena, &arrived, &error);
    ck_assert_msg(err == ERR_OK, "%s %s %s", error.message, error.field,
                  error.reason);
    wire_print(&arrived, &text);
    buf_append(&text, "", 1);
    struct slice copy = arena_copy(&kit->arena, buf_slice(&text));
    buf_finish(&text);
    buf_finish(&bytes);
    return copy.data;
}

const char *kit_ask(struct kit *kit, const struct wire *request) {
    const char *texts[KIT_STORES_MAX] = {NULL, NULL};
    for (uint32_t i = 0; i < kit->count; i++) {
        struct store_error error = {""};
        struct wire answer;
        enum err err = kit->ops[i]->read(kit->stores[i], request, &kit->arena,
                                         &answer, &error);
        ck_assert_msg(err == ERR_OK, "%s: %s", err_text(err), error.text);
        texts[i] = travelled(kit, &answer);
    }
    if (kit->count == 2 && strcmp(texts[0], texts[1]) != 0) {
        struct buf asked = {0};
        wire_print(request, &asked);
        size_t at = 0;
        while (texts[0][at] == texts[1][at])
            at++;
        /* Check cannot pass on texts of any length. */
        ck_abort_msg("%.*s\nfrom byte %zu\n%s: %.800s\n%s: %.800s",
                     (int)asked.size, asked.data, at, kit->ops[0]->name,
                     texts[0] + at, kit->ops[1]->name, texts[1] + at);
    }
    return texts[0];
}

void kit_forget(struct kit *kit) {
    arena_reset(&kit->arena);
}
