/* cmd_named.c - commands that name their room by kind and key: the key knows
 * which room that is, and the room does the rest. A direct room comes into
 * being when one of its two users first sends or types. */
#include "broker/core/core_state.h"
#include "broker/core/key_run.h"
#include "broker/core/naming.h"
#include "broker/core/reply.h"
#include "broker/core/room_run.h"

void key_send_on(struct core *core, struct key *key,
                 const struct command *command) {
    struct room *room = room_get(core, key->room);
    if (!room) {
        reply_refuse(core, command, REFUSED_OVERLOADED);
        return;
    }
    struct wire wire = *command->wire;
    struct naming naming;
    if (naming_of(&wire, &naming))
        naming_set_room(&wire, key->room);
    struct command on = {.wire = &wire,
                         .gateway = command->gateway,
                         .hops = (uint8_t)(command->hops + 1)};
    actor_receive(core, &room->actor, &on);
}

/* The room of the two, or of one with themselves. */
static void create(struct core *core, struct key *key, user_id smaller,
                   user_id larger) {
    struct wire_member members[2] = {{.user = smaller}, {.user = larger}};
    uint32_t count = smaller.value == larger.value ? 1 : 2;
    struct wire_room info = {.kind = ROOM_DIRECT, .key = key->text};
    key_create_room(core, key, &info, members, count, NULL);
}

/* Who is not one of the two hears the same as of any room that is not theirs.
 * What would be refused in the new room makes none. */
static enum run create_and_send_on(struct core *core, struct key *key,
                                   const struct command *command,
                                   const struct naming *naming) {
    user_id smaller = {0}, larger = {0};
    uint8_t refusal = 0;
    bool may = naming->creates && key->kind == ROOM_DIRECT &&
               naming_direct_key(key->text, &smaller, &larger) &&
               (naming->user.value == smaller.value ||
                naming->user.value == larger.value);
    if (!may || (naming->dialog && smaller.value == larger.value)) {
        reply_refuse(core, command, REFUSED_NOT_FOUND);
    } else if (command->wire->kind == WIRE_SEND &&
               cmd_send_fault(&command->wire->as.send)) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD,
                           cmd_send_fault(&command->wire->as.send));
    } else if (!pending_has_room(core, 2)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
    } else if ((refusal = key_may_create_room(core, key))) {
        reply_refuse(core, command, (enum wire_refusal)refusal);
    } else {
        create(core, key, smaller, larger);
        key_send_on(core, key, command);
    }
    return RUN_DONE;
}

enum run cmd_named(struct core *core, struct key *key,
                   const struct command *command) {
    struct naming naming;
    bool is_named = naming_of(command->wire, &naming);
    user_id smaller, larger;
    PRE(is_named);
    if (key->kind == ROOM_DIRECT &&
        !naming_direct_key(key->text, &smaller, &larger)) {
        reply_refuse_field(core, command, REFUSED_BAD_FIELD, "key");
        return RUN_DONE;
    }
    if (key->room.value == 0)
        return create_and_send_on(core, key, command, &naming);
    key_send_on(core, key, command);
    return RUN_DONE;
}
