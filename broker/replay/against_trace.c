/* against_trace.c - see against_trace.h. */
#include "broker/replay/against_trace.h"

#include <stdlib.h>

#include "broker/replay/guard.h"
#include "broker/replay/player.h"

/* One shard's part. */
struct lane {
    struct trace_source *source;
    uint32_t file; /* The number of the file that is being read. */
    struct player player;
    uint64_t inputs;        /* So far. */
    struct trace_item item; /* An input, unless |is_over|. */
    bool is_over;
};

struct against_trace {
    struct lane *lanes;
    uint32_t count;
    uint64_t run;
    struct lane *shown; /* Its item is with the caller. */
};

static enum err fail(const struct lane *lane, struct buf *error,
                     const char *text) {
    trace_source_where(lane->source, lane->item.offset, error);
    buf_append_slice(error, SLICE(": "));
    buf_append_slice(error, slice_of(text));
    return ERR_MALFORMED;
}

static enum err take_head(struct against_trace *trace, struct lane *lane,
                          struct buf *error) {
    const struct trace_head *head = &lane->item.head;
    if (trace->run != 0 && head->run != trace->run)
        return fail(lane, error, "it is of another run of the broker");
    if (lane->file != 0 && head->file != lane->file + 1)
        return fail(lane, error, "the file before this one is missing");
    trace->run = head->run;
    lane->file = head->file;
    player_begin(&lane->player, head);
    return ERR_OK;
}

/* Decodes the input and knows its effects. */
static enum err take_input(struct lane *lane, struct buf *error) {
    struct trace_error why = {0};
    if (player_ready(&lane->player, &why) != ERR_OK ||
        player_decode(&lane->player, &lane->item.input, &why) != ERR_OK)
        return fail(lane, error, why.text);
    lane->inputs++;
    if (!lane->item.effects) {
        guard_begin(NULL);
        guard_note(lane->source, &lane->item, &lane->item.input, lane->inputs);
        player_step(&lane->player, &lane->item.input);
        guard_end();
        lane->item.effects = &lane->player.effects;
    }
    return ERR_OK;
}

/* To the next input, or the end of all files. What a recorder lost at a file's
 * end ends that file. */
static enum err advance(struct against_trace *trace, struct lane *lane,
                        struct buf *error) {
    for (;;) {
        struct trace_error why = {0};
        enum err err = trace_source_next(lane->source, &lane->item, &why);
        if (err == ERR_NOT_FOUND) {
            lane->is_over = true;
            return ERR_OK;
        }
        if (err == ERR_GAP)
            continue;
        lane->item.offset = err == ERR_OK ? lane->item.offset : why.offset;
        if (err != ERR_OK)
            return fail(lane, error, why.text);
        if (lane->item.kind == TRACE_INPUT)
            return take_input(lane, error);
        if (lane->item.kind == TRACE_HEAD)
            err = take_head(trace, lane, error);
        if (err != ERR_OK)
            return err;
        if (lane->item.kind == TRACE_STATE &&
            player_restore(&lane->player, lane->item.bytes, &why) != ERR_OK)
            return fail(lane, error, why.text);
    }
}

enum err against_trace_open(const struct trace_set *set,
                            struct against_trace **out, struct buf *error) {
    struct against_trace *trace = mem_zalloc(sizeof *trace);
    enum err err = ERR_OK;
    trace->count = trace_set_groups(set);
    trace->lanes = mem_zalloc((trace->count + 1) * sizeof *trace->lanes);
    for (uint32_t i = 0; i < trace->count; i++)
        trace->lanes[i].source = trace_source_create(set, i);
    for (uint32_t i = 0; i < trace->count && err == ERR_OK; i++)
        err = advance(trace, &trace->lanes[i], error);
    if (err != ERR_OK) {
        against_trace_close(trace);
        return err;
    }
    *out = trace;
    return ERR_OK;
}

void against_trace_close(struct against_trace *trace) {
    if (!trace)
        return;
    for (uint32_t i = 0; i < trace->count; i++) {
        struct lane *lane = &trace->lanes[i];
        trace_source_destroy(lane->source);
        player_finish(&lane->player);
    }
    free(trace->lanes);
    free(trace);
}

enum err against_trace_next(struct against_trace *trace,
                            struct against_input *out, struct buf *error) {
    enum err err = ERR_OK;
    if (trace->shown)
        err = advance(trace, trace->shown, error);
    trace->shown = NULL;
    if (err != ERR_OK)
        return err;
    for (uint32_t i = 0; i < trace->count; i++) {
        struct lane *lane = &trace->lanes[i];
        if (!lane->is_over &&
            (!trace->shown ||
             lane->item.input.now_us < trace->shown->item.input.now_us))
            trace->shown = lane;
    }
    if (!trace->shown)
        return ERR_NOT_FOUND;
    const struct trace_item *item = &trace->shown->item;
    struct against_place place = {.file =
                                      trace_source_path(trace->shown->source),
                                  .offset = item->offset};
    *out = (struct against_input){.place = place,
                                  .input = &item->input,
                                  .command = item->input.kind == INPUT_COMMAND
                                                 ? &trace->shown->player.wire
                                                 : NULL,
                                  .effects = item->effects};
    return ERR_OK;
}
