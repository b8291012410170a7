/* script.c - reading, running, comparing and rewriting a script. */
#include "tests/lib/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_file(const char *path, struct buf *out) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got;
    do {
        char *room = buf_reserve(out, 4096);
        got = fread(room, 1, 4096, file);
        out->size += got;
    } while (got > 0);
    bool is_good = !ferror(file);
    fclose(file);
    return is_good;
}

static bool write_file(const char *path, struct slice text) {
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool is_good = fwrite(text.data, 1, text.size, file) == text.size;
    return (fclose(file) == 0) && is_good;
}

/* The next line without its newline; false at the end. */
static bool next_line(struct slice *text, struct slice *line) {
    if (text->size == 0)
        return false;
    const char *end = memchr(text->data, '\n', text->size);
    size_t size = end ? (size_t)(end - text->data) : text->size;
    *line = (struct slice){text->data, size};
    size_t used = end ? size + 1 : size;
    *text = (struct slice){text->data + used, text->size - used};
    return true;
}

static void put_line(struct buf *out, struct slice line) {
    buf_append_slice(out, line);
    buf_append(out, "\n", 1);
}

static bool is_name_char(char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The line with $names replaced, in the script's arena. */
static struct slice substitute(struct script *script, struct slice line) {
    struct buf out = {0};
    for (size_t i = 0; i < line.size;) {
        if (line.data[i] != '$') {
            buf_append(&out, &line.data[i++], 1);
            continue;
        }
        size_t end = ++i;
        while (end < line.size && is_name_char(line.data[end]))
            end++;
        char text[32] = "unknown_name";
        for (uint32_t k = 0; k < script->names_count; k++)
            if (slice_equal(slice_of(script->names[k].name),
                            (struct slice){line.data + i, end - i}))
                snprintf(text, sizeof text, "%" PRIu64, script->names[k].value);
        buf_append(&out, text, strlen(text));
        i = end;
    }
    struct slice result = arena_copy(&script->arena, buf_slice(&out));
    buf_finish(&out);
    return result;
}

void script_begin(struct script *script, const struct core_config *config,
                  uint64_t partitions) {
    fixture_init(&script->fixture, config, partitions);
    script->fixture.trace = &script->output;
    script->fixture.keeps_tape = true;
}

void script_end(struct script *script) {
    struct fixture *fixture = &script->fixture;
    /* Each command was answered once, or waits for what the script holds. */
    if (fixture->records_count == 0 && fixture->reads_count == 0)
        INVARIANT(fixture->commands_count == 0);
    fixture_replay(fixture);
    fixture_finish(fixture);
}

static void run_line(struct script *script, struct slice line) {
    const char *error = script_line(script, substitute(script, line));
    arena_reset(&script->arena);
    if (error) {
        buf_append(&script->output, "error: ", 7);
        put_line(&script->output, slice_of(error));
    }
}

/* Runs the blocks of |text| and writes the file as it should be. */
static void run_blocks(struct script *script, struct slice text,
                       struct buf *out) {
    struct slice line;
    bool in_output = false;
    buf_clear(&script->output);
    while (next_line(&text, &line)) {
        if (in_output) {
            /* The old output ends at an empty line. */
            if (line.size > 0)
                continue;
            in_output = false;
            put_line(out, line);
        } else if (slice_equal(line, SLICE("----"))) {
            put_line(out, line);
            buf_append_slice(out, buf_slice(&script->output));
            buf_clear(&script->output);
            in_output = true;
        } else {
            put_line(out, line);
            if (line.size > 0 && line.data[0] != '#')
                run_line(script, line);
        }
    }
}

static void report(const char *path, struct slice expected,
                   struct slice actual) {
    struct slice left, right;
    uint32_t number = 0;
    bool more_left, more_right;
    do {
        number++;
        more_left = next_line(&expected, &left);
        more_right = next_line(&actual, &right);
    } while (more_left && more_right && slice_equal(left, right));
    fprintf(stderr, "%s:%" PRIu32 ":\n  expected %.*s\n  actual   %.*s\n", path,
            number, more_left ? (int)left.size : 5,
            more_left ? left.data : "(end)", more_right ? (int)right.size : 5,
            more_right ? right.data : "(end)");
}

bool script_run(const char *path) {
    struct script *script = mem_zalloc(sizeof *script);
    struct core_config config = CORE_CONFIG_DEFAULT;
    struct buf text = {0}, actual = {0};
    bool is_good = read_file(path, &text);
    if (!is_good)
        fprintf(stderr, "%s: cannot be read\n", path);
    script_begin(script, &config, UINT64_MAX);
    if (is_good)
        run_blocks(script, buf_slice(&text), &actual);
    if (is_good && !slice_equal(buf_slice(&text), buf_slice(&actual))) {
        const char *rewrite = getenv("GOLDEN_REWRITE");
        if (rewrite && strcmp(rewrite, "1") == 0) {
            is_good = write_file(path, buf_slice(&actual));
        } else {
            report(path, buf_slice(&text), buf_slice(&actual));
            is_good = false;
        }
    }
    script_end(script);
    buf_finish(&script->output);
    buf_finish(&text);
    buf_finish(&actual);
    arena_finish(&script->arena);
    free(script);
    return is_good;
}
