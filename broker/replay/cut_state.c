/* cut_state.c - see cut_state.h. */
#include "broker/replay/cut_state.h"

static char is_there;

static bool keeps_actor(const struct cut_choice *choice,
                        const struct state_actor *actor) {
    switch ((enum state_actor_type)actor->type) {
    case STATE_NOBODY:
        return false;
    case STATE_IS_ROOM:
        return cut_keeps_room(choice, actor->id);
    case STATE_IS_USER:
        return cut_keeps_user(choice, actor->id);
    case STATE_IS_KEY:
        return cut_keeps_key(choice, actor->kind, actor->key);
    }
    return false;
}

/* See cut_choice.refused. */
static bool was_refused(const struct cut_choice *choice,
                        const struct state_command *command) {
    struct wire_head_fields head;
    return wire_peek(command->bytes, &head) == ERR_OK &&
           head.kind != WIRE_RESUME &&
           table_find(&choice->refused,
                      cut_command_name(command->gateway, head.correlation));
}

/* Of a piece that is about one actor. */
static bool keeps_piece(const struct cut_choice *choice,
                        const struct wire *wire) {
    if (wire->kind == STATE_ROOM)
        return cut_keeps_room(choice, wire->as.state_room.info.room.value);
    if (wire->kind == STATE_INTEREST)
        return cut_keeps_room(choice, wire->as.state_interest.room.value);
    if (wire->kind == STATE_USER)
        return cut_keeps_user(choice, wire->as.state_user.user.value);
    if (wire->kind == STATE_CONNECTIONS)
        return cut_keeps_user(choice, wire->as.state_connections.user.value);
    if (wire->kind == STATE_UPLOAD)
        return cut_keeps_user(choice, wire->as.state_upload.user.value);
    if (wire->kind == STATE_KEY)
        return cut_keeps_key(choice, wire->as.state_key.kind,
                             wire->as.state_key.key);
    if (wire->kind == STATE_WAITING)
        return keeps_actor(choice, &wire->as.state_waiting.actor) &&
               !was_refused(choice, &wire->as.state_waiting.command);
    return wire->kind != STATE_PENDING ||
           keeps_actor(choice, &wire->as.state_pending.actor);
}

/* --- Looking ------------------------------------------------------------- */

static void want(struct cut_state *state, uint64_t read) {
    if (read)
        table_put(&state->reads, read, &is_there);
}

static void look(struct cut_state *state, const struct wire *wire,
                 bool *partitions) {
    if (!keeps_piece(state->choice, wire))
        return;
    if (wire->kind == STATE_ROOM || wire->kind == STATE_USER ||
        wire->kind == STATE_KEY)
        partitions[wire->partition] = true;
    if (wire->kind == STATE_ROOM)
        want(state, wire->as.state_room.load.read);
    if (wire->kind == STATE_USER)
        want(state, wire->as.state_user.load.read);
    if (wire->kind == STATE_KEY)
        want(state, wire->as.state_key.load.read);
    if (wire->kind == STATE_INTEREST)
        for (uint32_t i = 0; i < wire->as.state_interest.hearers_count; i++)
            want(state, wire->as.state_interest.hearers[i].read);
    if (wire->kind == STATE_WAITING)
        for (uint32_t i = 0; i < wire->as.state_waiting.lookups_count; i++)
            want(state, wire->as.state_waiting.lookups[i].read);
}

/* A command whose room the store is asked for. */
static bool keeps_command(struct cut_state *state,
                          const struct state_command *command) {
    struct wire wire;
    struct cut_touched touched;
    if (wire_decode(command->bytes, &state->arena, &wire, NULL) != ERR_OK)
        return false;
    cut_touch(state->choice->actors, &wire, NULL, &touched);
    for (uint32_t i = 0; i < touched.groups_count; i++)
        if (state->choice->groups[touched.groups[i]])
            return true;
    return touched.groups_count == 0 && state->choice->all_records;
}

/* Whether its answer goes to a gateway as it is. Whose it was is not known. */
static bool is_handed_through(const struct state_read *read) {
    return read->gateway != 0 && read->room.value == 0 &&
           read->command.bytes.size == 0;
}

static bool keeps_read(struct cut_state *state, const struct wire *wire) {
    const struct cut_choice *choice = state->choice;
    const struct state_read *read = &wire->as.state_read;
    if (choice->all_actors || table_find(&state->reads, read->read))
        return true;
    if (is_handed_through(read))
        return choice->all_records;
    return read->command.bytes.size && state->partitions[wire->partition] &&
           !was_refused(choice, &read->command) &&
           keeps_command(state, &read->command);
}

void cut_state_init(struct cut_state *state, const struct cut_choice *choice,
                    const struct tape *tape, bool *partitions) {
    *state = (struct cut_state){.choice = choice, .partitions = partitions};
    for (uint32_t i = 0; i < tape->states_count; i++) {
        struct wire wire;
        if (wire_decode(tape->states[i], &state->arena, &wire, NULL) == ERR_OK)
            look(state, &wire, partitions);
        arena_reset(&state->arena);
    }
}

void cut_state_finish(struct cut_state *state) {
    table_finish(&state->reads);
    arena_finish(&state->arena);
}

/* --- Taking -------------------------------------------------------------- */

static uint32_t keep_ids(const struct cut_choice *choice, struct state_id *ids,
                         uint32_t count,
                         bool (*keeps)(const struct cut_choice *, uint64_t)) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (keeps(choice, ids[i].id))
            ids[kept++] = ids[i];
    return kept;
}

static bool take_links(const struct cut_choice *choice,
                       struct state_links *links) {
    links->rooms_count =
        keep_ids(choice, links->rooms, links->rooms_count, cut_keeps_room);
    links->users_count =
        keep_ids(choice, links->users, links->users_count, cut_keeps_user);
    return links->rooms_count + links->users_count > 0;
}

static bool take_online(const struct cut_choice *choice,
                        struct state_online *online) {
    online->users_count =
        keep_ids(choice, online->users, online->users_count, cut_keeps_user);
    return online->users_count > 0;
}

static bool take_idle(const struct cut_choice *choice,
                      struct state_idle *idle) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < idle->actors_count; i++)
        if (keeps_actor(choice, &idle->actors[i].actor))
            idle->actors[kept++] = idle->actors[i];
    idle->actors_count = kept;
    return kept > 0;
}

bool cut_state_take(struct cut_state *state, struct slice bytes,
                    struct wire *out) {
    const struct cut_choice *choice = state->choice;
    arena_reset(&state->arena);
    if (wire_decode(bytes, &state->arena, out, NULL) != ERR_OK)
        return false;
    if (out->kind == STATE_READ)
        return keeps_read(state, out);
    if (choice->all_actors)
        return true;
    if (out->kind == STATE_PARTITION || out->kind == STATE_SENT_KEYS)
        return state->partitions[out->partition];
    if (out->kind == STATE_LINKS)
        return take_links(choice, &out->as.state_links);
    if (out->kind == STATE_ONLINE)
        return take_online(choice, &out->as.state_online);
    if (out->kind == STATE_IDLE)
        return take_idle(choice, &out->as.state_idle);
    return keeps_piece(choice, out);
}
