/* golden.c - see golden.h. */
#include "tests/lib/golden.h"

#include <stdio.h>
#include <stdlib.h>

#define UNIT_BYTES_MAX 24u
#define REPEATS_MIN 24u
#define SCRIPT_BYTES_MAX (4u << 20)

static bool read_file(const char *path, struct buf *out) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got;
    do {
        got = fread(buf_reserve(out, 4096), 1, 4096, file);
        out->size += got;
    } while (got > 0 && out->size < SCRIPT_BYTES_MAX);
    bool whole = feof(file) && !ferror(file);
    fclose(file);
    return whole;
}

static bool write_file(const char *path, struct slice text) {
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool written = fwrite(text.data, 1, text.size, file) == text.size;
    return fclose(file) == 0 && written;
}

/* The next line of |text| without its newline. */
static struct slice take_line(struct slice *text) {
    const char *end = memchr(text->data, '\n', text->size);
    struct slice line = *text;
    if (end)
        line.size = (size_t)(end - text->data);
    text->data += line.size + (end != NULL);
    text->size -= line.size + (end != NULL);
    return line;
}

static void expand(struct slice line, struct buf *out) {
    while (line.size) {
        const char *open = memmem(line.data, line.size, "<<", 2);
        const char *star = NULL;
        size_t rest = 0;
        if (open) {
            rest = line.size - (size_t)(open - line.data);
            star = memchr(open, '*', rest);
        }
        char *close = NULL;
        unsigned long count = star ? strtoul(star + 1, &close, 10) : 0;
        if (!star || close == star + 1 || strncmp(close, ">>", 2) != 0) {
            buf_append_slice(out, line);
            return;
        }
        buf_append(out, line.data, (size_t)(open - line.data));
        for (unsigned long i = 0; i < count; i++)
            buf_append(out, open + 2, (size_t)(star - open - 2));
        size_t used = (size_t)(close + 2 - line.data);
        line.data += used;
        line.size -= used;
    }
}

/* How often the |unit| bytes at |text| stand there one after the other. */
static size_t repeats(struct slice text, size_t unit) {
    size_t same = 0;
    while (same + unit < text.size && text.data[same] == text.data[same + unit])
        same++;
    return same / unit + 1;
}

/* The reverse of expand, for long runs. */
static void contract(struct slice text, struct buf *out) {
    while (text.size) {
        size_t unit = 1, count = 0;
        for (; unit <= UNIT_BYTES_MAX && unit <= text.size; unit++) {
            count = repeats(text, unit);
            if (count >= REPEATS_MIN)
                break;
        }
        size_t used = 1;
        if (count >= REPEATS_MIN && *text.data != '\n') {
            char tail[32];
            used = unit * count;
            int size = snprintf(tail, sizeof(tail), "*%zu>>", count);
            buf_append(out, "<<", 2);
            buf_append(out, text.data, unit);
            buf_append(out, tail, (size_t)size);
        } else {
            buf_append(out, text.data, 1);
        }
        text.data += used;
        text.size -= used;
    }
}

struct run {
    golden_step *step;
    void *world;
    struct buf rewritten;
    unsigned blocks;
    unsigned differences;
};

/* |input| begins the block; |*rest| goes on behind it. */
static void run_block(struct run *run, struct slice line, struct slice *rest) {
    struct buf got = {0}, shown = {0}, input = {0};
    const char *start = line.data;
    while (line.size && !slice_equal(line, SLICE("----"))) {
        buf_clear(&input);
        expand(line, &input);
        buf_append(&input, "", 1); /* For steps that read numbers. */
        if (*line.data != '#')
            run->step(run->world, (struct slice){input.data, input.size - 1},
                      &got);
        line = take_line(rest);
    }
    struct slice inputs = {start, (size_t)(line.data - start)};
    struct slice wanted = {rest->data, 0};
    if (line.size)
        while (rest->size && *rest->data != '\n')
            wanted.size += take_line(rest).size + 1;
    contract(buf_slice(&got), &shown);
    buf_append_slice(&run->rewritten, inputs);
    if (shown.size || line.size) {
        buf_append(&run->rewritten, "----\n", 5);
        buf_append_slice(&run->rewritten, buf_slice(&shown));
        run->blocks++;
    }
    bool ended_by_empty_line = line.size == 0 && line.data < rest->data;
    if (ended_by_empty_line)
        buf_append(&run->rewritten, "\n", 1);
    if (!slice_equal(wanted, buf_slice(&shown))) {
        run->differences++;
        fprintf(stderr, "%.*s---- wanted\n%.*s---- got\n%.*s\n",
                (int)inputs.size, inputs.data, (int)wanted.size, wanted.data,
                (int)shown.size, shown.data);
    }
    buf_finish(&got);
    buf_finish(&shown);
    buf_finish(&input);
}

bool golden_run(const char *path, golden_step *step, void *world) {
    struct buf text = {0};
    struct run run = {.step = step, .world = world};
    bool well = read_file(path, &text);
    if (well && (text.size == 0 || text.data[text.size - 1] != '\n'))
        buf_append(&text, "\n", 1);
    struct slice rest = buf_slice(&text);
    while (well && rest.size) {
        struct slice line = take_line(&rest);
        if (line.size)
            run_block(&run, line, &rest);
        else
            buf_append(&run.rewritten, "\n", 1);
    }
    if (well && getenv("GOLDEN_REWRITE"))
        well = write_file(path, buf_slice(&run.rewritten));
    else
        well = well && run.blocks > 0 && run.differences == 0;
    if (!well)
        fprintf(stderr, "%s: %u blocks, %u different\n", path, run.blocks,
                run.differences);
    buf_finish(&text);
    buf_finish(&run.rewritten);
    return well;
}
