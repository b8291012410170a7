/* gateway.c - the gateways that a core has heard of. */
#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/interest.h"
#include "broker/core/presence.h"
#include "broker/core/room.h"
#include "broker/core/user.h"

struct gateway *gateway_find(const struct core *core, uint32_t number) {
    return table_find(&core->gateways, number);
}

struct gateway *gateway_get(struct core *core, uint32_t number) {
    struct gateway *gateway = gateway_find(core, number);
    if (gateway)
        return gateway;
    gateway = mem_zalloc(sizeof *gateway);
    gateway->number = number;
    table_put(&core->gateways, number, gateway);
    return gateway;
}

static void destroy(struct gateway *gateway) {
    table_finish(&gateway->rooms);
    table_finish(&gateway->users);
    free(gateway);
}

void gateway_up(struct core *core, uint32_t number) {
    PRE(number != 0);
    gateway_get(core, number)->is_up = true;
    presence_tell_all(core, number);
}

/* Names those that are up; returns where they begin. */
static uint32_t name_all(struct core *core) {
    uint32_t first = core->out->gateways_count;
    const struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));)
        if (gateway->is_up)
            effects_event_to(core->out, gateway->number);
    return first;
}

void gateways_tell(struct core *core, const struct wire *notice) {
    uint32_t first = name_all(core);
    effects_event(core->out, first, notice);
}

void gateways_tell_bytes(struct core *core, struct slice bytes) {
    uint32_t first = name_all(core);
    effects_event_bytes(core->out, first, bytes);
}

void gateway_gone(struct core *core, uint32_t number) {
    struct gateway *gateway = gateway_find(core, number);
    if (!gateway)
        return;
    struct room *room;
    for (size_t at = 0; (room = table_next(&gateway->rooms, &at, NULL));)
        interest_drop(core, room, number, REFUSED_TRY_AGAIN);
    struct user *user;
    for (size_t at = 0; (user = table_next(&gateway->users, &at, NULL));)
        user_gateway_gone(core, user, number);
    uploads_gateway_gone(core, number);
    table_remove(&core->gateways, number);
    destroy(gateway);
}

void gateways_finish(struct core *core) {
    struct gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&core->gateways, &at, NULL));)
        destroy(gateway);
    table_finish(&core->gateways);
}
