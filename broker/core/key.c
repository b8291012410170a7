/* key.c - see key.h. */
#include "broker/core/key.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/key_run.h"
#include "broker/core/naming.h"
#include "broker/core/reply.h"

/* A room that its own key leads to is there, unless the two changed places
 * with a deletion in between; more often than this is a broken store. */
#define HOPS_MAX 4u

struct slice key_name(struct core *core, uint8_t kind, struct slice text) {
    PRE(text.size > 0);
    char *name = arena_alloc(&core->arena, text.size + 1);
    name[0] = (char)kind;
    memcpy(name + 1, text.data, text.size);
    return (struct slice){name, text.size + 1};
}

struct key *key_get(struct core *core, uint8_t kind, struct slice text) {
    struct slice name = key_name(core, kind, text);
    struct key *key = text_table_find(&core->keys, name);
    if (key || !actors_reserve(core, 1))
        return key;
    key = mem_zalloc(sizeof *key);
    actor_init(core, &key->actor, &key_type, wire_key_partition(kind, text));
    char *copy = mem_alloc(text.size);
    memcpy(copy, text.data, text.size);
    key->kind = kind;
    key->text = (struct slice){copy, text.size};
    text_table_put(&core->keys, name, key);
    core->stats.keys_resident++;
    actor_wake(core, &key->actor);
    return key;
}

void key_destroy(struct core *core, struct actor *actor) {
    struct key *key = key_of(actor);
    void *removed =
        text_table_remove(&core->keys, key_name(core, key->kind, key->text));
    INVARIANT(removed == key);
    core->stats.keys_resident--;
    actor_finish(core, actor);
    free((char *)key->text.data);
    free((char *)key->status.data);
    free(key);
}

void key_set_status(struct key *key, struct slice status) {
    char *copy = mem_alloc(status.size);
    if (status.size)
        memcpy(copy, status.data, status.size);
    free((char *)key->status.data);
    key->status = (struct slice){copy, status.size};
}

void key_free_room(struct core *core, struct key *key, room_id room) {
    /* An answer that is under way may show the room still. */
    if (key->actor.state == ACTOR_LOADING)
        actor_unload(core, &key->actor);
    if (key->actor.state == ACTOR_READY && key->room.value == room.value)
        key->room = (room_id){0};
}

void key_receive_again(struct core *core, const struct command *command) {
    struct wire wire = *command->wire;
    struct naming naming;
    if (naming_of(&wire, &naming)) {
        naming_set_room(&wire, (room_id){0});
    } else {
        PRE(wire.kind == WIRE_ROOM_CREATE);
        naming.kind = wire.as.room_create.kind;
        naming.key = wire.as.room_create.key;
    }
    /* It stands behind what came meanwhile, its own repetition perhaps. */
    if (wire.kind == WIRE_SEND)
        wire.as.send.resent = true;
    struct key *key = command->hops < HOPS_MAX
                          ? key_get(core, naming.kind, naming.key)
                          : NULL;
    if (!key) {
        reply_refuse(core, command,
                     command->hops < HOPS_MAX ? REFUSED_OVERLOADED
                                              : REFUSED_STORAGE_FAILED);
        return;
    }
    struct command again = {
        .wire = &wire, .gateway = command->gateway, .hops = command->hops};
    actor_receive(core, &key->actor, &again);
}

static void ask(const struct actor *actor, struct wire *out) {
    const struct key *key = (const struct key *)actor;
    out->kind = WIRE_READ_KEY;
    out->as.read_key.kind = key->kind;
    out->as.read_key.key = key->text;
}

static bool load(struct core *core, struct actor *actor,
                 const struct wire *wire) {
    (void)core;
    struct key *key = key_of(actor);
    const struct wire_row_key *row = &wire->as.row_key;
    const struct wire_review *review = &row->review;
    bool has_review = review->key.size > 0;
    if (has_review && !slice_equal(review->key, key->text))
        return false;
    if (row->room.value && room_partition(row->room) != actor->partition)
        return false;
    /* The index knows which room there is; a review only remembers. */
    key->room = row->room;
    key->has_review = has_review;
    key->customer = review->customer;
    key->executor = review->executor;
    key_set_status(key, review->status);
    actor->state = ACTOR_READY;
    return true;
}

static enum run run(struct core *core, struct actor *actor,
                    const struct command *command) {
    if (command->wire->kind == WIRE_ROOM_CREATE)
        return cmd_room_create(core, key_of(actor), command);
    if (command->wire->kind == WIRE_REVIEW_PUT)
        return cmd_review_put(core, key_of(actor), command);
    return cmd_named(core, key_of(actor), command);
}

/* A key without a room is an ordinary one: keys are never GONE. */
static void run_gone(struct core *core, struct actor *actor,
                     const struct command *command) {
    (void)actor;
    reply_refuse(core, command, REFUSED_NOT_FOUND);
}

const struct actor_type key_type = {
    .name = "key",
    .row = WIRE_ROW_KEY,
    .ask = ask,
    .load = load,
    .run = run,
    .run_gone = run_gone,
    .destroy = key_destroy,
};
