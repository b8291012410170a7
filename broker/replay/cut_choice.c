/* cut_choice.c - see cut_choice.h. */
#include "broker/replay/cut_choice.h"

#include <stdlib.h>

#include "broker/replay/about.h"
#include "common/hash.h"

/* A value for a table that is only a set. */
static char is_there;

void cut_choice_init(struct cut_choice *choice, struct cut_actors *actors,
                     const struct tape *tape) {
    *choice = (struct cut_choice){.actors = actors, .all_actors = true};
    choice->inputs = mem_alloc(tape->inputs_count + 1);
    choice->groups = mem_alloc(actors->count + 1);
    memset(choice->inputs, true, tape->inputs_count);
    memset(choice->groups, true, actors->count);
}

void cut_choice_finish(struct cut_choice *choice) {
    free(choice->inputs);
    free(choice->groups);
    table_finish(&choice->users);
    table_finish(&choice->refused);
    *choice = (struct cut_choice){0};
}

static bool keeps(const struct cut_choice *choice, uint32_t group) {
    return choice->all_actors || (group != CUT_NONE && choice->groups[group]);
}

bool cut_keeps_room(const struct cut_choice *choice, uint64_t room) {
    return keeps(choice, cut_group_of_room(choice->actors, room));
}

bool cut_keeps_key(const struct cut_choice *choice, uint8_t kind,
                   struct slice key) {
    return keeps(choice, cut_group_of_key(choice->actors, kind, key));
}

bool cut_keeps_user(const struct cut_choice *choice, uint64_t user) {
    return choice->all_actors || table_find(&choice->users, user);
}

/* The user whose own record it is; 0: it is a room's or a file's. */
static uint64_t user_of_record(const struct wire *record) {
    if (record->kind == RECORD_USER_PUT)
        return record->as.record_user_put.profile.user.value;
    return record->kind == RECORD_USER_SEEN
               ? record->as.record_user_seen.user.value
               : 0;
}

static bool is_of_file(const struct wire *record) {
    return record->kind == RECORD_FILE_CHUNK || record->kind == RECORD_FILE_PUT;
}

bool cut_keeps_record(const struct cut_choice *choice,
                      const struct wire *record, bool is_chosen) {
    if (choice->all_actors || choice->all_records)
        return true;
    if (is_of_file(record))
        return is_chosen;
    uint64_t user = user_of_record(record);
    if (user)
        return cut_keeps_user(choice, user);
    struct cut_touched touched;
    cut_touch(choice->actors, record, NULL, &touched);
    for (uint32_t i = 0; i < touched.groups_count; i++)
        if (choice->groups[touched.groups[i]])
            return true;
    return false;
}

/* --- Closing the choice -------------------------------------------------- */

/* What is known of a command from the beginning. */
struct command_note {
    uint32_t first; /* Of its groups in |groups|. */
    uint32_t count;
    uint64_t home_user;
    bool is_command;
    bool has_user;
    bool has_changed; /* Something at once. */
    bool is_resume;
    bool has_waited;  /* Before it was refused so. */
    bool was_refused; /* For want of room, with no other effect. */
};

struct closing {
    struct cut_choice *choice;
    const struct tape *tape;
    struct command_note *notes;
    uint32_t *groups;
    uint32_t groups_count;
    uint32_t groups_capacity;
    struct table wanted; /* Users, by id. */
    struct arena arena;
};

static void keep_groups(struct closing *closing, struct command_note *note,
                        const struct cut_touched *touched) {
    if (closing->groups_count + CUT_GROUPS_MAX > closing->groups_capacity) {
        closing->groups_capacity = closing->groups_capacity * 2 + 1024;
        closing->groups =
            mem_realloc(closing->groups,
                        closing->groups_capacity * sizeof *closing->groups);
    }
    note->first = closing->groups_count;
    note->count = touched->groups_count;
    for (uint32_t i = 0; i < touched->groups_count; i++)
        closing->groups[closing->groups_count++] = touched->groups[i];
}

static bool appends(const struct tape_input *input) {
    for (uint32_t i = 0; i < input->effects_count; i++)
        if (input->effects[i].kind == EFFECT_APPEND)
            return true;
    return false;
}

uint64_t cut_command_name(uint32_t gateway, uint64_t correlation) {
    return hash_u64(gateway, correlation);
}

/* A refusal for want of room changed nothing, but where fewer ask there is
 * room: the command is left out rather than taken. A RESUME that was taken may
 * end so, too, but not at once. */
static void note_refusals(struct closing *closing, const struct table *open,
                          uint32_t index) {
    const struct tape_input *input = &closing->tape->inputs[index];
    struct wire wire;
    for (uint32_t i = 0; i < input->effects_count; i++) {
        const struct tape_effect *effect = &input->effects[i];
        if (effect->kind != EFFECT_REPLY ||
            input->input.kind == INPUT_REFUSED ||
            wire_decode(effect->bytes, &closing->arena, &wire, NULL) !=
                ERR_OK ||
            wire.kind != WIRE_REPLY_ERROR)
            continue;
        uint8_t refusal = wire.as.reply_error.refusal;
        uint64_t name = cut_command_name(effect->gateway, wire.correlation);
        struct command_note *note = table_find(open, name);
        if (refusal != REFUSED_TRY_AGAIN && refusal != REFUSED_OVERLOADED)
            continue;
        if (note)
            note->was_refused =
                !note->has_changed &&
                (!note->is_resume || note == &closing->notes[index]);
        else
            table_put(&closing->choice->refused, name, &is_there);
        if (note)
            note->has_waited = note != &closing->notes[index];
    }
}

static void note_command(struct closing *closing, uint32_t index,
                         struct table *open) {
    const struct tape_input *input = &closing->tape->inputs[index];
    struct command_note *note = &closing->notes[index];
    struct cut_touched touched;
    struct wire wire;
    if (input->input.kind != INPUT_COMMAND ||
        wire_decode(input->input.bytes, &closing->arena, &wire, NULL) != ERR_OK)
        return;
    cut_touch(closing->choice->actors, &wire, &closing->wanted, &touched);
    keep_groups(closing, note, &touched);
    note->is_command = true;
    note->has_user = touched.has_user;
    note->home_user = about_home_user(&wire);
    note->has_changed = appends(input);
    note->is_resume = wire.kind == WIRE_RESUME;
    table_put(open, cut_command_name(input->input.gateway, wire.correlation),
              note);
}

static void note_all(struct closing *closing) {
    struct table open = {0};
    for (uint32_t i = 0; i < closing->tape->inputs_count; i++) {
        note_command(closing, i, &open);
        note_refusals(closing, &open, i);
        arena_reset(&closing->arena);
    }
    table_finish(&open);
}

static bool is_wanted(const struct closing *closing,
                      const struct command_note *note) {
    const struct cut_choice *choice = closing->choice;
    if (note->has_user ||
        (note->home_user && table_find(&choice->users, note->home_user)))
        return true;
    for (uint32_t i = 0; i < note->count; i++)
        if (choice->groups[closing->groups[note->first + i]])
            return true;
    return false;
}

/* True: somebody new is kept. */
static bool take_commands(struct closing *closing) {
    struct cut_choice *choice = closing->choice;
    bool is_more = false;
    for (uint32_t i = 0; i < closing->tape->inputs_count; i++) {
        const struct command_note *note = &closing->notes[i];
        if (!note->is_command || note->was_refused || choice->inputs[i] ||
            !is_wanted(closing, note))
            continue;
        choice->inputs[i] = true;
        for (uint32_t j = 0; j < note->count; j++) {
            bool *group = &choice->groups[closing->groups[note->first + j]];
            is_more = is_more || !*group;
            *group = true;
        }
    }
    return is_more;
}

static bool keep_record(struct cut_choice *choice, const struct wire *record) {
    uint64_t user = user_of_record(record);
    if (user)
        return !table_put(&choice->users, user, &is_there);
    struct cut_touched touched;
    bool is_more = false;
    cut_touch(choice->actors, record, NULL, &touched);
    for (uint32_t i = 0; i < touched.groups_count; i++) {
        is_more = is_more || !choice->groups[touched.groups[i]];
        choice->groups[touched.groups[i]] = true;
    }
    return is_more;
}

/* In one step a sequence is dealt to somebody who is not kept, after one and
 * before another of those who are: nothing can be skipped in a step, so they
 * are kept, too. True: somebody new is. */
static bool take_step(struct closing *closing, uint32_t index) {
    const struct tape_input *input = &closing->tape->inputs[index];
    struct wire between, wire;
    uint64_t kept = 0; /* Partitions with one that is kept. */
    uint64_t gap = 0;  /* And behind it one that is not. */
    for (uint32_t i = 0; i < input->effects_count; i++) {
        const struct tape_effect *effect = &input->effects[i];
        uint64_t bit = UINT64_C(1) << effect->partition % PARTITION_COUNT;
        if (effect->kind != EFFECT_APPEND ||
            wire_decode(effect->bytes, &closing->arena, &wire, NULL) != ERR_OK)
            continue;
        if (!cut_keeps_record(closing->choice, &wire,
                              closing->choice->inputs[index])) {
            between = wire;
            gap |= kept & bit;
        } else if (gap & bit) {
            return keep_record(closing->choice, &between);
        } else {
            kept |= bit;
        }
    }
    return false;
}

static bool take_steps(struct closing *closing) {
    bool is_more = false;
    for (uint32_t i = 0; i < closing->tape->inputs_count; i++) {
        if (closing->tape->inputs[i].effects_count > 2)
            is_more = take_step(closing, i) || is_more;
        arena_reset(&closing->arena);
    }
    return is_more;
}

static void close_choice(struct closing *closing) {
    note_all(closing);
    bool is_more;
    do {
        is_more = take_commands(closing);
        is_more = take_steps(closing) || is_more;
    } while (is_more);
    for (uint32_t i = 0; i < closing->tape->inputs_count; i++) {
        const struct command_note *note = &closing->notes[i];
        closing->choice->delays +=
            note->was_refused && note->has_waited && is_wanted(closing, note);
    }
    closing->choice->delays += (uint32_t)table_count(&closing->choice->refused);
}

bool cut_choose(struct cut_choice *choice, const struct tape *tape,
                uint64_t room, uint64_t user) {
    uint32_t group = cut_group_of_room(choice->actors, room);
    struct closing closing = {.choice = choice, .tape = tape};
    choice->all_actors = false;
    memset(choice->groups, false, choice->actors->count);
    for (uint32_t i = 0; i < tape->inputs_count; i++)
        choice->inputs[i] = tape->inputs[i].input.kind != INPUT_COMMAND;
    if (group != CUT_NONE)
        choice->groups[group] = true;
    if (user) {
        table_put(&closing.wanted, user, &is_there);
        table_put(&choice->users, user, &is_there);
    }
    closing.notes =
        mem_zalloc((tape->inputs_count + 1) * sizeof *closing.notes);
    close_choice(&closing);
    bool is_any = group != CUT_NONE;
    for (uint32_t i = 0; i < tape->inputs_count; i++)
        is_any = is_any || (closing.notes[i].is_command && choice->inputs[i]);
    free(closing.notes);
    free(closing.groups);
    table_finish(&closing.wanted);
    arena_finish(&closing.arena);
    return is_any;
}
