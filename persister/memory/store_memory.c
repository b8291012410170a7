/* store_memory.c - the vtable of the reference store, and looking things up in
 * its lists. */
#include <stdlib.h>

#include "persister/memory/memory.h"

#define BATCHES_KEPT 4096u

struct memory_room *memory_room(const struct store *store, room_id room) {
    struct memory_room *rooms = (struct memory_room *)store->rooms.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->rooms, struct memory_room); i++)
        if (rooms[i].room.room.value == room.value && !rooms[i].deleted)
            return &rooms[i];
    return NULL;
}

struct wire_member *memory_member(const struct memory_room *room,
                                  user_id user) {
    struct wire_member *members = (struct wire_member *)room->members.data;
    for (size_t i = 0; i < MEMORY_COUNT(room->members, struct wire_member); i++)
        if (members[i].user.value == user.value)
            return &members[i];
    return NULL;
}

struct wire_message *memory_message(const struct memory_room *room,
                                    message_id message) {
    struct wire_message *list = (struct wire_message *)room->messages.data;
    for (size_t i = 0; i < MEMORY_COUNT(room->messages, struct wire_message);
         i++)
        if (list[i].message.value == message.value)
            return &list[i];
    return NULL;
}

struct wire_profile *memory_user(const struct store *store, user_id user) {
    struct wire_profile *users = (struct wire_profile *)store->users.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->users, struct wire_profile); i++)
        if (users[i].user.value == user.value)
            return &users[i];
    return NULL;
}

struct record_user_seen *memory_seen(const struct store *store, user_id user) {
    struct record_user_seen *seen = (struct record_user_seen *)store->seen.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->seen, struct record_user_seen);
         i++)
        if (seen[i].user.value == user.value)
            return &seen[i];
    return NULL;
}

struct wire_review *memory_review(const struct store *store, struct slice key) {
    struct wire_review *reviews = (struct wire_review *)store->reviews.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->reviews, struct wire_review);
         i++)
        if (slice_equal(reviews[i].key, key))
            return &reviews[i];
    return NULL;
}

static enum err memory_open(const struct store_config *config,
                            struct store **out, struct store_error *error) {
    (void)error;
    struct store *store = mem_zalloc(sizeof *store);
    store->outbox = config->outbox;
    int status = pthread_mutex_init(&store->mutex, NULL);
    INVARIANT(status == 0);
    *out = store;
    return ERR_OK;
}

static void memory_close(struct store *store) {
    if (!store)
        return;
    struct memory_room *rooms = (struct memory_room *)store->rooms.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->rooms, struct memory_room);
         i++) {
        buf_finish(&rooms[i].members);
        buf_finish(&rooms[i].messages);
        buf_finish(&rooms[i].events);
        buf_finish(&rooms[i].sent);
        buf_finish(&rooms[i].marks);
    }
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        buf_finish(&store->batches[i]);
    buf_finish(&store->rooms);
    buf_finish(&store->users);
    buf_finish(&store->reviews);
    buf_finish(&store->mails);
    buf_finish(&store->seen);
    buf_finish(&store->files);
    buf_finish(&store->chunks);
    arena_finish(&store->texts);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static void memory_heads(struct store *store, struct store_heads *out) {
    pthread_mutex_lock(&store->mutex);
    *out = store->heads;
    pthread_mutex_unlock(&store->mutex);
}

static enum err memory_claim(struct store *store, uint64_t epoch,
                             struct store_error *error) {
    (void)error;
    pthread_mutex_lock(&store->mutex);
    PRE(epoch > store->heads.epoch);
    store->heads.epoch = epoch;
    pthread_mutex_unlock(&store->mutex);
    return ERR_OK;
}

/* Looks first, applies then: all or nothing. */
static bool are_records(const struct store_batch *batches, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t at = 0; at < batches[i].batch->records_count; at++)
            if (!wire_is_record(batches[i].records[at].kind))
                return false;
    return true;
}

/* What is decoded already points to what the caller takes back, so it is done
 * again over bytes that stay. */
static void apply_batch(struct store *store, const struct store_batch *given) {
    const struct wire_batch *batch = given->batch;
    struct memory_batch kept = {batch->first_seq, batch->records_count,
                                given->digest};
    for (uint32_t i = 0; i < batch->records_count; i++) {
        struct wire record;
        enum err err = wire_decode(arena_copy(&store->texts, batch->records[i]),
                                   &store->texts, &record, NULL);
        INVARIANT(err == ERR_OK);
        memory_apply(store, &record);
    }
    buf_append(&store->batches[batch->partition], &kept, sizeof kept);
    store->heads.seq[batch->partition] =
        batch->first_seq + batch->records_count - 1;
}

static enum err memory_append(struct store *store,
                              const struct store_batch *batches, uint32_t count,
                              struct store_error *error) {
    if (!are_records(batches, count)) {
        *error = (struct store_error){"a batch holds what is no record"};
        return ERR_CORRUPT;
    }
    pthread_mutex_lock(&store->mutex);
    for (uint32_t i = 0; i < count; i++)
        apply_batch(store, &batches[i]);
    pthread_mutex_unlock(&store->mutex);
    return ERR_OK;
}

static enum err memory_batch_digest(struct store *store, uint32_t partition,
                                    uint64_t first_seq, uint32_t *records_count,
                                    uint64_t *digest) {
    enum err err = ERR_NOT_FOUND;
    PRE(partition < PARTITION_COUNT);
    pthread_mutex_lock(&store->mutex);
    const struct buf *list = &store->batches[partition];
    const struct memory_batch *batches =
        (const struct memory_batch *)list->data;
    size_t count = MEMORY_COUNT(*list, struct memory_batch);
    for (size_t i = count > BATCHES_KEPT ? count - BATCHES_KEPT : 0; i < count;
         i++) {
        if (batches[i].first_seq != first_seq)
            continue;
        *records_count = batches[i].records_count;
        *digest = batches[i].digest;
        err = ERR_OK;
    }
    pthread_mutex_unlock(&store->mutex);
    return err;
}

static enum err collect(struct store *store, int64_t before_us, uint32_t limit,
                        uint32_t *count, struct store_error *error) {
    (void)error;
    pthread_mutex_lock(&store->mutex);
    *count = memory_collect(store, before_us, limit);
    pthread_mutex_unlock(&store->mutex);
    return ERR_OK;
}

static enum err memory_read(struct store *store, const struct wire *request,
                            struct arena *arena, struct wire *out,
                            struct store_error *error) {
    (void)error;
    pthread_mutex_lock(&store->mutex);
    memory_answer(store, request, arena, out);
    pthread_mutex_unlock(&store->mutex);
    return ERR_OK;
}

const struct store_ops store_memory = {.name = "memory",
                                       .open = memory_open,
                                       .close = memory_close,
                                       .heads = memory_heads,
                                       .claim = memory_claim,
                                       .append = memory_append,
                                       .batch_digest = memory_batch_digest,
                                       .collect = collect,
                                       .read = memory_read,
                                       .mails_due = memory_mails_due,
                                       .mail_settle = memory_mail_settle};
