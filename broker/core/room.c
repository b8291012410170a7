/* room.c - see room.h. */
#include "broker/core/room.h"

#include <stdlib.h>

#include "broker/core/core_state.h"
#include "broker/core/interest.h"
#include "broker/core/room_run.h"

struct room *room_find(const struct core *core, room_id room) {
    return table_find(&core->rooms, room.value);
}

static struct room *create(struct core *core, room_id id) {
    struct room *room = mem_zalloc(sizeof *room);
    actor_init(core, &room->actor, &room_type, room_partition(id));
    room->info.room = id;
    recent_init(&room->recent);
    actor_wake(core, &room->actor);
    table_put(&core->rooms, id.value, room);
    core->stats.rooms_resident++;
    return room;
}

struct room *room_get(struct core *core, room_id id) {
    struct room *room = room_find(core, id);
    if (room || !actors_reserve(core, 1))
        return room;
    return create(core, id);
}

uint8_t room_may_be_made(struct core *core, room_id id) {
    const struct room *room = room_find(core, id);
    /* Its number was not dealt yet: the store says what cannot be. */
    if (room && (room->actor.state == ACTOR_READY || room->actor.pending > 0))
        return REFUSED_STORAGE_FAILED;
    return room || actors_reserve(core, 1) ? 0 : REFUSED_OVERLOADED;
}

/* The id was asked for before it was dealt, or dealt before and refused: the
 * store has nothing under it, whatever it is being asked. Who follows what was
 * refused is told so; who waits goes on with the new room. */
static void begin_anew(struct core *core, struct room *room) {
    PRE(room->actor.state != ACTOR_READY && room->actor.pending == 0);
    actor_unload(core, &room->actor);
    interest_drop_all(core, room, REFUSED_NOT_FOUND);
    room->state = (struct wire_room_state){0};
    room->members_count = 0;
    room->released_place = 0;
    room->created_seq = room->changed_seq = room->marked_seq = 0;
    room->is_deleted = false;
    typing_finish(&room->typing);
    recent_restart(&room->recent, 1);
}

struct room *room_create(struct core *core, const struct wire_room *info) {
    struct room *room = room_find(core, info->room);
    if (room)
        begin_anew(core, room);
    else
        room = create(core, info->room);
    room_set_info(room, info);
    room->actor.state = ACTOR_READY;
    room->last_us = info->created_us;
    return room;
}

void room_destroy(struct core *core, struct actor *actor) {
    struct room *room = room_of(actor);
    PRE(room->interest_count == 0);
    void *removed = table_remove(&core->rooms, room->info.room.value);
    INVARIANT(removed == room);
    core->stats.rooms_resident--;
    actor_finish(core, actor);
    free(room->texts);
    free(room->members);
    free(room->interest);
    recent_finish(&room->recent);
    typing_finish(&room->typing);
    free(room);
}

void room_set_info(struct room *room, const struct wire_room *info) {
    char *texts = mem_alloc(info->key.size + info->title.size);
    if (info->key.size)
        memcpy(texts, info->key.data, info->key.size);
    if (info->title.size)
        memcpy(texts + info->key.size, info->title.data, info->title.size);
    char *old = room->texts;
    room->info = *info;
    room->info.key = (struct slice){texts, info->key.size};
    room->info.title = (struct slice){texts + info->key.size, info->title.size};
    room->texts = texts;
    free(old);
}

/* Where |user| stands or would stand. */
static uint32_t member_index(const struct room *room, user_id user) {
    uint32_t low = 0, high = room->members_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (room->members[middle].user.value < user.value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct wire_member *room_member(const struct room *room, user_id user) {
    uint32_t index = member_index(room, user);
    if (index == room->members_count ||
        room->members[index].user.value != user.value)
        return NULL;
    return &room->members[index];
}

void room_member_add(struct room *room, const struct wire_member *member) {
    PRE(room->members_count < LIMIT_ROOM_MEMBERS);
    PRE(room_member(room, member->user) == NULL);
    if (room->members_count == room->members_capacity) {
        room->members_capacity =
            room->members_capacity ? room->members_capacity * 2 : 4;
        room->members = mem_realloc(room->members, room->members_capacity *
                                                       sizeof *room->members);
    }
    uint32_t index = member_index(room, member->user);
    memmove(&room->members[index + 1], &room->members[index],
            (room->members_count - index) * sizeof *room->members);
    room->members[index] = *member;
    room->state.members_count = ++room->members_count;
}

void room_member_remove(struct room *room, user_id user) {
    uint32_t index = member_index(room, user);
    PRE(index < room->members_count &&
        room->members[index].user.value == user.value);
    room->state.members_count = --room->members_count;
    memmove(&room->members[index], &room->members[index + 1],
            (room->members_count - index) * sizeof *room->members);
    typing_forget(&room->typing, user);
}

bool room_roster_is_committed(const struct core *core,
                              const struct room *room) {
    return room->roster_seq <= core_committed(core, room->actor.partition);
}

bool room_is_read(const struct room *room, user_id author, uint64_t place) {
    const struct wire_room_state *state = &room->state;
    uint64_t mark =
        state->reader1.value == author.value ? state->mark2 : state->mark1;
    return mark >= place;
}

void room_raise_marks(struct wire_room_state *state, user_id user,
                      uint64_t place) {
    if (user.value == state->reader1.value) {
        if (place > state->mark1)
            state->mark1 = place;
    } else if (place > state->mark1) {
        state->reader2 = state->reader1;
        state->mark2 = state->mark1;
        state->reader1 = user;
        state->mark1 = place;
    } else if (place > state->mark2) {
        state->reader2 = user;
        state->mark2 = place;
    }
}

struct wire room_reply(const struct room *room, bool created) {
    struct wire reply = {.kind = WIRE_REPLY_ROOM};
    reply.as.reply_room.room = room->info;
    reply.as.reply_room.members = room->members;
    reply.as.reply_room.members_count = room->members_count;
    reply.as.reply_room.created = created;
    return reply;
}

int64_t room_next_event(const struct core *core, struct room *room) {
    room->state.place++;
    room->last_us =
        core->now_us > room->last_us ? core->now_us : room->last_us + 1;
    return room->last_us;
}

struct wire_message room_stored_message(const struct wire_message *message) {
    struct wire_message stored = *message;
    stored.read = false;
    stored.read_us = 0;
    stored.quote = (struct wire_quote){0};
    return stored;
}

/* What is unread to each member of a small room; |counts| has room for two. */
static void count_unread(const struct room *room, struct wire_count *counts,
                         struct wire_event *event) {
    event->members_count = room->members_count;
    if (room->members_count > 2)
        return;
    event->counts = counts;
    event->counts_count = room->members_count;
    for (uint32_t i = 0; i < room->members_count; i++) {
        const struct wire_member *member = &room->members[i];
        counts[i] = (struct wire_count){member->user, room->state.live_total -
                                                          member->own_total -
                                                          member->seen};
    }
}

/* Whether the command's connection is told apart from all others. */
static bool has_origin(const struct command *command) {
    enum wire_kind kind = command ? command->wire->kind : WIRE_ROOM_CREATE;
    return kind == WIRE_SEND || kind == WIRE_EDIT || kind == WIRE_DELETE ||
           kind == WIRE_MARK;
}

void room_append(struct core *core, struct room *room, enum pending_kind kind,
                 const struct command *command, struct wire *record,
                 struct wire *event, struct wire *reply) {
    room_append_notice(core, room, kind, command, record, NULL, event, reply);
}

void room_append_notice(struct core *core, struct room *room,
                        enum pending_kind kind, const struct command *command,
                        struct wire *record, struct wire *notice,
                        struct wire *event, struct wire *reply) {
    struct pending_item item = {
        .kind = kind, .actor = &room->actor, .place = room->state.place};
    struct wire_count counts[2];
    if (event) {
        count_unread(room, counts, &event->as.event);
        if (has_origin(command)) {
            event->as.event.origin_gateway = command->gateway;
            event->as.event.origin_correlation = command->wire->correlation;
        }
        event->kind = WIRE_EVENT;
        event->as.event.room = room->info.room;
        event->as.event.place = room->state.place;
        if (kind == PENDING_VIEW)
            item.detail = event->as.event.member.value;
    }
    pending_append_notice(core, &item, command, record, notice, event, reply);
}
