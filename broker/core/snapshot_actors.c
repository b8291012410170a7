/* snapshot_actors.c - rooms, users and keys as pieces of a core's state. */
#include "broker/core/interest.h"
#include "broker/core/key_run.h"
#include "broker/core/room_run.h"
#include "broker/core/snapshot_parts.h"
#include "broker/core/user_run.h"

#define PAGE 64u

/* --- Any actor ----------------------------------------------------------- */

struct state_actor state_actor_of(const struct actor *actor) {
    if (!actor)
        return (struct state_actor){0};
    if (actor->type == &room_type)
        return (struct state_actor){
            .type = STATE_IS_ROOM,
            .id = ((const struct room *)actor)->info.room.value};
    if (actor->type == &user_type)
        return (struct state_actor){
            .type = STATE_IS_USER,
            .id = ((const struct user *)actor)->user.value};
    const struct key *key = (const struct key *)actor;
    return (struct state_actor){
        .type = STATE_IS_KEY, .kind = key->kind, .key = key->text};
}

struct actor *state_actor_find(struct core *core,
                               const struct state_actor *name) {
    switch ((enum state_actor_type)name->type) {
    case STATE_NOBODY:
        break;
    case STATE_IS_ROOM:
        return table_find(&core->rooms, name->id);
    case STATE_IS_USER:
        return table_find(&core->users, name->id);
    case STATE_IS_KEY:
        if (name->key.size)
            return text_table_find(&core->keys,
                                   key_name(core, name->kind, name->key));
        break;
    }
    return NULL;
}

struct state_load state_load_of(const struct actor *actor) {
    return (struct state_load){.state = (uint8_t)actor->state,
                               .read = actor->load_read,
                               .floor = actor->load_floor};
}

const char *restore_has_room(const struct core *core, uint32_t partition) {
    if (!core->partitions[partition].is_owned)
        return "its partition is not the core's";
    if (core->actors_count >= core->config.actors_max)
        return "more actors than the core may have";
    return NULL;
}

const char *restore_load(struct core *core, struct actor *actor,
                         const struct state_load *load) {
    core->stats.activations_total--; /* It was counted when it came. */
    if (load->state > ACTOR_READY)
        return "load.state: no actor rests in it";
    if (load->floor > core_committed(core, actor->partition))
        return "load.floor: above what is committed";
    actor->state = (enum actor_state)load->state;
    actor->load_floor = load->floor;
    if ((actor->state == ACTOR_LOADING) != (load->read != 0))
        return "load.read: there exactly while loading";
    if (load->read && !read_claim_load(core, load->read, actor))
        return "load.read: no such question, or another's";
    actor->load_read = load->read;
    return NULL;
}

void saver_note(const struct saver *saver, const struct actor *actor) {
    if (actor->mailbox.first)
        buf_append(saver->waiting, &actor, sizeof actor);
}

/* --- Rooms --------------------------------------------------------------- */

static void save_interest(const struct room *room, const struct saver *saver) {
    struct state_hearer page[PAGE];
    struct wire state = {.kind = STATE_INTEREST};
    state.as.state_interest.room = room->info.room;
    state.as.state_interest.hearers = page;
    for (uint32_t at = 0; at < room->interest_count;) {
        uint32_t count = 0;
        for (; at < room->interest_count && count < PAGE; at++, count++) {
            const struct interest *interest = &room->interest[at];
            page[count] =
                (struct state_hearer){.gateway = interest->gateway,
                                      .is_live = interest->is_live,
                                      .position = interest->position,
                                      .read = interest->read,
                                      .correlation = interest->correlation};
        }
        state.as.state_interest.hearers_count = count;
        saver->take(saver->payload, &state);
    }
}

/* What a room that is not loaded has will come from the store. */
static void fill_content(const struct room *room, struct state_room *out,
                         struct state_recent *recent,
                         struct state_typed *typing) {
    out->info = room->info;
    out->state = room->state;
    out->members = room->members;
    out->members_count = room->members_count;
    out->created_seq = room->created_seq;
    out->changed_seq = room->changed_seq;
    out->marked_seq = room->marked_seq;
    out->roster_seq = room->roster_seq;
    out->last_us = room->last_us;
    out->is_deleted = room->is_deleted;
    out->recent_first = room->recent.first;
    out->recent = recent;
    out->recent_count = room->recent.messages.count;
    for (uint32_t i = 0; i < out->recent_count; i++) {
        const struct recent_message *message =
            ring_at(&room->recent.messages, i);
        recent[i] = (struct state_recent){message->author, message->is_deleted};
    }
    out->typing = typing;
    out->typing_count = room->typing.count;
    for (uint32_t i = 0; i < out->typing_count; i++)
        typing[i] = (struct state_typed){room->typing.users[i].user,
                                         room->typing.users[i].at_us};
}

static void save_room(const struct room *room, const struct saver *saver) {
    struct state_recent recent[RECENT_MAX];
    struct arena arena = {0};
    struct wire state = {.kind = STATE_ROOM,
                         .partition = room->actor.partition};
    struct state_room *out = &state.as.state_room;
    out->info.room = room->info.room;
    out->load = state_load_of(&room->actor);
    out->released_place = room->released_place;
    if (room->actor.state == ACTOR_READY)
        fill_content(room, out, recent,
                     arena_alloc(&arena, (room->typing.count + 1) *
                                             sizeof(struct state_typed)));
    saver->take(saver->payload, &state);
    arena_finish(&arena);
}

void save_rooms(const struct core *core, const struct saver *saver) {
    struct buf heard = {0};
    const struct room *room;
    for (size_t at = 0; (room = table_next(&core->rooms, &at, NULL));) {
        save_room(room, saver);
        saver_note(saver, &room->actor);
        if (room->interest_count)
            buf_append(&heard, &room, sizeof room);
    }
    const struct room *const *rooms = (const void *)heard.data;
    for (size_t i = 0; i < heard.size / sizeof *rooms; i++)
        save_interest(rooms[i], saver);
    buf_finish(&heard);
}

static const char *restore_typing(const struct core *core, struct room *room,
                                  const struct state_room *state) {
    if (state->typing_count == 0)
        return NULL;
    struct typing *typing = &room->typing;
    typing->users = mem_alloc(state->typing_count * sizeof *typing->users);
    typing->capacity = state->typing_count;
    for (uint32_t i = 0; i < state->typing_count; i++) {
        const struct state_typed *typed = &state->typing[i];
        if (typed->at_us > core->now_us || typed->at_us < -INT64_MAX / 2)
            return "typing: not before now";
        typing->users[typing->count++] =
            (struct typed){typed->user, typed->at_us};
    }
    return NULL;
}

static const char *restore_recent(struct room *room,
                                  const struct state_room *state) {
    if (state->recent_count > RECENT_MAX ||
        state->recent_first + state->recent_count != state->state.ordinal + 1)
        return "recent: not the latest messages";
    recent_restart(&room->recent, state->recent_first);
    for (uint32_t i = 0; i < state->recent_count; i++) {
        recent_add(&room->recent, state->recent[i].author);
        if (state->recent[i].is_deleted)
            recent_delete(&room->recent, state->recent_first + i);
    }
    return NULL;
}

static const char *restore_content(struct core *core, struct room *room,
                                   const struct state_room *state) {
    const struct wire_row_room row = {.found = true,
                                      .room = state->info,
                                      .state = state->state,
                                      .members = state->members,
                                      .members_count = state->members_count};
    uint64_t next_seq = core_partition(core, room->actor.partition)->next_seq;
    if (!room_row_is_sound(&row, room->info.room))
        return "the room contradicts itself";
    if (state->created_seq >= next_seq || state->changed_seq >= next_seq ||
        state->marked_seq >= next_seq || state->roster_seq >= next_seq)
        return "a sequence was not dealt yet";
    if (state->last_us > INT64_MAX / 2 || state->recent_first == 0)
        return "last_us, recent_first: cannot be";
    room_take_row(room, &row);
    room->created_seq = state->created_seq;
    room->changed_seq = state->changed_seq;
    room->marked_seq = state->marked_seq;
    room->roster_seq = state->roster_seq;
    room->last_us = state->last_us;
    room->is_deleted = state->is_deleted;
    const char *why = restore_recent(room, state);
    return why ? why : restore_typing(core, room, state);
}

const char *restore_room(struct core *core, const struct wire *wire) {
    const struct state_room *state = &wire->as.state_room;
    const char *why = restore_has_room(core, room_partition(state->info.room));
    if (why)
        return why;
    if (room_find(core, state->info.room))
        return "room: came before";
    struct room *room = room_get(core, state->info.room);
    why = restore_load(core, &room->actor, &state->load);
    if (why)
        return why;
    if (room->actor.state == ACTOR_READY)
        why = restore_content(core, room, state);
    room->released_place = state->released_place;
    return why;
}

const char *restore_interest(struct core *core, const struct wire *wire) {
    const struct state_interest *state = &wire->as.state_interest;
    struct room *room = room_find(core, state->room);
    if (!room)
        return "room: not there";
    for (uint32_t i = 0; i < state->hearers_count; i++) {
        const struct state_hearer *hearer = &state->hearers[i];
        struct interest interest = {.gateway = hearer->gateway,
                                    .is_live = hearer->is_live,
                                    .position = hearer->position,
                                    .read = hearer->read,
                                    .correlation = hearer->correlation};
        if (hearer->is_live != (hearer->read == 0))
            return "read: there exactly while it catches up";
        if (hearer->read &&
            !read_claim_page(core, hearer->read, state->room, hearer->gateway))
            return "read: no such question, or another's";
        if (!interest_restore(core, room, &interest))
            return "gateway: not there, or came before";
    }
    return NULL;
}

/* --- Users --------------------------------------------------------------- */

static void save_connections(const struct user *user,
                             const struct saver *saver) {
    struct state_connection page[PAGE];
    struct wire state = {.kind = STATE_CONNECTIONS};
    state.as.state_connections.user = user->user;
    state.as.state_connections.connections = page;
    for (uint32_t at = 0; at < user->connections_count;) {
        uint32_t count = 0;
        for (; at < user->connections_count && count < PAGE; at++, count++)
            page[count] = (struct state_connection){
                user->connections[at].gateway, user->connections[at].number,
                user->connections[at].grace_ms};
        state.as.state_connections.connections_count = count;
        saver->take(saver->payload, &state);
    }
}

static void save_user(const struct user *user, const struct saver *saver) {
    struct wire state = {.kind = STATE_USER,
                         .partition = user->actor.partition};
    struct state_user *out = &state.as.state_user;
    *out = (struct state_user){.user = user->user,
                               .load = state_load_of(&user->actor),
                               .is_online = user->is_online,
                               .is_hidden = user->is_hidden,
                               .is_leaving = user->leaving_index > 0,
                               .leaves_us = user->leaves_us,
                               .last_seen_us = user->last_seen_us};
    if (user->actor.state == ACTOR_READY) {
        out->has_row = user->has_row;
        out->profile = user->profile.value;
    }
    saver->take(saver->payload, &state);
}

void save_users(const struct core *core, const struct saver *saver) {
    struct buf connected = {0};
    const struct user *user;
    for (size_t at = 0; (user = table_next(&core->users, &at, NULL));) {
        save_user(user, saver);
        saver_note(saver, &user->actor);
        if (user->connections_count)
            buf_append(&connected, &user, sizeof user);
    }
    const struct user *const *users = (const void *)connected.data;
    for (size_t i = 0; i < connected.size / sizeof *users; i++)
        save_connections(users[i], saver);
    buf_finish(&connected);
}

const char *restore_user(struct core *core, const struct wire *wire) {
    const struct state_user *state = &wire->as.state_user;
    const char *why = restore_has_room(core, user_partition(state->user));
    if (why)
        return why;
    if (user_find(core, state->user))
        return "user: came before";
    if (state->leaves_us < -INT64_MAX / 2 || state->leaves_us > INT64_MAX / 2)
        return "leaves_us: no such time";
    struct user *user = user_get(core, state->user);
    why = restore_load(core, &user->actor, &state->load);
    if (why)
        return why;
    if (user->actor.state == ACTOR_READY) {
        if (state->profile.user.value != state->user.value)
            return "profile: another's, or missing";
        user->has_row = state->has_row;
        profile_set(&user->profile, &state->profile);
    }
    user->is_online = state->is_online;
    user->is_hidden = state->is_hidden;
    user->leaves_us = state->leaves_us;
    user->last_seen_us = state->last_seen_us;
    if (state->is_online)
        table_put(&core->online, state->user.value, user);
    core->stats.users_online = table_count(&core->online);
    if (state->is_leaving) {
        leaving_add(&core->leaving, user);
        user->actor.pins++;
    }
    return NULL;
}

const char *restore_connections(struct core *core, const struct wire *wire) {
    const struct state_connections *state = &wire->as.state_connections;
    struct user *user = user_find(core, state->user);
    if (!user)
        return "user: not there";
    for (uint32_t i = 0; i < state->connections_count; i++) {
        struct gateway *gateway =
            gateway_find(core, state->connections[i].gateway);
        if (!gateway)
            return "gateway: not there";
        user_add_connection(
            user, gateway,
            (struct connection){gateway->number, state->connections[i].number,
                                state->connections[i].grace_ms});
    }
    return NULL;
}

const char *restore_upload(struct core *core, const struct wire *wire) {
    const struct state_upload *state = &wire->as.state_upload;
    struct user *user = user_find(core, state->user);
    if (!user || state->index >= USER_UPLOADS_MAX)
        return "user, index: not there";
    if (state->used_us > core->now_us || state->used_us < -INT64_MAX / 2)
        return "used_us: not before now";
    struct upload upload = {.user = user,
                            .gateway = state->gateway,
                            .file = state->file,
                            .size = state->size,
                            .last_offset = state->last_offset,
                            .last_digest = state->last_digest,
                            .created_us = state->created_us,
                            .used_us = state->used_us,
                            .whole = state->is_whole};
    if (!upload_restore(core, &upload, state->index))
        return "index: came before";
    return NULL;
}

/* --- Keys ---------------------------------------------------------------- */

void save_keys(const struct core *core, const struct saver *saver) {
    const struct key *key;
    for (size_t at = 0; (key = text_table_next(&core->keys, &at, NULL));) {
        struct wire state = {.kind = STATE_KEY,
                             .partition = key->actor.partition};
        struct state_key *out = &state.as.state_key;
        *out = (struct state_key){.kind = key->kind,
                                  .key = key->text,
                                  .load = state_load_of(&key->actor)};
        if (key->actor.state == ACTOR_READY) {
            out->room = key->room;
            out->has_review = key->has_review;
            out->status = key->status;
            out->customer = key->customer;
            out->executor = key->executor;
        }
        saver->take(saver->payload, &state);
        saver_note(saver, &key->actor);
    }
}

const char *restore_key(struct core *core, const struct wire *wire) {
    const struct state_key *state = &wire->as.state_key;
    struct state_actor name = {
        .type = STATE_IS_KEY, .kind = state->kind, .key = state->key};
    if (state->kind == 0 || state->key.size == 0)
        return "kind, key: missing";
    uint32_t partition = wire_key_partition(state->kind, state->key);
    const char *why = restore_has_room(core, partition);
    if (why)
        return why;
    if (state_actor_find(core, &name))
        return "key: came before";
    struct key *key = key_get(core, state->kind, state->key);
    why = restore_load(core, &key->actor, &state->load);
    if (why || key->actor.state != ACTOR_READY)
        return why;
    if (state->room.value && room_partition(state->room) != partition)
        return "room: of another partition";
    key->room = state->room;
    key->has_review = state->has_review;
    key->customer = state->customer;
    key->executor = state->executor;
    key_set_status(key, state->status);
    return NULL;
}
