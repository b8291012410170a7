/* user.c - a user as an actor; see user.h. */
#include "broker/core/user.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/interest.h"
#include "broker/core/presence.h"
#include "broker/core/reply.h"
#include "broker/core/user_run.h"

struct user *user_find(const struct core *core, user_id user) {
    return table_find(&core->users, user.value);
}

struct user *user_get(struct core *core, user_id id) {
    struct user *user = user_find(core, id);
    if (user || !actors_reserve(core, 1))
        return user;
    user = mem_zalloc(sizeof *user);
    actor_init(core, &user->actor, &user_type, user_partition(id));
    user->user = id;
    actor_wake(core, &user->actor);
    table_put(&core->users, id.value, user);
    core->stats.users_resident++;
    return user;
}

void user_destroy(struct core *core, struct actor *actor) {
    struct user *user = user_of(actor);
    PRE(user->connections_count == 0 && user->leaving_index == 0 &&
        user->uploads_count == 0);
    void *removed = table_remove(&core->users, user->user.value);
    INVARIANT(removed == user);
    core->stats.users_resident--;
    actor_finish(core, actor);
    profile_finish(&user->profile);
    free(user->connections);
    free(user);
}

bool user_is_connected(const struct user *user, uint32_t gateway) {
    for (uint32_t i = 0; i < user->connections_count; i++)
        if (user->connections[i].gateway == gateway)
            return true;
    return false;
}

static bool has_connection(const struct user *user, uint32_t gateway,
                           uint64_t number) {
    for (uint32_t i = 0; i < user->connections_count; i++)
        if (user->connections[i].gateway == gateway &&
            user->connections[i].number == number)
            return true;
    return false;
}

void user_add_connection(struct user *user, struct gateway *gateway,
                         struct connection connection) {
    if (user->connections_count == user->connections_capacity) {
        user->connections_capacity =
            user->connections_capacity ? user->connections_capacity * 2 : 2;
        user->connections =
            mem_realloc(user->connections,
                        user->connections_capacity * sizeof *user->connections);
    }
    user->connections[user->connections_count++] = connection;
    user->actor.pins++;
    table_put(&gateway->users, user->user.value, user);
}

void user_connected(struct core *core, struct user *user, uint32_t number,
                    uint64_t connection, uint32_t grace_ms, uint8_t kind) {
    struct gateway *gateway = gateway_find(core, number);
    if (!gateway || has_connection(user, number, connection))
        return;
    user_add_connection(user, gateway,
                        (struct connection){number, connection, grace_ms});
    presence_came(core, user, (enum connect_kind)kind);
}

/* Forgets those of |gateway|, all or only |number|; there are such. */
static void disconnect(struct core *core, struct user *user, uint32_t gateway,
                       bool all, uint64_t number) {
    uint32_t kept = 0, grace_ms = 0;
    for (uint32_t i = 0; i < user->connections_count; i++) {
        const struct connection *connection = &user->connections[i];
        if (connection->gateway == gateway &&
            (all || connection->number == number)) {
            if (connection->grace_ms > grace_ms)
                grace_ms = connection->grace_ms;
            continue;
        }
        user->connections[kept++] = *connection;
    }
    user->actor.pins -= user->connections_count - kept;
    user->connections_count = kept;
    if (!user_is_connected(user, gateway))
        table_remove(&gateway_get(core, gateway)->users, user->user.value);
    presence_ended(core, user, grace_ms);
    actor_wake(core, &user->actor);
}

void user_gateway_gone(struct core *core, struct user *user, uint32_t gateway) {
    disconnect(core, user, gateway, true, 0);
}

/* The CONNECT that waits for the user's row, if it does, is answered here. */
static void refuse_connect(struct core *core, struct user *user,
                           uint32_t gateway, uint64_t connection) {
    struct waiting *previous = NULL;
    struct waiting *waiting = user->actor.mailbox.first;
    for (; waiting; previous = waiting, waiting = waiting->next) {
        struct wire wire = waiting_decode(core, waiting);
        if (waiting->gateway != gateway || wire.kind != WIRE_CONNECT ||
            wire.as.connect.connection != connection)
            continue;
        reply_refuse_to(core, gateway, wire.correlation, wire.partition,
                        REFUSED_TRY_AGAIN);
        mailbox_remove(&user->actor.mailbox, previous);
        waiting_destroy(core, waiting);
        return;
    }
}

bool user_disconnected(struct core *core, struct user *user, uint32_t gateway,
                       uint64_t connection) {
    if (has_connection(user, gateway, connection)) {
        disconnect(core, user, gateway, false, connection);
        return true;
    }
    /* One that is about to be registered was there, and is seen to go: the
     * disconnect waits behind it, or takes it along for want of room. */
    if (user->actor.mailbox.count < core->config.mailbox_max &&
        core->stats.commands_waiting < core->config.waiting_max)
        return false;
    refuse_connect(core, user, gateway, connection);
    if (user->actor.pending > 0)
        pending_forget_connect(core, &user->actor, gateway, connection);
    actor_wake(core, &user->actor);
    return true;
}

/* Names each gateway where the user is; returns where they begin. */
static uint32_t name_gateways(struct core *core, const struct user *user) {
    uint32_t first = core->out->gateways_count;
    for (uint32_t i = 0; i < user->connections_count; i++) {
        uint32_t gateway = user->connections[i].gateway;
        bool is_named = false;
        for (uint32_t j = first; j < core->out->gateways_count; j++)
            is_named = is_named || core->out->gateways[j] == gateway;
        if (!is_named)
            effects_event_to(core->out, gateway);
    }
    return first;
}

void user_tell(struct core *core, const struct user *user, struct slice event) {
    uint32_t first = name_gateways(core, user);
    effects_event_bytes(core->out, first, event);
}

void user_kick(struct core *core, const struct user *user) {
    struct wire kick = {.kind = WIRE_KICK, .partition = user->actor.partition};
    kick.as.kick.user = user->user;
    uint32_t first = name_gateways(core, user);
    effects_event(core->out, first, &kick);
}
