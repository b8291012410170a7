/* cut_run.c - see cut_run.h. */
#include "broker/replay/cut_run.h"

#include <stdlib.h>

#include "broker/core/snapshot.h"
#include "broker/replay/cut_questions.h"
#include "broker/replay/cut_state.h"
#include "broker/replay/trace_text.h"

struct run_partition {
    bool is_needed;
    bool is_owned;
    uint64_t committed; /* As the cut core was told. */
    uint64_t dealt;     /* By the whole core, before this step. */
};

struct run_of_cut {
    const struct tape *tape;
    const struct cut_choice *choice;
    struct core *core;
    struct effects effects;
    struct run_partition partitions[PARTITION_COUNT];
    bool needed[PARTITION_COUNT];
    const struct tape_input *at; /* The input being taken. */
    bool is_chosen;
    struct cut_questions questions;
    struct table restored; /* Questions of the state, by number. */
    struct trace_text text;
    struct buf *out;
    struct cut_counts *counts;
    struct arena arena; /* For one input. */
    struct buf answer;
    struct slice *unasked; /* Answers to be told after this step, ... */
    uint64_t *unasked_numbers;
    uint32_t unasked_count;
};

static char is_there;

static void flush(struct run_of_cut *run) {
    buf_append_slice(run->out, buf_slice(&run->text.out));
    buf_clear(&run->text.out);
}

/* --- Steps --------------------------------------------------------------- */

static void take_question(struct run_of_cut *run, struct slice bytes) {
    struct slice answer;
    struct wire_head_fields head;
    if (!cut_asks(&run->questions, bytes, &answer) ||
        wire_peek(bytes, &head) != ERR_OK)
        return;
    uint32_t count = run->unasked_count++;
    run->unasked = mem_realloc(run->unasked, (count + 1) * sizeof answer);
    run->unasked_numbers = mem_realloc(run->unasked_numbers,
                                       (count + 1) * sizeof head.correlation);
    run->unasked[count] = answer;
    run->unasked_numbers[count] = head.correlation;
}

/* Tells the core, once it is written down. */
static void step(struct run_of_cut *run, struct core_input *input) {
    struct wire wire;
    struct wire_error error;
    arena_reset(&run->arena);
    if (trace_input_decode(input, &run->arena, &wire, &error) != ERR_OK)
        return;
    trace_text_put_input(&run->text, input);
    flush(run);
    effects_clear(&run->effects);
    /* Ended as long as the core may stop itself: an input at the end of a text
     * that has no end would not be believed. */
    size_t size = run->out->size;
    trace_text_put_end(&run->text, false);
    flush(run);
    core_step(run->core, input, &run->effects);
    run->out->size = size;
    run->counts->inputs++;
    run->counts->commands += input->kind == INPUT_COMMAND;
    for (uint32_t i = 0; i < run->effects.count; i++) {
        const struct effect *effect = &run->effects.items[i];
        trace_text_put_effect(&run->text, &run->effects, effect);
        if (effect->kind == EFFECT_READ)
            take_question(run, effect_bytes(&run->effects, effect));
    }
    flush(run);
}

/* What is dealt next is what comes after |seq|, as it was. */
static void skip_to(struct run_of_cut *run, int64_t now_us, uint32_t index,
                    uint64_t seq) {
    const struct run_partition *partition = &run->partitions[index];
    if (!partition->is_owned || core_last_seq(run->core, index) >= seq)
        return;
    struct core_input input = {
        .kind = INPUT_SKIP, .now_us = now_us, .partition = index, .seq = seq};
    step(run, &input);
}

/* --- Sequences ----------------------------------------------------------- */

/* In each partition the first sequence that somebody who is kept was dealt in
 * this step is dealt to them again. */
static void skip_before(struct run_of_cut *run) {
    const struct tape_input *input = run->at;
    uint64_t done = 0;
    for (uint32_t i = 0; i < input->effects_count; i++) {
        const struct tape_effect *effect = &input->effects[i];
        uint64_t bit = UINT64_C(1) << effect->partition % PARTITION_COUNT;
        struct wire wire;
        if (effect->kind != EFFECT_APPEND || (done & bit))
            continue;
        arena_reset(&run->arena);
        if (wire_decode(effect->bytes, &run->arena, &wire, NULL) != ERR_OK ||
            !cut_keeps_record(run->choice, &wire, run->is_chosen))
            continue;
        done |= bit;
        skip_to(run, input->input.now_us, effect->partition, effect->seq - 1);
    }
}

/* What the whole core asks in this step; what the cut one asks then may be the
 * same. */
static void follow_questions(struct run_of_cut *run,
                             const struct tape_input *input) {
    for (uint32_t i = 0; i < input->effects_count; i++)
        if (input->effects[i].kind == EFFECT_READ)
            cut_whole_asks(&run->questions, input->effects[i].bytes);
}

/* What the whole core dealt in this step, or took back. */
static void follow(struct run_of_cut *run, const struct tape_input *input) {
    struct run_partition *at = &run->partitions[input->input.partition];
    uint64_t seq = input->input.seq;
    if (input->input.kind == INPUT_PARTITION && at->dealt < seq)
        at->dealt = seq;
    if (input->input.kind == INPUT_SKIP && at->dealt < seq)
        at->dealt = seq;
    if (input->input.kind == INPUT_REFUSED && at->dealt >= seq)
        at->dealt = seq - 1;
    for (uint32_t i = 0; i < input->effects_count; i++) {
        const struct tape_effect *effect = &input->effects[i];
        if (effect->kind == EFFECT_APPEND)
            run->partitions[effect->partition].dealt = effect->seq;
    }
}

/* Tells what the tape has now. */
static void tell(struct run_of_cut *run, struct core_input *input) {
    skip_before(run);
    step(run, input);
}

/* An answer under the number that the cut core gave the question. */
static void tell_answer(struct run_of_cut *run, int64_t now_us,
                        struct slice answer, uint64_t number) {
    struct wire_head_fields head;
    if (wire_peek(answer, &head) != ERR_OK)
        return;
    skip_to(run, now_us, head.partition, run->partitions[head.partition].dealt);
    buf_clear(&run->answer);
    wire_readdress(answer, &head, number, &run->answer);
    struct core_input input = {.kind = INPUT_READ_DONE,
                               .now_us = now_us,
                               .bytes = buf_slice(&run->answer)};
    step(run, &input);
}

static void tell_unasked(struct run_of_cut *run, int64_t now_us) {
    for (uint32_t i = 0; i < run->unasked_count; i++)
        tell_answer(run, now_us, run->unasked[i], run->unasked_numbers[i]);
    run->unasked_count = 0;
}

/* --- Inputs -------------------------------------------------------------- */

static void take_partition(struct run_of_cut *run, struct core_input *input) {
    struct run_partition *partition = &run->partitions[input->partition];
    if (!partition->is_needed ||
        (partition->is_owned && input->seq <= partition->committed))
        return;
    skip_to(run, input->now_us, input->partition, input->seq);
    partition->is_owned = true;
    partition->committed = input->seq;
    tell(run, input);
}

static void take_committed(struct run_of_cut *run, struct core_input *input) {
    struct run_partition *partition = &run->partitions[input->partition];
    struct core_stats stats = core_stats(run->core);
    /* While nothing waits, nobody can tell what is committed. */
    if (!partition->is_owned || input->seq <= partition->committed ||
        stats.effects_pending + stats.commands_waiting == 0)
        return;
    skip_to(run, input->now_us, input->partition,
            partition->dealt > input->seq ? partition->dealt : input->seq);
    partition->committed = input->seq;
    tell(run, input);
}

static void take_refused(struct run_of_cut *run, struct core_input *input) {
    const struct run_partition *partition = &run->partitions[input->partition];
    if (partition->is_owned && input->seq > partition->committed)
        tell(run, input);
}

static void take_answer(struct run_of_cut *run, struct core_input *input) {
    struct wire_head_fields head;
    uint64_t number;
    if (wire_peek(input->bytes, &head) != ERR_OK)
        return;
    uint64_t dealt = run->partitions[head.partition].dealt;
    if (table_remove(&run->restored, head.correlation)) {
        skip_to(run, input->now_us, head.partition, dealt);
        tell(run, input);
    } else if (cut_whole_hears(&run->questions, input->bytes, &number)) {
        skip_before(run);
        tell_answer(run, input->now_us, input->bytes, number);
    }
}

static bool tells_presence(const struct tape_input *input) {
    struct wire_head_fields head;
    for (uint32_t i = 0; i < input->effects_count; i++)
        if (wire_peek(input->effects[i].bytes, &head) == ERR_OK &&
            head.kind == WIRE_PRESENCE_CHANGED)
            return true;
    return false;
}

/* What is left out ended somebody's grace, as any step does: that much happens
 * here, too. */
static void take_time(struct run_of_cut *run, const struct tape_input *input) {
    uint32_t index = 0;
    while (index < PARTITION_COUNT && !run->partitions[index].is_owned)
        index++;
    if (index == PARTITION_COUNT || !tells_presence(input) ||
        core_deadline_us(run->core) > input->input.now_us)
        return;
    struct core_input nothing = {
        .kind = INPUT_SKIP, .now_us = input->input.now_us, .partition = index};
    step(run, &nothing);
}

static void take(struct run_of_cut *run) {
    struct core_input input = run->at->input;
    bool is_chosen = run->is_chosen;
    switch (input.kind) {
    case INPUT_PARTITION:
        take_partition(run, &input);
        return;
    case INPUT_COMMAND:
        if (is_chosen)
            tell(run, &input);
        return;
    case INPUT_READ_DONE:
        take_answer(run, &input);
        return;
    case INPUT_COMMITTED:
        take_committed(run, &input);
        return;
    case INPUT_REFUSED:
        if (is_chosen)
            take_refused(run, &input);
        return;
    case INPUT_GATEWAY_UP:
    case INPUT_GATEWAY_GONE:
        if (is_chosen)
            tell(run, &input);
        return;
    case INPUT_TICK:
        /* It does what is due, and nothing else. */
        if (is_chosen && core_deadline_us(run->core) <= input.now_us)
            tell(run, &input);
        return;
    case INPUT_SKIP:
        return;
    }
}

static void take_input(struct run_of_cut *run, uint32_t index) {
    const struct tape_input *input = &run->tape->inputs[index];
    struct wire_head_fields head;
    run->at = input;
    run->is_chosen = run->choice->inputs[index];
    if (input->input.kind == INPUT_COMMAND && run->is_chosen &&
        wire_peek(input->input.bytes, &head) == ERR_OK)
        skip_to(run, input->input.now_us, head.partition,
                run->partitions[head.partition].dealt);
    cut_questions_step(&run->questions);
    follow_questions(run, input);
    uint32_t told = run->counts->inputs;
    take(run);
    if (run->counts->inputs == told)
        take_time(run, input);
    follow(run, input);
    tell_unasked(run, input->input.now_us);
}

/* --- The whole ----------------------------------------------------------- */

/* A partition is needed by whoever is kept in it. */
static void find_needed(struct run_of_cut *run) {
    struct wire_head_fields head;
    for (uint32_t i = 0; i < run->tape->inputs_count; i++) {
        const struct core_input *input = &run->tape->inputs[i].input;
        if (input->kind == INPUT_COMMAND && run->choice->inputs[i] &&
            wire_peek(input->bytes, &head) == ERR_OK)
            run->needed[head.partition] = true;
    }
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        run->partitions[i].is_needed = run->needed[i];
}

static void take_state(struct run_of_cut *run, const struct wire *state) {
    struct run_partition *partition = &run->partitions[state->partition];
    if (state->kind == STATE_PARTITION) {
        partition->is_owned = true;
        partition->committed = state->as.state_partition.committed;
    } else if (state->kind == STATE_READ) {
        table_put(&run->restored, state->as.state_read.read, &is_there);
    }
    run->counts->states++;
}

/* The sequences that the whole core had dealt before. */
static void take_dealt(struct run_of_cut *run, const struct wire *state) {
    if (state->kind == STATE_PARTITION)
        run->partitions[state->partition].dealt =
            state->as.state_partition.next_seq - 1;
}

static enum err restore(struct run_of_cut *run, const char **why) {
    struct cut_state state;
    struct buf bytes = {0};
    enum err err = ERR_OK;
    cut_state_init(&state, run->choice, run->tape, run->needed);
    find_needed(run);
    for (uint32_t i = 0; i < run->tape->states_count && err == ERR_OK; i++) {
        struct wire wire = {.kind = STATE_CORE};
        bool is_kept = cut_state_take(&state, run->tape->states[i], &wire);
        take_dealt(run, &wire);
        if (!is_kept)
            continue;
        take_state(run, &wire);
        buf_clear(&bytes);
        wire_encode(&wire, &bytes);
        trace_text_put_state(&run->text, buf_slice(&bytes));
        err = core_restore(run->core, &wire, why);
    }
    if (err == ERR_OK && run->tape->states_count > 0)
        err = core_restored(run->core, why);
    cut_state_finish(&state);
    buf_finish(&bytes);
    return err;
}

/* The head tells the state's digest, so the state is put behind it. */
static void put_head(struct run_of_cut *run) {
    struct trace_text text = {0};
    struct trace_head head = run->tape->head;
    head.whole = true;
    head.file = 1;
    head.state_digest = core_digest(run->core);
    trace_text_put_head(&text, &head);
    for (uint32_t i = 0; i < run->tape->comments_count; i++)
        trace_text_put_comment(&text, run->tape->comments[i]);
    buf_append_slice(run->out, buf_slice(&text.out));
    trace_text_finish(&text);
    flush(run);
}

enum err cut_run(const struct tape *tape, const struct cut_choice *choice,
                 struct buf *out, struct cut_counts *counts, const char **why) {
    struct run_of_cut *run = mem_zalloc(sizeof *run);
    *counts = (struct cut_counts){.delays = choice->delays};
    run->tape = tape;
    run->choice = choice;
    run->out = out;
    run->counts = counts;
    run->core = core_create(&tape->head.core);
    enum err err = restore(run, why);
    if (err == ERR_OK) {
        put_head(run);
        for (uint32_t i = 0; i < tape->inputs_count; i++)
            take_input(run, i);
        trace_text_put_end(&run->text, false);
        flush(run);
    }
    core_destroy(run->core);
    effects_finish(&run->effects);
    cut_questions_finish(&run->questions);
    table_finish(&run->restored);
    trace_text_finish(&run->text);
    arena_finish(&run->arena);
    buf_finish(&run->answer);
    free(run->unasked);
    free(run->unasked_numbers);
    free(run);
    return err;
}
