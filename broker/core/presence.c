/* presence.c - see presence.h. */
#include "broker/core/presence.h"

#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/interest.h"

struct wire_presence presence_of(const struct user *user) {
    return (struct wire_presence){.user = user->user,
                                  .online = user->is_online,
                                  .last_seen_us =
                                      user->is_online ? 0 : user->last_seen_us};
}

/* Remembers when the user was last seen. Under a full queue it is only lost:
 * there is nobody to refuse it to. */
static void store_seen(struct core *core, struct user *user) {
    if (!pending_has_room(core, 1)) {
        core->stats.seen_lost_total++;
        return;
    }
    struct wire record = {.kind = RECORD_USER_SEEN};
    record.as.record_user_seen.user = user->user;
    record.as.record_user_seen.last_seen_us = user->last_seen_us;
    struct pending_item item = {.kind = PENDING_SEEN, .actor = &user->actor};
    pending_append(core, &item, NULL, &record, NULL, NULL);
}

static void tell(struct core *core, const struct user *user) {
    struct wire_presence presence = presence_of(user);
    struct wire notice = {.kind = WIRE_PRESENCE_CHANGED,
                          .partition = user->actor.partition};
    notice.as.presence_changed.users = &presence;
    notice.as.presence_changed.users_count = 1;
    gateways_tell(core, &notice);
}

static void update(struct core *core, struct user *user) {
    bool is_there = user->connections_count > 0 || user->leaving_index > 0;
    bool is_online = is_there && !user->is_hidden;
    if (is_online == user->is_online)
        return;
    user->is_online = is_online;
    if (is_online) {
        table_put(&core->online, user->user.value, user);
    } else {
        table_remove(&core->online, user->user.value);
        user->last_seen_us = core->now_us;
        store_seen(core, user);
    }
    core->stats.users_online = table_count(&core->online);
    core->stats.presence_changes_total++;
    tell(core, user);
}

/* The grace is over, or no longer needed. */
static void end_grace(struct core *core, struct user *user) {
    if (user->leaving_index == 0)
        return;
    leaving_remove(&core->leaving, user);
    user->actor.pins--;
    actor_wake(core, &user->actor);
}

void presence_came(struct core *core, struct user *user,
                   enum connect_kind kind) {
    PRE(user->connections_count > 0);
    end_grace(core, user);
    if (kind != CONNECT_AGAIN)
        user->is_hidden = kind == CONNECT_HIDING;
    update(core, user);
}

void presence_ended(struct core *core, struct user *user, uint32_t grace_ms) {
    int64_t until_us = core->now_us + (int64_t)grace_ms * 1000;
    if (until_us > user->leaves_us)
        user->leaves_us = until_us;
    if (user->connections_count > 0)
        return;
    leaving_add(&core->leaving, user);
    user->actor.pins++;
}

void presence_set(struct core *core, struct user *user, bool online) {
    bool is_there = user->connections_count > 0 || user->leaving_index > 0;
    user->is_hidden = is_there && !online;
    update(core, user);
}

bool presence_expire(struct core *core) {
    struct user *user = leaving_first(&core->leaving);
    if (!user || user->leaves_us > core->now_us)
        return false;
    for (; user && user->leaves_us <= core->now_us;
         user = leaving_first(&core->leaving)) {
        end_grace(core, user);
        user->is_hidden = false;
        update(core, user);
    }
    return true;
}

static void send_page(struct core *core, uint32_t gateway,
                      struct wire_presence *users, uint32_t count) {
    if (count == 0)
        return;
    struct wire notice = {.kind = WIRE_PRESENCE_CHANGED};
    notice.as.presence_changed.users = users;
    notice.as.presence_changed.users_count = count;
    uint32_t first = core->out->gateways_count;
    effects_event_to(core->out, gateway);
    effects_event(core->out, first, &notice);
}

void presence_tell_all(struct core *core, uint32_t gateway) {
    size_t online = table_count(&core->online);
    size_t room = online < LIMIT_PRESENCE_USERS ? online : LIMIT_PRESENCE_USERS;
    struct wire_presence *users =
        arena_alloc(&core->arena, (room + 1) * sizeof *users);
    uint32_t count = 0;
    const struct user *user;
    for (size_t at = 0; (user = table_next(&core->online, &at, NULL));) {
        users[count++] = presence_of(user);
        if (count == LIMIT_PRESENCE_USERS) {
            send_page(core, gateway, users, count);
            count = 0;
        }
    }
    send_page(core, gateway, users, count);
}
