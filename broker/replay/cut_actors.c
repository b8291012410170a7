/* cut_actors.c - see cut_actors.h. */
#include "broker/replay/cut_actors.h"

#include <stdlib.h>

#include "broker/replay/about.h"

/* --- Groups -------------------------------------------------------------- */

static uint32_t root_of(struct cut_actors *actors, uint32_t number) {
    while (actors->parents[number] != number) {
        actors->parents[number] = actors->parents[actors->parents[number]];
        number = actors->parents[number];
    }
    return number;
}

static uint32_t add(struct cut_actors *actors) {
    uint32_t number = actors->count++;
    if ((number & (number - 1)) == 0)
        actors->parents =
            mem_realloc(actors->parents,
                        (number ? number * 2 : 1) * sizeof *actors->parents);
    actors->parents[number] = number;
    return number;
}

static void *to_value(uint64_t number) {
    return (void *)(uintptr_t)(number + 1);
}

static uint32_t from_value(void *value) {
    return value ? (uint32_t)((uintptr_t)value - 1) : CUT_NONE;
}

static uint32_t room_number(struct cut_actors *actors, uint64_t room) {
    void *value = table_find(&actors->rooms, room);
    if (!value) {
        value = to_value(add(actors));
        table_put(&actors->rooms, room, value);
    }
    return from_value(value);
}

static struct slice key_name(struct cut_actors *actors, uint8_t kind,
                             struct slice key) {
    char *name = arena_alloc(&actors->scratch, key.size + 1);
    name[0] = (char)kind;
    memcpy(name + 1, key.data, key.size);
    return (struct slice){name, key.size + 1};
}

static uint32_t key_number(struct cut_actors *actors, uint8_t kind,
                           struct slice key) {
    struct slice name = key_name(actors, kind, key);
    void *value = text_table_find(&actors->keys, name);
    if (!value) {
        value = to_value(add(actors));
        text_table_put(&actors->keys, name, value);
    }
    return from_value(value);
}

static void bind(void *payload, uint8_t kind, struct slice key, uint64_t room) {
    struct cut_actors *actors = payload;
    uint32_t a = root_of(actors, key_number(actors, kind, key));
    uint32_t b = root_of(actors, room_number(actors, room));
    actors->parents[a] = b;
}

static void place(void *payload, uint64_t message, uint64_t room) {
    struct cut_actors *actors = payload;
    table_put(&actors->messages, message, (void *)(uintptr_t)room);
}

uint32_t cut_group_of_room(struct cut_actors *actors, uint64_t room) {
    uint32_t number = from_value(table_find(&actors->rooms, room));
    return number == CUT_NONE ? CUT_NONE : root_of(actors, number);
}

uint32_t cut_group_of_key(struct cut_actors *actors, uint8_t kind,
                          struct slice key) {
    uint32_t number =
        from_value(text_table_find(&actors->keys, key_name(actors, kind, key)));
    return number == CUT_NONE ? CUT_NONE : root_of(actors, number);
}

uint32_t cut_group_of_message(struct cut_actors *actors, uint64_t message) {
    return cut_group_of_room(actors,
                             (uintptr_t)table_find(&actors->messages, message));
}

void cut_actors_finish(struct cut_actors *actors) {
    table_finish(&actors->rooms);
    text_table_finish(&actors->keys);
    table_finish(&actors->messages);
    free(actors->parents);
    arena_finish(&actors->scratch);
    *actors = (struct cut_actors){0};
}

/* --- Learning ------------------------------------------------------------ */

static void on_user(void *payload, uint64_t user) {
    (void)payload;
    (void)user;
}

static void on_message(void *payload, uint64_t message) {
    (void)payload;
    (void)message;
}

static void on_room(void *payload, uint64_t room) {
    room_number(payload, room);
}

static void on_key(void *payload, uint8_t kind, struct slice key) {
    key_number(payload, kind, key);
}

static void learn(struct cut_actors *actors, const struct wire *wire) {
    struct about about = {.payload = actors,
                          .user = on_user,
                          .room = on_room,
                          .message = on_message,
                          .key = on_key,
                          .placed = place,
                          .bound = bind};
    about_wire(wire, &about);
}

/* What does not decode here (a page of a newer persister) teaches nothing. */
static bool learn_bytes(struct cut_actors *actors, struct slice bytes,
                        struct arena *arena, struct wire *wire) {
    if (wire_decode(bytes, arena, wire, NULL) != ERR_OK)
        return false;
    learn(actors, wire);
    return true;
}

/* A key's row does not name the key: its question does. */
static void learn_row_key(struct cut_actors *actors, const struct wire *row,
                          const struct table *questions, struct arena *arena) {
    const struct tape_effect *question =
        table_find(questions, row->correlation);
    struct wire wire;
    if (!question || row->as.row_key.room.value == 0 ||
        wire_decode(question->bytes, arena, &wire, NULL) != ERR_OK ||
        wire.kind != WIRE_READ_KEY || wire.as.read_key.key.size == 0)
        return;
    bind(actors, wire.as.read_key.kind, wire.as.read_key.key,
         row->as.row_key.room.value);
}

static void learn_state(struct cut_actors *actors, struct slice bytes,
                        struct arena *arena) {
    struct wire wire, inner;
    if (!learn_bytes(actors, bytes, arena, &wire))
        return;
    if (wire.kind == STATE_READ && wire.as.state_read.command.bytes.size)
        learn_bytes(actors, wire.as.state_read.command.bytes, arena, &inner);
    if (wire.kind != STATE_WAITING)
        return;
    const struct state_waiting *waiting = &wire.as.state_waiting;
    learn_bytes(actors, waiting->command.bytes, arena, &inner);
    for (uint32_t i = 0; i < waiting->lookups_count; i++)
        if (waiting->lookups[i].row.size)
            learn_bytes(actors, waiting->lookups[i].row, arena, &inner);
}

void cut_actors_learn(struct cut_actors *actors, const struct tape *tape) {
    struct arena arena = {0};
    struct table questions = {0};
    struct wire wire;
    for (uint32_t i = 0; i < tape->states_count; i++) {
        learn_state(actors, tape->states[i], &arena);
        arena_reset(&arena);
    }
    for (uint32_t i = 0; i < tape->inputs_count; i++) {
        const struct tape_input *input = &tape->inputs[i];
        if (input->input.bytes.size &&
            learn_bytes(actors, input->input.bytes, &arena, &wire) &&
            wire.kind == WIRE_ROW_KEY)
            learn_row_key(actors, &wire, &questions, &arena);
        for (uint32_t j = 0; j < input->effects_count; j++) {
            struct tape_effect *effect = &input->effects[j];
            if (learn_bytes(actors, effect->bytes, &arena, &wire) &&
                effect->kind == EFFECT_READ)
                table_put(&questions, wire.correlation, effect);
        }
        arena_reset(&arena);
        arena_reset(&actors->scratch);
    }
    table_finish(&questions);
    arena_finish(&arena);
}

/* --- Touching ------------------------------------------------------------ */

static void touch_group(struct cut_touched *touched, uint32_t group) {
    for (uint32_t i = 0; i < touched->groups_count; i++)
        if (touched->groups[i] == group)
            return;
    if (group != CUT_NONE && touched->groups_count < CUT_GROUPS_MAX)
        touched->groups[touched->groups_count++] = group;
}

static void touch_user(void *payload, uint64_t user) {
    struct cut_touched *touched = payload;
    if (touched->users && table_find(touched->users, user))
        touched->has_user = true;
}

static void touch_room(void *payload, uint64_t room) {
    struct cut_touched *touched = payload;
    touch_group(touched, cut_group_of_room(touched->actors, room));
}

static void touch_message(void *payload, uint64_t message) {
    struct cut_touched *touched = payload;
    touch_group(touched, cut_group_of_message(touched->actors, message));
}

static void touch_key(void *payload, uint8_t kind, struct slice key) {
    struct cut_touched *touched = payload;
    touch_group(touched, cut_group_of_key(touched->actors, kind, key));
}

void cut_touch(struct cut_actors *actors, const struct wire *wire,
               const struct table *users, struct cut_touched *out) {
    out->actors = actors;
    out->users = users;
    out->groups_count = 0;
    out->has_user = false;
    struct about about = {.payload = out,
                          .user = touch_user,
                          .room = touch_room,
                          .message = touch_message,
                          .key = touch_key};
    about_wire(wire, &about);
    arena_reset(&actors->scratch);
}
