/* room_load.c - a room's row from the store. It is checked before it is
 * believed: all that the core computes stands on it. */
#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/room_run.h"

static bool members_are_sound(const struct wire_row_room *row) {
    const struct wire_room_state *state = &row->state;
    uint64_t own_all = 0;
    for (uint32_t i = 0; i < row->members_count; i++) {
        const struct wire_member *member = &row->members[i];
        if (i > 0 && member->user.value <= row->members[i - 1].user.value)
            return false;
        if (member->mark > state->place ||
            member->own_total > state->live_total - own_all ||
            member->seen > state->live_total - member->own_total)
            return false;
        own_all += member->own_total;
    }
    return true;
}

bool room_row_is_sound(const struct wire_row_room *row, room_id id) {
    const struct wire_room_state *state = &row->state;
    return row->room.room.value == id.value && row->room.kind != 0 &&
           state->place >= state->ordinal && state->place < UINT64_MAX - 1 &&
           state->ordinal >= state->live_total &&
           state->mark1 >= state->mark2 && state->mark1 <= state->place &&
           members_are_sound(row);
}

/* Time must not go back, whatever the clock did since. */
static int64_t last_us(const struct wire_row_room *row) {
    int64_t last = row->room.created_us;
    if (row->state.activity_us > last)
        last = row->state.activity_us;
    for (uint32_t i = 0; i < row->members_count; i++)
        if (row->members[i].read_us > last)
            last = row->members[i].read_us;
    return last < INT64_MAX / 2 ? last : INT64_MAX / 2;
}

void room_take_row(struct room *room, const struct wire_row_room *row) {
    room_set_info(room, &row->room);
    room->state = row->state;
    room->state.members_count = row->members_count;
    room->members_count = row->members_count;
    room->members_capacity = row->members_count ? row->members_count : 1;
    room->members = mem_realloc(room->members,
                                room->members_capacity * sizeof *room->members);
    if (row->members_count)
        memcpy(room->members, row->members,
               row->members_count * sizeof *room->members);
}

bool room_load(struct core *core, struct actor *actor,
               const struct wire *wire) {
    struct room *room = room_of(actor);
    const struct wire_row_room *row = &wire->as.row_room;
    if (!row->found) {
        interest_drop_all(core, room, REFUSED_NOT_FOUND);
        actor->state = ACTOR_GONE;
        return true;
    }
    if (!room_row_is_sound(row, room->info.room))
        return false;
    room_take_row(room, row);
    /* Before this core had it, anything may have changed up to the load. */
    room->created_seq = actor->load_floor;
    room->changed_seq = actor->load_floor;
    room->marked_seq = actor->load_floor;
    room->roster_seq = actor->load_floor;
    room->last_us = last_us(row);
    room->is_deleted = false;
    typing_finish(&room->typing); /* Whoever typed may be gone. */
    recent_restart(&room->recent, row->state.ordinal + 1);
    /* The load was asked for when nothing of the room was outstanding, so
     * what it shows has been told. */
    room->released_place = row->state.place;
    actor->state = ACTOR_READY;
    return true;
}
