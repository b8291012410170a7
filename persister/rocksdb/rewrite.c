/* rewrite.c - see rewrite.h. */
#include "persister/rocksdb/rewrite.h"

#include "persister/rocksdb/files.h"
#include "persister/rocksdb/reading.h"

/* The row of a message that changes, as this group leaves it so far, in the
 * arena. ERR_NOT_FOUND: there is no such message. */
static enum err find_row(struct store *store, const struct key *key,
                         struct store_error *error, struct slice *out) {
    const struct change *change = changes_find(&store->changes, key);
    struct reading reading;
    enum err err = ERR_OK;
    if (change && change->removed)
        return ERR_NOT_FOUND;
    reading_begin(&reading, store, &store->arena, error, false);
    /* A copy: the row that is put next may move what it borrows from. */
    if (change)
        *out =
            arena_copy(&store->arena, changes_value(&store->changes, change));
    else
        err = reading_get(&reading, key, out);
    reading_end(&reading);
    return err;
}

static bool same_files(const struct wire_message *a,
                       const struct wire_message *b) {
    if (a->files_count != b->files_count)
        return false;
    for (uint32_t i = 0; i < a->files_count; i++)
        if (a->files[i].file.value != b->files[i].file.value)
            return false;
    return true;
}

/* The files that it had and those that it has. */
static enum err change_files(struct store *store, struct slice old_row,
                             const struct wire_message *message, int64_t at_us,
                             struct store_error *error) {
    struct wire_message old;
    room_id room = message->room;
    if (row_get_message(old_row, &store->arena, &old) != ERR_OK)
        return rocks_corrupt_row("message", error);
    if (same_files(&old, message))
        return ERR_OK;
    enum err err =
        files_taken(store, room, message->files, message->files_count, error);
    if (err == ERR_OK)
        err = files_released(store, room, old.files, old.files_count, at_us,
                             error);
    return err;
}

enum err rewrite_message(struct store *store,
                         const struct wire_message *message, int64_t at_us,
                         struct store_error *error) {
    struct key key = key_message(message->room, message->ordinal);
    struct message_keys keys = {.request = {0}};
    struct slice old;
    enum err err = find_row(store, &key, error, &old);
    if (err == ERR_OK && row_get_message_keys(old, &keys) != ERR_OK)
        err = rocks_corrupt_row("message", error);
    if (err == ERR_OK)
        err = change_files(store, old, message, at_us, error);
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    row_put_message(message, NULL, &keys, changes_put(&store->changes, &key));
    return ERR_OK;
}
