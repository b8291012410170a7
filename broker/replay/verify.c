/* verify.c - see verify.h. */
#include "broker/replay/verify.h"

#include "broker/replay/guard.h"
#include "broker/replay/report.h"
#include "common/json_write.h"

struct verify {
    struct trace_source *source;
    struct player player;
    struct verify_counts *counts;
    struct buf *report;
    bool is_ended; /* The last file came to its end, ... */
    uint64_t run;  /* ... and this was its head. */
    uint32_t shard;
    uint32_t file;
    uint64_t inputs; /* Of this file. */
};

static void put_where(struct verify *verify, uint64_t offset) {
    trace_source_where(verify->source, offset, verify->report);
    json_put(verify->report, ": ");
}

static enum replay_outcome fail(struct verify *verify, uint64_t offset,
                                enum err err, const char *text) {
    put_where(verify, offset);
    json_put(verify->report, text);
    json_put(verify->report, "\n");
    return err == ERR_STALE ? REPLAY_DIFFERENT : REPLAY_UNREADABLE;
}

/* A file that follows on the last one begins as that one's core ended. */
static enum replay_outcome take_head(struct verify *verify,
                                     const struct trace_item *item) {
    const struct trace_head *head = &item->head;
    struct core *core = verify->player.core;
    bool follows = core && verify->is_ended && head->state_digest &&
                   head->run == verify->run && head->shard == verify->shard &&
                   head->file == verify->file + 1;
    if (follows && core_digest(core) != head->state_digest)
        return fail(verify, item->offset, ERR_STALE,
                    "the core that did all of the file before is in another "
                    "state than this one begins with");
    player_begin(&verify->player, head);
    verify->run = head->run;
    verify->shard = head->shard;
    verify->file = head->file;
    verify->is_ended = false;
    verify->inputs = 0;
    verify->counts->files++;
    return REPLAY_SAME;
}

static enum replay_outcome take_input(struct verify *verify,
                                      struct trace_item *item) {
    struct trace_error error;
    uint32_t index;
    verify->inputs++;
    enum err err = player_ready(&verify->player, &error);
    if (err == ERR_OK)
        err = player_decode(&verify->player, &item->input, &error);
    if (err != ERR_OK)
        return fail(verify, item->offset, err, error.text);
    guard_note(verify->source, item, &item->input, verify->inputs);
    player_step(&verify->player, &item->input);
    verify->counts->inputs++;
    verify->counts->effects += verify->player.effects.count;
    if (report_is_same(&verify->player, item, &index))
        return REPLAY_SAME;
    put_where(verify, item->offset);
    report_difference(&verify->player, item, index, verify->inputs,
                      verify->report);
    return REPLAY_DIFFERENT;
}

static enum replay_outcome take_item(struct verify *verify,
                                     struct trace_item *item) {
    struct trace_error error;
    enum err err = ERR_OK;
    guard_note(verify->source, item, NULL, 0);
    switch (item->kind) {
    case TRACE_HEAD:
        return take_head(verify, item);
    case TRACE_STATE:
        err = player_restore(&verify->player, item->bytes, &error);
        break;
    case TRACE_INPUT:
        return take_input(verify, item);
    case TRACE_END:
        err = player_ready(&verify->player, &error);
        verify->is_ended = true;
        break;
    case TRACE_COMMENT:
        break;
    }
    return err == ERR_OK ? REPLAY_SAME
                         : fail(verify, item->offset, err, error.text);
}

enum replay_outcome verify_group(const struct trace_set *set, uint32_t group,
                                 struct verify_counts *counts,
                                 struct buf *report) {
    struct verify verify = {.source = trace_source_create(set, group),
                            .counts = counts,
                            .report = report};
    enum replay_outcome outcome = REPLAY_SAME;
    while (outcome == REPLAY_SAME) {
        struct trace_item item;
        struct trace_error error;
        enum err err = trace_source_next(verify.source, &item, &error);
        if (err == ERR_NOT_FOUND)
            break;
        if (err == ERR_OK)
            outcome = take_item(&verify, &item);
        else
            outcome = fail(&verify, error.offset, err, error.text);
        if (err == ERR_GAP) {
            outcome = REPLAY_SAME;
            counts->torn++;
        }
    }
    player_finish(&verify.player);
    trace_source_destroy(verify.source);
    return outcome;
}
