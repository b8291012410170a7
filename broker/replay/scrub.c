/* scrub.c - see scrub.h. */
#include "broker/replay/scrub.h"

#include <errno.h>
#include <stdio.h>

#include "broker/replay/guard.h"
#include "broker/replay/player.h"
#include "common/json_write.h"

struct scrub {
    struct trace_source *source;
    struct scrub_texts *texts;
    struct player player;
    struct trace_text *text;
    struct trace_text states; /* Until the head can be written. */
    struct trace_head head;
    bool is_open;          /* The head waits. */
    bool follows;          /* The file goes on where the last one ended, */
    uint64_t ended_digest; /* ... in this state. */
    struct buf program;
    struct buf message;
    struct buf *report;
    uint64_t inputs;
    uint64_t others; /* Inputs that give another number of effects now. */
};

static void note(struct scrub *scrub, uint64_t offset, const char *text) {
    trace_source_where(scrub->source, offset, scrub->report);
    json_put(scrub->report, ": ");
    json_put(scrub->report, text);
    json_put(scrub->report, "\n");
}

static void take_head(struct scrub *scrub, const struct trace_head *head) {
    scrub->follows = scrub->player.core && head->run == scrub->head.run &&
                     head->shard == scrub->head.shard &&
                     head->file == scrub->head.file + 1;
    scrub->ended_digest = scrub->follows ? core_digest(scrub->player.core) : 0;
    scrub->head = *head;
    scrub->head.whole = true;
    buf_clear(&scrub->program);
    buf_append_slice(&scrub->program, head->program);
    scrub->head.program = buf_slice(&scrub->program);
    /* The state will be another one. */
    scrub->head.state_digest = 0;
    player_begin(&scrub->player, &scrub->head);
    scrub->is_open = true;
    scrub->inputs = 0;
}

static enum err take_state(struct scrub *scrub, struct slice bytes,
                           struct trace_error *error) {
    buf_clear(&scrub->message);
    if (scrub_message(scrub->texts, bytes, &scrub->message) != ERR_OK) {
        snprintf(error->text, sizeof error->text, "no message");
        return ERR_MALFORMED;
    }
    trace_text_put_state(&scrub->states, buf_slice(&scrub->message));
    return player_restore(&scrub->player, buf_slice(&scrub->message), error);
}

/* The state is complete: writes it behind its head. Digests in a state (of
 * keys, of a file's chunk) cannot be made anew; where they count, the files of
 * a run do not join, and the head must not say so. */
static enum err begin_inputs(struct scrub *scrub, uint64_t offset,
                             struct trace_error *error) {
    if (!scrub->is_open)
        return ERR_OK;
    scrub->is_open = false;
    enum err err = player_ready(&scrub->player, error);
    if (err != ERR_OK)
        return err;
    scrub->head.state_digest = core_digest(scrub->player.core);
    if (scrub->follows && scrub->head.state_digest != scrub->ended_digest) {
        note(scrub, offset,
             "digests in the state could not be scrubbed; the file before "
             "does not join");
        scrub->head.state_digest = 0;
    }
    trace_text_put_head(scrub->text, &scrub->head);
    buf_append_slice(&scrub->text->out, buf_slice(&scrub->states.out));
    buf_clear(&scrub->states.out);
    return ERR_OK;
}

static enum err take_input(struct scrub *scrub, const struct trace_item *item,
                           struct trace_error *error) {
    struct core_input input = item->input;
    enum err err = begin_inputs(scrub, item->offset, error);
    if (err != ERR_OK)
        return err;
    scrub->inputs++;
    /* As it came, so that what no broker says is refused. */
    err = player_decode(&scrub->player, &input, error);
    if (err != ERR_OK)
        return err;
    if (input.wire) {
        buf_clear(&scrub->message);
        if (scrub_message(scrub->texts, input.bytes, &scrub->message))
            return ERR_MALFORMED;
        input.bytes = buf_slice(&scrub->message);
        err = player_decode(&scrub->player, &input, error);
    }
    if (err != ERR_OK)
        return err;
    guard_note(scrub->source, item, &input, scrub->inputs);
    size_t size = trace_text_put_last(scrub->text, &input);
    player_step(&scrub->player, &input);
    scrub->text->out.size = size;
    scrub->others += scrub->player.effects.count != item->effects_count;
    struct trace_item out = {.kind = TRACE_INPUT,
                             .input = input,
                             .effects_count = scrub->player.effects.count,
                             .effects = &scrub->player.effects};
    trace_text_put_item(scrub->text, &out);
    return ERR_OK;
}

static enum err take_item(struct scrub *scrub, const struct trace_item *item,
                          struct trace_error *error) {
    enum err err;
    guard_note(scrub->source, item, NULL, 0);
    switch (item->kind) {
    case TRACE_HEAD:
        take_head(scrub, &item->head);
        return ERR_OK;
    case TRACE_STATE:
        return take_state(scrub, item->bytes, error);
    case TRACE_INPUT:
        return take_input(scrub, item, error);
    case TRACE_END:
        err = begin_inputs(scrub, item->offset, error);
        if (err == ERR_OK)
            trace_text_put_end(scrub->text, false);
        return err;
    case TRACE_COMMENT:
        return ERR_OK;
    }
    return ERR_OK;
}

/* ERR_NOT_FOUND: all is written. */
static enum err run(struct scrub *scrub, struct output *output) {
    for (;;) {
        struct trace_item item;
        struct trace_error error;
        enum err err = trace_source_next(scrub->source, &item, &error);
        if (err == ERR_NOT_FOUND)
            return err;
        if (err == ERR_OK) {
            error.offset = item.offset;
            err = take_item(scrub, &item, &error);
        }
        if (err != ERR_OK)
            note(scrub, error.offset, error.text);
        /* Nothing but a head may have come. */
        if (err == ERR_GAP) {
            err = begin_inputs(scrub, error.offset, &error);
            trace_text_put_end(scrub->text, true);
        }
        if (err != ERR_OK)
            return err;
        if (output_turn(output) != ERR_OK) {
            note(scrub, error.offset, strerror(errno));
            return ERR_IO;
        }
    }
}

enum replay_outcome scrub_group(const struct trace_set *set, uint32_t group,
                                struct scrub_texts *texts,
                                struct trace_text *text, struct output *output,
                                struct buf *report) {
    struct scrub scrub = {.source = trace_source_create(set, group),
                          .texts = texts,
                          .text = text,
                          .report = report};
    enum err err = run(&scrub, output);
    if (scrub.others) {
        json_put_uint(report, scrub.others);
        json_put(report, " inputs have another number of effects than before "
                         "scrubbing\n");
    }
    player_finish(&scrub.player);
    trace_source_destroy(scrub.source);
    trace_text_finish(&scrub.states);
    buf_finish(&scrub.program);
    buf_finish(&scrub.message);
    return err == ERR_NOT_FOUND ? REPLAY_SAME : REPLAY_UNREADABLE;
}
