/* user_run.c - the commands of a user: CONNECT, DISCONNECT (of what is not yet
 * registered; else see user.c), USER_PUT, USER_GET, USER_KICK, PRESENCE_SET and
 * PRESENCE_GET; WIRE_FILE_PUT is in cmd_file.c. The directory's profile wins;
 * claims fill in for a user whom the application never put. */
#include "broker/core/user_run.h"

#include "broker/core/cmd_file.h"
#include "broker/core/core_state.h"
#include "broker/core/presence.h"
#include "broker/core/reply.h"

static void fill_reply(struct wire *reply, const struct wire_profile *profile) {
    *reply = (struct wire){.kind = WIRE_REPLY_PROFILE};
    reply->as.reply_profile.profile = *profile;
}

static void put(struct core *core, struct user *user,
                const struct pending_item *item, const struct command *command,
                const struct wire_profile *profile) {
    profile_set(&user->profile, profile);
    user->has_row = true;
    profile = &user->profile.value;
    struct wire record = {.kind = RECORD_USER_PUT};
    record.as.record_user_put.profile = *profile;
    struct wire event = {.kind = WIRE_PROFILE_CHANGED};
    event.as.profile_changed.profile = *profile;
    struct wire reply;
    fill_reply(&reply, profile);
    pending_append(core, item, command, &record,
                   item->kind == PENDING_PROFILE ? &event : NULL, &reply);
}

static enum run run_connect(struct core *core, struct user *user,
                            const struct command *command) {
    const struct wire_connect *connect = &command->wire->as.connect;
    struct pending_item item = {.kind = PENDING_CONNECT,
                                .actor = &user->actor,
                                .detail = connect->connection,
                                .grace_ms = connect->grace_ms,
                                .connect = connect->kind};
    if (user->connections_count >= USER_CONNECTIONS_MAX) {
        reply_refuse(core, command, REFUSED_OVERLOADED);
        return RUN_DONE;
    }
    struct wire_profile stored = user->profile.value;
    struct wire_profile shown = stored;
    if (!stored.from_directory)
        shown = profile_with_claims(&stored, &connect->claims);
    bool changes = user->has_row ? !profile_equal(&shown, &stored)
                                 : !profile_is_empty(&shown);
    struct wire reply;
    fill_reply(&reply, &shown);
    if (!changes)
        pending_reply(core, &item, command, &reply);
    else if (!pending_has_room(core, 1))
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    else
        put(core, user, &item, command, &shown);
    return RUN_DONE;
}

/* It came before its connection was registered. */
static enum run run_disconnect(struct core *core, struct user *user,
                               const struct command *command) {
    if (user->actor.pending > 0)
        return RUN_WAIT;
    (void)user_disconnected(core, user, command->gateway,
                            command->wire->as.disconnect.connection);
    reply_ok(core, command);
    return RUN_DONE;
}

static enum run run_put(struct core *core, struct user *user,
                        const struct command *command) {
    struct wire_profile profile = command->wire->as.user_put.profile;
    profile.from_directory = true;
    struct pending_item item = {.kind = PENDING_TELL, .actor = &user->actor};
    if (user->has_row && profile_equal(&profile, &user->profile.value)) {
        struct wire reply;
        fill_reply(&reply, &user->profile.value);
        pending_reply(core, &item, command, &reply);
    } else if (!pending_has_room(core, 1)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    } else {
        item.kind = PENDING_PROFILE;
        put(core, user, &item, command, &profile);
    }
    return RUN_DONE;
}

static enum run run_get(struct core *core, struct user *user,
                        const struct command *command) {
    if (!user->has_row) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
        return RUN_DONE;
    }
    struct pending_item item = {.kind = PENDING_TELL, .actor = &user->actor};
    struct wire reply;
    fill_reply(&reply, &user->profile.value);
    pending_reply(core, &item, command, &reply);
    return RUN_DONE;
}

static enum run run_kick(struct core *core, struct user *user,
                         const struct command *command) {
    /* As above: whoever is about to be registered goes, too. */
    if (user->actor.pending > 0)
        return RUN_WAIT;
    user_kick(core, user);
    reply_ok(core, command);
    return RUN_DONE;
}

static enum run run_presence_set(struct core *core, struct user *user,
                                 const struct command *command) {
    /* As above: the connection that says so comes first. */
    if (user->actor.pending > 0)
        return RUN_WAIT;
    presence_set(core, user, command->wire->as.presence_set.online);
    reply_ok(core, command);
    return RUN_DONE;
}

static enum run run_presence_get(struct core *core, const struct user *user,
                                 const struct command *command) {
    struct wire reply = {.kind = WIRE_REPLY_PRESENCE};
    reply.as.reply_presence.presence = presence_of(user);
    reply_send(core, command, &reply);
    return RUN_DONE;
}

static enum run run(struct core *core, struct actor *actor,
                    const struct command *command) {
    struct user *user = user_of(actor);
    if (command->wire->kind == WIRE_CONNECT)
        return run_connect(core, user, command);
    if (command->wire->kind == WIRE_DISCONNECT)
        return run_disconnect(core, user, command);
    if (command->wire->kind == WIRE_USER_PUT)
        return run_put(core, user, command);
    if (command->wire->kind == WIRE_USER_KICK)
        return run_kick(core, user, command);
    if (command->wire->kind == WIRE_PRESENCE_SET)
        return run_presence_set(core, user, command);
    if (command->wire->kind == WIRE_PRESENCE_GET)
        return run_presence_get(core, user, command);
    if (command->wire->kind == WIRE_FILE_PUT)
        return cmd_file_put(core, user, command);
    PRE(command->wire->kind == WIRE_USER_GET);
    return run_get(core, user, command);
}

/* A user without a row is an ordinary one: users are never GONE. */
static void run_gone(struct core *core, struct actor *actor,
                     const struct command *command) {
    (void)actor;
    reply_refuse(core, command, REFUSED_NOT_FOUND);
}

static void ask(const struct actor *actor, struct wire *out) {
    out->kind = WIRE_READ_USER;
    out->as.read_user.user = ((const struct user *)actor)->user;
}

static bool load(struct core *core, struct actor *actor,
                 const struct wire *wire) {
    struct user *user = user_of(actor);
    const struct wire_row_user *row = &wire->as.row_user;
    /* Some record of the user was refused, of a chunk perhaps. */
    uploads_end_of_user(core, user);
    if (row->found && row->profile.user.value != user->user.value)
        return false;
    struct wire_profile nothing = {.user = user->user};
    /* What is known here may not be stored yet, or never was. */
    if (row->last_seen_us > user->last_seen_us)
        user->last_seen_us = row->last_seen_us;
    user->has_row = row->found;
    profile_set(&user->profile, row->found ? &row->profile : &nothing);
    actor->state = ACTOR_READY;
    return true;
}

const struct actor_type user_type = {
    .name = "user",
    .row = WIRE_ROW_USER,
    .ask = ask,
    .load = load,
    .run = run,
    .run_gone = run_gone,
    .destroy = user_destroy,
};
