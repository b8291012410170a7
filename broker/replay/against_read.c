/* against_read.c - from the inputs and effects of a trace to what shall be
 * sent, in which order, and what shall be heard. */
#include <stdlib.h>

#include "broker/replay/against_play.h"

static void queue_step(struct against_gateway *gateway,
                       struct against_step *step) {
    struct against_play *play = gateway->play;
    if (gateway->first)
        gateway->last->next = step;
    else
        gateway->first = step;
    gateway->last = step;
    play->queued++;
}

static struct against_step *add_step(struct against_gateway *gateway,
                                     enum against_step_kind kind,
                                     const struct against_input *input,
                                     struct slice bytes) {
    struct against_play *play = gateway->play;
    struct against_step *step = mem_alloc(sizeof *step + bytes.size);
    *step = (struct against_step){.kind = kind,
                                  .place = input->place,
                                  .at_us = input->input->now_us,
                                  .after_questions = play->questions.issued,
                                  .after_ups = play->ups,
                                  .size = bytes.size};
    if (bytes.size)
        memcpy(step->bytes, bytes.data, bytes.size);
    queue_step(gateway, step);
    return step;
}

/* Who connects meets all that had been answered by then, and whoever speaks
 * later is heard by the one who connected. */
static void read_up(struct against_gateway *gateway,
                    const struct against_input *input) {
    struct against_play *play = gateway->play;
    if (gateway->lanes_up++ > 0)
        return; /* Every shard of the recording is told. */
    struct against_step *step =
        add_step(gateway, AGAINST_STEP_UP, input, (struct slice){0});
    step->after_answers = play->answers.issued;
    play->ups++;
}

/* What it was not answered, nobody waits for. */
static void end_windows(struct against_gateway *gateway) {
    struct against_step *step;
    for (size_t at = 0; (step = table_next(&gateway->steps, &at, NULL));)
        (void)against_overlap_end(&gateway->play->overlap, &step->window);
}

static void read_gone(struct against_gateway *gateway,
                      const struct against_input *input) {
    if (gateway->lanes_up == 0 || --gateway->lanes_up > 0)
        return;
    struct against_step *step =
        add_step(gateway, AGAINST_STEP_GONE, input, (struct slice){0});
    step->after_answers = gateway->play->answers.issued;
    end_windows(gateway);
}

static void read_command(struct against_gateway *gateway,
                         const struct against_input *input) {
    struct against_play *play = gateway->play;
    const struct wire *command = input->command;
    if (gateway->lanes_up == 0)
        read_up(gateway, input); /* It was up before the trace began. */
    if (table_find(&gateway->steps, command->correlation)) {
        against_fail(play,
                     "%s: at %llu: gateway %u asks "
                     "twice under one correlation",
                     input->place.file, (unsigned long long)input->place.offset,
                     gateway->number);
        return;
    }
    against_rewrite_note(&play->rewrite, command);
    struct against_step *step =
        add_step(gateway, AGAINST_STEP_COMMAND, input, input->input->bytes);
    step->command = command->kind;
    step->correlation = command->correlation;
    step->thing = against_thing_of(command, &play->keys, &play->ids);
    step->after_answers = against_answers_before(
        &play->answers, step->thing, against_user_of(command), command->kind);
    if (against_asks_for_all(command->kind))
        step->question =
            against_answers_issue(&play->questions, 0, command->kind);
    step->turn = against_turn_take(&play->turns, step->thing, gateway->number);
    step->window =
        against_overlap_begin(&play->overlap, step->command, step->thing);
    table_put(&gateway->steps, step->correlation, step);
}

/* --- What was said ----------------------------------------------------------
 */

static bool decode(struct against_play *play, struct slice bytes,
                   struct wire *out) {
    arena_reset(&play->recorded_arena);
    return wire_decode(bytes, &play->recorded_arena, out, NULL) == ERR_OK;
}

/* What the broker logged tells which ids are its own. */
static void read_append(struct against_play *play, struct slice bytes) {
    struct wire_head_fields head;
    struct wire wire;
    if (wire_peek(bytes, &head) != ERR_OK ||
        (head.kind != RECORD_ROOM_PUT && head.kind != RECORD_MESSAGE_CREATED &&
         head.kind != RECORD_FILE_CHUNK) ||
        !decode(play, bytes, &wire))
        return;
    const struct wire_room *room = &wire.as.record_room_put.room;
    const struct wire_message *message =
        &wire.as.record_message_created.message;
    if (wire.kind == RECORD_ROOM_PUT) {
        if (wire.as.record_room_put.created)
            against_ids_dealt(&play->ids, WIRE_ID_ROOM, room->room.value, 0);
        against_keys_note(&play->keys, room);
    } else if (wire.kind == RECORD_MESSAGE_CREATED) {
        against_ids_dealt(&play->ids, WIRE_ID_MESSAGE, message->message.value,
                          message->room.value);
    } else if (wire.as.record_file_chunk.offset == 0) {
        against_ids_dealt(&play->ids, WIRE_ID_FILE,
                          wire.as.record_file_chunk.file.value, 0);
    }
}

/* A SEND is answered by its event where the gateway gets that. */
static bool is_answer(const struct against_step *step,
                      const struct wire *wire) {
    return wire_is_reply(wire->kind) ||
           (wire->kind == WIRE_EVENT && step->command == WIRE_SEND);
}

static void read_said(struct against_play *play, uint32_t number,
                      struct against_place place, const struct wire *wire,
                      struct slice bytes) {
    struct against_gateway *gateway = against_gateway_get(play, number);
    if (!gateway)
        return;
    bool is_reply = wire_is_reply(wire->kind);
    struct against_step *step = NULL;
    if (is_reply)
        step = table_find(&gateway->steps, wire->correlation);
    else if (wire->kind == WIRE_EVENT &&
             wire->as.event.origin_gateway == number)
        step = table_find(&gateway->steps, wire->as.event.origin_correlation);
    if (is_reply && !step)
        return; /* It was asked before the trace began. */
    if (step && is_answer(step, wire))
        place.raced = against_overlap_end(&play->overlap, &step->window);
    struct against_name name;
    if (against_name_of(wire, number, AGAINST_RECORDED, &play->ids, &name) ==
        ERR_OK) {
        if (!is_reply)
            play->totals->heard[AGAINST_RECORDED]++;
        against_say(play, &name, AGAINST_RECORDED, place, bytes);
    } else if (wire->kind == WIRE_PRESENCE_CHANGED) {
        play->totals->presence[AGAINST_RECORDED]++;
    } else {
        play->totals->typing[AGAINST_RECORDED]++;
    }
    if (step && is_answer(step, wire))
        against_answer_read(gateway, step);
}

static void read_effect(struct against_play *play, struct against_place place,
                        const struct effects *effects,
                        const struct effect *effect) {
    struct slice bytes = effect_bytes(effects, effect);
    struct wire wire;
    struct wire_head_fields head;
    switch (effect->kind) {
    case EFFECT_APPEND:
        read_append(play, bytes);
        return;
    case EFFECT_READ:
        return;
    case EFFECT_REPLY:
        if (wire_peek(bytes, &head) != ERR_OK)
            return;
        wire =
            (struct wire){.kind = head.kind, .correlation = head.correlation};
        read_said(play, effect->gateway, place, &wire, bytes);
        return;
    case EFFECT_EVENT:
        for (uint32_t i = 0; i < effect->gateway_count; i++)
            if (decode(play, bytes, &wire))
                read_said(play, effect_gateways(effects, effect)[i], place,
                          &wire, bytes);
        return;
    }
}

static void read_input(struct against_play *play,
                       const struct against_input *input) {
    const struct core_input *in = input->input;
    struct against_gateway *gateway = NULL;
    bool is_of_gateway = in->kind == INPUT_COMMAND ||
                         in->kind == INPUT_GATEWAY_UP ||
                         in->kind == INPUT_GATEWAY_GONE;
    if (is_of_gateway) {
        gateway = against_gateway_get(play, in->gateway);
        if (!gateway)
            return;
        if (play->first_us == 0)
            play->first_us = in->now_us;
    }
    if (in->kind == INPUT_GATEWAY_UP)
        read_up(gateway, input);
    else if (in->kind == INPUT_GATEWAY_GONE)
        read_gone(gateway, input);
    else if (in->kind == INPUT_COMMAND)
        read_command(gateway, input);
    for (uint32_t i = 0; i < input->effects->count; i++)
        read_effect(play, input->place, input->effects,
                    &input->effects->items[i]);
}

static bool has_room(const struct against_play *play) {
    return !play->is_read && !play->error.size &&
           play->queued < AGAINST_AHEAD_MAX &&
           play->pairs.waiting[AGAINST_RECORDED] < AGAINST_SAID_MAX;
}

bool against_read(struct against_play *play) {
    struct against_input input;
    for (uint32_t i = 0; i < AGAINST_INPUTS_A_TURN && has_room(play); i++) {
        if (against_trace_next(play->trace, &input, &play->error) == ERR_OK)
            read_input(play, &input);
        else
            play->is_read = true;
    }
    return has_room(play);
}
