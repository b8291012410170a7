/* naming.c - see naming.h. */
#include "broker/core/naming.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* Where a command's fields stand. An offset of 0: it has no such field. */
struct place {
    size_t room;
    size_t kind;
    size_t key;
    size_t dialog;
    size_t user;
    bool creates;
};

#define FIELDS(command)                                                        \
    .room = offsetof(struct wire, as.command.room),                            \
    .kind = offsetof(struct wire, as.command.kind),                            \
    .key = offsetof(struct wire, as.command.key)
#define DIALOG(command) .dialog = offsetof(struct wire, as.command.dialog)
#define USER(field) .user = offsetof(struct wire, as.field)

static const struct place places[] = {
    [WIRE_SEND] = {FIELDS(send), DIALOG(send), USER(send.author.user),
                   .creates = true},
    [WIRE_EDIT] = {FIELDS(edit), DIALOG(edit), USER(edit.user)},
    [WIRE_DELETE] = {FIELDS(delete), DIALOG(delete), USER(delete.user)},
    [WIRE_MARK] = {FIELDS(mark), DIALOG(mark), USER(mark.user)},
    [WIRE_HISTORY] = {FIELDS(history), DIALOG(history), USER(history.user)},
    [WIRE_ROOM_VIEW] = {FIELDS(room_view), USER(room_view.user)},
    [WIRE_TYPING] = {FIELDS(typing), USER(typing.user), .creates = true},
};

static const struct place *place_of(const struct wire *wire) {
    size_t kind = (size_t)wire->kind;
    if (kind >= sizeof places / sizeof *places || !places[kind].room)
        return NULL;
    return &places[kind];
}

bool naming_of(const struct wire *wire, struct naming *out) {
    const struct place *place = place_of(wire);
    const char *base = (const char *)wire;
    if (!place)
        return false;
    *out = (struct naming){.room = *(const room_id *)(base + place->room),
                           .kind = *(const uint8_t *)(base + place->kind),
                           .key = *(const struct slice *)(base + place->key),
                           .dialog = place->dialog &&
                                     *(const bool *)(base + place->dialog),
                           .creates = place->creates,
                           .user = *(const user_id *)(base + place->user)};
    return true;
}

void naming_set_room(struct wire *wire, room_id room) {
    const struct place *place = place_of(wire);
    PRE(place != NULL);
    *(room_id *)((char *)wire + place->room) = room;
}

bool naming_fits(const struct naming *naming, const struct wire_room *info,
                 uint32_t members_count) {
    if (naming->dialog && members_count != 2)
        return false;
    if (naming->room.value)
        return naming->room.value == info->room.value;
    if (!naming_is_by_key(naming))
        return true;
    return naming->kind == info->kind && slice_equal(naming->key, info->key);
}

/* Decimal digits from |*at| on, as a user id; 0: there is none. */
static uint64_t take_id(struct slice key, size_t *at) {
    uint64_t id = 0;
    for (; *at < key.size && key.data[*at] >= '0' && key.data[*at] <= '9';
         ++*at) {
        id = id * 10 + (uint64_t)(key.data[*at] - '0');
        if (id > ID_MAX)
            return 0;
    }
    return id;
}

bool naming_direct_key(struct slice key, user_id *smaller, user_id *larger) {
    size_t at = 0;
    smaller->value = take_id(key, &at);
    if (at == key.size || key.data[at++] != '_')
        return false;
    larger->value = take_id(key, &at);
    if (smaller->value == 0 || smaller->value > larger->value)
        return false;
    /* Written in one way only: no leading zeros, nothing behind. */
    char text[48];
    int size = snprintf(text, sizeof text, "%" PRIu64 "_%" PRIu64,
                        smaller->value, larger->value);
    return slice_equal(key, (struct slice){text, (size_t)size});
}
