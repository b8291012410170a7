/* interest.c - see interest.h. */
#include "broker/core/interest.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/reply.h"
#include "broker/core/room.h"

/* Events in one page of catching up. */
#define PAGE_EVENTS 256u

struct interest *interest_find(const struct room *room, uint32_t gateway) {
    for (uint32_t i = 0; i < room->interest_count; i++)
        if (room->interest[i].gateway == gateway)
            return &room->interest[i];
    return NULL;
}

/* NULL: the gateway's link is over. */
static struct interest *add(struct core *core, struct room *room,
                            uint32_t number) {
    struct gateway *gateway = gateway_find(core, number);
    if (!gateway)
        return NULL;
    if (room->interest_count == room->interest_capacity) {
        room->interest_capacity =
            room->interest_capacity ? room->interest_capacity * 2 : 2;
        room->interest = mem_realloc(
            room->interest, room->interest_capacity * sizeof *room->interest);
    }
    struct interest *interest = &room->interest[room->interest_count++];
    *interest = (struct interest){.gateway = number};
    room->actor.pins++;
    table_put(&gateway->rooms, room->info.room.value, room);
    return interest;
}

/* Keeps the order of the others. */
static void take_out(struct core *core, struct room *room,
                     struct interest *interest) {
    struct gateway *gateway = gateway_find(core, interest->gateway);
    INVARIANT(gateway != NULL);
    table_remove(&gateway->rooms, room->info.room.value);
    uint32_t index = (uint32_t)(interest - room->interest);
    room->interest_count--;
    memmove(&room->interest[index], &room->interest[index + 1],
            (room->interest_count - index) * sizeof *room->interest);
    room->actor.pins--;
    actor_wake(core, &room->actor);
}

static void reply_place(struct core *core, const struct room *room,
                        const struct interest *interest) {
    struct wire reply = {.kind = WIRE_REPLY_PLACE,
                         .correlation = interest->correlation,
                         .partition = room->actor.partition};
    reply.as.reply_place.place = interest->position;
    effects_reply(core->out, interest->gateway, &reply);
}

static void go_live(struct core *core, const struct room *room,
                    struct interest *interest) {
    interest->is_live = true;
    reply_place(core, room, interest);
}

static void ask_page(struct core *core, const struct room *room,
                     struct interest *interest) {
    struct wire wire = {.kind = WIRE_READ_EVENTS};
    wire.as.read_events.room = room->info.room;
    wire.as.read_events.after_place = interest->position;
    wire.as.read_events.limit = PAGE_EVENTS;
    struct read read = {.purpose = READ_CATCH_UP,
                        .gateway = interest->gateway,
                        .room = room->info.room,
                        .answer = WIRE_ROW_EVENTS};
    interest->read = read_ask(core, &read, room->actor.partition, &wire);
}

uint64_t interest_subscribe(struct core *core, struct room *room,
                            uint32_t number) {
    struct interest *interest = interest_find(room, number);
    if (!interest) {
        interest = add(core, room, number);
        if (!interest)
            return room->released_place;
        interest->is_live = true;
        interest->position = room->released_place;
    }
    if (interest->is_live && interest->position < room->released_place)
        interest->position = room->released_place;
    return interest->position;
}

void interest_resume(struct core *core, struct room *room,
                     const struct command *command, uint64_t after_place) {
    struct interest *interest = interest_find(room, command->gateway);
    if (!interest)
        interest = add(core, room, command->gateway);
    if (!interest) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return;
    }
    if (!interest->is_live && interest->read) {
        read_forget(core, interest->read);
        reply_place(core, room, interest);
    }
    interest->is_live = false;
    interest->read = 0;
    interest->correlation = command->wire->correlation;
    /* Pages show what is on disk, so a gateway may have seen what is released
     * here only later. */
    interest->position =
        after_place < room->state.place ? after_place : room->state.place;
    if (interest->position >= room->released_place)
        go_live(core, room, interest);
    else
        ask_page(core, room, interest);
}

static void send_page(struct core *core, const struct room *room,
                      const struct interest *interest,
                      const struct wire_row_events *row) {
    for (uint32_t i = 0; i < row->events_count; i++) {
        struct wire event = {.kind = WIRE_EVENT,
                             .partition = room->actor.partition};
        event.as.event = row->events[i];
        event.as.event.origin_gateway = 0;
        event.as.event.origin_correlation = interest->correlation;
        if (event.as.event.room.value != room->info.room.value ||
            event.as.event.place <= interest->position)
            continue;
        uint32_t first = core->out->gateways_count;
        effects_event_to(core->out, interest->gateway);
        effects_event(core->out, first, &event);
    }
}

void interest_page(struct core *core, room_id id, uint32_t gateway,
                   uint64_t correlation, const struct wire *row) {
    struct room *room = room_find(core, id);
    struct interest *interest = room ? interest_find(room, gateway) : NULL;
    if (!interest || interest->read != correlation)
        return;
    interest->read = 0;
    uint8_t refusal = read_refusal(row, WIRE_ROW_EVENTS);
    uint64_t last_place = refusal ? 0 : row->as.row_events.last_place;
    /* What was told is in the store, so each page leads on. */
    if (!refusal && last_place <= interest->position)
        refusal = REFUSED_STORAGE_FAILED;
    if (refusal) {
        interest_drop(core, room, gateway, refusal);
        return;
    }
    send_page(core, room, interest, &row->as.row_events);
    interest->position = last_place;
    if (interest->position >= room->released_place)
        go_live(core, room, interest);
    else
        ask_page(core, room, interest);
}

void interest_drop(struct core *core, struct room *room, uint32_t gateway,
                   uint8_t refusal) {
    struct interest *interest = interest_find(room, gateway);
    if (!interest)
        return;
    if (!interest->is_live) {
        read_forget(core, interest->read);
        reply_refuse_to(core, gateway, interest->correlation,
                        room->actor.partition, refusal);
    }
    take_out(core, room, interest);
}

void interest_drop_all(struct core *core, struct room *room, uint8_t refusal) {
    while (room->interest_count > 0)
        interest_drop(core, room, room->interest[0].gateway, refusal);
}

bool interest_tell(struct core *core, struct room *room, uint64_t place,
                   struct slice event, uint32_t gateway) {
    uint32_t first = core->out->gateways_count;
    bool heard = false;
    for (uint32_t i = 0; i < room->interest_count; i++) {
        const struct interest *interest = &room->interest[i];
        if (!interest->is_live || interest->position >= place)
            continue;
        effects_event_to(core->out, interest->gateway);
        heard = heard || interest->gateway == gateway;
    }
    effects_event_bytes(core->out, first, event);
    return heard;
}

void interest_tell_aside(struct core *core, const struct room *room,
                         const struct wire *wire) {
    uint32_t first = core->out->gateways_count;
    for (uint32_t i = 0; i < room->interest_count; i++)
        if (room->interest[i].is_live)
            effects_event_to(core->out, room->interest[i].gateway);
    effects_event(core->out, first, wire);
}

bool interest_restore(struct core *core, struct room *room,
                      const struct interest *interest) {
    const struct gateway *gateway = gateway_find(core, interest->gateway);
    if (!gateway || table_find(&gateway->rooms, room->info.room.value))
        return false;
    *add(core, room, interest->gateway) = *interest;
    return true;
}
