/* report.c - see report.h. */
#include "broker/replay/report.h"

#include <stdio.h>
#include <time.h>

#include "broker/core/snapshot.h"
#include "broker/replay/trace_text.h"
#include "broker/replay/wire_differ.h"
#include "common/json_write.h"

bool report_is_same(const struct player *player, const struct trace_item *item,
                    uint32_t *index) {
    const struct effects *now = &player->effects;
    for (*index = 0; *index < now->count && *index < item->effects_count;
         ++*index)
        if (trace_effect_digest(now, &now->items[*index]) !=
            item->digests[*index])
            return false;
    return now->count == item->effects_count;
}

/* 2026-11-25T21:58:01.123456Z */
static void put_time(struct buf *out, int64_t time_us) {
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm parts;
    char text[64] = "";
    if (gmtime_r(&seconds, &parts)) {
        size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
        snprintf(text + size, sizeof text - size, ".%06dZ",
                 (int)(time_us % 1000000));
    }
    json_put(out, text);
}

static void put_line(struct buf *out, const char *what, struct slice line) {
    json_put(out, what);
    buf_append_slice(out, line);
    if (line.size == 0 || line.data[line.size - 1] != '\n')
        json_put(out, "\n");
}

static struct slice then_line(struct trace_text *text,
                              const struct trace_item *item, uint32_t index) {
    buf_clear(&text->out);
    if (index >= item->effects_count)
        return SLICE("nothing");
    if (item->effects)
        trace_text_put_effect(text, item->effects,
                              &item->effects->items[index]);
    else
        trace_text_put_digest(text, item->digests[index]);
    return buf_slice(&text->out);
}

static struct slice now_line(struct trace_text *text,
                             const struct player *player, uint32_t index) {
    buf_clear(&text->out);
    if (index >= player->effects.count)
        return SLICE("nothing");
    trace_text_put_effect(text, &player->effects,
                          &player->effects.items[index]);
    return buf_slice(&text->out);
}

/* What stands beside the bytes, or the first field of the message. */
static void put_field(struct buf *out, const struct effects *then,
                      const struct effects *now, uint32_t index) {
    const struct effect *a = &then->items[index], *b = &now->items[index];
    const char *field = NULL;
    if (a->kind != b->kind)
        field = "effect";
    else if (a->gateway != b->gateway)
        field = "gateway";
    else if (a->gateway_count != b->gateway_count ||
             (a->gateway_count &&
              memcmp(effect_gateways(then, a), effect_gateways(now, b),
                     a->gateway_count * sizeof(uint32_t)) != 0))
        field = "gateways";
    else if (a->partition != b->partition)
        field = "partition";
    else if (a->seq != b->seq)
        field = "seq";
    json_put(out, "differs first in: ");
    if (field)
        json_put(out, field);
    else
        wire_differ_bytes(effect_bytes(then, a), effect_bytes(now, b), out);
    json_put(out, "\n");
}

static uint64_t room_of_bytes(struct slice bytes) {
    struct arena arena = {0};
    struct wire wire;
    uint64_t room = 0;
    if (wire_decode(bytes, &arena, &wire, NULL) == ERR_OK)
        room = wire_room_of(&wire);
    arena_finish(&arena);
    return room;
}

static uint64_t room_of_effect(const struct effects *effects, uint32_t index) {
    return effects && index < effects->count
               ? room_of_bytes(effect_bytes(effects, &effects->items[index]))
               : 0;
}

/* The room that the difference is about; 0: none that is known. */
static uint64_t room_concerned(const struct player *player,
                               const struct trace_item *item, uint32_t index) {
    uint64_t room = room_of_effect(&player->effects, index);
    if (!room)
        room = room_of_effect(item->effects, index);
    if (!room && item->input.bytes.size)
        room = room_of_bytes(item->input.bytes);
    for (uint32_t i = 0; !room && i < player->effects.count; i++)
        room = room_of_effect(&player->effects, i);
    return room;
}

struct room_report {
    uint64_t room;
    struct trace_text text;
    struct buf bytes;
};

static void take_state(void *payload, const struct wire *state) {
    struct room_report *report = payload;
    if (wire_room_of(state) != report->room)
        return;
    buf_clear(&report->bytes);
    wire_encode(state, &report->bytes);
    trace_text_put_state(&report->text, buf_slice(&report->bytes));
}

void report_room(const struct core *core, uint64_t room, struct buf *out) {
    struct room_report report = {.room = room};
    if (!room)
        return;
    core_save(core, take_state, &report);
    json_put(out, "state of room ");
    json_put_uint(out, room);
    json_put(out, report.text.out.size ? ":\n" : ": it is not in memory\n");
    buf_append_slice(out, buf_slice(&report.text.out));
    trace_text_finish(&report.text);
    buf_finish(&report.bytes);
}

void report_difference(const struct player *player,
                       const struct trace_item *item, uint32_t index,
                       uint64_t number, struct buf *out) {
    struct trace_text text = {0};
    bool both = index < item->effects_count && index < player->effects.count;
    json_put(out, "input ");
    json_put_uint(out, number);
    json_put(out, " (");
    put_time(out, item->input.now_us);
    json_put(out, ") gives another effect ");
    json_put_uint(out, index + 1);
    json_put(out, "; it had ");
    json_put_uint(out, item->effects_count);
    json_put(out, " and has ");
    json_put_uint(out, player->effects.count);
    json_put(out, "\n");
    trace_text_put_input(&text, &item->input);
    put_line(out, "input:    ", buf_slice(&text.out));
    put_line(out, "recorded: ", then_line(&text, item, index));
    if (!item->effects && index < item->effects_count)
        json_put(out, "          (only its digest was recorded)\n");
    put_line(out, "now:      ", now_line(&text, player, index));
    if (both && item->effects)
        put_field(out, item->effects, &player->effects, index);
    report_room(player->core, room_concerned(player, item, index), out);
    trace_text_finish(&text);
}
