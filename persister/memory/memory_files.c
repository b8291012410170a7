/* memory_files.c - attachments in lists. In how many messages a file is, is
 * counted anew each time. */
#include "persister/memory/memory.h"

#define SHOWN_US (LIMIT_FILE_SHOWN_S * INT64_C(1000000))

static struct memory_file *files_of(const struct store *store, size_t *count) {
    *count = MEMORY_COUNT(store->files, struct memory_file);
    return (struct memory_file *)store->files.data;
}

static struct memory_file *find_file(const struct store *store, file_id file) {
    size_t count;
    struct memory_file *files = files_of(store, &count);
    for (size_t i = 0; i < count; i++)
        if (files[i].file.value == file.value)
            return &files[i];
    return NULL;
}

static bool names(const struct wire_message *message, file_id file) {
    for (uint32_t i = 0; i < message->files_count; i++)
        if (message->files[i].file.value == file.value)
            return true;
    return false;
}

static bool is_used(const struct store *store, file_id file) {
    const struct memory_room *rooms =
        (const struct memory_room *)store->rooms.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->rooms, struct memory_room);
         i++) {
        const struct wire_message *list =
            (const struct wire_message *)rooms[i].messages.data;
        size_t count = MEMORY_COUNT(rooms[i].messages, struct wire_message);
        for (size_t j = 0; j < count && !rooms[i].deleted; j++)
            if (names(&list[j], file))
                return true;
    }
    return false;
}

void memory_chunk(struct store *store, const struct record_file_chunk *record) {
    struct memory_chunk chunk = {record->file, record->offset, record->bytes};
    struct memory_file file = {.file = record->file, .free_us = record->at_us};
    buf_append(&store->chunks, &chunk, sizeof chunk);
    if (record->offset == 0)
        buf_append(&store->files, &file, sizeof file);
}

void memory_file_put(struct store *store, const struct wire_file *row) {
    struct memory_file fresh = {.file = row->file};
    if (!find_file(store, row->file))
        buf_append(&store->files, &fresh, sizeof fresh);
    struct memory_file *file = find_file(store, row->file);
    file->is_whole = true;
    file->row = *row;
    file->free_us = row->created_us;
}

void memory_files_released(struct store *store,
                           const struct wire_message *message, int64_t at_us) {
    for (uint32_t i = 0; i < message->files_count; i++) {
        struct memory_file *file = find_file(store, message->files[i].file);
        if (file && !is_used(store, file->file) && at_us > file->free_us)
            file->free_us = at_us;
    }
}

void memory_files(const struct store *store, const struct wire_read_files *ask,
                  struct arena *arena, struct wire_row_files *out) {
    size_t count;
    const struct memory_file *files = files_of(store, &count);
    out->files =
        arena_alloc(arena, (ask->names_count + 1) * sizeof *out->files);
    for (uint32_t i = 0; i < ask->names_count; i++) {
        const struct wire_file_name *name = &ask->names[i];
        for (size_t j = 0; j < count; j++) {
            const struct wire_file *row = &files[j].row;
            bool named = name->file.value
                             ? row->file.value == name->file.value
                             : slice_equal(row->secret, name->secret);
            if (!files[j].is_whole || !named)
                continue;
            if (ask->user.value && ask->user.value != row->owner.value)
                continue;
            if (is_used(store, row->file) ||
                ask->now_us - files[j].free_us <= SHOWN_US)
                out->files[out->files_count++] = *row;
            break;
        }
    }
}

void memory_bytes(const struct store *store, const struct wire_read_bytes *ask,
                  struct wire_row_bytes *out) {
    const struct memory_chunk *chunks =
        (const struct memory_chunk *)store->chunks.data;
    for (size_t i = 0; i < MEMORY_COUNT(store->chunks, struct memory_chunk);
         i++)
        if (chunks[i].file.value == ask->file.value &&
            chunks[i].offset == ask->offset)
            out->bytes = chunks[i].bytes;
}

static void forget_file(struct store *store, size_t index) {
    struct memory_file *files = (struct memory_file *)store->files.data;
    struct memory_chunk *chunks = (struct memory_chunk *)store->chunks.data;
    size_t count = MEMORY_COUNT(store->chunks, struct memory_chunk);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (chunks[i].file.value != files[index].file.value)
            chunks[kept++] = chunks[i];
    store->chunks.size = kept * sizeof *chunks;
    memmove(&files[index], &files[index + 1],
            store->files.size - (index + 1) * sizeof *files);
    store->files.size -= sizeof *files;
}

/* The one that is in no message for the longest; false: none. */
static bool find_unused(const struct store *store, int64_t before_us,
                        size_t *out) {
    size_t count;
    const struct memory_file *files = files_of(store, &count);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (files[i].free_us >= before_us || is_used(store, files[i].file))
            continue;
        const struct memory_file *best = &files[*out];
        if (!found || files[i].free_us < best->free_us ||
            (files[i].free_us == best->free_us &&
             files[i].file.value < best->file.value))
            *out = i;
        found = true;
    }
    return found;
}

uint32_t memory_collect(struct store *store, int64_t before_us,
                        uint32_t limit) {
    uint32_t count = 0;
    size_t index = 0;
    while (count < limit && find_unused(store, before_us, &index)) {
        forget_file(store, index);
        count++;
    }
    return count;
}
