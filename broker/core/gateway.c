/* gateway.c - the gateways that a core has heard of. */
#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/interest.h"
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
