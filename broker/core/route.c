/* route.c - see route.h. Each command has one home: a room, a user, a key, the
 * message that it names (whose room the store knows), or the store itself. A
 * room that is named by kind and key is found by the key. */
#include "broker/core/route.h"

#include <stddef.h>

#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/key_run.h"
#include "broker/core/naming.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"
#include "broker/core/user.h"

enum home {
    HOME_NONE,
    HOME_ROOM,
    HOME_USER,
    HOME_KEY,
    HOME_MESSAGE,
    HOME_STORE,
    HOME_FILE
};

/* Where the id stands by which the home is known. */
struct route {
    enum home home;
    size_t offset;
};

#define AT(home, field)                                                        \
    { home, offsetof(struct wire, as.field.value) }

static const struct route routes[] = {
    [WIRE_CONNECT] = AT(HOME_USER, connect.claims.user),
    [WIRE_DISCONNECT] = AT(HOME_USER, disconnect.user),
    [WIRE_USER_PUT] = AT(HOME_USER, user_put.profile.user),
    [WIRE_USER_GET] = AT(HOME_USER, user_get.user),
    [WIRE_ROOM_CREATE] = {HOME_KEY, 0},
    [WIRE_ROOM_GET] = AT(HOME_ROOM, room_get.room),
    [WIRE_ROOM_PATCH] = AT(HOME_ROOM, room_patch.room),
    [WIRE_ROOM_DELETE] = AT(HOME_ROOM, room_delete.room),
    [WIRE_MEMBER_PUT] = AT(HOME_ROOM, member_put.room),
    [WIRE_MEMBER_REMOVE] = AT(HOME_ROOM, member_remove.room),
    [WIRE_REVIEW_PUT] = {HOME_KEY, 0},
    [WIRE_JOIN] = AT(HOME_ROOM, join.room),
    [WIRE_LEAVE] = AT(HOME_ROOM, leave.room),
    [WIRE_SUBSCRIBE] = AT(HOME_ROOM, subscribe.room),
    [WIRE_UNSUBSCRIBE] = AT(HOME_ROOM, unsubscribe.room),
    [WIRE_RESUME] = AT(HOME_ROOM, resume.room),
    [WIRE_SEND] = AT(HOME_ROOM, send.room),
    [WIRE_EDIT] = AT(HOME_MESSAGE, edit.message),
    [WIRE_DELETE] = AT(HOME_MESSAGE, delete.message),
    [WIRE_MARK] = AT(HOME_MESSAGE, mark.message),
    [WIRE_HISTORY] = AT(HOME_ROOM, history.room),
    [WIRE_LIST] = AT(HOME_STORE, list.user),
    [WIRE_ROOM_VIEW] = AT(HOME_ROOM, room_view.room),
    [WIRE_UNREAD] = AT(HOME_STORE, unread.user),
    [WIRE_FEED] = AT(HOME_STORE, feed.user),
    [WIRE_EVENTS] = AT(HOME_ROOM, events.room),
    [WIRE_TYPING] = AT(HOME_ROOM, typing.room),
    [WIRE_PRESENCE_SET] = AT(HOME_USER, presence_set.user),
    [WIRE_PRESENCE_GET] = AT(HOME_USER, presence_get.user),
    [WIRE_USER_KICK] = AT(HOME_USER, user_kick.user),
    [WIRE_FILE_PUT] = AT(HOME_USER, file_put.user),
    [WIRE_FILES] = {HOME_FILE, 0},
    [WIRE_FILE_BYTES] = AT(HOME_FILE, file_bytes.file),
};

static uint64_t id_of(const struct route *route, const struct wire *wire) {
    return *(const uint64_t *)((const char *)wire + route->offset);
}

/* Where it is at home, which is not always the same. */
static enum home home_of(const struct route *route, const struct wire *wire) {
    struct naming naming;
    if (route->home == HOME_ROOM && naming_of(wire, &naming) &&
        naming_is_by_key(&naming))
        return HOME_KEY;
    return route->home;
}

/* Of a HOME_KEY command. */
static struct slice key_of_command(const struct wire *wire, uint8_t *kind) {
    struct naming naming;
    if (naming_of(wire, &naming)) {
        *kind = naming.kind;
        return naming.key;
    }
    if (wire->kind == WIRE_ROOM_CREATE) {
        *kind = wire->as.room_create.kind;
        return wire->as.room_create.key;
    }
    *kind = ROOM_ORDER;
    return wire->as.review_put.review.key;
}

static uint32_t partition_of(const struct route *route, enum home home,
                             const struct wire *wire) {
    /* Files are found by their secrets, which belong to no partition. */
    if (wire->kind == WIRE_FILES)
        return wire->partition % PARTITION_COUNT;
    if (home != HOME_KEY)
        return (uint32_t)(id_of(route, wire) % PARTITION_COUNT);
    uint8_t kind;
    struct slice key = key_of_command(wire, &kind);
    return wire_key_partition(kind, key);
}

static void to_room(struct core *core, const struct command *command,
                    room_id id) {
    struct room *room = room_find(core, id);
    /* It takes no room to end interest that there is not. */
    if (command->wire->kind == WIRE_UNSUBSCRIBE &&
        (!room || room->actor.mailbox.count == 0)) {
        if (room)
            interest_drop(core, room, command->gateway, REFUSED_TRY_AGAIN);
        reply_ok(core, command);
        return;
    }
    if (!room)
        room = room_get(core, id);
    if (room)
        actor_receive(core, &room->actor, command);
    else
        reply_refuse(core, command, REFUSED_OVERLOADED);
}

static void to_user(struct core *core, const struct command *command,
                    user_id id) {
    struct user *user = user_find(core, id);
    /* Whoever is not here is connected nowhere. */
    if ((command->wire->kind == WIRE_DISCONNECT &&
         (!user ||
          user_disconnected(core, user, command->gateway,
                            command->wire->as.disconnect.connection))) ||
        (!user && command->wire->kind == WIRE_USER_KICK)) {
        reply_ok(core, command);
        return;
    }
    if (!user)
        user = user_get(core, id);
    if (user)
        actor_receive(core, &user->actor, command);
    else
        reply_refuse(core, command, REFUSED_OVERLOADED);
}

static void to_key(struct core *core, const struct command *command) {
    uint8_t kind;
    struct slice text = key_of_command(command->wire, &kind);
    if (kind == 0 || text.size == 0) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD,
                           kind == 0 ? "kind" : "key");
        return;
    }
    struct key *key = key_get(core, kind, text);
    if (key)
        actor_receive(core, &key->actor, command);
    else
        reply_refuse(core, command, REFUSED_OVERLOADED);
}

/* First the store says in which room the message is. */
static void to_message(struct core *core, const struct command *command,
                       uint32_t partition, message_id message) {
    if (core->stats.commands_waiting >= core->config.waiting_max) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return;
    }
    struct read read = {.purpose = READ_ROUTE,
                        .floor = core_committed(core, partition),
                        .waiting = waiting_create(core, partition, command),
                        .answer = WIRE_ROW_MESSAGE};
    struct wire wire = {.kind = WIRE_READ_MESSAGE};
    wire.as.read_message.message = message;
    read_ask(core, &read, partition, &wire);
}

void route_found(struct core *core, struct waiting *waiting, uint64_t floor,
                 const struct wire *row, struct slice bytes) {
    struct lookup *lookup = &waiting->lookups[LOOKUP_MESSAGE];
    lookup_answer(waiting, LOOKUP_MESSAGE, row, bytes);
    lookup->floor = floor;
    uint8_t refusal = 0;
    struct room *room = NULL;
    if (lookup->state == LOOKUP_FAILED)
        refusal = lookup->refusal;
    else if (lookup->state == LOOKUP_ABSENT ||
             room_partition(row->as.row_message.message.room) !=
                 waiting->partition)
        refusal = REFUSED_NOT_FOUND;
    else if (!(room = room_get(core, row->as.row_message.message.room)))
        refusal = REFUSED_OVERLOADED;
    if (!refusal) {
        actor_receive_waiting(core, &room->actor, waiting);
        return;
    }
    struct wire wire = waiting_decode(core, waiting);
    reply_refuse_to(core, waiting->gateway, wire.correlation, wire.partition,
                    refusal);
    waiting_destroy(core, waiting);
}

/* What a user sees across rooms is the store's to say. */
static void to_store(struct core *core, const struct command *command) {
    struct wire wire = {.kind = WIRE_READ_FEED};
    if (command->wire->kind == WIRE_LIST) {
        const struct wire_list *list = &command->wire->as.list;
        if (list->limit == 0) {
            reply_refuse_field(core, command, REFUSED_BAD_FIELD, "limit");
            return;
        }
        wire.kind = WIRE_READ_LIST;
        wire.as.read_list = (struct wire_read_list){.user = list->user,
                                                    .skip = list->skip,
                                                    .limit = list->limit,
                                                    .kind = list->kind,
                                                    .dialogs = list->dialogs};
    } else if (command->wire->kind == WIRE_UNREAD) {
        wire.kind = WIRE_READ_UNREAD;
        wire.as.read_unread.user = command->wire->as.unread.user;
        wire.as.read_unread.dialogs = command->wire->as.unread.dialogs;
    } else {
        PRE(command->wire->kind == WIRE_FEED);
        wire.as.read_feed.user = command->wire->as.feed.user;
        wire.as.read_feed.since_us = command->wire->as.feed.since_us;
    }
    read_pass(core, command, command->wire->partition, &wire);
}

/* So are files, whole or in pieces. */
static void to_files(struct core *core, const struct command *command) {
    struct wire wire = {.kind = WIRE_READ_BYTES};
    if (command->wire->kind == WIRE_FILE_BYTES) {
        const struct wire_file_bytes *bytes = &command->wire->as.file_bytes;
        wire.as.read_bytes.file = bytes->file;
        wire.as.read_bytes.offset = bytes->offset;
    } else {
        const struct wire_files *files = &command->wire->as.files;
        wire.kind = WIRE_READ_FILES;
        wire.as.read_files.user = files->user;
        wire.as.read_files.names = files->names;
        wire.as.read_files.names_count = files->names_count;
        wire.as.read_files.now_us = core->now_us;
    }
    read_pass(core, command, command->wire->partition, &wire);
}

void route_command(struct core *core, uint32_t gateway,
                   const struct wire *wire) {
    PRE(gateway != 0);
    gateway_get(core, gateway);
    struct command command = {.wire = wire, .gateway = gateway};
    size_t kind = (size_t)wire->kind;
    const struct route *route =
        kind < sizeof routes / sizeof *routes ? &routes[kind] : &routes[0];
    uint32_t partition = wire->partition;
    enum home home = home_of(route, wire);
    if (home == HOME_NONE) {
        reply_refuse_field(core, &command, REFUSED_BAD_FIELD, "kind");
        return;
    }
    if (partition_of(route, home, wire) != partition) {
        reply_refuse_field(core, &command, REFUSED_BAD_FIELD, "partition");
        return;
    }
    if (!core_partition(core, partition)->is_owned) {
        reply_refuse(core, &command, REFUSED_TRY_AGAIN);
        return;
    }
    switch (home) {
    case HOME_NONE:
        break;
    case HOME_ROOM:
        to_room(core, &command, (room_id){id_of(route, wire)});
        break;
    case HOME_USER:
        to_user(core, &command, (user_id){id_of(route, wire)});
        break;
    case HOME_KEY:
        to_key(core, &command);
        break;
    case HOME_MESSAGE:
        to_message(core, &command, partition, (message_id){id_of(route, wire)});
        break;
    case HOME_STORE:
        to_store(core, &command);
        break;
    case HOME_FILE:
        to_files(core, &command);
        break;
    }
}

/* A key that sent the command on must be there to begin anew with. */
static bool may_come_back(const struct wire *wire, uint32_t partition) {
    struct naming naming;
    uint8_t kind = wire->as.room_create.kind;
    struct slice key = wire->as.room_create.key;
    if (naming_of(wire, &naming)) {
        kind = naming.kind;
        key = naming.key;
    } else if (wire->kind != WIRE_ROOM_CREATE) {
        return false;
    }
    return kind != 0 && key.size > 0 &&
           wire_key_partition(kind, key) == partition;
}

static bool leads_to_room(const struct wire *wire, enum home home, uint64_t id,
                          const struct room *room, uint8_t hops) {
    if (hops > 0 && !may_come_back(wire, room->actor.partition))
        return false;
    if (home == HOME_ROOM)
        return id == room->info.room.value;
    if (home == HOME_MESSAGE)
        return hops == 0;
    return wire->kind == WIRE_ROOM_CREATE && hops > 0;
}

static bool leads_to_key(const struct wire *wire, const struct key *key) {
    uint8_t kind;
    struct slice text = key_of_command(wire, &kind);
    return kind == key->kind && slice_equal(text, key->text);
}

bool route_leads_to(const struct wire *wire, const struct actor *actor,
                    uint8_t hops) {
    size_t kind = (size_t)wire->kind;
    if (kind >= sizeof routes / sizeof *routes)
        return false;
    const struct route *route = &routes[kind];
    enum home home = home_of(route, wire);
    if (home == HOME_NONE || partition_of(route, home, wire) != wire->partition)
        return false;
    if (!actor)
        return home == HOME_MESSAGE && hops == 0;
    if (actor->partition != wire->partition)
        return false;
    if (actor->type == &room_type)
        return leads_to_room(wire, home,
                             home == HOME_ROOM ? id_of(route, wire) : 0,
                             (const struct room *)actor, hops);
    if (actor->type == &key_type)
        return home == HOME_KEY &&
               leads_to_key(wire, (const struct key *)actor);
    return home == HOME_USER && hops == 0 &&
           id_of(route, wire) == ((const struct user *)actor)->user.value;
}
