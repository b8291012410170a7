/* trace_set.c - see trace_set.h. */
#include "broker/replay/trace_set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/replay/trace_bytes.h"
#include "broker/replay/trace_text.h"
#include "broker/trace/trace_file.h"
#include "common/json_write.h"

struct trace_part {
    const char *path;
    struct trace_bytes bytes;
    bool is_text;
    uint64_t run;
    uint32_t shard;
    uint32_t file;
};

struct trace_set {
    struct trace_part *parts; /* By run, shard, file. */
    uint32_t count;
    struct arena arena; /* Paths of files in folders. */
};

/* One reader of either form. */
struct reader {
    bool is_text;
    struct trace_reader binary;
    struct trace_text_reader text;
};

struct trace_source {
    const struct trace_set *set;
    uint32_t part; /* The one that is being read. */
    uint32_t end;  /* Behind the group's last. */
    struct reader reader;
    bool is_open;  /* The reader. */
    bool is_ended; /* The last item was the file's end. */
    bool is_over;  /* The reader has no more. */
    enum err failed;
    struct trace_error error;
};

static void reader_init(struct reader *reader, const struct trace_part *part) {
    *reader = (struct reader){.is_text = part->is_text};
    if (part->is_text)
        trace_text_reader_init(&reader->text, part->bytes.bytes);
    else
        trace_reader_init(&reader->binary, part->bytes.bytes);
}

static void reader_finish(struct reader *reader) {
    if (reader->is_text)
        trace_text_reader_finish(&reader->text);
    else
        trace_reader_finish(&reader->binary);
}

static enum err reader_next(struct reader *reader, struct trace_item *out,
                            struct trace_error *error) {
    return reader->is_text ? trace_text_reader_next(&reader->text, out, error)
                           : trace_reader_next(&reader->binary, out, error);
}

static enum err read_head(struct trace_part *part, struct trace_error *error) {
    struct reader reader;
    struct trace_item item = {0};
    reader_init(&reader, part);
    enum err err;
    do {
        err = reader_next(&reader, &item, error);
    } while (err == ERR_OK && item.kind == TRACE_COMMENT);
    part->run = item.head.run;
    part->shard = item.head.shard;
    part->file = item.head.file;
    reader_finish(&reader);
    if (err == ERR_OK)
        return ERR_OK;
    struct trace_error bare = *error;
    snprintf(error->text, sizeof error->text, "%.100s: %s %llu: %.120s",
             part->path, part->is_text ? "line" : "byte",
             (unsigned long long)bare.offset, bare.text);
    return err;
}

static enum err part_open(struct trace_part *part, const char *path,
                          struct trace_error *error) {
    part->path = path;
    if (trace_bytes_open(path, &part->bytes) != ERR_OK) {
        *error = (struct trace_error){0};
        snprintf(error->text, sizeof error->text, "%.180s: %s", path,
                 strerror(errno));
        return ERR_IO;
    }
    part->is_text =
        !trace_is_binary(part->bytes.bytes) && trace_text_is(part->bytes.bytes);
    return read_head(part, error);
}

static int compare(const void *left, const void *right) {
    const struct trace_part *a = left, *b = right;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    if (a->shard != b->shard)
        return a->shard < b->shard ? -1 : 1;
    return a->file < b->file ? -1 : a->file > b->file;
}

static bool is_same_group(const struct trace_part *a,
                          const struct trace_part *b) {
    return a->run == b->run && a->shard == b->shard;
}

static enum err add_file(struct trace_set *set, const char *path,
                         struct trace_error *error) {
    set->parts = mem_realloc(set->parts, (set->count + 1) * sizeof *set->parts);
    struct trace_part *part = &set->parts[set->count++];
    *part = (struct trace_part){0};
    return part_open(part, path, error);
}

static bool is_trace_name(const char *name) {
    static const char end[] = ".trace";
    size_t size = strlen(name), end_size = sizeof end - 1;
    return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* All traces of a folder; the others of its files are none of ours. */
static enum err add_folder(struct trace_set *set, const char *path, DIR *folder,
                           struct trace_error *error) {
    struct dirent *entry;
    uint32_t before = set->count;
    enum err err = ERR_OK;
    while (err == ERR_OK && (entry = readdir(folder))) {
        size_t size = strlen(path) + strlen(entry->d_name) + 2;
        if (!is_trace_name(entry->d_name))
            continue;
        char *whole = arena_alloc(&set->arena, size);
        snprintf(whole, size, "%s/%s", path, entry->d_name);
        err = add_file(set, whole, error);
    }
    if (err == ERR_OK && set->count == before) {
        snprintf(error->text, sizeof error->text,
                 "%.180s: there is no .trace in it", path);
        return ERR_MALFORMED;
    }
    return err;
}

static enum err add_path(struct trace_set *set, const char *path,
                         struct trace_error *error) {
    DIR *folder = strcmp(path, "-") == 0 ? NULL : opendir(path);
    if (!folder)
        return add_file(set, path, error);
    enum err err = add_folder(set, path, folder, error);
    closedir(folder);
    return err;
}

/* Brings the files into their order. */
static enum err sort_parts(struct trace_set *set, struct trace_error *error) {
    if (set->count)
        qsort(set->parts, set->count, sizeof *set->parts, compare);
    for (uint32_t i = 1; i < set->count; i++) {
        if (compare(&set->parts[i - 1], &set->parts[i]) != 0)
            continue;
        snprintf(error->text, sizeof error->text,
                 "%.100s and %.100s are file %u of the same core",
                 set->parts[i - 1].path, set->parts[i].path,
                 set->parts[i].file);
        return ERR_EXISTS;
    }
    return ERR_OK;
}

enum err trace_set_open(const char *const *paths, size_t count,
                        struct trace_set **out, struct trace_error *error) {
    struct trace_set *set = mem_zalloc(sizeof *set);
    enum err err = ERR_OK;
    *error = (struct trace_error){0};
    for (size_t i = 0; err == ERR_OK && i < count; i++)
        err = add_path(set, paths[i], error);
    if (err == ERR_OK)
        err = sort_parts(set, error);
    if (err == ERR_OK)
        *out = set;
    else
        trace_set_close(set);
    return err;
}

void trace_set_close(struct trace_set *set) {
    if (!set)
        return;
    for (uint32_t i = 0; i < set->count; i++)
        trace_bytes_close(&set->parts[i].bytes);
    free(set->parts);
    arena_finish(&set->arena);
    free(set);
}

/* The first part of the group, or the number of parts. */
static uint32_t group_begin(const struct trace_set *set, uint32_t group) {
    uint32_t at = 0;
    while (at < set->count && group > 0) {
        at++;
        if (at == set->count ||
            !is_same_group(&set->parts[at - 1], &set->parts[at]))
            group--;
    }
    return at;
}

uint32_t trace_set_groups(const struct trace_set *set) {
    uint32_t groups = 0;
    while (group_begin(set, groups) < set->count)
        groups++;
    return groups;
}

struct trace_source *trace_source_create(const struct trace_set *set,
                                         uint32_t group) {
    struct trace_source *source = mem_zalloc(sizeof *source);
    source->set = set;
    source->part = group_begin(set, group);
    source->end = group_begin(set, group + 1);
    PRE(source->part < source->end);
    return source;
}

void trace_source_destroy(struct trace_source *source) {
    if (!source)
        return;
    if (source->is_open)
        reader_finish(&source->reader);
    free(source);
}

static void open_part(struct trace_source *source) {
    reader_init(&source->reader, &source->set->parts[source->part]);
    source->is_open = true;
    source->is_ended = false;
    source->is_over = false;
}

/* The reader has more, or there is a next file. */
static bool go_on(struct trace_source *source) {
    if (!source->is_open) {
        open_part(source);
    } else if (source->is_over) {
        if (source->part + 1 == source->end)
            return false;
        reader_finish(&source->reader);
        source->part++;
        open_part(source);
    }
    return true;
}

/* From one file. A text that ends in its order may have comments behind. */
static enum err next_of_part(struct trace_source *source,
                             struct trace_item *out,
                             struct trace_error *error) {
    enum err err = reader_next(&source->reader, out, error);
    bool is_torn = err == ERR_OK && out->is_torn;
    if (err == ERR_OK && out->kind != TRACE_COMMENT)
        source->is_ended = out->kind == TRACE_END;
    if (is_torn)
        error->offset = out->offset;
    source->is_over = err == ERR_NOT_FOUND || err == ERR_GAP;
    if (is_torn || (err == ERR_NOT_FOUND && !source->is_ended)) {
        snprintf(error->text, sizeof error->text,
                 "the trace has no end: it was not closed");
        return ERR_GAP;
    }
    return err;
}

enum err trace_source_next(struct trace_source *source, struct trace_item *out,
                           struct trace_error *error) {
    enum err err = source->failed ? source->failed : ERR_NOT_FOUND;
    *error = source->error;
    while (err == ERR_NOT_FOUND && go_on(source))
        err = next_of_part(source, out, error);
    if (err != ERR_OK && err != ERR_GAP && err != ERR_NOT_FOUND) {
        source->failed = err;
        source->error = *error;
    }
    return err;
}

const char *trace_source_path(const struct trace_source *source) {
    return source->set->parts[source->part].path;
}

void trace_source_where(const struct trace_source *source, uint64_t offset,
                        struct buf *out) {
    const struct trace_part *part = &source->set->parts[source->part];
    json_put(out, part->path);
    json_put(out, part->is_text ? ": line " : ": byte ");
    json_put_uint(out, offset);
}
