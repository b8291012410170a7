/* text_read.c - lines to items; see trace_text.h. The text may be anything:
 * lines, lists and effects are bounded, and jansson bounds the depth. */
#include <jansson.h>
#include <stdlib.h>

#include "broker/replay/text_line.h"
#include "broker/replay/trace_text.h"
#include "broker/replay/wire_json.h"

/* Comments between the effects of one input. */
#define COMMENTS_MAX 4096u

/* What a line is. */
enum line_kind { LINE_END_OF_TEXT, LINE_COMMENT, LINE_JSON };

struct line {
    enum line_kind kind;
    struct slice text;
    size_t next; /* Where the one after it begins. */
};

bool trace_text_is(struct slice bytes) {
    return bytes.size > 0 && memchr("{# \n\r\t", *bytes.data, 6) != NULL;
}

void trace_text_reader_init(struct trace_text_reader *reader,
                            struct slice bytes) {
    *reader = (struct trace_text_reader){.bytes = bytes, .line = 1};
}

void trace_text_reader_finish(struct trace_text_reader *reader) {
    free(reader->digests);
    free(reader->comments);
    effects_finish(&reader->effects);
    arena_finish(&reader->arena);
    buf_finish(&reader->message);
    buf_finish(&reader->program);
    *reader = (struct trace_text_reader){0};
}

/* The line that begins at |at|, which is looked at and not taken. */
static struct line look(const struct trace_text_reader *reader) {
    struct slice rest = {reader->bytes.data + reader->at,
                         reader->bytes.size - reader->at};
    struct line line = {.kind = LINE_END_OF_TEXT};
    if (rest.size == 0)
        return line;
    const char *end = memchr(rest.data, '\n', rest.size);
    line.text =
        (struct slice){rest.data, end ? (size_t)(end - rest.data) : rest.size};
    line.next = reader->at + line.text.size + (end != NULL);
    while (line.text.size && line.text.data[line.text.size - 1] == '\r')
        line.text.size--;
    line.kind = line.text.size == 0 || *line.text.data == '#' ? LINE_COMMENT
                                                              : LINE_JSON;
    return line;
}

static void pass(struct trace_text_reader *reader, const struct line *line) {
    reader->at = line->next;
    reader->line++;
}

/* |*out| is to be freed; NULL after an error. */
static enum err parse(const struct trace_text_reader *reader,
                      const struct line *line, json_t **out,
                      struct trace_error *error) {
    json_error_t json_error;
    *out = NULL;
    if (line->text.size > TRACE_TEXT_LINE_MAX)
        return wire_json_fail(error, "a line of more than %u bytes",
                              TRACE_TEXT_LINE_MAX);
    *out = json_loadb(line->text.data, line->text.size,
                      JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &json_error);
    if (json_is_object(*out))
        return ERR_OK;
    bool is_cut = line->next == reader->bytes.size &&
                  reader->bytes.data[line->next - 1] != '\n';
    if (*out)
        wire_json_fail(error, "the line is no object");
    else if (is_cut && reader->last) {
        wire_json_fail(error, "the last line is cut off");
        return ERR_GAP;
    } else
        wire_json_fail(error, "the line is no JSON: %.120s at column %d",
                       json_error.text, json_error.column);
    json_decref(*out);
    *out = NULL;
    return ERR_MALFORMED;
}

static void add_digest(struct trace_text_reader *reader, uint64_t digest) {
    if (reader->digests_count == reader->digests_capacity) {
        reader->digests_capacity =
            reader->digests_capacity ? 2 * reader->digests_capacity : 64;
        reader->digests =
            mem_realloc(reader->digests,
                        reader->digests_capacity * sizeof *reader->digests);
    }
    reader->digests[reader->digests_count++] = digest;
}

static enum err add_effect(struct trace_text_reader *reader, const json_t *json,
                           struct trace_error *error) {
    struct effects *effects = &reader->effects;
    struct buf message = {0};
    bool is_digest;
    uint64_t digest;
    if (reader->digests_count == TRACE_EFFECTS_MAX)
        return wire_json_fail(error, "more effects than there can be");
    enum err err = text_line_effect(json, &reader->arena, &message, effects,
                                    &is_digest, &digest, error);
    buf_finish(&message);
    if (err != ERR_OK)
        return err;
    if (is_digest ? effects->count > 0
                  : effects->count <= reader->digests_count &&
                        effects->count != reader->digests_count + 1)
        return wire_json_fail(error, "digests and effects of one input");
    if (!is_digest)
        digest =
            trace_effect_digest(effects, &effects->items[effects->count - 1]);
    add_digest(reader, digest);
    return ERR_OK;
}

static enum err keep_comment(struct trace_text_reader *reader,
                             struct slice text, struct trace_error *error) {
    if (reader->comments_count == COMMENTS_MAX)
        return wire_json_fail(error, "more than %u comments at one input",
                              COMMENTS_MAX);
    reader->comments =
        mem_realloc(reader->comments,
                    (reader->comments_count + 1) * sizeof *reader->comments);
    reader->comments[reader->comments_count++] = text;
    return ERR_OK;
}

/* The effect lines that follow, and the comments between and behind them. */
static enum err take_effects(struct trace_text_reader *reader,
                             struct trace_error *error) {
    enum err err = ERR_OK;
    effects_clear(&reader->effects);
    reader->digests_count = 0;
    while (err == ERR_OK) {
        struct line line = look(reader);
        json_t *json = NULL;
        error->offset = reader->line;
        if (line.kind == LINE_END_OF_TEXT) {
            wire_json_fail(error,
                           "the trace has no end: it was not closed; its "
                           "last input may lack effects");
            return ERR_GAP;
        }
        if (line.kind == LINE_COMMENT) {
            err = keep_comment(reader, line.text, error);
        } else {
            err = parse(reader, &line, &json, error);
            bool is_effect = json_object_get(json, "effect") != NULL;
            if (err == ERR_OK && is_effect)
                err = add_effect(reader, json, error);
            json_decref(json);
            /* What is no effect is the next item, or its error. What is cut
             * off may be an effect: the input is not whole. */
            if (!is_effect)
                return err == ERR_GAP ? err : ERR_OK;
        }
        if (err == ERR_OK)
            pass(reader, &line);
    }
    return err;
}

static enum err take_input(struct trace_text_reader *reader, const json_t *json,
                           struct trace_item *out, struct trace_error *error) {
    enum err err = text_line_input(json, &reader->arena, &reader->message,
                                   &out->input, error);
    if (err != ERR_OK)
        return err;
    if (out->input.now_us < reader->now_us)
        return wire_json_fail(error, "time goes back");
    reader->now_us = out->input.now_us;
    err = take_effects(reader, error);
    out->effects_count = reader->digests_count;
    out->digests = reader->digests;
    out->effects = reader->effects.count == reader->digests_count
                       ? &reader->effects
                       : NULL;
    return err;
}

static enum trace_item_kind kind_of(const json_t *json) {
    static const struct {
        const char *name;
        enum trace_item_kind kind;
    } kinds[] = {{"trace", TRACE_HEAD},
                 {"state", TRACE_STATE},
                 {"input", TRACE_INPUT},
                 {"end", TRACE_END}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (json_object_get(json, kinds[i].name))
            return kinds[i].kind;
    return (enum trace_item_kind)0;
}

/* Whether the item may stand here. */
static enum err check_order(const struct trace_text_reader *reader,
                            const json_t *json, enum trace_item_kind kind,
                            struct trace_error *error) {
    if (!kind && json_object_get(json, "effect"))
        return wire_json_fail(error, "an effect without its input");
    if (!kind)
        return wire_json_fail(
            error, "the line is no head, state, input, effect or end");
    if (!reader->last && kind != TRACE_HEAD)
        return wire_json_fail(error, "the trace does not begin with its head");
    if (reader->last == TRACE_END && kind != TRACE_HEAD)
        return wire_json_fail(error, "something follows the end");
    if (kind == TRACE_HEAD && reader->last && reader->last != TRACE_END)
        return wire_json_fail(error, "a second head before the end");
    if (kind == TRACE_STATE && reader->last == TRACE_INPUT)
        return wire_json_fail(error, "a piece of the state after an input");
    return ERR_OK;
}

static enum err take_item(struct trace_text_reader *reader, const json_t *json,
                          const struct line *line, struct trace_item *out,
                          struct trace_error *error) {
    out->kind = kind_of(json);
    enum err err = check_order(reader, json, out->kind, error);
    if (err != ERR_OK)
        return err;
    pass(reader, line);
    buf_clear(&reader->message);
    switch (out->kind) {
    case TRACE_HEAD:
        err = text_line_head(json, &out->head, error);
        buf_clear(&reader->program);
        buf_append_slice(&reader->program, out->head.program);
        out->head.program = buf_slice(&reader->program);
        reader->now_us = 0;
        break;
    case TRACE_STATE:
        err = text_line_state(json, &reader->arena, &reader->message, error);
        out->bytes = buf_slice(&reader->message);
        break;
    case TRACE_INPUT:
        err = take_input(reader, json, out, error);
        break;
    case TRACE_END:
        out->is_torn = json_is_false(json_object_get(json, "end"));
        if (!out->is_torn && !json_is_true(json_object_get(json, "end")))
            err = wire_json_fail(error, "\"end\" is neither true nor false");
        break;
    case TRACE_COMMENT:
        break;
    }
    reader->last = out->kind;
    return err;
}

/* One that was between effects. */
static void give_comment(struct trace_text_reader *reader,
                         struct trace_item *out) {
    out->kind = TRACE_COMMENT;
    out->bytes = reader->comments[reader->comments_given++];
    if (reader->comments_given == reader->comments_count)
        reader->comments_given = reader->comments_count = 0;
}

static enum err next(struct trace_text_reader *reader, struct trace_item *out,
                     struct trace_error *error) {
    struct line line = look(reader);
    json_t *json;
    error->offset = out->offset = reader->line;
    if (reader->comments_count) {
        give_comment(reader, out);
        return ERR_OK;
    }
    if (line.kind == LINE_END_OF_TEXT && !reader->last)
        return wire_json_fail(error, "there is no trace in it");
    if (line.kind == LINE_END_OF_TEXT)
        return ERR_NOT_FOUND;
    if (line.kind == LINE_COMMENT) {
        out->kind = TRACE_COMMENT;
        out->bytes = line.text;
        pass(reader, &line);
        return ERR_OK;
    }
    enum err err = parse(reader, &line, &json, error);
    if (err == ERR_OK)
        err = take_item(reader, json, &line, out, error);
    json_decref(json);
    return err;
}

enum err trace_text_reader_next(struct trace_text_reader *reader,
                                struct trace_item *out,
                                struct trace_error *error) {
    if (reader->failed) {
        *error = reader->error;
        return reader->failed;
    }
    arena_reset(&reader->arena);
    *out = (struct trace_item){0};
    enum err err = next(reader, out, error);
    if (err != ERR_OK) {
        reader->failed = err;
        reader->error = *error;
    }
    return err;
}
