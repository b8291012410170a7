/* trace_set.c - see trace_set.h. */
#include "broker/replay/trace_set.h"

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

/* Puts |text| before the error's own; what is too long is cut. */
static void put_before(struct trace_error *error, const char *text) {
    char whole[2 * sizeof error->text];
    snprintf(whole, sizeof whole, "%s: %s", text, error->text);
    snprintf(error->text, sizeof error->text, "%.*s",
             (int)sizeof error->text - 1, whole);
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
    char where[300];
    snprintf(where, sizeof where, "%.200s: %s %llu", part->path,
             part->is_text ? "line" : "byte",
             (unsigned long long)error->offset);
    put_before(error, where);
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

enum err trace_set_open(const char *const *paths, size_t count,
                        struct trace_set **out, struct trace_error *error) {
    struct trace_set *set = mem_zalloc(sizeof *set);
    enum err err = ERR_OK;
    *error = (struct trace_error){0};
    set->parts = mem_zalloc((count + 1) * sizeof *set->parts);
    while (err == ERR_OK && set->count < count) {
        err = part_open(&set->parts[set->count], paths[set->count], error);
        set->count++;
    }
    qsort(set->parts, set->count, sizeof *set->parts, compare);
    for (uint32_t i = 1; err == ERR_OK && i < set->count; i++) {
        if (compare(&set->parts[i - 1], &set->parts[i]) != 0)
            continue;
        snprintf(error->text, sizeof error->text,
                 "%.100s and %.100s are file %u of the same core",
                 set->parts[i - 1].path, set->parts[i].path,
                 set->parts[i].file);
        err = ERR_EXISTS;
    }
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
    if (err == ERR_OK) {
        if (out->kind != TRACE_COMMENT)
            source->is_ended = out->kind == TRACE_END;
        return ERR_OK;
    }
    source->is_over = err == ERR_NOT_FOUND || err == ERR_GAP;
    if (err == ERR_NOT_FOUND && !source->is_ended) {
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
