/* print.c - see print.h. */
#include "broker/replay/print.h"

#include <errno.h>

#include "broker/replay/guard.h"
#include "broker/replay/report.h"
#include "common/json_write.h"

struct print {
    struct trace_source *source;
    struct trace_text *text;
    struct buf *report;
    struct player player; /* Where there are only digests. */
    bool is_stepped;      /* This file is such a one. */
    uint64_t inputs;
    bool differs; /* Said already. */
};

static void note(struct print *print, uint64_t offset, const char *text) {
    trace_source_where(print->source, offset, print->report);
    json_put(print->report, ": ");
    json_put(print->report, text);
    json_put(print->report, "\n");
}

static enum err take_head(struct print *print, const struct trace_item *item) {
    struct trace_head head = item->head;
    print->is_stepped = !head.whole;
    head.whole = true;
    print->inputs = 0;
    if (print->is_stepped)
        player_begin(&print->player, &head);
    trace_text_put_head(print->text, &head);
    return ERR_OK;
}

static enum err take_input(struct print *print, struct trace_item *item,
                           struct trace_error *error) {
    struct trace_item whole = *item;
    uint32_t index;
    print->inputs++;
    if (print->is_stepped) {
        enum err err = player_ready(&print->player, error);
        if (err == ERR_OK)
            err = player_decode(&print->player, &item->input, error);
        if (err != ERR_OK)
            return err;
        guard_note(print->source, item, &item->input, print->inputs);
        size_t size = trace_text_put_last(print->text, &item->input);
        player_step(&print->player, &item->input);
        print->text->out.size = size;
        if (report_is_same(&print->player, item, &index))
            whole.effects = &print->player.effects;
        else if (!print->differs)
            note(print, item->offset,
                 "from here on the core says something else than was "
                 "recorded; what was recorded is printed as digests");
        print->differs = print->differs || !whole.effects;
    }
    trace_text_put_item(print->text, &whole);
    return ERR_OK;
}

static enum err take_item(struct print *print, struct trace_item *item,
                          struct trace_error *error) {
    guard_note(print->source, item, NULL, 0);
    switch (item->kind) {
    case TRACE_HEAD:
        return take_head(print, item);
    case TRACE_INPUT:
        return take_input(print, item, error);
    case TRACE_STATE:
        trace_text_put_item(print->text, item);
        return print->is_stepped
                   ? player_restore(&print->player, item->bytes, error)
                   : ERR_OK;
    case TRACE_END:
    case TRACE_COMMENT:
        trace_text_put_item(print->text, item);
        return ERR_OK;
    }
    return ERR_OK;
}

enum replay_outcome print_group(const struct trace_set *set, uint32_t group,
                                struct trace_text *text, struct output *output,
                                struct buf *report) {
    struct print print = {.source = trace_source_create(set, group),
                          .text = text,
                          .report = report};
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        struct trace_item item;
        struct trace_error error;
        err = trace_source_next(print.source, &item, &error);
        if (err == ERR_NOT_FOUND)
            break;
        if (err == ERR_OK) {
            error.offset = item.offset;
            err = take_item(&print, &item, &error);
        }
        if (err != ERR_OK)
            note(&print, error.offset, error.text);
        if (err == ERR_GAP) {
            trace_text_put_end(print.text, true);
            err = ERR_OK;
        }
        if (err == ERR_OK && output_turn(output) != ERR_OK) {
            note(&print, item.offset, strerror(errno));
            err = ERR_IO;
        }
    }
    player_finish(&print.player);
    trace_source_destroy(print.source);
    if (err == ERR_STALE)
        return REPLAY_DIFFERENT;
    return err == ERR_NOT_FOUND ? REPLAY_SAME : REPLAY_UNREADABLE;
}
