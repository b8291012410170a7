/* files.c - see files.h. */
#include "persister/rocksdb/files.h"

#define BLOB_BYTES_MIN 4096u
#define BLOB_FILE_BYTES (32u << 20)
#define BUFFER_BYTES_MAX (16u << 20)
#define WRITE_BUFFERS 2

/* So many deletions among so many rows are worth a compaction; without one the
 * blobs of collected files would stay. */
#define DELETIONS_WINDOW 256u
#define DELETIONS_TRIGGER 64u

/* Blob files of which half is of no use are written anew. */
#define BLOB_GARBAGE 0.5

rocksdb_options_t *files_options(uint64_t buffer_bytes) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_write_buffer_size(
        options,
        buffer_bytes < BUFFER_BYTES_MAX ? buffer_bytes : BUFFER_BYTES_MAX);
    rocksdb_options_set_max_write_buffer_number(options, WRITE_BUFFERS);
    rocksdb_options_set_enable_blob_files(options, 1);
    rocksdb_options_set_min_blob_size(options, BLOB_BYTES_MIN);
    rocksdb_options_set_blob_file_size(options, BLOB_FILE_BYTES);
    rocksdb_options_set_blob_compression_type(options, rocksdb_no_compression);
    rocksdb_options_set_enable_blob_gc(options, 1);
    rocksdb_options_set_blob_gc_age_cutoff(options, BLOB_GARBAGE);
    rocksdb_options_set_blob_gc_force_threshold(options, BLOB_GARBAGE);
    rocksdb_options_add_compact_on_deletion_collector_factory(
        options, DELETIONS_WINDOW, DELETIONS_TRIGGER);
    return options;
}

/* --- Uses ----------------------------------------------------------------- */

/* As this group leaves it so far. ERR_NOT_FOUND: there is no such file. */
static enum err find_use(struct reading *reading, file_id file,
                         struct file_use *out) {
    struct key key = key_file_use(file);
    const struct pending_row *row =
        pending_find(&reading->store->pending, &key);
    struct slice value;
    if (row) {
        *out = row->as.use;
        return row->removed ? ERR_NOT_FOUND : ERR_OK;
    }
    enum err err = reading_get(reading, &key, &value);
    if (err != ERR_OK)
        return err;
    return row_get_file_use(value, out) == ERR_OK
               ? ERR_OK
               : rocks_corrupt_row("file use", reading->error);
}

/* How many messages of the room have it, as this group leaves it so far. */
static enum err find_room_count(struct reading *reading, const struct key *key,
                                uint64_t *out) {
    const struct pending_row *row = pending_find(&reading->store->pending, key);
    struct slice value;
    *out = 0;
    if (row) {
        *out = row->removed ? 0 : row->as.count;
        return ERR_OK;
    }
    enum err err = reading_get(reading, key, &value);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    return row_get_number(value, out) == ERR_OK
               ? ERR_OK
               : rocks_corrupt_row("room file", reading->error);
}

/* Moves the file from |before| (NULL: it is new) to |after|. */
static void change_use(struct store *store, file_id file,
                       const struct file_use *before,
                       const struct file_use *after) {
    struct key key = key_file_use(file);
    if (before && before->count == 0) {
        struct key unused = key_file_unused(before->free_us, file);
        changes_remove(&store->changes, &unused);
    }
    if (after->count == 0) {
        struct key unused = key_file_unused(after->free_us, file);
        row_put_number(1, changes_put(&store->changes, &unused));
    }
    pending_put(&store->pending, PENDING_FILE, (room_id){0}, &key)->as.use =
        *after;
}

static enum err count_in_room(struct reading *reading, room_id room,
                              file_id file, bool taken) {
    struct key key = key_room_file(room, file);
    uint64_t count;
    enum err err = find_room_count(reading, &key, &count);
    if (err != ERR_OK)
        return err;
    if (!taken && count == 0)
        return rocks_corrupt_row("room file", reading->error);
    count = taken ? count + 1 : count - 1;
    struct pending_row *row =
        pending_put(&reading->store->pending, PENDING_ROOM_FILE, room, &key);
    row->as.count = count;
    row->removed = count == 0;
    return ERR_OK;
}

static enum err take_file(struct reading *reading, room_id room, file_id file) {
    struct file_use use;
    enum err err = find_use(reading, file, &use);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    struct file_use after = {use.count + 1, use.free_us};
    change_use(reading->store, file, &use, &after);
    return count_in_room(reading, room, file, true);
}

static enum err release_file(struct reading *reading, file_id file,
                             uint64_t count, int64_t at_us) {
    struct file_use use;
    enum err err = find_use(reading, file, &use);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (use.count < count)
        return rocks_corrupt_row("file use", reading->error);
    struct file_use after = {use.count - count, use.free_us};
    if (after.count == 0 && at_us > after.free_us)
        after.free_us = at_us;
    change_use(reading->store, file, &use, &after);
    return ERR_OK;
}

enum err files_taken(struct store *store, room_id room,
                     const struct wire_file *files, uint32_t count,
                     struct store_error *error) {
    struct reading reading;
    enum err err = ERR_OK;
    if (count == 0)
        return ERR_OK;
    reading_begin(&reading, store, &store->arena, error, false);
    for (uint32_t i = 0; i < count && err == ERR_OK; i++)
        err = take_file(&reading, room, files[i].file);
    reading_end(&reading);
    return err;
}

enum err files_released(struct store *store, room_id room,
                        const struct wire_file *files, uint32_t count,
                        int64_t at_us, struct store_error *error) {
    struct reading reading;
    enum err err = ERR_OK;
    if (count == 0)
        return ERR_OK;
    reading_begin(&reading, store, &store->arena, error, false);
    for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
        struct key key = key_room_file(room, files[i].file);
        uint64_t known;
        err = find_room_count(&reading, &key, &known);
        if (err != ERR_OK || known == 0)
            continue; /* It was not there when the message was made. */
        err = release_file(&reading, files[i].file, 1, at_us);
        if (err == ERR_OK)
            err = count_in_room(&reading, room, files[i].file, false);
    }
    reading_end(&reading);
    return err;
}

/* The counts on disk, but for those that this group changed. */
static enum err release_stored(struct reading *reading, room_id room) {
    struct scan scan = {0};
    struct slice found, value;
    struct key first = key_range(KEY_ROOM_FILE, room.value);
    struct key end = key_range(KEY_ROOM_FILE, room.value + 1);
    enum err err;
    scan_open(&scan, reading, &first, &end);
    while ((err = scan_next(&scan, reading, &found, &value)) == ERR_OK) {
        file_id file = {key_last_number(found)};
        struct key key = key_room_file(room, file);
        uint64_t count;
        if (pending_find(&reading->store->pending, &key))
            continue;
        if (row_get_number(value, &count) != ERR_OK)
            err = rocks_corrupt_row("room file", reading->error);
        else
            err = release_file(reading, file, count, 0);
        if (err != ERR_OK)
            break;
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err files_room_deleted(struct store *store, room_id room,
                            struct store_error *error) {
    struct reading reading;
    struct pending_row *row;
    reading_begin(&reading, store, &store->arena, error, false);
    enum err err = release_stored(&reading, room);
    /* Releasing puts rows of the files: so first those of the room are found.
     */
    struct buf found = {0};
    for (size_t at = 0; (row = pending_next(&store->pending, &at));)
        if (row->kind == PENDING_ROOM_FILE && row->room.value == room.value &&
            !row->removed)
            buf_append(&found, &row, sizeof row);
    struct pending_row **rows = (struct pending_row **)found.data;
    for (size_t i = 0; i < found.size / sizeof row && err == ERR_OK; i++) {
        file_id file = {key_last_number(key_slice(&rows[i]->key))};
        err = release_file(&reading, file, rows[i]->as.count, 0);
    }
    buf_finish(&found);
    reading_end(&reading);
    return err;
}

/* --- Bytes and rows ------------------------------------------------------- */

enum err files_chunk(struct store *store,
                     const struct record_file_chunk *record,
                     struct store_error *error) {
    struct key key = key_chunk(record->file, record->offset);
    (void)error;
    rocksdb_writebatch_put_cf(store->batch, store->files, key.bytes, key.size,
                              record->bytes.data, record->bytes.size);
    if (record->offset == 0) {
        struct file_use use = {0, record->at_us};
        change_use(store, record->file, NULL, &use);
    }
    return ERR_OK;
}

enum err files_put(struct store *store, const struct record_file_put *record,
                   struct store_error *error) {
    const struct wire_file *file = &record->file;
    struct key key = key_file(file->file);
    struct key secret = key_secret(file->secret);
    struct file_use before, after = {0, file->created_us};
    struct reading reading;
    reading_begin(&reading, store, &store->arena, error, false);
    enum err err = find_use(&reading, file->file, &before);
    reading_end(&reading);
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    change_use(store, file->file, err == ERR_OK ? &before : NULL, &after);
    row_put_file(file, changes_put(&store->changes, &key));
    row_put_number(file->file.value, changes_put(&store->changes, &secret));
    return ERR_OK;
}

/* --- Collection ----------------------------------------------------------- */

static void remove_chunks(struct store *store, file_id file) {
    for (uint64_t at = 0; at < LIMIT_FILE_BYTES; at += LIMIT_FILE_CHUNK_BYTES) {
        struct key key = key_chunk(file, at);
        rocksdb_writebatch_delete_cf(store->batch, store->files, key.bytes,
                                     key.size);
    }
}

static enum err collect_file(struct reading *reading, file_id file) {
    struct store *store = reading->store;
    struct key key = key_file(file);
    struct key use = key_file_use(file);
    struct wire_file row;
    struct slice value;
    enum err err = reading_get(reading, &key, &value);
    if (err == ERR_OK) {
        if (row_get_file(value, reading->arena, &row) != ERR_OK)
            return rocks_corrupt_row("file", reading->error);
        struct key secret = key_secret(row.secret);
        changes_remove(&store->changes, &secret);
        changes_remove(&store->changes, &key);
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    changes_remove(&store->changes, &use);
    remove_chunks(store, file);
    return ERR_OK;
}

enum err files_collect(struct store *store, int64_t before_us, uint32_t limit,
                       uint32_t *count, struct store_error *error) {
    struct reading reading;
    struct scan scan = {0};
    struct slice found, value;
    struct key first = key_file_unused(0, (file_id){0});
    struct key end = key_file_unused(before_us, (file_id){0});
    enum err err = ERR_OK;
    *count = 0;
    arena_reset(&store->arena);
    reading_begin(&reading, store, &store->arena, error, false);
    scan_open(&scan, &reading, &first, &end);
    while (*count < limit &&
           (err = scan_next(&scan, &reading, &found, &value)) == ERR_OK) {
        struct key key = {.size = found.size};
        memcpy(key.bytes, found.data, found.size);
        err = collect_file(&reading, (file_id){key_last_number(found)});
        if (err != ERR_OK)
            break;
        changes_remove(&store->changes, &key);
        ++*count;
    }
    scan_close(&scan);
    reading_end(&reading);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}
