/* read_files.c - attachments: which there are, and their bytes. */
#include "persister/rocksdb/answers.h"

#define SHOWN_US (LIMIT_FILE_SHOWN_S * INT64_C(1000000))

/* The file that is named. ERR_NOT_FOUND: none, or it is not whole. */
static enum err find_file(struct reading *reading,
                          const struct wire_file_name *name,
                          struct wire_file *out) {
    file_id file = name->file;
    struct slice row;
    enum err err = ERR_OK;
    if (file.value == 0) {
        struct key secret = key_secret(name->secret);
        err = reading_get(reading, &secret, &row);
        if (err == ERR_OK && row_get_number(row, &file.value) != ERR_OK)
            return rocks_corrupt_row("file secret", reading->error);
    }
    struct key key = key_file(file);
    if (err == ERR_OK)
        err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err;
    return row_get_file(row, reading->arena, out) == ERR_OK
               ? ERR_OK
               : rocks_corrupt_row("file", reading->error);
}

/* Whether it is in a message, or young. */
static enum err is_shown(struct reading *reading, file_id file, int64_t now_us,
                         bool *out) {
    struct key key = key_file_use(file);
    struct slice row;
    struct file_use use;
    enum err err = reading_get(reading, &key, &row);
    *out = false;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_file_use(row, &use) != ERR_OK)
        return rocks_corrupt_row("file use", reading->error);
    *out = use.count > 0 || now_us - use.free_us <= SHOWN_US;
    return ERR_OK;
}

enum err read_files(struct reading *reading, const struct wire_read_files *ask,
                    struct wire_row_files *out) {
    out->files = arena_alloc(reading->arena,
                             (ask->names_count + 1) * sizeof *out->files);
    for (uint32_t i = 0; i < ask->names_count; i++) {
        struct wire_file *file = &out->files[out->files_count];
        bool shown = false;
        enum err err = find_file(reading, &ask->names[i], file);
        if (err == ERR_NOT_FOUND)
            continue;
        if (err == ERR_OK)
            err = is_shown(reading, file->file, ask->now_us, &shown);
        if (err != ERR_OK)
            return err;
        if (shown &&
            (ask->user.value == 0 || ask->user.value == file->owner.value))
            out->files_count++;
    }
    return ERR_OK;
}

enum err read_bytes(struct reading *reading, const struct wire_read_bytes *ask,
                    struct wire_row_bytes *out) {
    struct key key = key_chunk(ask->file, ask->offset);
    char *text = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned_cf(
        reading->store->db, reading->options, reading->store->files, key.bytes,
        key.size, &text);
    if (text)
        return rocks_error(text, reading->error);
    if (!pinned)
        return ERR_OK;
    struct slice found = {0};
    found.data = rocksdb_pinnableslice_value(pinned, &found.size);
    enum err err = ERR_OK;
    if (found.size <= LIMIT_FILE_CHUNK_BYTES)
        out->bytes = arena_copy(reading->arena, found);
    else
        err = rocks_corrupt_row("files", reading->error);
    rocksdb_pinnableslice_destroy(pinned);
    return err;
}
