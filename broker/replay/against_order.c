/* against_order.c - see against_order.h. */
#include "broker/replay/against_order.h"

#include <stdlib.h>

#include "common/hash.h"

/* Bytes that are done with are dropped when they are this many. */
#define COMPACT_BYTES 4096u

struct against_thing {
    uint64_t key;
    struct against_turn *first;
    struct against_turn *last;
};

void against_turns_finish(struct against_turns *turns) {
    struct against_thing *thing;
    for (size_t at = 0; (thing = table_next(&turns->things, &at, NULL));) {
        while (thing->first) {
            struct against_turn *turn = thing->first;
            thing->first = turn->next;
            free(turn);
        }
        free(thing);
    }
    table_finish(&turns->things);
}

struct against_turn *against_turn_take(struct against_turns *turns,
                                       uint64_t key, uint32_t gateway) {
    struct against_thing *thing = table_find(&turns->things, key);
    if (!thing) {
        thing = mem_zalloc(sizeof *thing);
        thing->key = key;
        table_put(&turns->things, key, thing);
    }
    if (!thing->last || thing->last->gateway != gateway) {
        struct against_turn *turn = mem_zalloc(sizeof *turn);
        turn->thing = thing;
        turn->gateway = gateway;
        if (thing->last)
            thing->last->next = turn;
        else
            thing->first = turn;
        thing->last = turn;
    }
    thing->last->unanswered++;
    return thing->last;
}

bool against_turn_has_come(const struct against_turn *turn) {
    return turn->thing->first == turn;
}

void against_turn_done(struct against_turns *turns, struct against_turn *turn) {
    struct against_thing *thing = turn->thing;
    PRE(turn->unanswered > 0);
    turn->unanswered--;
    while (thing->first && thing->first->unanswered == 0) {
        struct against_turn *over = thing->first;
        thing->first = over->next;
        free(over);
    }
    if (thing->first)
        return;
    table_remove(&turns->things, thing->key);
    free(thing);
}

void against_keys_finish(struct against_keys *keys) {
    text_table_finish(&keys->rooms);
}

/* Kind and key in one; |text| has room for them. */
static struct slice key_text(uint8_t kind, struct slice key,
                             char text[1 + LIMIT_ROOM_KEY_BYTES]) {
    text[0] = (char)kind;
    if (key.size)
        memcpy(text + 1, key.data, key.size);
    return (struct slice){text, 1 + key.size};
}

void against_keys_note(struct against_keys *keys,
                       const struct wire_room *room) {
    char text[1 + LIMIT_ROOM_KEY_BYTES];
    if (room->room.value == 0)
        return;
    text_table_put(&keys->rooms, key_text(room->kind, room->key, text),
                   (void *)(uintptr_t)room->room.value);
}

static uint64_t thing_by_id(enum wire_id kind, uint64_t id) {
    return hash_u64((uint64_t)kind, id);
}

static uint64_t thing_by_key(uint8_t kind, struct slice key,
                             const struct against_keys *keys) {
    char text[1 + LIMIT_ROOM_KEY_BYTES];
    struct slice whole = key_text(kind, key, text);
    uint64_t room = (uintptr_t)text_table_find(&keys->rooms, whole);
    return room ? thing_by_id(WIRE_ID_ROOM, room) : hash_bytes(1, whole);
}

/* The first id of |kind| that is not 0, in structs within as well. */
static uint64_t find_id(const struct wire_shape *shape, const char *base,
                        enum wire_id kind) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        const char *at = base + field->offset;
        uint64_t id = 0;
        if (field->id == kind)
            id = *(const uint64_t *)at;
        else if (field->type == FIELD_STRUCT)
            id = find_id(field->shape, at, kind);
        if (id)
            return id;
    }
    return 0;
}

/* The key by which it names a room, which it has if it has this field. */
static bool find_key(const struct wire *command, uint8_t *kind,
                     struct slice *key) {
    if (command->kind == WIRE_REVIEW_PUT) {
        *kind = ROOM_ORDER;
        *key = command->as.review_put.review.key;
        return true;
    }
    const struct wire_shape *shape = wire_shape_of(command->kind);
    const char *base = (const char *)&command->as;
    *kind = 0;
    *key = (struct slice){0};
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        if (strcmp(field->name, "kind") == 0 && field->type == FIELD_U8)
            *kind = *(const uint8_t *)(base + field->offset);
        else if (strcmp(field->name, "key") == 0)
            *key = *(const struct slice *)(base + field->offset);
    }
    return key->size != 0;
}

uint64_t against_thing_of(const struct wire *command,
                          const struct against_keys *keys,
                          const struct against_ids *ids) {
    static const enum wire_id others[] = {WIRE_ID_MESSAGE, WIRE_ID_USER,
                                          WIRE_ID_FILE};
    const struct wire_shape *shape = wire_shape_of(command->kind);
    const char *base = (const char *)&command->as;
    uint8_t kind;
    struct slice key;
    uint64_t room = find_id(shape, base, WIRE_ID_ROOM);
    uint64_t message = find_id(shape, base, WIRE_ID_MESSAGE);
    bool has_key = find_key(command, &kind, &key);
    if (!room && !has_key && message)
        room = against_ids_room_of(ids, message);
    if (room)
        return thing_by_id(WIRE_ID_ROOM, room);
    if (has_key)
        return thing_by_key(kind, key, keys);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        uint64_t id = find_id(shape, base, others[i]);
        if (id)
            return thing_by_id(others[i], id);
    }
    return 0;
}

uint64_t against_user_of(const struct wire *command) {
    uint64_t user = find_id(wire_shape_of(command->kind),
                            (const char *)&command->as, WIRE_ID_USER);
    return user ? thing_by_id(WIRE_ID_USER, user) : 0;
}

bool against_asks_for_more(enum wire_kind command) {
    switch ((int)command) { /* Commands are one part of the enum. */
    case WIRE_JOIN:
    case WIRE_HISTORY:
    case WIRE_LIST:
    case WIRE_ROOM_VIEW:
    case WIRE_UNREAD:
    case WIRE_FEED:
    case WIRE_EVENTS:
    case WIRE_FILES:
    case WIRE_FILE_BYTES:
        return true;
    default:
        return false;
    }
}

bool against_asks_for_all(enum wire_kind command) {
    return command == WIRE_LIST || command == WIRE_UNREAD ||
           command == WIRE_FEED;
}

void against_answers_finish(struct against_answers *answers) {
    buf_finish(&answers->come);
    table_finish(&answers->last);
    table_finish(&answers->last_other);
}

static void *number_value(uint64_t number) {
    return (void *)(uintptr_t)number;
}

static uint64_t number_in(const struct table *table, uint64_t thing) {
    return (uintptr_t)table_find(table, thing);
}

uint64_t against_answers_issue(struct against_answers *answers, uint64_t thing,
                               enum wire_kind command) {
    char zero = 0;
    buf_append(&answers->come, &zero, 1);
    answers->issued++;
    table_put(&answers->last, thing, number_value(answers->issued));
    if (command != WIRE_SEND)
        table_put(&answers->last_other, thing, number_value(answers->issued));
    return answers->issued;
}

uint64_t against_answers_before(const struct against_answers *answers,
                                uint64_t thing, uint64_t user,
                                enum wire_kind command) {
    if (against_asks_for_more(command))
        return answers->issued;
    uint64_t by_thing = number_in(
        command == WIRE_SEND ? &answers->last_other : &answers->last, thing);
    uint64_t by_user = number_in(&answers->last_other, user);
    return by_thing > by_user ? by_thing : by_user;
}

void against_answers_come(struct against_answers *answers, uint64_t number) {
    PRE(number > answers->all && number <= answers->issued);
    char *come = answers->come.data;
    come[answers->head + (number - answers->all - 1)] = 1;
    while (answers->head < answers->come.size && come[answers->head]) {
        answers->head++;
        answers->all++;
    }
    if (answers->head >= COMPACT_BYTES) {
        buf_consume(&answers->come, answers->head);
        answers->head = 0;
    }
}
